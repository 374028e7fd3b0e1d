import { afterEach, describe, expect, it } from "vitest";
import { createXmppConnection } from "../../adapters/xmpp-muc/connection/xmpp-connection.ts";
import { decodeResumeState, type BoshResumeState } from "../../adapters/xmpp-muc/connection/resume-state.ts";
import { createBoshFaultProxy, startProsody, type BoshFaultProxy } from "../../sandbox/index.ts";
import { sharedEjabberd, sharedProsody, type ServerHandle } from "./servers.ts";
import { joinedPeer, nextPage, numbered, type Peer } from "./xmpp-peer.ts";

/** A page goes, the next one goes on with its BOSH session; and what tells that a session is in trouble. */

const open: { close(): Promise<void> }[] = [];

// In order: a proxy that is gone cannot carry a goodbye.
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

interface Scene {
  proxy: BoshFaultProxy;
  /** The page, over BOSH through the proxy. */
  page: Peer;
  /** Somebody else in the room. */
  other: Peer;
}

async function scene(server: ServerHandle): Promise<Scene> {
  const proxy = await createBoshFaultProxy({ target: server.boshUrl });
  const page = await joinedPeer(server, { boshUrl: proxy.url });
  const other = await joinedPeer(server, { room: page.room });
  open.push(page, other, proxy);
  return { proxy, page, other };
}

/** The state as a page stores it. */
function stored(state: unknown): BoshResumeState {
  const decoded = decodeResumeState(JSON.parse(JSON.stringify(state)));
  if (decoded?.kind !== "bosh") throw new Error("that is no resume state of BOSH");
  return decoded;
}

/** Goes away, and comes back with what was stored. */
async function reload(
  server: ServerHandle,
  page: Peer,
  state: BoshResumeState = stored(page.connection.detach()),
): Promise<Peer> {
  const next = nextPage(server, page, { boshUrl: state.url, resume: state });
  open.unshift(next);
  await next.connection.sendable();
  return next;
}

describe.each([
  ["Prosody", sharedProsody],
  ["ejabberd", sharedEjabberd],
])("a page that reloads on %s", (name, getServer) => {
  const server = getServer();

  it("goes on with its session: no login, the same address, and the room still knows it", async () => {
    const { proxy, page, other } = await scene(server);
    const { jid } = page.connection;
    const before = proxy.log.length;
    const next = await reload(server, page);
    expect(next.connection.jid).toBe(jid);
    expect(next.resumed).toEqual([true]);
    await next.say("back again");
    await other.say("welcome");
    await next.until(() => next.bodies.includes("welcome"));
    await other.until(() => other.bodies.includes("back again"));
    const bodies = proxy.log.slice(before).map(({ body }) => body);
    expect(bodies.filter((body) => /<(auth|presence|bind)\b/.test(body))).toEqual([]);
  });

  it("loses and doubles nothing, reloading again and again in the middle of sending and receiving", async () => {
    const { page, other } = await scene(server);
    const heard: string[] = [];
    let current = page;
    for (let round = 0; round < 8; round++) {
      const out = numbered(5, `out${round}.`).map((text) => current.say(text));
      for (const text of numbered(5, `in${round}.`)) void other.say(text);
      // Between any two requests: as soon as what was said is in a request, answered or not.
      await Promise.all(out);
      await current.until(() => current.bodies.length >= round);
      const state = stored(current.connection.detach());
      heard.push(...current.bodies);
      current = await reload(server, current, state);
      expect(current.resumed).toEqual([true]);
    }
    const outs = (texts: string[]): string[] => texts.filter((text) => text.startsWith("out"));
    const ins = (texts: string[]): string[] => texts.filter((text) => text.startsWith("in"));
    await current.until(() => ins(heard).length + ins(current.bodies).length >= 40);
    await other.until(() => outs(other.bodies).length >= 40);
    const all = Array.from({ length: 8 }, (_, round) => round);
    expect(outs(other.bodies)).toEqual(all.flatMap((round) => numbered(5, `out${round}.`)));
    expect(ins([...heard, ...current.bodies])).toEqual(all.flatMap((round) => numbered(5, `in${round}.`)));
  });

  // ejabberd 23.01 may stall for good when a request reaches it within a millisecond or two of the poll before it, which nothing here
  // can see once answers are held: seen once in many runs, and only there.
  const again = name === "ejabberd" ? 1 : 0;
  it(
    "case 17: repeats the poll whose answer was lost with the page, and the message in it arrives once",
    { retry: again },
    async () => {
      const { proxy, page, other } = await scene(server);
      // What is answered from now on, the page never sees.
      proxy.rule = () => ({ action: "hold-response", until: new Promise(() => undefined) });
      await page.say("before");
      await other.until(() => other.bodies.includes("before"));
      await other.say("while the page was dying");
      await other.until(() => other.bodies.includes("while the page was dying"));
      const state = stored(page.connection.detach());
      expect(state.pending.length).toBeGreaterThan(0);
      proxy.rule = undefined;
      const next = await reload(server, page, state);
      await next.until(() => next.bodies.includes("while the page was dying"));
      await next.say("both ways");
      await other.until(() => other.bodies.includes("both ways"));
      await next.until(() => next.bodies.includes("both ways"));
      expect([...page.bodies, ...next.bodies]).toEqual(["before", "while the page was dying", "both ways"]);
    },
  );

  it("case 17: repeats the message whose answer was lost with the page, and the room gets it once", async () => {
    const { proxy, page, other } = await scene(server);
    let state: BoshResumeState | undefined;
    page.connection.onResumeState((told) => {
      if (told.kind === "bosh" && told.pending.at(-1)?.body.includes("<message") === true) state ??= stored(told);
    });
    proxy.rule = () => ({ action: "drop-response" });
    await page.say("with my last breath");
    await other.until(() => other.bodies.length > 0);
    page.connection.detach();
    proxy.rule = undefined;
    const next = await reload(server, page, state);
    await next.say("and once more");
    await other.until(() => other.bodies.includes("and once more"));
    expect(other.bodies).toEqual(["with my last breath", "and once more"]);
  });

  it.each([
    ["a wrong sid", (state: BoshResumeState): BoshResumeState => ({ ...state, sid: "0000", pending: [] })],
    [
      "a rid that is long past",
      (state: BoshResumeState): BoshResumeState => ({ ...state, rid: state.rid + 500, pending: [] }),
    ],
    [
      "a state that is too old",
      (state: BoshResumeState): BoshResumeState => ({ ...state, savedAt: state.savedAt - 200_000 }),
    ],
  ])("starts a new session by itself with %s", async (_what, spoil) => {
    const { page, other } = await scene(server);
    const next = await reload(server, page, spoil(stored(page.connection.detach())));
    expect(next.resumed).toEqual([false]);
    expect(next.events).toEqual(["sendable"]);
    // The old one is not left behind as a ghost: the new one took its place.
    await other.until(() => other.left.includes(page.user.username));
    await next.join();
    await next.say("as a new one");
    await other.until(() => other.bodies.includes("as a new one"));
  });

  it("says what is missing when the session is over and there are no credentials", async () => {
    const { page } = await scene(server);
    const state = { ...stored(page.connection.detach()), sid: "0000", pending: [] };
    const connection = createXmppConnection({ resume: state });
    await expect(connection.connect()).rejects.toMatchObject({ code: "unauthorized" });
    expect(connection.status).toBe("closed");
    expect(page.connection.status).toBe("closed");
    expect(page.events.at(-1)).toBe("closed:handed-over");
  });

  it("needs no credentials as long as the session lives", async () => {
    const { page } = await scene(server);
    const jid = page.connection.jid;
    const connection = createXmppConnection({ resume: stored(page.connection.detach()) });
    open.unshift(connection);
    expect(await connection.connect()).toBe(jid);
  });

  it("is asked for a sign of life: alive, dead for good, and only the old connections dead", async () => {
    const { proxy, page } = await scene(server);
    expect(await page.connection.probe()).toBe(true);
    // What is open now never gets an answer, as after a sleep; new connections work.
    const until = new Promise<void>(() => undefined);
    const before = proxy.log.length;
    proxy.rule = ({ number }) => (number <= before + 1 ? { action: "hold-response", until } : undefined);
    expect(await page.connection.probe({ timeoutMs: 2_000 })).toBe(true);
    expect(page.events).toEqual(["sendable"]);
    proxy.rule = () => ({ action: "hold-response", until });
    expect(await page.connection.probe({ timeoutMs: 300 })).toBe(false);
    proxy.rule = undefined;
    await page.until(() => page.events.length >= 3);
    expect(page.events).toEqual(["sendable", "lost", "sendable"]);
  });

  it("does not wait out the delay of a repeat when the network is back", async () => {
    const { proxy, page, other } = await scene(server);
    proxy.offline = true;
    const failures = (): number => proxy.log.length;
    await page.say("later");
    proxy.offline = false;
    expect(failures()).toBeGreaterThan(0);
    page.connection.hurry();
    await other.until(() => other.bodies.includes("later"));
  });
});

describe("a pause", () => {
  it("case 17: is offered by ejabberd: the session rests without a request, and wakes with the next message", async () => {
    const { proxy, page, other } = await scene(sharedEjabberd());
    const rest = page.connection.pause;
    expect(rest?.(60)).toBe(true);
    await expect.poll(() => proxy.log.at(-1)?.pause).toBe("60");
    await other.say("are you there?");
    await page.say("yes");
    await page.until(() => page.bodies.length >= 2);
    expect(page.bodies.toSorted()).toEqual(["are you there?", "yes"]);
    expect(page.events).toEqual(["sendable"]);
  });

  it("case 17: outlasts the page: the next one takes the resting session over", async () => {
    const server = sharedEjabberd();
    const { proxy, page, other } = await scene(server);
    expect(page.connection.pause?.(60)).toBe(true);
    await expect.poll(() => proxy.log.at(-1)?.pause).toBe("60");
    const next = await reload(server, page);
    expect(next.resumed).toEqual([true]);
    await other.say("welcome back");
    await next.until(() => next.bodies.includes("welcome back"));
  });

  it("case 17: is not offered by Prosody", async () => {
    const { page } = await scene(sharedProsody());
    expect(page.connection.pause).toBeUndefined();
  });
});

describe("a server that is gone", () => {
  it("is told early, while everything is still repeated, and the session is lost only later", async () => {
    const prosody = await startProsody({ storage: "internal", boshInactivitySeconds: 5 });
    open.push({ close: () => prosody.stop() });
    const { username, password } = { username: "visitor", password: crypto.randomUUID() };
    const jid = await prosody.control.createUser(username, password);
    const handle: ServerHandle = { ...prosody.addresses(), kind: "prosody", control: prosody.control };
    const page = await joinedPeer(handle, {
      boshUrl: prosody.boshUrl,
      user: { username, password, jid },
      bosh: { falterMs: 500 },
    });
    open.unshift(page);
    await prosody.kill();
    await page.until(() => page.events.includes("lost"));
    expect(page.events).toEqual(["sendable", "faltering", "lost"]);
  });

  it("is told to be back when it answers again", async () => {
    const { proxy, page, other } = await scene(sharedProsody());
    await expect.poll(() => proxy.log.at(-1)?.empty).toBe(true);
    proxy.offline = true;
    await page.until(() => page.events.includes("faltering"));
    proxy.offline = false;
    await page.until(() => page.events.includes("steady"));
    await page.say("still here");
    await other.until(() => other.bodies.includes("still here"));
    expect(page.events).toEqual(["sendable", "faltering", "steady"]);
  });
});
