// `npm run build && npx tsx bench/idle.ts [count,count,… [client,…]]`: what idle conversations cost one Node process, beside stanza and
// Strophe, all over WebSocket, each client in a process of its own. Strophe runs in Node with `npm install --no-save
// @xmldom/xmldom saxes`, as its package says. By hand, on a quiet machine.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startProsody, type ProsodyServer } from "../sandbox/index.ts";
import { rounded } from "./statistics.ts";

/** What a client's process is asked for. */
export interface IdleJob {
  client: "switchboard-chat" | "stanza" | "strophe";
  wsUrl: string;
  domain: string;
  /** Of the rooms, each called like its customer. */
  host: string;
  usernames: string[];
  password: string;
  counts: number[];
}

/** What it has cost, above the process without a conversation. */
export interface IdleRow {
  conversations: number;
  heapKiB: number;
  rssKiB: number;
  cpuMicrosecondsPerSecond: number;
}

const COUNTS = (process.argv[2] ?? "125,250,500,1000").split(",").map(Number);
const CLIENTS = (["switchboard-chat", "stanza", "strophe"] as const).filter((client) =>
  (process.argv[3] ?? client).split(",").includes(client),
);
const PASSWORD = "secret";
/** Accounts made at once. */
const ABREAST = 10;

async function accounts(prosody: ProsodyServer, client: string): Promise<{ usernames: string[]; host: string }> {
  const usernames = Array.from({ length: Math.max(...COUNTS) }, (_, index) => `${client}-${index}`);
  let host = "";
  for (let index = 0; index < usernames.length; index += ABREAST) {
    const some = usernames.slice(index, index + ABREAST).map(async (name) => {
      await prosody.control.createUser(name, PASSWORD);
      const { jid } = await prosody.control.createRoom({ name, persistent: true });
      host = jid.slice(jid.indexOf("@") + 1);
    });
    await Promise.all(some);
  }
  return { usernames, host };
}

async function measure(prosody: ProsodyServer, client: IdleJob["client"]): Promise<IdleRow[]> {
  const { usernames, host } = await accounts(prosody, client);
  const child = fork(fileURLToPath(new URL("idle-client.ts", import.meta.url)), {
    execArgv: ["--expose-gc", "--import", "tsx"],
  });
  const rows: IdleRow[] = [];
  child.on("message", (row: IdleRow) => {
    rows.push(row);
    process.stderr.write(`${client} ${JSON.stringify(row)}\n`);
  });
  const { wsUrl, domain } = prosody;
  const job: IdleJob = { client, wsUrl, domain, host, usernames, password: PASSWORD, counts: COUNTS };
  child.send(job);
  await new Promise((resolve) => void child.once("exit", resolve));
  return rows;
}

/** The straight line closest to the points, and how much of what they vary by it explains. */
function line(points: readonly (readonly [number, number])[]): { perConversation: number; rSquared: number } {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const covariance = mean(points.map(([x, y]) => (x - meanX) * (y - meanY)));
  const perConversation = covariance / mean(points.map(([x]) => (x - meanX) ** 2));
  const variance = mean(points.map(([, y]) => (y - meanY) ** 2));
  const residual = mean(points.map(([x, y]) => (y - meanY - perConversation * (x - meanX)) ** 2));
  return { perConversation: rounded(perConversation), rSquared: Number((1 - residual / variance).toFixed(4)) };
}

const prosody = await startProsody();
try {
  for (const client of CLIENTS) {
    const rows = await measure(prosody, client);
    if (rows.length < COUNTS.length) {
      console.log(JSON.stringify({ client, failed: true }));
      continue;
    }
    const heap = line(rows.map(({ conversations, heapKiB }) => [conversations, heapKiB]));
    const rss = line(rows.map(({ conversations, rssKiB }) => [conversations, rssKiB]));
    const last = rows.at(-1);
    const cpu = last ? rounded(last.cpuMicrosecondsPerSecond / last.conversations) : 0;
    console.log(JSON.stringify({ client, heapKiB: heap, rssKiB: rss, cpuMicrosecondsEachPerSecond: cpu }));
  }
} finally {
  await prosody.stop();
}
