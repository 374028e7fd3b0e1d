import { Agent, createServer, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { drip, openProxy, Pauses, proxyParts, type FaultProxy, type FaultProxyOptions } from "./fault-proxy.ts";
import type { HttpFaultKind, PlannedFault } from "./fault-plan.ts";

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

interface Exchange {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  body: Buffer;
}

const STATUSES = [500, 502, 503, 504] as const;

/**
 * An HTTP proxy on loopback that breaks exchanges by a plan: BOSH, REST calls, uploads, anything with whole bodies.
 *
 * ```ts
 * const plan = createFaultPlan({ seed: 7, mean: 10, kinds: HTTP_FAULT_KINDS });
 * const proxy = await createHttpFaultProxy({ target: prosody.boshUrl, plan });
 * // connect a client to proxy.url, exchange messages, then:
 * proxy.quiet();
 * console.info(plan.seed, proxy.injected);
 * await proxy.close();
 * ```
 */
export async function createHttpFaultProxy(
  options: FaultProxyOptions<HttpFaultKind>,
): Promise<FaultProxy<HttpFaultKind>> {
  const parts = proxyParts(options);
  const { schedule, pauses, counts, target } = parts;
  const agent = new Agent({ keepAlive: true });
  const sockets = new Set<Socket>();
  const halfOpen = new Set<Socket>();
  /** Answers that wait to be overtaken. */
  const overtaken = new Pauses();

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    counts.open++;
    socket.once("close", () => {
      sockets.delete(socket);
      halfOpen.delete(socket);
      counts.open--;
    });
    socket.on("error", () => {});
  });

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    outgoing.on("error", () => {});
    const exchange: Exchange = { incoming, outgoing, body: await readAll(incoming) };
    const { socket } = incoming;
    const { method = "GET", url = "/" } = incoming;
    counts.seen++;
    // A preflight is the browser's own business: a page cannot repeat it.
    const fault = method === "OPTIONS" ? undefined : schedule.next(`${method} ${url}`);
    if (fault?.kind === "drop-request") return void socket.destroy();
    if (fault?.kind === "half-open") {
      halfOpen.add(socket);
      if (options.halfOpenMs === undefined) return undefined;
      await pauses.wait(options.halfOpenMs);
      return void socket.resetAndDestroy();
    }
    if (fault?.kind === "server-error") {
      return refuse(outgoing, STATUSES[Math.floor(fault.part * STATUSES.length)] ?? 503);
    }
    if (fault?.kind === "delay-request") await pauses.wait(fault.ms);
    if (fault?.kind === "duplicate-request") await firstCopy(exchange, fault.ms);
    if (fault?.kind === "cut-request") return cutRequest(exchange, fault.part);
    const answer = await forward(exchange, undefined, fault?.kind === "slow-request" ? fault.ms : 0);
    await answerWith(fault, answer, exchange);
    overtaken.endAll();
    return undefined;
  }

  /** The first of two: the server has it and perhaps answers, but nobody hears that. */
  async function firstCopy(exchange: Exchange, ms: number): Promise<void> {
    const given = new AbortController();
    const answered = forward(exchange, given.signal).then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([answered, pauses.wait(ms)]);
    given.abort();
  }

  /** The server gets the head, a part of the body, and no more. */
  async function cutRequest({ incoming, body }: Exchange, part: number): Promise<void> {
    const { method, url = "/" } = incoming;
    const { hostname, port } = target;
    const headers: IncomingHttpHeaders = { ...passedOn(incoming.headers), host: target.host };
    headers["content-length"] = String(body.length);
    const upstream = request({ hostname, port, path: url, method, headers });
    upstream.on("error", () => {});
    await new Promise<void>((resolve) => {
      upstream.once("close", resolve);
      upstream.once("socket", (socket: Socket) => {
        upstream.flushHeaders();
        upstream.write(body.subarray(0, Math.floor(part * body.length)), () => socket.resetAndDestroy());
      });
    });
    incoming.socket.resetAndDestroy();
  }

  async function answerWith(
    fault: PlannedFault<HttpFaultKind> | undefined,
    { status, headers, body }: Answer,
    { incoming: { socket }, outgoing }: Exchange,
  ): Promise<void> {
    if (fault?.kind === "drop-answer") return void socket.destroy();
    if (fault?.kind === "delay-answer") await pauses.wait(fault.ms);
    if (fault?.kind === "reorder-answers") await overtaken.wait(fault.ms);
    outgoing.writeHead(status, { ...passedOn(headers), "content-length": body.length });
    if (fault?.kind === "slow-answer") {
      await drip(
        body,
        fault.ms,
        pauses,
        (piece) => void outgoing.write(piece),
        () => outgoing.destroyed,
      );
      return void outgoing.end();
    }
    if (fault?.kind === "truncate-answer" || fault?.kind === "reset-answer") {
      const some = body.subarray(0, Math.floor(fault.part * body.length));
      const end = (): void => void (fault.kind === "reset-answer" ? socket.resetAndDestroy() : socket.destroy());
      // Without a byte the head would wait for one.
      outgoing.flushHeaders();
      return void (some.length === 0 ? end() : outgoing.write(some, end));
    }
    return void outgoing.end(body);
  }

  function forward({ incoming, outgoing, body }: Exchange, signal?: AbortSignal, dripMs = 0): Promise<Answer> {
    const { method, url = "/" } = incoming;
    const headers: IncomingHttpHeaders = { ...passedOn(incoming.headers), host: target.host };
    if (body.length > 0 || method === "POST" || method === "PUT") headers["content-length"] = String(body.length);
    return new Promise((resolve, reject) => {
      const { hostname, port } = target;
      const upstream = request(
        { hostname, port, path: url, method, headers, agent, ...(signal && { signal }) },
        (answer) => {
          readAll(answer).then(
            (bytes) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: bytes }),
            reject,
          );
        },
      );
      upstream.on("error", reject);
      // A client that gives up on a held request must look gone to the server too.
      outgoing.once("close", () => {
        if (!outgoing.writableFinished) upstream.destroy();
      });
      if (dripMs === 0) return void upstream.end(body);
      drip(
        body,
        dripMs,
        pauses,
        (piece) => void upstream.write(piece),
        () => upstream.destroyed,
      ).then(() => upstream.end(), reject);
      return undefined;
    });
  }

  return openProxy(parts, server, options.port, {
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    quieted: () => {
      overtaken.endAll();
      // A dead connection does not come back to life; but from here on it is known to be dead.
      for (const socket of halfOpen) socket.resetAndDestroy();
    },
    closed: () => agent.destroy(),
  });
}

function refuse(outgoing: ServerResponse, status: number): void {
  const headers = { "content-type": "text/html", "access-control-allow-origin": "*" };
  outgoing.writeHead(status, headers).end(`<html><body><h1>${status}</h1></body></html>`);
}

/** What belongs to the message and not to one connection. */
function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const {
    "content-length": _length,
    "transfer-encoding": _coding,
    connection: _connection,
    "keep-alive": _keepAlive,
    ...rest
  } = headers;
  return rest;
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
