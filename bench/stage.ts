import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium, type Browser, type CDPSession, type Page } from "playwright";
import {
  createBoshFaultProxy,
  createTcpDelayProxy,
  startExotelSandbox,
  type BoshFaultProxy,
  type ExotelSandbox,
  type TcpDelayProxy,
} from "../sandbox/index.ts";
import { clock, startAgent, type BenchAgent } from "./agent.ts";
import type { PeerKind } from "./bundles.ts";
import type { BenchPage, PeerOptions } from "./peers/peer.ts";

/** One client over one wire. */
export interface Contender {
  kind: PeerKind;
  transport: "bosh" | "websocket";
}

/** How a page reaches the server. */
export interface Route {
  /** Milliseconds added to a round trip. */
  delayMs: 0 | 100;
  /** Through the proxy that writes down each BOSH request. */
  logged?: boolean;
}

/** A page with one client in it. */
export interface Seat {
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly room: string;
  /** Calls a method of {@link BenchPage}. */
  call<K extends keyof BenchPage>(
    method: K,
    ...args: Parameters<BenchPage[K]>
  ): Promise<Awaited<ReturnType<BenchPage[K]>>>;
  /** Starts the client. */
  start(): Promise<{ ms: number; joinedAt: number }>;
  leave(): Promise<void>;
}

/** Everything that measurements share: one server, one browser, one agent. */
export interface Stage {
  readonly sandbox: ExotelSandbox;
  readonly browser: Browser;
  readonly agent: BenchAgent;
  readonly boshLog: BoshFaultProxy;
  readonly clockUrl: string;
  /** A fresh page with a client that has not started yet, in a room with the agent. */
  seat(contender: Contender, route: Route): Promise<Seat>;
  stop(): Promise<void>;
}

/** How long one step of one client may take until it counts as failed. */
export const STEP_LIMIT_MS = 60_000;

/** Starts the stage. @param folder what {@link bundlePages} filled. */
export async function openStage(folder: string, mechanism: "PLAIN" | "SCRAM"): Promise<Stage> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const sandbox = await startExotelSandbox({
      prosody: mechanism === "PLAIN" ? { disableScram: true } : { saslHash: "all" },
      settings: { agentJoin: "never" },
    });
    closers.push(() => sandbox.stop());
    const { prosody } = sandbox;
    await prosody.control.createUser("bench-agent", "secret");
    const { wsUrl, domain } = prosody;
    const agent = await startAgent({ wsUrl, domain, username: "bench-agent", password: "secret" });
    closers.push(() => agent.close());
    const boshLog = await createBoshFaultProxy({ target: prosody.boshUrl });
    closers.push(() => boshLog.close());
    const slow = {
      bosh: await createTcpDelayProxy({ target: prosody.boshUrl, delayMs: 50 }),
      logged: await createTcpDelayProxy({ target: boshLog.url, delayMs: 50 }),
      rest: await createTcpDelayProxy({ target: sandbox.chatServiceUrl, delayMs: 50 }),
    };
    for (const proxy of Object.values(slow)) closers.push(() => proxy.close());
    const pages = await servePages(folder);
    closers.push(() => pages.close());
    const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });
    closers.push(() => browser.close());
    const parts = { sandbox, browser, agent, boshLog, slow, pagesUrl: pages.url };
    const context = await browser.newContext();
    return {
      ...parts,
      clockUrl: `${pages.url}/clock`,
      seat: (contender, route) => takeSeat(parts, () => context.newPage(), contender, route),
      stop: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parts {
  sandbox: ExotelSandbox;
  agent: BenchAgent;
  boshLog: BoshFaultProxy;
  slow: Record<"bosh" | "logged" | "rest", TcpDelayProxy>;
  pagesUrl: string;
}

let seats = 0;

async function takeSeat(
  parts: Parts,
  newPage: () => Promise<Page>,
  { kind, transport }: Contender,
  route: Route,
): Promise<Seat> {
  const { prosody } = parts.sandbox;
  const name = `bench-${process.pid}-${++seats}`;
  await prosody.control.createUser(name, "secret");
  const { jid: room } = await prosody.control.createRoom({ name, persistent: true });
  await parts.agent.join(room);
  const page = await newPage();
  const cdp = await page.context().newCDPSession(page);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(`${parts.pagesUrl}/${kind.page}.html?${kind.script ?? ""}`);
  const options: PeerOptions = {
    ...addresses(parts, route, kind),
    transport,
    domain: prosody.domain,
    username: name,
    password: "secret",
    room,
    nick: "Jane",
  };
  const call: Seat["call"] = (method, ...args) => {
    const work = page.evaluate(
      ([name, given]) => {
        const { bench } = globalThis as unknown as { bench: Record<string, (...args: unknown[]) => Promise<never>> };
        const run = bench[name];
        if (!run) throw new Error("The page script did not load.");
        return run(...given);
      },
      [method, args] as const,
    );
    return limited(work, `${kind.name} ${transport}: ${method}`, problems);
  };
  return {
    page,
    cdp,
    room,
    call,
    start: () => call("start", options),
    leave: async () => {
      await call("stop").catch(() => undefined);
      await page.close();
      await prosody.control.destroyRoom(room).catch(() => undefined);
    },
  };
}

function addresses(
  parts: Parts,
  { delayMs, logged }: Route,
  kind: PeerKind,
): Pick<PeerOptions, "boshUrl" | "wsUrl" | "rest"> {
  const { sandbox, slow, boshLog } = parts;
  const { prosody, chatServiceUrl, authToken } = sandbox;
  const near = { boshUrl: logged ? boshLog.url : prosody.boshUrl, wsUrl: prosody.wsUrl, chatServiceUrl };
  const far = {
    boshUrl: (logged ? slow.logged : slow.bosh).via(near.boshUrl),
    wsUrl: slow.bosh.via(near.wsUrl),
    chatServiceUrl: slow.rest.via(chatServiceUrl).replace(/\/$/, ""),
  };
  const { boshUrl, wsUrl, chatServiceUrl: rest } = delayMs === 0 ? near : far;
  return { boshUrl, wsUrl, ...(kind.rest ? { rest: { chatServiceUrl: rest, authToken } } : {}) };
}

function limited<T>(work: Promise<T>, what: string, problems: string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error([`${what} took longer than ${STEP_LIMIT_MS / 1_000} s`, ...problems].join("; "))),
      STEP_LIMIT_MS,
    );
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

/** `NAME.html` loads a script before, if asked, and `NAME.js`; `/clock` tells the time. */
export async function servePages(folder: string): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "/", "http://bench");
    if (pathname === "/clock") return void response.end(String(clock()));
    const [, name = "", kind] = /^\/([\w.-]+)\.(html|js)$/.exec(pathname) ?? [];
    if (kind === "html") {
      const scripts = [search.slice(1), `${name}.js`].filter((file) => file !== "");
      response.setHeader("content-type", "text/html; charset=utf-8");
      return void response.end(
        `<!doctype html><title>bench</title><link rel="icon" href="data:,">${scripts.map((file) => `<script src="${file}"></script>`).join("")}`,
      );
    }
    try {
      const code = readFileSync(join(folder, `${name}.js`));
      response.setHeader("content-type", "text/javascript; charset=utf-8");
      return void response.end(code);
    } catch {
      response.statusCode = 404;
      return void response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
