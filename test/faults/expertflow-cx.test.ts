import { afterEach, describe, expect, it } from "vitest";
import { expertflowCx } from "../../adapters/expertflow-cx/index.ts";
import {
  createFaultPlan,
  createHttpFaultProxy,
  createTcpFaultProxy,
  HTTP_FAULT_KINDS,
  startExpertflowCxSandbox,
  TCP_FAULT_KINDS,
  type CxChat,
  type ExpertflowCxSandbox,
  type FaultProxy,
} from "../../sandbox/index.ts";
import { createChatSession, exponentialBackoff, type ChatSession, type SendHandle } from "../../src/index.ts";
import { isCxClean, soakCx, toCxText } from "../../bench/soak/cx-soak.ts";
import { checkDelivery, NOTHING_WRONG, type SentNumber } from "./support/check-delivery.ts";

/** Numbers that each side sends. */
const NUMBERS = 60;

/**
 * What a polling client of socket.io cannot notice is left out: a request that a proxy repeats, and an answer that ends early
 * but regularly. The protocol numbers nothing; docs/guarantees.md says so.
 */
const POLLING_KINDS = HTTP_FAULT_KINDS.filter((kind) => kind !== "duplicate-request" && kind !== "truncate-answer");

type Transport = "polling" | "websocket";

const asked = process.env["FAULT_SEED"];
const seeds = asked === undefined ? [1, 2, 3] : asked.split(",").map(Number);

let cx: ExpertflowCxSandbox;
let proxy: FaultProxy;
let session: ChatSession;

it.each<Transport>(["polling", "websocket"])(
  "over %s, where neither a history nor a transcript tells what became of it, a message of unknown outcome is reported as that and never counted",
  async (transport) => {
    const report = await soakCx({ minutes: 1, seed: 1, transport, messages: 80, knows: "nothing" });
    console.info(toCxText(report));
    expect(report.unknown.length).toBeGreaterThan(0);
    expect(report.accepted + report.failed + report.unknown.length).toBe(report.sent);
    expect(isCxClean(report)).toBe(true);
  },
  90_000,
);

describe.each<Transport>(["polling", "websocket"])(
  "an Expertflow CX chat over %s while the network breaks",
  (transport) => {
    afterEach(async () => {
      proxy.quiet();
      await session.close();
      await proxy.close();
      await cx.stop();
    });

    it.each(seeds)(
      "seed %i: nothing lost, doubled or out of order, and nothing unknown",
      async (seed) => {
        const { sent, seen, chat } = await speak(transport, seed);
        const customer = checkDelivery(sent.map(toSent), numbersOf(chat));
        const agent = checkDelivery(
          Array.from({ length: NUMBERS }, (_, index) => ({ number: index + 1, fate: "accepted" as const })),
          seen,
        );
        const unknown = sent.filter(({ message }) => message.error?.code === "unknown-outcome").length;
        console.info(
          `${transport} seed ${seed}: ${proxy.injected.length} faults, ${sent.length} sent, ${unknown} unknown`,
        );
        expect(proxy.injected.length).toBeGreaterThan(0);
        expect({ customer, agent, unknown }).toEqual({ customer: NOTHING_WRONG, agent: NOTHING_WRONG, unknown: 0 });
      },
      90_000,
    );
  },
);

/** Both sides send their numbers while the network breaks; resolves when it is known what became of all of them. */
async function speak(
  transport: Transport,
  seed: number,
): Promise<{ sent: SendHandle[]; seen: number[]; chat: CxChat }> {
  // What is half open is noticed by the server's pings.
  cx = await startExpertflowCxSandbox({ ping: { intervalMs: 400, timeoutMs: 400 } });
  proxy = await createProxy(transport, seed);
  proxy.quiet();
  session = createChatSession(
    expertflowCx({
      socketUrl: proxy.via(cx.socketUrl),
      ccmUrl: cx.ccmUrl,
      serviceIdentifier: "1218",
      channelCustomerIdentifier: "5550100",
      transports: [transport],
      reconnect: exponentialBackoff({ baseMs: 50, maxMs: 1_000 }),
    }),
  );
  const seen: number[] = [];
  session.on("message", ({ from, body }) => {
    if (!from.isSelf && body.kind === "text") seen.push(Number(body.text));
  });
  await session.start({ customer: { name: "Ravi" } });
  const chat = cx.centre.chat();
  if (!chat) throw new Error("There is no chat.");
  proxy.quiet(false);
  const sent: SendHandle[] = [];
  for (let number = 1; number <= NUMBERS; number++) {
    const handle = session.send(String(number), { timeoutMs: 2_000 });
    sent.push(handle);
    cx.centre.say(String(number), {}, chat);
    await handle.accepted.catch(() => undefined);
  }
  proxy.quiet(true);
  await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(NUMBERS);
  return { sent, seen, chat };
}

function createProxy(transport: Transport, seed: number): Promise<FaultProxy> {
  const durations = { durationMs: [20, 400] as const };
  const target = cx.socketUrl;
  if (transport === "polling") {
    const plan = createFaultPlan({ seed, mean: 12, kinds: POLLING_KINDS, ...durations });
    return createHttpFaultProxy({ target, plan, halfOpenMs: 1_000 });
  }
  const plan = createFaultPlan({ seed, mean: 20, kinds: TCP_FAULT_KINDS, ...durations });
  return createTcpFaultProxy({ target, plan, halfOpenMs: 1_000 });
}

function toSent({ status, message }: SendHandle): SentNumber {
  const open = status === "queued" || status === "sent" ? "open" : "accepted";
  const fate = status === "failed" ? "failed" : open;
  return { number: message.body.kind === "text" ? Number(message.body.text) : 0, fate };
}

/** What the contact centre has of the customer, in its order. */
function numbersOf({ messages }: CxChat): number[] {
  return messages.flatMap(({ header, body }) => {
    const { type } = header["sender"] as { type: string };
    return type === "CUSTOMER" ? [Number(body["markdownText"])] : [];
  });
}
