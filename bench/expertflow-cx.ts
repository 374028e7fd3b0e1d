// `npx tsx bench/expertflow-cx.ts`: what the Expertflow CX adapter costs beside a bare socket.io-client that reads the same
// frames. Client and server are processes of their own; each run is a fresh client.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { io } from "socket.io-client";
import { expertflowCx } from "../adapters/expertflow-cx/index.ts";
import { startExpertflowCxSandbox, type ExpertflowCxAddresses } from "../sandbox/expertflow-cx/index.ts";
import { median } from "./statistics.ts";

const RUNS = 5;
const MESSAGES = 20_000;
const SENDS = 500;
const WHO = { serviceIdentifier: "1218", channelCustomerIdentifier: "5550100" };

type Kind = "bare" | "adapter";

/** What a client process reports. */
interface Figures {
  /** CPU time per received message, microseconds. */
  receiveUs: number;
  /** Received messages per second. */
  perSecond: number;
  /** From handing a message over to its echo, milliseconds. */
  echoMs: number;
}

/** A client: `send` resolves with the echo, `onMessage` hears everything. */
interface Client {
  send(text: string): Promise<unknown>;
  close(): Promise<unknown>;
}

async function bareClient({ socketUrl }: ExpertflowCxAddresses, onMessage: (text: string) => void): Promise<Client> {
  const { origin, pathname } = new URL(socketUrl);
  const socket = io(origin, { path: `${pathname}/socket.io`, auth: WHO, transports: ["websocket"] });
  const waiting: ((value: unknown) => void)[] = [];
  await once(socket as unknown as NodeJS.EventEmitter, "connect");
  const started = once(socket as unknown as NodeJS.EventEmitter, "CHANNEL_SESSION_STARTED");
  socket.emit("CHAT_REQUESTED", { ...WHO, additionalAttributes: [] });
  await started;
  socket.on("MESSAGE_RECEIVED", (frame: { header: { sender: { type: string } }; body: { markdownText: string } }) => {
    if (frame.header.sender.type === "CUSTOMER") waiting.shift()?.(frame);
    else onMessage(frame.body.markdownText);
  });
  return {
    send: (text) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        socket.emit("MESSAGE_RECEIVED", { header: {}, body: { type: "PLAIN", markdownText: text } }, () => undefined);
      }),
    close: () => Promise.resolve(socket.disconnect()),
  };
}

async function adapterClient(at: ExpertflowCxAddresses, onMessage: (text: string) => void): Promise<Client> {
  const chat = expertflowCx({ socketUrl: at.socketUrl, ...WHO, transports: ["websocket"] });
  chat.on("message", ({ from, body }) => {
    if (!from.isSelf && body.kind === "text") onMessage(body.text);
  });
  await chat.open({ customer: { name: "Mina" } });
  let count = 0;
  return {
    send: (text) => chat.send({ clientId: `bench-${++count}`, body: { kind: "text", text } }),
    close: () => chat.close(),
  };
}

/** In the client's process: everything but the start is measured. */
async function measure(kind: Kind, at: ExpertflowCxAddresses): Promise<Figures> {
  let received = 0;
  let done: (() => void) | undefined;
  const onMessage = (): void => {
    if (++received === MESSAGES) done?.();
  };
  const client = await (kind === "bare" ? bareClient(at, onMessage) : adapterClient(at, onMessage));
  for (let n = 0; n < 50; n++) await client.send(`warm ${n}`);
  const sending = performance.now();
  for (let n = 0; n < SENDS; n++) await client.send(`message ${n}`);
  const echoMs = (performance.now() - sending) / SENDS;
  const all = new Promise<void>((resolve) => (done = resolve));
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  await fetch(`${at.controlUrl}/burst`, { method: "POST", body: JSON.stringify({ count: MESSAGES }) });
  await all;
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1_000;
  await client.close();
  return { receiveUs: (user + system) / MESSAGES, perSecond: MESSAGES / seconds, echoMs };
}

async function runClient(kind: Kind): Promise<Figures> {
  const server = fork(import.meta.filename, ["server"], { stdio: "inherit" });
  const [at] = (await once(server, "message")) as [ExpertflowCxAddresses];
  const client = fork(import.meta.filename, [kind, JSON.stringify(at)], { stdio: "inherit" });
  const [figures] = (await once(client, "message")) as [Figures];
  await Promise.all([ended(client), ended(server)]);
  return figures;
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill();
  await once(child, "exit");
}

async function bytes(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
}

function row(name: string, runs: readonly Figures[], read: (figures: Figures) => number, digits: number): string {
  const values = runs.map(read);
  const spread = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits)).join("-");
  return `${name}: ${median(values).toFixed(digits)} (${spread})`;
}

async function main(): Promise<void> {
  const runs: Record<Kind, Figures[]> = { bare: [], adapter: [] };
  // In turn, so that a busy moment of the machine befalls both.
  for (let run = 0; run < RUNS; run++)
    for (const kind of ["bare", "adapter"] as const) runs[kind].push(await runClient(kind));
  for (const kind of ["bare", "adapter"] as const) {
    console.log(row(`${kind}: CPU per received message, µs`, runs[kind], ({ receiveUs }) => receiveUs, 1));
    console.log(row(`${kind}: received per second`, runs[kind], ({ perSecond }) => perSecond, 0));
    console.log(row(`${kind}: echo, ms`, runs[kind], ({ echoMs }) => echoMs, 2));
  }
  const ratio =
    median(runs.adapter.map(({ receiveUs }) => receiveUs)) / median(runs.bare.map(({ receiveUs }) => receiveUs));
  console.log(`CPU, adapter to bare: ${ratio.toFixed(2)} (to reach: 1.15)`);
  console.log(
    `adapters/expertflow-cx with socket.io-client, gzip: ${await bytes("adapters/expertflow-cx/index.ts")} (to reach: 22,528)`,
  );
  console.log(`socket.io-client alone, gzip: ${await bytes("socket.io-client")}`);
}

const [role, at = "null"] = process.argv.slice(2);
if (role === "server") {
  process.send?.((await startExpertflowCxSandbox()).addresses());
} else if (role === "bare" || role === "adapter") {
  process.send?.(await measure(role, JSON.parse(at) as ExpertflowCxAddresses));
} else {
  await main();
}
