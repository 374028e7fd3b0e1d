import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { createXmppConnection } from "../../adapters/xmpp-muc/connection/xmpp-connection.ts";
import { BoshError } from "../../adapters/xmpp-muc/connection/bosh/bosh-error.ts";
import { createBoshFaultProxy, startProsody, type BoshFaultProxy, type BoshFaultRule } from "../../sandbox/index.ts";
import { freshUser, sharedEjabberd, sharedProsody, type ServerHandle } from "./servers.ts";
import { joinedPeer, numbered, type Peer } from "./xmpp-peer.ts";

/** Cases of the BOSH transport on real servers, by number; the rest are in unit tests (see test/CASES.md). */

const open: { close(): Promise<void> }[] = [];

// In order: a proxy that is gone cannot carry a goodbye.
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function proxied(server: ServerHandle, rule?: BoshFaultRule): Promise<BoshFaultProxy> {
  const proxy = await createBoshFaultProxy({ target: server.boshUrl, ...(rule ? { rule } : {}) });
  open.push(proxy);
  return proxy;
}

/** A peer over BOSH through a proxy, and another in the same room over a healthy WebSocket. */
async function pair(server: ServerHandle): Promise<{ proxy: BoshFaultProxy; peer: Peer; other: Peer }> {
  const proxy = await proxied(server);
  const peer = await joinedPeer(server, { boshUrl: proxy.url });
  const other = await joinedPeer(server, { room: peer.room });
  open.unshift(peer, other);
  return { proxy, peer, other };
}

const hasMessage: (body: string) => boolean = (body) => body.includes("<message");

describe.each([
  ["Prosody", sharedProsody],
  ["ejabberd", sharedEjabberd],
])("BOSH on %s", (_name, getServer) => {
  const server = getServer();

  it("case 1: answers that are lost are asked for again; nothing is lost or doubled", async () => {
    const { proxy, peer, other } = await pair(server);
    let dropped = 0;
    proxy.rule = ({ attempt, body }) =>
      attempt === 1 && hasMessage(body) && dropped++ < 5 ? { action: "drop-response" } : undefined;
    for (const text of numbered(20)) {
      await peer.say(text);
      await other.until(() => other.bodies.includes(text));
    }
    expect(other.bodies).toEqual(numbered(20));
    await peer.until(() => peer.bodies.length >= 20);
    expect(peer.bodies).toEqual(numbered(20));
    expect(dropped).toBeGreaterThanOrEqual(5);
  });

  it("case 2: requests that never reach the server are sent again", async () => {
    const { proxy, peer, other } = await pair(server);
    let dropped = 0;
    proxy.rule = ({ attempt, body }) =>
      attempt === 1 && hasMessage(body) && dropped++ < 5 ? { action: "drop-request" } : undefined;
    for (const text of numbered(20)) await peer.say(text);
    await other.until(() => other.bodies.length >= 20);
    expect(other.bodies).toEqual(numbered(20));
    expect(dropped).toBeGreaterThan(0);
  });

  it("case 3: answers that overtake each other are handed on in order", async () => {
    const { proxy, peer, other } = await pair(server);
    proxy.rule = ({ number }) => (number % 2 === 0 ? { action: "delay-response", ms: 40 } : undefined);
    for (const text of numbered(20)) await other.say(text);
    await peer.until(() => peer.bodies.length >= 20);
    expect(peer.bodies).toEqual(numbered(20));
  });

  it("case 4: requests that overtake each other keep their order at the room", async () => {
    const { proxy, peer, other } = await pair(server);
    proxy.rule = ({ number }) => (number % 2 === 0 ? { action: "delay-request", ms: 30 } : undefined);
    for (const text of numbered(20)) await peer.say(text);
    await other.until(() => other.bodies.length >= 20);
    expect(other.bodies).toEqual(numbered(20));
  });

  it("case 5: 500 sends in one turn need few requests", async () => {
    const { proxy, peer, other } = await pair(server);
    const before = proxy.log.length;
    await Promise.all(numbered(500).map((text) => peer.say(text)));
    await other.until(() => other.bodies.length >= 500);
    expect(other.bodies).toEqual(numbered(500));
    expect(proxy.log.slice(before).filter(({ body }) => hasMessage(body)).length).toBeLessThan(20);
  });

  it.each([502, 503, 504])("case 6: HTTP %i is repeated", async (status) => {
    const { proxy, peer, other } = await pair(server);
    proxy.rule = ({ attempt, body }) => (attempt < 3 && hasMessage(body) ? { action: "status", status } : undefined);
    await peer.say("after all");
    await other.until(() => other.bodies.length > 0);
    expect(other.bodies).toEqual(["after all"]);
  });

  it("case 7: a web page with status 200 is repeated, not believed", async () => {
    const { proxy, peer, other } = await pair(server);
    proxy.rule = ({ attempt, body }) =>
      attempt < 3 && hasMessage(body) ? { action: "status", status: 200 } : undefined;
    await peer.say("after all");
    await other.until(() => other.bodies.length > 0);
    expect(other.bodies).toEqual(["after all"]);
    expect(peer.events).toEqual(["sendable"]);
  });

  it("case 8: a recoverable error repeats this and earlier requests", async () => {
    const { proxy, peer, other } = await pair(server);
    const error = "<body xmlns='http://jabber.org/protocol/httpbind' type='error'/>";
    proxy.rule = ({ attempt, body }) =>
      attempt === 1 && hasMessage(body) ? { action: "status", status: 200, body: error } : undefined;
    await peer.say("once");
    await other.until(() => other.bodies.length > 0);
    await other.say("back");
    await peer.until(() => peer.bodies.includes("back"));
    await other.until(() => other.bodies.length >= 2);
    expect(other.bodies).toEqual(["once", "back"]);
  });

  it("case 9: HTTP 404 in a session ends it as item-not-found, and a new one follows", async () => {
    const { proxy, peer } = await pair(server);
    const first = proxy.log.find(({ sid }) => sid !== undefined)?.sid;
    proxy.rule = ({ sid }) => (sid === first ? { action: "status", status: 404 } : undefined);
    const lost = new Promise<unknown>((resolve) => {
      peer.connection.onStream((event) => event.kind === "lost" && resolve(event.cause.info.vendor));
    });
    peer.say("x").catch(() => undefined);
    expect(await lost).toEqual({ name: "xmpp", code: "bosh/item-not-found" });
    peer.connection.retryNow();
    await peer.until(() => peer.events.filter((event) => event === "sendable").length === 2);
  });

  it("case 14: short waits poll again and again, then a message still works", async () => {
    const proxy = await proxied(server);
    const peer = await joinedPeer(server, { boshUrl: proxy.url, bosh: { wait: 1 } });
    const other = await joinedPeer(server, { room: peer.room });
    open.unshift(peer, other);
    const polls = (): number => proxy.log.filter(({ empty, restart }) => empty && !restart).length;
    const before = polls();
    await expect.poll(polls, { timeout: 10_000 }).toBeGreaterThanOrEqual(before + 3);
    await peer.say("still there");
    await other.until(() => other.bodies.length > 0);
    expect(peer.events).toEqual(["sendable"]);
  });

  it("case 15: a dead network shorter than inactivity loses nothing in either direction", async () => {
    const { proxy, peer, other } = await pair(server);
    proxy.offline = true;
    const out = Promise.all(numbered(10, "out").map((text) => peer.say(text)));
    await Promise.all(numbered(10, "in").map((text) => other.say(text)));
    await other.until(() => other.bodies.length >= 10);
    proxy.offline = false;
    await out;
    await peer.until(() => peer.bodies.length >= 20);
    await other.until(() => other.bodies.length >= 20);
    expect(peer.bodies.filter((text) => text.startsWith("in"))).toEqual(numbered(10, "in"));
    expect(other.bodies.filter((text) => text.startsWith("out"))).toEqual(numbered(10, "out"));
    expect(peer.events).toEqual(["sendable"]);
  });

  it("case 16: closing sends what was just queued, then the terminate, and is clean", async () => {
    const { proxy, peer, other } = await pair(server);
    const said = peer.say("last words");
    await Promise.all([peer.close(), said]);
    await other.until(() => other.bodies.length > 0);
    expect(other.bodies).toEqual(["last words"]);
    expect(proxy.log.at(-1)?.type).toBe("terminate");
    expect(peer.events.at(-1)).toBe("closed:local");
  });

  it("case 25: a proxy that delivers twice doubles no stanza", async () => {
    const { proxy, peer, other } = await pair(server);
    proxy.rule = ({ body }) => (hasMessage(body) ? { action: "duplicate" } : undefined);
    for (const text of numbered(10)) {
      await peer.say(text);
      await other.until(() => other.bodies.includes(text));
    }
    expect(other.bodies).toEqual(numbered(10));
  });

  it("case 26: a refused login rejects with the condition, terminates the session and is not retried", async () => {
    const proxy = await proxied(server);
    const user = await freshUser(server);
    const connection = createXmppConnection({
      boshUrl: proxy.url,
      domain: server.domain,
      credentials: { ...user, password: "wrong" },
    });
    await expect(connection.connect()).rejects.toMatchObject({ code: "unauthorized" });
    expect(connection.status).toBe("closed");
    await expect.poll(() => proxy.log.at(-1)?.type).toBe("terminate");
    expect(proxy.log.filter(({ body }) => body.includes("<auth"))).toHaveLength(1);
  });

  it("case 27: neither stream management, TLS nor SASL2 is ever used, although offered", async () => {
    const { proxy, peer } = await pair(server);
    await peer.close();
    expect(proxy.log.filter(({ body }) => /<(enable|resume|starttls|authenticate)\b/.test(body))).toEqual([]);
    expect(proxy.log.some(({ response }) => response?.includes("urn:xmpp:sm:3"))).toBe(true);
  });

  it("case 28: any Unicode and 100 kB arrive unchanged", async () => {
    const { peer, other } = await pair(server);
    const texts = ["<&>\"' \u{1F600} नमस्ते\nsecond line", "x".repeat(100_000)];
    for (const text of texts) await peer.say(text);
    await other.until(() => other.bodies.length >= 2);
    expect(other.bodies).toEqual(texts);
  });

  it("case 23: a stanza over the limit is refused before it is sent, and the session lives", async () => {
    const { peer, other } = await pair(server);
    await expect(peer.say("x".repeat(140_000))).rejects.toMatchObject({
      code: "too-large",
      info: { limitBytes: 131_072 },
    });
    await peer.say("small");
    await other.until(() => other.bodies.length > 0);
    expect(other.bodies).toEqual(["small"]);
  });
});

describe("BOSH and the test server's power over sessions", () => {
  const server = sharedProsody();

  /** A server that ends a session while it holds no request can tell nobody why. */
  async function whileHeld(peer: Peer): Promise<void> {
    const held = async (): Promise<number | undefined> =>
      (await server.control.listSessions()).find(({ jid }) => jid === peer.connection.jid)?.heldRequests;
    await expect.poll(held).toBe(1);
  }

  // ejabberd's archive of this release grows slower with each message: minutes for as many.
  it("case 30: 5,000 messages arrive once and in order", async () => {
    const { peer, other } = await pair(server);
    for (const text of numbered(5_000)) void other.say(text);
    await peer.until(() => peer.bodies.length >= 5_000);
    expect(peer.bodies).toEqual(numbered(5_000));
  });

  it("case 10 and 11: a stream error closes with its condition and only once", async () => {
    const { peer } = await pair(server);
    await whileHeld(peer);
    await server.control.closeSessions({ user: peer.user.username, mode: "error", condition: "conflict" });
    await peer.until(() => peer.events.some((event) => event.startsWith("closed")));
    expect(peer.events).toEqual(["sendable", "closed:replaced"]);
  });

  it.each(["system-shutdown", "reset", "policy-violation"])(
    "case 10: %s is followed by a new session",
    async (condition) => {
      const { peer } = await pair(server);
      await server.control.closeSessions({ user: peer.user.username, mode: "error", condition });
      await peer.until(() => peer.events.includes("lost"));
      peer.connection.retryNow();
      await peer.until(() => peer.events.filter((event) => event === "sendable").length === 2);
      await peer.join();
      expect(peer.events).toEqual(["sendable", "lost", "sendable"]);
    },
  );

  it("case 12: a server that forgot the session answers item-not-found, and a new one follows", async () => {
    const { peer } = await pair(server);
    const cause = new Promise<unknown>((resolve) => {
      peer.connection.onStream((event) => event.kind === "lost" && resolve(event.cause.info.cause));
    });
    await server.control.closeSessions({ user: peer.user.username, mode: "forget" });
    const reason = await cause;
    expect(reason).toBeInstanceOf(BoshError);
    expect(reason).toMatchObject({ condition: "item-not-found" });
    peer.connection.retryNow();
    await peer.join();
    await peer.say("here again");
    await peer.until(() => peer.bodies.includes("here again"));
  });

  it("case 13: three dropped connections in a row end nothing", async () => {
    const { peer, other } = await pair(server);
    for (const text of numbered(3)) {
      await server.control.closeSessions({ user: peer.user.username, mode: "drop" });
      await other.say(text);
      await peer.until(() => peer.bodies.includes(text));
    }
    expect(peer.bodies).toEqual(numbered(3));
    expect(peer.events).toEqual(["sendable"]);
  });
});

describe("BOSH and a server that goes away", () => {
  it("case 18 and 19: after a restart a new session starts and rooms can be joined again", async () => {
    const prosody = await startProsody({ storage: "internal", boshInactivitySeconds: 5 });
    onTestFinished(() => prosody.stop());
    const { username, password } = { username: "visitor", password: crypto.randomUUID() };
    const jid = await prosody.control.createUser(username, password);
    const handle: ServerHandle = { ...prosody.addresses(), kind: "prosody", control: prosody.control };
    const peer = await joinedPeer(handle, { boshUrl: prosody.boshUrl, user: { username, password, jid } });
    onTestFinished(() => peer.close());
    await prosody.restart();
    await peer.until(() => peer.events.includes("lost"));
    peer.connection.retryNow();
    await peer.until(() => peer.events.filter((event) => event === "sendable").length === 2);
    await peer.join();
    await peer.say("back");
    await peer.until(() => peer.bodies.includes("back"));
    expect(peer.events.at(-1)).toBe("sendable");
  });

  it("case 22: a server that is silent after the login ends within our own limit", async () => {
    const server = sharedProsody();
    const user = await freshUser(server);
    const proxy = await proxied(server, ({ body, restart }) =>
      restart || body.includes("<auth") ? { action: "hold-response", until: new Promise(() => undefined) } : undefined,
    );
    const connection = createXmppConnection({
      boshUrl: proxy.url,
      domain: server.domain,
      credentials: user,
      connectTimeoutMs: 300,
    });
    await expect(connection.connect()).rejects.toMatchObject({ code: "timed-out" });
    expect(connection.status).toBe("closed");
  });
});
