import io2 from "socket.io-client-2";
import { afterEach, describe, expect, it } from "vitest";
import { expertflowChat } from "../../adapters/expertflow-chat/index.ts";
import {
  createFaultPlan,
  createHttpFaultProxy,
  createTcpFaultProxy,
  HTTP_FAULT_KINDS,
  startChatSolutionSandbox,
  TCP_FAULT_KINDS,
  type ChatSolutionSandbox,
  type FaultProxy,
  type SolutionSwitches,
} from "../../sandbox/index.ts";
import { createChatSession, exponentialBackoff, type ChatSession, type SendHandle } from "../../src/index.ts";
import { checkDelivery, NOTHING_WRONG, type SentNumber } from "./support/check-delivery.ts";

/** Numbers that each side sends. */
const NUMBERS = 60;

/**
 * As on Expertflow CX: what a polling client of socket.io cannot notice is left out. Here that is also a request that is held back
 * until the customer has connected anew: the server takes the old connection's message although it was looked for in vain.
 */
const UNNOTICED: ReadonlySet<string> = new Set(["duplicate-request", "truncate-answer", "delay-request"]);
const POLLING_KINDS = HTTP_FAULT_KINDS.filter((kind) => !UNNOTICED.has(kind));

interface Way {
  name: string;
  transport: "polling" | "websocket";
  socketIo: 2 | 4;
  switches: Partial<SolutionSwitches>;
}

const WAYS: Way[] = [
  { name: "polling, with echoes", transport: "polling", socketIo: 4, switches: {} },
  { name: "WebSocket, with echoes", transport: "websocket", socketIo: 4, switches: {} },
  {
    name: "polling of socket.io 2, acknowledged and without echoes",
    transport: "polling",
    socketIo: 2,
    switches: { echo: false, acknowledge: true },
  },
  {
    name: "WebSocket of socket.io 2, with neither",
    transport: "websocket",
    socketIo: 2,
    switches: { echo: false },
  },
];

const asked = process.env["FAULT_SEED"];
const seeds = asked === undefined ? [1] : asked.split(",").map(Number);

let solution: ChatSolutionSandbox;
let proxy: FaultProxy;
let session: ChatSession;

afterEach(async () => {
  proxy.quiet();
  await session.close();
  await proxy.close();
  await solution.stop();
});

describe.each(WAYS)("a Chat Solution chat over $name while the network breaks", (way) => {
  it.each(seeds)(
    "seed %i: nothing lost, doubled or out of order, and nothing unknown",
    async (seed) => {
      const { sent, seen } = await speak(way, seed);
      const customer = checkDelivery(sent.map(toSent), numbersOfCustomer());
      const agent = checkDelivery(
        Array.from({ length: NUMBERS }, (_, index) => ({ number: index + 1, fate: "accepted" as const })),
        seen,
      );
      const unknown = sent.filter(({ message }) => message.error?.code === "unknown-outcome").length;
      console.info(
        `${way.name} seed ${seed}: ${proxy.injected.length} faults, ${sent.length} sent, ${unknown} unknown`,
      );
      expect(proxy.injected.length).toBeGreaterThan(0);
      expect({ customer, agent, unknown }).toEqual({ customer: NOTHING_WRONG, agent: NOTHING_WRONG, unknown: 0 });
    },
    90_000,
  );
});

/** Both sides send their numbers while the network breaks; resolves when it is known what became of all of them. */
async function speak(way: Way, seed: number): Promise<{ sent: SendHandle[]; seen: number[] }> {
  const { transport, socketIo, switches } = way;
  // What is half open is noticed by pings: the server's own with version 4, the client's with version 2.
  solution = await startChatSolutionSandbox({ socketIo, switches, ping: { intervalMs: 400, timeoutMs: 400 } });
  proxy = await createProxy(transport, seed);
  proxy.quiet();
  session = createChatSession(
    expertflowChat({
      url: proxy.via(solution.url),
      transports: [transport],
      confirmAfterMs: 100,
      reconnect: exponentialBackoff({ baseMs: 50, maxMs: 1_000 }),
      ...(socketIo === 2 && { io: io2 }),
    }),
  );
  const seen: number[] = [];
  session.on("message", ({ from, body }) => {
    if (from.role === "agent" && body.kind === "text") seen.push(Number(body.text));
  });
  await session.start({ customer: { name: "Ravi" } });
  solution.centre.agentJoins();
  proxy.quiet(false);
  const sent: SendHandle[] = [];
  for (let number = 1; number <= NUMBERS; number++) {
    const handle = session.send(String(number), { timeoutMs: 2_000 });
    sent.push(handle);
    solution.centre.say(String(number));
    await handle.accepted.catch(() => undefined);
  }
  proxy.quiet(true);
  await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(NUMBERS);
  return { sent, seen };
}

function createProxy(transport: Way["transport"], seed: number): Promise<FaultProxy> {
  const durations = { durationMs: [20, 400] as const };
  const target = solution.url;
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
function numbersOfCustomer(): number[] {
  return solution.centre.textsFrom(solution.centre.conversation()?.customer.id ?? "").map(Number);
}
