import {
  Agent,
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { readBoshRequest, type BoshRequestInfo } from "./bosh-request-info.ts";

/** What to do with one request; nothing means: pass it through. */
export type BoshFault =
  /** Close the client's connection; the server never sees the request. */
  | { action: "drop-request" }
  /** The server handles the request, then the client's connection is closed. */
  | { action: "drop-response" }
  /** The server handles the request, then the client's connection is reset (RST). */
  | { action: "reset-response" }
  /** Forward later, so that requests overtake each other. */
  | { action: "delay-request"; ms: number }
  /** Answer later, so that answers overtake each other. */
  | { action: "delay-response"; ms: number }
  /** Answer when the promise settles. */
  | { action: "hold-response"; until: Promise<unknown> }
  /** Answer from here; the server never sees the request. Default body: an HTML page. */
  | { action: "status"; status: number; body?: string; headers?: Record<string, string> }
  /** Forward, then answer with another body, with the real HTTP status or a given one. */
  | { action: "replace"; body: string | ((real: string) => string); status?: number }
  /** Forward twice, answer with the first answer. */
  | { action: "duplicate" }
  /** Answer with the first `bytes` bytes of the real body, announce all of them, then close the connection. */
  | { action: "truncate-response"; bytes: number }
  /** Answer in `chunks` pieces, `ms` apart. */
  | { action: "slow-response"; chunks: number; ms: number };

/** Decides on each POST. */
export type BoshFaultRule = (request: BoshRequestInfo) => BoshFault | undefined | Promise<BoshFault | undefined>;

/** One request as the proxy saw it. */
export interface BoshLogEntry extends BoshRequestInfo {
  /** `performance.now()` when it was complete. */
  startedAt: number;
  /** `performance.now()` when the answer was written. */
  answeredAt?: number;
  action?: BoshFault["action"];
  /** HTTP status, `killed`, or the error code of the server's connection. */
  result?: number | string;
  /** Body of the answer. */
  response?: string;
}

/** A running fault proxy. */
export interface BoshFaultProxy {
  /** What the client is to be connected to: the target's path on the proxy's address. */
  readonly url: string;
  rule: BoshFaultRule | undefined;
  /** Every POST, oldest first. */
  readonly log: BoshLogEntry[];
  /** A dead network while true: open connections are cut, new ones refused at once. */
  offline: boolean;
  /** Cuts every open connection once. */
  cut(): void;
  close(): Promise<void>;
}

/** Options of {@link createBoshFaultProxy}. */
export interface BoshFaultProxyOptions {
  /** The real BOSH address, `http:`. */
  target: string;
  /** Default: any free one. */
  port?: number;
  rule?: BoshFaultRule;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * An HTTP proxy on loopback that breaks chosen BOSH requests.
 *
 * ```ts
 * const proxy = await createBoshFaultProxy({ target: prosody.boshUrl });
 * proxy.rule = (request) => (request.attempt === 1 && request.body.includes("<message") ? { action: "drop-response" } : undefined);
 * // connect a client to proxy.url
 * await proxy.close();
 * ```
 */
export async function createBoshFaultProxy(options: BoshFaultProxyOptions): Promise<BoshFaultProxy> {
  const target = new URL(options.target);
  const agent = new Agent({ keepAlive: true });
  const sockets = new Set<Socket>();
  const attempts = new Map<string, number>();
  const log: BoshLogEntry[] = [];
  let offline = false;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: BoshFaultProxy = {
    get url() {
      return `http://127.0.0.1:${portOf(server)}${target.pathname}`;
    },
    rule: options.rule,
    log,
    get offline() {
      return offline;
    },
    set offline(value) {
      offline = value;
      if (value) cut();
    },
    cut,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        cut();
        agent.destroy();
      }),
  };
  const server = createServer((incoming, outgoing) => {
    serve({ proxy, target, agent, attempts, isOffline: () => offline }, incoming, outgoing).catch(() =>
      incoming.socket.destroy(),
    );
  });
  server.on("connection", (socket) => {
    if (offline) return void socket.destroy();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    return undefined;
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return proxy;
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Context {
  proxy: BoshFaultProxy;
  target: URL;
  agent: Agent;
  attempts: Map<string, number>;
  /** Asked anew each time: it changes while a request is under way. */
  isOffline(): boolean;
}

async function serve(context: Context, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { proxy } = context;
  outgoing.on("error", () => {});
  const body = await readAll(incoming);
  const info = readBoshRequest(incoming.method ?? "GET", body, proxy.log.length + 1, context.attempts);
  const entry: BoshLogEntry = { ...info, startedAt: performance.now() };
  if (info.method === "POST") proxy.log.push(entry);
  const kill = (): void => {
    entry.result = "killed";
    incoming.socket.destroy();
  };
  if (context.isOffline()) return kill();
  const fault = info.method === "POST" ? await proxy.rule?.(info) : undefined;
  if (fault) entry.action = fault.action;
  if (fault?.action === "drop-request") return kill();
  if (fault?.action === "status") {
    const headers = { "content-type": "text/html", "access-control-allow-origin": "*", ...fault.headers };
    entry.result = fault.status;
    outgoing.writeHead(fault.status, headers).end(fault.body ?? `<html><body><h1>${fault.status}</h1></body></html>`);
    return undefined;
  }
  if (fault?.action === "delay-request") await pause(fault.ms);
  if (fault?.action === "duplicate") forward(context, incoming, outgoing, body).catch(() => {});
  const answer = await forward(context, incoming, outgoing, body).catch((error: NodeJS.ErrnoException) => {
    entry.result = error.code ?? error.message;
    throw error;
  });
  if (fault?.action === "drop-response" || context.isOffline()) return kill();
  entry.result = answer.status;
  await deliver(fault, answer, entry, incoming, outgoing);
  return undefined;
}

async function deliver(
  fault: BoshFault | undefined,
  answer: Answer,
  entry: BoshLogEntry,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if (fault?.action === "delay-response") await pause(fault.ms);
  if (fault?.action === "hold-response") await fault.until;
  if (fault?.action === "reset-response") {
    entry.result = "killed";
    incoming.socket.resetAndDestroy();
    return;
  }
  if (fault?.action === "replace") {
    answer.body = typeof fault.body === "function" ? fault.body(answer.body) : fault.body;
    answer.status = fault.status ?? answer.status;
  }
  const {
    "content-length": _length,
    connection: _connection,
    "transfer-encoding": _coding,
    ...headers
  } = answer.headers;
  const bytes = Buffer.from(answer.body);
  entry.result = answer.status;
  entry.response = answer.body;
  entry.answeredAt = performance.now();
  outgoing.writeHead(answer.status, { ...headers, "content-length": bytes.length });
  if (fault?.action === "truncate-response") {
    outgoing.write(bytes.subarray(0, fault.bytes), () => incoming.socket.destroy());
    return;
  }
  if (fault?.action === "slow-response") {
    const size = Math.ceil(bytes.length / fault.chunks);
    for (let from = 0; from < bytes.length && !outgoing.destroyed; from += size) {
      if (from > 0) await pause(fault.ms);
      outgoing.write(bytes.subarray(from, from + size));
    }
    outgoing.end();
    return;
  }
  outgoing.end(bytes);
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function forward(context: Context, incoming: IncomingMessage, outgoing: ServerResponse, body: string): Promise<Answer> {
  const { target, agent } = context;
  const { "transfer-encoding": _coding, connection: _connection, ...kept } = incoming.headers;
  const headers: IncomingHttpHeaders = { ...kept, host: target.host };
  if (incoming.method === "POST") headers["content-length"] = String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    const upstream = request(target, { method: incoming.method, headers, agent }, (answer) => {
      readAll(answer).then(
        (text) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: text }),
        reject,
      );
    });
    upstream.on("error", reject);
    // A client that gives up on a held request must look gone to the server too.
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) upstream.destroy();
    });
    upstream.end(body);
  });
}
