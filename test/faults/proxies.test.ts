import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createFaultPlan,
  createHttpFaultProxy,
  createTcpFaultProxy,
  HTTP_FAULT_KINDS,
  type FaultProxy,
  type HttpFaultKind,
  type TcpFaultKind,
} from "../../sandbox/index.ts";

const addressOf = (server: TcpServer): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;
/** Faults that hit everything. */
const always = <K extends string>(kind: K, durationMs: [number, number] = [1, 1]) =>
  createFaultPlan({ seed: 1, mean: 1e-9, kinds: [kind], durationMs });

const proxies: FaultProxy[] = [];
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

describe("the HTTP fault proxy", () => {
  let server: Server;
  let seen: string[] = [];

  beforeAll(async () => {
    server = createServer((incoming, outgoing) => {
      let body = "";
      incoming.on("data", (bytes: Buffer) => (body += bytes.toString("latin1")));
      incoming.on("end", () => {
        seen.push(`${incoming.method} ${incoming.url} ${body}`);
        outgoing.end(Buffer.from(`answer to ${body}`, "latin1"));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    seen = [];
  });
  afterAll(() => void server.close());

  async function proxied(kind?: HttpFaultKind, durationMs?: [number, number]): Promise<FaultProxy<HttpFaultKind>> {
    const plan = kind && always(kind, durationMs);
    const proxy = await createHttpFaultProxy({
      target: `http://${addressOf(server)}/http-bind`,
      ...(plan && { plan }),
    });
    proxies.push(proxy);
    return proxy;
  }
  const post = async (url: string, body: string): Promise<string> =>
    (await fetch(url, { method: "POST", body })).text();

  it("passes everything on without a plan: paths, methods, bytes", async () => {
    const proxy = await proxied();
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const answer = await fetch(new URL("/upload/x?y=1", proxy.url), { method: "PUT", body: bytes });
    expect(new Uint8Array(await answer.arrayBuffer()).slice(10)).toEqual(bytes);
    await expect((await fetch(proxy.via(`http://${addressOf(server)}/rest`))).text()).resolves.toBe("answer to ");
    expect(seen.map((line) => line.slice(0, 17))).toEqual(["PUT /upload/x?y=1", "GET /rest "]);
    expect(proxy.injected).toEqual([]);
    expect(proxy.counts.seen).toBe(2);
  });

  it.each([
    ["drop-request", []],
    ["drop-answer", ["POST /http-bind a"]],
    ["truncate-answer", ["POST /http-bind a"]],
    ["reset-answer", ["POST /http-bind a"]],
  ] as const)("%s: the client hears nothing whole", async (kind, reached) => {
    const proxy = await proxied(kind);
    await expect(post(proxy.url, "a")).rejects.toThrow(/fetch failed|terminated/);
    expect(seen).toEqual(reached);
    expect(proxy.injected).toEqual([{ kind, fault: 0, index: 0, what: "POST /http-bind" }]);
  });

  it("duplicate-request: the server gets it twice, the client one answer", async () => {
    const proxy = await proxied("duplicate-request", [10_000, 10_000]);
    await expect(post(proxy.url, "a")).resolves.toBe("answer to a");
    expect(seen).toEqual(["POST /http-bind a", "POST /http-bind a"]);
  });

  it.each(["delay-request", "delay-answer", "slow-answer"] as const)("%s: whole, later", async (kind) => {
    const proxy = await proxied(kind, [20, 20]);
    await expect(post(proxy.url, "ä".repeat(50))).resolves.toBe(`answer to ${"ä".repeat(50)}`);
  });

  it("server-error: a page that the server knows nothing of", async () => {
    const proxy = await proxied("server-error");
    const answer = await fetch(proxy.url, { method: "POST", body: "a" });
    expect([500, 502, 503, 504]).toContain(answer.status);
    expect(seen).toEqual([]);
  });

  it("reorder-answers: waits until another answer was given", async () => {
    const kinds: HttpFaultKind[] = ["reorder-answers", "delay-answer"];
    const plan = {
      seed: 0,
      fault: (index: number) => ({
        kind: kinds[index % 2] ?? "delay-answer",
        after: 1,
        part: 0,
        ms: index === 0 ? 60_000 : 1,
      }),
    };
    const proxy = await createHttpFaultProxy({ target: `http://${addressOf(server)}/`, plan });
    proxies.push(proxy);
    const order: string[] = [];
    const early = post(proxy.url, "early").then((text) => order.push(text));
    while (seen.length === 0) await new Promise(setImmediate);
    await post(proxy.url, "late").then((text) => order.push(text));
    await early;
    expect(order).toEqual(["answer to late", "answer to early"]);
  });

  it("cut-request: the server gets a part, the client a reset", async () => {
    const ended: string[] = [];
    server.on("request", (incoming: IncomingMessage) => incoming.once("aborted", () => ended.push("aborted")));
    const proxy = await proxied("cut-request");
    await expect(post(proxy.url, "a".repeat(200_000))).rejects.toThrow("fetch failed");
    await expect.poll(() => ended).toEqual(["aborted"]);
    expect(seen).toEqual([]);
  });

  it("slow-request: whole, later", async () => {
    const proxy = await proxied("slow-request", [20, 20]);
    await expect(post(proxy.url, "ä".repeat(50))).resolves.toBe(`answer to ${"ä".repeat(50)}`);
    expect(seen).toHaveLength(1);
  });

  it("half-open: silence, until it is quiet or the client gives up", async () => {
    const proxy = await proxied("half-open");
    const gaveUp = fetch(proxy.url, { method: "POST", body: "a", signal: AbortSignal.timeout(50) });
    await expect(gaveUp).rejects.toThrow("timeout");
    const waits = post(proxy.url, "b");
    while (proxy.counts.seen < 2) await new Promise(setImmediate);
    proxy.quiet();
    await expect(waits).rejects.toThrow(/fetch failed|terminated/);
    await expect(post(proxy.url, "c")).resolves.toBe("answer to c");
    expect(seen).toEqual(["POST /http-bind c"]);
  });

  it("does the same to the same traffic again, and something else with another seed", async () => {
    const run = async (seed: number): Promise<string[]> => {
      const plan = createFaultPlan({
        seed,
        mean: 2,
        kinds: HTTP_FAULT_KINDS.filter((kind) => kind !== "half-open"),
        durationMs: [1, 3],
      });
      const proxy = await createHttpFaultProxy({ target: `http://${addressOf(server)}/`, plan });
      for (let index = 0; index < 40; index++) await post(proxy.url, `${index}`).catch(() => undefined);
      await proxy.close();
      return proxy.injected.map(({ kind, index }) => `${index} ${kind}`);
    };
    const [once, again, other] = [await run(11), await run(11), await run(12)];
    expect(again).toEqual(once);
    expect(other).not.toEqual(once);
    expect(once.length).toBeGreaterThan(10);
  });
});

describe("the TCP fault proxy", () => {
  let server: TcpServer;
  let seen: string[];
  const clients: Socket[] = [];

  // One for each test: what a cut left on its way must not turn up in the next.
  beforeEach(async () => {
    const heard: string[] = [];
    seen = heard;
    server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes: Buffer) => {
        heard.push(bytes.toString());
        socket.write(bytes.toString().toUpperCase());
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    server.close();
  });

  /** Sends ten characters through a proxy and resolves with what came back, or with how the connection ended. */
  async function talk(kind: TcpFaultKind | undefined, durationMs: [number, number] = [1, 1]): Promise<string> {
    const plan = kind && always(kind, durationMs);
    const proxy = await createTcpFaultProxy({ target: `tcp://${addressOf(server)}`, ...(plan && { plan }) });
    proxies.push(proxy);
    return exchange(proxy, "0123456789");
  }

  function exchange(proxy: FaultProxy<TcpFaultKind>, text: string): Promise<string> {
    const client = connect(Number(new URL(proxy.url).port), "127.0.0.1", () => client.write(text));
    clients.push(client);
    let got = "";
    return new Promise((resolve) => {
      client.on("data", (bytes: Buffer) => {
        got += bytes.toString();
        if (got.length === text.length) resolve(got);
      });
      client.on("error", (error: NodeJS.ErrnoException) => resolve(`${got} ${error.code}`));
      client.on("end", () => resolve(`${got} ended`));
    });
  }

  it.each([undefined, "delay", "slow"] as const)("%s: everything arrives", async (kind) => {
    await expect(talk(kind, [20, 20])).resolves.toBe("0123456789");
  });

  it("reset: a part arrives, then an RST", async () => {
    await expect(talk("reset")).resolves.toMatch(/ECONNRESET|EPIPE/);
    expect("0123456789".startsWith(seen.join(""))).toBe(true);
    expect(seen.join("").length).toBeLessThan(10);
  });

  it("truncate: a part arrives, then the end", async () => {
    await expect(talk("truncate")).resolves.toBe(" ended");
    expect(seen.join("").length).toBeLessThan(10);
  });

  it("half-open: nothing moves, and quiet ends what is dead", async () => {
    const proxy = await createTcpFaultProxy({ target: `tcp://${addressOf(server)}`, plan: always("half-open") });
    proxies.push(proxy);
    const stuck = exchange(proxy, "abc");
    while (proxy.injected.length === 0) await new Promise(setImmediate);
    expect(proxy.counts.open).toBe(1);
    proxy.quiet();
    await expect(stuck).resolves.toMatch(/ECONNRESET/);
    await expect(exchange(proxy, "abc")).resolves.toBe("ABC");
    expect(seen).toEqual(["abc"]);
  });

  it("half-open with an end: reset by itself, and counted once", async () => {
    const plan = always("half-open");
    const proxy = await createTcpFaultProxy({ target: `tcp://${addressOf(server)}`, plan, halfOpenMs: 20 });
    proxies.push(proxy);
    await expect(exchange(proxy, "abc")).resolves.toMatch(/ECONNRESET/);
    while (proxy.counts.open > 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(proxy.counts.open).toBe(0);
  });

  it("outage: cuts every connection and takes no new one until it is over", async () => {
    const kinds: TcpFaultKind[] = ["outage"];
    let faults = 0;
    const plan = {
      seed: 0,
      fault: () => ({ kind: kinds[0] ?? "outage", after: faults++ === 0 ? 1 : 1e9, part: 0, ms: 60_000 }),
    };
    const proxy = await createTcpFaultProxy({ target: `tcp://${addressOf(server)}`, plan });
    proxies.push(proxy);
    await expect(exchange(proxy, "abc")).resolves.toMatch(/ECONNRESET/);
    await expect(exchange(proxy, "abc")).resolves.toMatch(/ECONNRESET|EPIPE/);
    proxy.quiet();
    await expect(exchange(proxy, "abc")).resolves.toBe("ABC");
  });
});
