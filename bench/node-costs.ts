// `npm run build && NODE_OPTIONS=--expose-gc npx tsx bench/node-costs.ts [messages, or 0] [idle,idle,…]`: what the session costs in Node, beside the transport it stands on, and
// what idle conversations cost one process. By hand, on a quiet machine; the figures are printed as JSON.
import type * as memoryAdapter from "../adapters/memory/index.ts";
import type * as xmppAdapter from "../adapters/xmpp-muc/index.ts";
import type * as core from "../src/index.ts";
import { startProsody, type ProsodyServer } from "../sandbox/index.ts";
import type { ChatSession } from "../src/session/index.ts";
import type { ChatTransport } from "../src/transport/index.ts";
import { built } from "./built.ts";
import { median, rounded } from "./statistics.ts";

const { createChatSession, memoryStorage } = await built<typeof core>("index");
const { createMemoryService, memory } = await built<typeof memoryAdapter>("adapters/memory");
const { xmppMuc } = await built<typeof xmppAdapter>("adapters/xmpp-muc");

const MESSAGES = Number(process.argv[2] ?? 2_000);
const IDLE = (process.argv[3] ?? "250,500,1000").split(",").map(Number);
const ROUNDS = 7;
const IDLE_MS = 10_000;
/** Logins at once: more only wait for the server. */
const ABREAST = 10;

interface Sender {
  send(clientId: string): Promise<unknown>;
  close(): Promise<unknown>;
}

async function bare(transport: ChatTransport): Promise<Sender> {
  await transport.open({ customer: { name: "Ravi" } });
  return {
    send: (clientId) => transport.send({ clientId, body: { kind: "text", text: "The quick brown fox." } }),
    close: () => transport.close(),
  };
}

async function withSession(transport: ChatTransport, kept: boolean): Promise<Sender> {
  const session = createChatSession(transport, kept ? { keep: { storage: memoryStorage() } } : {});
  await session.start({ customer: { name: "Ravi" } });
  return {
    send: (clientId) => session.send("The quick brown fox.", { clientId }).accepted,
    close: () => session.close(),
  };
}

/** Time of the process's own for one message, microseconds. */
async function cpuPerMessage(open: () => Promise<Sender>): Promise<number> {
  const sender = await open();
  for (let n = 0; n < 200; n++) await sender.send(`warm-${n}`);
  const before = process.cpuUsage();
  for (let n = 0; n < MESSAGES; n++) await sender.send(`message-${n}`);
  const { user, system } = process.cpuUsage(before);
  await sender.close();
  return (user + system) / MESSAGES;
}

/** In turns, so that what else the machine does harms all alike. */
async function compare(transport: () => Promise<ChatTransport>): Promise<Record<string, number>> {
  const samples: Record<string, number[]> = { bare: [], session: [], kept: [] };
  for (let round = 0; round < ROUNDS; round++) {
    samples["bare"]?.push(await cpuPerMessage(async () => bare(await transport())));
    samples["session"]?.push(await cpuPerMessage(async () => withSession(await transport(), false)));
    samples["kept"]?.push(await cpuPerMessage(async () => withSession(await transport(), true)));
  }
  const [bareUs = 0, sessionUs = 0, keptUs = 0] = Object.values(samples).map(median);
  return {
    bare: rounded(bareUs),
    session: rounded(sessionUs),
    kept: rounded(keptUs),
    sessionPercent: rounded((1 - bareUs / sessionUs) * 100),
    keptPercent: rounded((1 - bareUs / keptUs) * 100),
  };
}

let names = 0;

async function overXmpp(prosody: ProsodyServer): Promise<ChatTransport> {
  const username = `cost-${++names}`;
  await prosody.control.createUser(username, "secret");
  const { jid: room } = await prosody.control.createRoom({ name: username, persistent: true });
  return xmppMuc({
    websocketUrl: prosody.wsUrl,
    domain: prosody.domain,
    provision: {
      provision: () =>
        Promise.resolve({
          credentials: { username, password: "secret", domain: prosody.domain },
          room,
          nick: "Ravi",
          agents: [],
        }),
    },
  });
}

interface Idle {
  conversations: number;
  heapKiBEach: number;
  rssKiBEach: number;
  cpuMicrosecondsEachPerSecond: number;
}

async function idle(prosody: ProsodyServer): Promise<Idle[]> {
  const sessions: ChatSession[] = [];
  const found: Idle[] = [];
  await settle();
  const empty = process.memoryUsage();
  for (const target of IDLE) {
    while (sessions.length < target) {
      const wave = Array.from({ length: Math.min(ABREAST, target - sessions.length) }, async () => {
        const session = createChatSession(await overXmpp(prosody));
        await session.start({ customer: { name: "Ravi" } });
        return session;
      });
      sessions.push(...(await Promise.all(wave)));
    }
    await settle();
    const before = process.cpuUsage();
    await wait(IDLE_MS);
    const { user, system } = process.cpuUsage(before);
    await settle();
    const { heapUsed, rss } = process.memoryUsage();
    const row = {
      conversations: target,
      heapKiBEach: rounded((heapUsed - empty.heapUsed) / 1_024 / target),
      rssKiBEach: rounded((rss - empty.rss) / 1_024 / target),
      cpuMicrosecondsEachPerSecond: rounded((user + system) / target / (IDLE_MS / 1_000)),
    };
    process.stderr.write(`${JSON.stringify(row)}\n`);
    found.push(row);
  }
  await Promise.all(sessions.map((session) => session.close()));
  return found;
}

async function settle(): Promise<void> {
  for (let times = 0; times < 3; times++) {
    await wait(300);
    (globalThis as { gc?: () => void }).gc?.();
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

if (MESSAGES > 0) {
  const figures = await compare(() => Promise.resolve(memory({ service: createMemoryService() })));
  console.log(JSON.stringify({ measure: "CPU µs a message over memory", messages: MESSAGES, ...figures }));
}
const prosody = await startProsody();
try {
  if (MESSAGES > 0) {
    const figures = await compare(() => overXmpp(prosody));
    console.log(JSON.stringify({ measure: "CPU µs a message over WebSocket", messages: MESSAGES, ...figures }));
  }
  for (const row of await idle(prosody)) console.log(JSON.stringify({ measure: "idle over WebSocket", ...row }));
} finally {
  await prosody.stop();
}
