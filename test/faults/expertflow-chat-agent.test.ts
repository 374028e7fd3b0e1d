import io2 from "socket.io-client-2";
import { afterEach, describe, expect, it } from "vitest";
import { expertflowChatAgent } from "../../adapters/expertflow-chat/agent/index.ts";
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
import { createAgentSession, type AgentChat, type AgentSession } from "../../src/agent/index.ts";
import { exponentialBackoff, type SendHandle } from "../../src/index.ts";
import { checkDelivery, NOTHING_WRONG, type SentNumber } from "./support/check-delivery.ts";

/** Numbers that each side sends. */
const NUMBERS = 60;

/** As for customers: what a polling client of socket.io cannot notice is left out. */
const POLLING_KINDS = HTTP_FAULT_KINDS.filter((kind) => kind !== "duplicate-request" && kind !== "truncate-answer");

interface Way {
  name: string;
  transport: "polling" | "websocket";
  socketIo: 2 | 4;
  switches: Partial<SolutionSwitches>;
}

const WAYS: Way[] = [
  { name: "polling", transport: "polling", socketIo: 4, switches: {} },
  { name: "WebSocket", transport: "websocket", socketIo: 2, switches: { echo: false, acknowledge: true } },
];

const asked = process.env["FAULT_SEED"];
const seeds = asked === undefined ? [1, 2] : asked.split(",").map(Number);

let solution: ChatSolutionSandbox;
let proxy: FaultProxy;
let desk: AgentSession;

afterEach(async () => {
  proxy.quiet();
  await desk.close();
  await proxy.close();
  await solution.stop();
});

describe.each(WAYS)("an agent of the Chat Solution over $name while the network breaks", (way) => {
  it.each(seeds)(
    "seed %i: signed in again, ready again, in the conversation again; nothing lost, doubled or out of order",
    async (seed) => {
      const { sent, seen } = await speak(way, seed);
      const customer = checkDelivery(
        Array.from({ length: NUMBERS }, (_, index) => ({ number: index + 1, fate: "accepted" as const })),
        seen,
      );
      const agent = checkDelivery(sent.map(toSent), solution.centre.textsFrom("asha").map(Number));
      console.info(`${way.name} seed ${seed}: ${proxy.injected.length} faults, ${sent.length} sent`);
      expect(proxy.injected.length).toBeGreaterThan(0);
      expect({ customer, agent }).toEqual({ customer: NOTHING_WRONG, agent: NOTHING_WRONG });
      await expect.poll(() => [...(solution.centre.agents.get("asha")?.states.values() ?? [])]).toEqual(["READY"]);
    },
    90_000,
  );
});

/** The customer and the agent send their numbers while the agent's network breaks. */
async function speak(way: Way, seed: number): Promise<{ sent: SendHandle[]; seen: number[] }> {
  const { transport, socketIo, switches } = way;
  solution = await startChatSolutionSandbox({ socketIo, switches, ping: { intervalMs: 400, timeoutMs: 400 } });
  const { centre } = solution;
  proxy = await createProxy(transport, seed);
  proxy.quiet();
  desk = createAgentSession(
    expertflowChatAgent({
      url: proxy.via(solution.url),
      transports: [transport],
      domains: ["General"],
      credentialsProvider: async () => ({ agentId: "asha", password: "asha-secret" }),
      confirmAfterMs: 100,
      reconnect: exponentialBackoff({ baseMs: 50, maxMs: 1_000 }),
      ...(socketIo === 2 && { io: io2 }),
    }),
  );
  await desk.signIn({ availability: { ready: true } });
  const conversation = centre.begin({ name: "Ravi", channel: "web" });
  centre.requestAgent(conversation);
  const chat = await accept();
  const seen: number[] = [];
  chat.session.on("message", ({ from, body }) => {
    if (from.role === "customer" && body.kind === "text") seen.push(Number(body.text));
  });
  proxy.quiet(false);
  const sent: SendHandle[] = [];
  for (let number = 1; number <= NUMBERS; number++) {
    const handle = chat.session.send(String(number), { timeoutMs: 2_000 });
    sent.push(handle);
    centre.say(String(number), { by: conversation.customer.id }, conversation);
    await handle.accepted.catch(() => undefined);
  }
  proxy.quiet(true);
  await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(NUMBERS);
  return { sent, seen };
}

async function accept(): Promise<AgentChat> {
  await expect.poll(() => desk.requests.length).toBe(1);
  const [request] = desk.requests;
  if (!request) throw new Error("Nothing rings.");
  return desk.accept(request);
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
