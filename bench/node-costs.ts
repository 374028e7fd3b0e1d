// `npm run build && npx tsx bench/node-costs.ts [messages]`: what the session costs in Node, beside the transport it stands on, with
// and without `keep`. By hand, on a quiet machine; the figures are printed as JSON.
import type * as memoryAdapter from "../adapters/memory/index.ts";
import type * as xmppAdapter from "../adapters/xmpp-muc/index.ts";
import type * as core from "../src/index.ts";
import { startProsody, type ProsodyServer } from "../sandbox/index.ts";
import type { ChatTransport } from "../src/transport/index.ts";
import { built } from "./built.ts";
import { median, rounded } from "./statistics.ts";

const { createChatSession, memoryStorage } = await built<typeof core>("index");
const { createMemoryService, memory } = await built<typeof memoryAdapter>("adapters/memory");
const { xmppMuc } = await built<typeof xmppAdapter>("adapters/xmpp-muc");

const MESSAGES = Number(process.argv[2] ?? 2_000);
const ROUNDS = 7;

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

const inMemory = await compare(() => Promise.resolve(memory({ service: createMemoryService() })));
console.log(JSON.stringify({ measure: "CPU µs a message over memory", messages: MESSAGES, ...inMemory }));
const prosody = await startProsody();
try {
  const overWire = await compare(() => overXmpp(prosody));
  console.log(JSON.stringify({ measure: "CPU µs a message over WebSocket", messages: MESSAGES, ...overWire }));
} finally {
  await prosody.stop();
}
