import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sendExternalMessage } from "../../adapters/expertflow-chat/index.ts";
import { startChatSolutionSandbox, type ChatSolutionSandbox } from "../../sandbox/chat-solution/index.ts";
import { ROOT } from "../support/source-files.ts";

/** How often it is killed; `KILLS=100` is what docs/guarantees.md speaks of. */
const KILLS = Number(process.env["KILLS"] ?? 6);
const SEED = Number(process.env["FAULT_SEED"] ?? 7);

let solution: ChatSolutionSandbox;
let gateway: Server;
let folder: string;
const sent: string[] = [];

beforeAll(async () => {
  solution = await startChatSolutionSandbox({ switches: { acknowledge: true, externalAckMs: 300 } });
  solution.centre.greeting = "";
  folder = await mkdtemp(join(tmpdir(), "sms-journal-"));
  gateway = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      sent.push((JSON.parse(body) as { messageId: string }).messageId);
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => {
    gateway.listen(0, "127.0.0.1", resolve);
  });
});

afterAll(async () => {
  gateway.close();
  await solution.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Running {
  process: ChildProcess;
  port: number;
  exited: Promise<unknown>;
}

/** What the example has told, of all its lives. */
const reports: { kind: string; message?: { messageId: string } }[] = [];

async function run(): Promise<Running> {
  const to = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  const program = ["--import", "tsx", "examples/sms-connector/sms-connector.ts", solution.url, to, "0", folder];
  const child = spawn(process.execPath, program, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise((resolve) => {
    child.once("exit", resolve);
  });
  const port = await new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const report = JSON.parse(line) as { kind: string; port?: number };
      if (report.kind === "ready") resolve(report.port ?? 0);
      else reports.push(report);
    });
  });
  return { process: child, port, exited };
}

/** mulberry32: the same pauses for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

it(`the SMS connector is killed ${KILLS} times: nothing is lost, nothing comes twice, what is in doubt is reported`, async () => {
  console.info(`FAULT_SEED=${SEED}`);
  const next = random(SEED);
  const campaigns: string[] = [];
  const answers: string[] = [];
  const campaignOf = (messageId: string): Parameters<typeof sendExternalMessage>[1] => ({
    channel: "sms",
    messageId,
    destination: "3015642191",
    from: { id: "c", name: "C" },
    text: messageId,
  });
  const submit = (messageId: string): Promise<unknown> =>
    sendExternalMessage({ url: solution.url }, campaignOf(messageId), { timeoutMs: 10_000 });
  for (let life = 0; life < KILLS; life++) {
    const { process: connector, port, exited } = await run();
    const [messageId, id] = [`campaign-${life}`, `answer-${life}`];
    campaigns.push(messageId);
    answers.push(id);
    const tries = { goOn: true };
    // A campaign manager repeats what was not taken; so does a gateway.
    const out = untilTaken(() => submit(messageId), tries);
    const back = untilTaken(() => post(port, { id, from: "3015642191", text: id }), tries);
    // Somewhere within what it does in this life.
    const steps = Math.floor(next() * 400);
    for (let step = 0; step < steps; step++) await new Promise(setImmediate);
    connector.kill("SIGKILL");
    tries.goOn = false;
    await Promise.allSettled([out, back]);
    await exited;
  }
  const last = await run();
  const tries = { goOn: true };
  for (const id of answers) await untilTaken(() => post(last.port, { id, from: "3015642191", text: id }), tries);
  for (const id of campaigns) await untilTaken(() => submit(id), tries);
  await expect.poll(() => campaigns.filter((each) => !sent.includes(each) && !inDoubt().includes(each))).toEqual([]);
  await expect.poll(() => answers.filter((each) => !said().includes(each))).toEqual([]);
  last.process.kill("SIGTERM");
  await last.exited;
  expect(sent.filter((each, index) => sent.indexOf(each) !== index)).toEqual([]);
  expect(said().filter((each, index, all) => all.indexOf(each) !== index)).toEqual([]);
  // A kill while the first one begins may leave an empty one behind: nobody has written down yet that it is there.
  expect(
    new Set(solution.centre.ledger.filter(({ by }) => by !== "server").map((each) => each.conversationId)).size,
  ).toBe(1);
  console.info(`${campaigns.length} out, ${answers.length} in, ${inDoubt().length} in doubt`);
}, 900_000);

const inDoubt = (): string[] =>
  reports.flatMap(({ kind, message }) => (kind === "unknown-outcome" && message ? [message.messageId] : []));

const said = (): string[] =>
  solution.centre.ledger.flatMap(({ message }) => (message.type === "ChatMessage" ? [message.text] : []));

async function post(port: number, sms: object): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: JSON.stringify(sms) });
  if (!answer.ok) throw new Error(String(answer.status));
}

async function untilTaken(work: () => Promise<unknown>, tries: { goOn: boolean }): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (!tries.goOn) throw error;
      await new Promise(setImmediate);
    }
  }
}
