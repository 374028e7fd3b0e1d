import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  createBoshFaultProxy,
  createTcpDelayProxy,
  type BoshFaultProxy,
  type TcpDelayProxy,
} from "../../sandbox/index.ts";

let server: Server;
let seen: string[] = [];
let target: string;

beforeAll(async () => {
  server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.on("data", (text: Buffer) => (body += text.toString()));
    incoming.on("end", () => {
      seen.push(body);
      outgoing.end(`answer to ${body}`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/http-bind`;
});
afterAll(() => void server.close());

describe("BOSH fault proxy", () => {
  let proxy: BoshFaultProxy;
  beforeAll(async () => {
    proxy = await createBoshFaultProxy({ target });
  });
  afterEach(() => {
    proxy.rule = undefined;
    proxy.offline = false;
    seen = [];
  });
  afterAll(() => proxy.close());

  const post = async (body: string): Promise<string> =>
    (await fetch(proxy.url, { method: "POST", body, signal: AbortSignal.timeout(5_000) })).text();

  it("tells rules what a request is and counts its attempts", async () => {
    proxy.rule = () => undefined;
    await post("<body rid='7' sid='s' xmlns='x'/>");
    await expect(post("<body rid='7' sid='s' xmlns='x'/>")).resolves.toMatch(/^answer/);
    expect(proxy.log.at(-1)).toMatchObject({ rid: 7, sid: "s", attempt: 2, empty: true, result: 200 });
  });

  it("drops a request before, or an answer after the server has seen it", async () => {
    proxy.rule = () => ({ action: "drop-request" });
    await expect(post("a")).rejects.toThrow("fetch failed");
    expect(seen).toEqual([]);
    proxy.rule = () => ({ action: "drop-response" });
    await expect(post("b")).rejects.toThrow("fetch failed");
    proxy.rule = () => ({ action: "reset-response" });
    await expect(post("c")).rejects.toThrow("fetch failed");
    expect(seen).toEqual(["b", "c"]);
  });

  it("answers itself, replaces, truncates, slows down and duplicates", async () => {
    proxy.rule = () => ({ action: "status", status: 503, body: "busy" });
    await expect(post("x")).resolves.toBe("busy");
    proxy.rule = () => ({ action: "replace", body: (real) => real.toUpperCase() });
    await expect(post("x")).resolves.toBe("ANSWER TO X");
    proxy.rule = () => ({ action: "truncate-response", bytes: 3 });
    await expect(post("x")).rejects.toThrow("terminated");
    proxy.rule = () => ({ action: "slow-response", chunks: 3, ms: 5 });
    await expect(post("x")).resolves.toBe("answer to x");
    seen = [];
    proxy.rule = () => ({ action: "duplicate" });
    await post("twice");
    await expect.poll(() => seen).toEqual(["twice", "twice"]);
  });

  it("lets a delayed request be overtaken, and holds an answer for as long as it is told", async () => {
    proxy.rule = ({ body }) => (body === "slow" ? { action: "delay-request", ms: 50 } : undefined);
    await Promise.all([post("slow"), post("fast")]);
    expect(seen).toEqual(["fast", "slow"]);
    let release = (): void => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    proxy.rule = () => ({ action: "hold-response", until });
    const held = post("held");
    await expect.poll(() => seen).toContain("held");
    release();
    await expect(held).resolves.toBe("answer to held");
  });

  it("plays a dead network", async () => {
    proxy.offline = true;
    await expect(post("x")).rejects.toThrow("fetch failed");
    proxy.offline = false;
    await expect(post("y")).resolves.toBe("answer to y");
  });
});

describe("TCP delay proxy", () => {
  let proxy: TcpDelayProxy;
  beforeAll(async () => {
    proxy = await createTcpDelayProxy({ target });
  });
  afterEach(() => {
    proxy.behaviour = "forward";
    proxy.frozen = false;
    proxy.delayMs = 0;
    seen = [];
    vi.useRealTimers();
  });
  afterAll(() => proxy.close());

  const client = async (): Promise<Socket> => {
    const socket = connect(proxy.port, proxy.host);
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  };
  // Not events.once: that rejects on the error of a reset, which is what is wanted here.
  const closing = (socket: Socket): Promise<void> =>
    new Promise((resolve) => void socket.once("close", () => resolve()));
  const request = "POST /http-bind HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1";

  it("delays each direction and counts bytes and connections", async () => {
    const { connections, bytesToTarget } = proxy.counts;
    const socket = await client();
    proxy.delayMs = 40;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    socket.write(request);
    await expect.poll(() => proxy.counts.bytesToTarget).toBe(bytesToTarget + request.length);
    vi.advanceTimersByTime(39);
    expect(seen).toEqual([]);
    const { bytesToClient } = proxy.counts;
    vi.advanceTimersByTime(1);
    await expect.poll(() => proxy.counts.bytesToClient).toBeGreaterThan(bytesToClient);
    expect(seen).toEqual(["1"]);
    expect(socket.readableLength + socket.bytesRead).toBe(0);
    const answer = once(socket, "data");
    vi.advanceTimersByTime(40);
    expect(String(await answer)).toContain("200 OK");
    expect(proxy.counts.connections).toBe(connections + 1);
    socket.destroy();
  });

  it("is as fast as the target without a delay, also for fetch", async () => {
    const answer = await fetch(proxy.via(target), { method: "POST", body: "hi" });
    await expect(answer.text()).resolves.toBe("answer to hi");
  });

  it("hands a half-closed connection's answer on", async () => {
    const socket = await client();
    socket.end(request);
    expect(String(await once(socket, "data"))).toContain("200 OK");
    socket.destroy();
  });

  it("cuts, refuses and freezes", async () => {
    const socket = await client();
    const closed = closing(socket);
    await expect.poll(() => proxy.counts.open).toBeGreaterThan(0);
    proxy.cut();
    await closed;
    await expect.poll(() => proxy.counts.open).toBe(0);
    proxy.behaviour = "refuse";
    const refused = connect(proxy.port, proxy.host);
    refused.on("error", () => {});
    await closing(refused);
    proxy.behaviour = "forward";
    const thawing = await client();
    proxy.frozen = true;
    seen = [];
    const sent = proxy.counts.bytesToTarget;
    thawing.write(request);
    await expect.poll(() => proxy.counts.bytesToTarget).toBe(sent + request.length);
    expect(seen).toEqual([]);
    proxy.frozen = false;
    expect(String(await once(thawing, "data"))).toContain("200 OK");
    thawing.destroy();
  });
});
