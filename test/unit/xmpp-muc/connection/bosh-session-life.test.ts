import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BoshEngine, type BoshSnapshot } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-engine.ts";
import type { BoshError } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-error.ts";
import { resolveBoshOptions, type BoshOptions } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-options.ts";
import type { XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";
import { bodyOf, ScriptedBosh, sessionAnswer, type OpenRequest } from "./scripted-bosh.ts";

let manager: ScriptedBosh;
let bodies: XmlElement[];
let closed: (BoshError | undefined)[];
let told: string[];
let changes: (BoshSnapshot | undefined)[];
let engines: BoshEngine[];

beforeEach(() => {
  // The engine decides in the next task (setImmediate): that one stays real.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  manager = new ScriptedBosh();
  [bodies, closed, told, changes, engines] = [[], [], [], [], []];
});

afterEach(() => {
  for (const engine of engines) engine.detach();
  vi.useRealTimers();
});

function engineWith(options: BoshOptions = {}): BoshEngine {
  const engine: BoshEngine = new BoshEngine(
    "https://chat.example/http-bind",
    resolveBoshOptions({ fetch: manager.fetch, ...options }),
    {
      onBody: (body) => bodies.push(body),
      onClosed: (reason) => closed.push(reason),
      onFaltering: () => told.push("faltering"),
      onSteady: () => told.push("steady"),
      onChange: () => changes.push(engine.snapshot()),
    },
  );
  engines.push(engine);
  return engine;
}

/** A session with its first poll held. */
async function session(attrs = "", options: BoshOptions = {}): Promise<{ engine: BoshEngine; poll: OpenRequest }> {
  const engine = engineWith(options);
  const first = manager.next();
  engine.start({ to: "chat.example" });
  (await first).answer(sessionAnswer(attrs));
  return { engine, poll: await manager.next() };
}

/** What was rejected or resolved by now has been dealt with. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}

const left: BoshSnapshot = {
  sid: "s-9",
  rid: 1_002,
  requests: 2,
  wait: 30,
  hold: 1,
  inactivity: 60,
  polling: 5,
  pending: [],
};
const held = (rid: number): { rid: number; body: string } => ({
  rid,
  body: `<body xmlns="http://jabber.org/protocol/httpbind" rid="${rid}" sid="s-9"/>`,
});
const ids = (): (string | undefined)[] =>
  bodies.flatMap((body) => body.getChildElements().map((child) => child.attrs["id"]));

describe("a network that fails", () => {
  it("is told once, when repeats have failed for three seconds, and again when an answer comes", async () => {
    await session();
    const fail = async (ms: number): Promise<void> => {
      for (const request of manager.requests.slice(-2)) request.fail();
      await vi.advanceTimersByTimeAsync(ms);
    };
    for (let tries = 0; tries < 3; tries++) {
      await fail(900);
      expect(told).toEqual([]);
    }
    // Longer than the longest delay with its jitter.
    for (let tries = 0; tries < 3; tries++) await fail(13_000);
    expect(told).toEqual(["faltering"]);
    // The repeat may be held for long: one more request makes the server say something.
    const [repeated, asking] = manager.requests.slice(-2);
    expect(asking?.rid).toBe((repeated?.rid ?? 0) + 1);
    repeated?.answer(bodyOf(""));
    await vi.waitFor(() => expect(told).toEqual(["faltering", "steady"]));
    expect(closed).toEqual([]);
  });

  it("is not told when one request fails and its repeat is answered", async () => {
    const { poll } = await session("", { falterMs: 100 });
    const again = manager.next();
    poll.fail();
    await vi.advanceTimersByTimeAsync(400);
    (await again).answer(bodyOf(""));
    await vi.waitFor(() => expect(bodies).toHaveLength(2));
    expect(told).toEqual([]);
  });
});

/** @source XEP-0124 §14.3: the same rid may be sent again, by whoever has the session */
describe("what another page needs", () => {
  it("is told with each request and with each answer, with the exact bytes of what is open", async () => {
    const { engine, poll } = await session();
    expect(changes.at(-1)).toMatchObject({
      sid: "s-1",
      rid: poll.rid + 1,
      pending: [{ rid: poll.rid, body: poll.text }],
    });
    const second = manager.next();
    engine.write("<message id='m'/>");
    const message = await second;
    expect(changes.at(-1)?.pending.map(({ body }) => body)).toEqual([poll.text, message.text]);
    poll.answer(bodyOf(""));
    await vi.waitFor(() => expect(changes.at(-1)?.pending).toEqual([{ rid: message.rid, body: message.text }]));
    expect(changes.at(-1)?.rid).toBe(message.rid + 1);
  });

  it("holds an answer that came too early as open: it was handed to nobody yet", async () => {
    const { engine, poll } = await session();
    const second = manager.next();
    engine.write("<message id='m'/>");
    const message = await second;
    message.answer(bodyOf("", "<message xmlns='jabber:client' id='early'/>"));
    await vi.waitFor(() => expect(engine.snapshot()?.pending).toHaveLength(2));
    expect(engine.snapshot()?.pending.map(({ rid }) => rid)).toEqual([poll.rid, message.rid]);
  });

  it("is nothing before there is a session, after the goodbye, and after the end", async () => {
    const young = engineWith();
    young.start({ to: "chat.example" });
    expect(young.snapshot()).toBeUndefined();
    await manager.next();
    const { engine } = await session();
    engine.terminate();
    await manager.next();
    expect(engine.snapshot()).toBeUndefined();
    const { engine: other } = await session();
    other.detach();
    expect(other.snapshot()).toBeUndefined();
  });

  it("is left behind without a word to the server, and the held request is let go", async () => {
    const { engine, poll } = await session();
    const before = manager.requests.length;
    engine.detach();
    expect(poll.aborted).toBe(true);
    expect(closed).toEqual([undefined]);
    expect(manager.requests).toHaveLength(before);
    await settled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a session that is taken over", () => {
  it("repeats what was open, oldest first and byte for byte, before anything new", async () => {
    const engine = engineWith();
    const pending = [held(1_000), held(1_001)];
    engine.attach({ ...left, pending });
    engine.write("<message id='new'/>");
    await vi.advanceTimersByTimeAsync(100);
    const first = await manager.next();
    // On connections of their own they could overtake each other: Prosody then ends a healthy session.
    await vi.advanceTimersByTimeAsync(199);
    expect(manager.requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    const second = await manager.next();
    expect([first, second].map(({ rid, text }) => ({ rid, body: text }))).toEqual(pending);
    first.answer(bodyOf("", "<message xmlns='jabber:client' id='lost on the way'/>"));
    await vi.waitFor(() => expect(ids()).toEqual(["lost on the way"]));
    const third = manager.next();
    await vi.advanceTimersByTimeAsync(200);
    expect((await third).rid).toBe(1_002);
    expect((await third).body.getChildElements().map(({ attrs }) => attrs["id"])).toEqual(["new"]);
  });

  it("repeats the next one as soon as the first is answered", async () => {
    const engine = engineWith();
    engine.attach({ ...left, pending: [held(1_000), held(1_001)] });
    await vi.advanceTimersByTimeAsync(100);
    const first = await manager.next();
    const next = manager.next();
    first.answer(bodyOf("", ""));
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
    await vi.advanceTimersByTimeAsync(100);
    expect((await next).rid).toBe(1_001);
    engine.abort();
  });

  it("asks with one empty request for a sign of life, because a held one would be answered late", async () => {
    const engine = engineWith();
    engine.attach({ ...left, pending: [held(1_001)] });
    await settled();
    // The server must have noticed that the other page is gone.
    await vi.advanceTimersByTimeAsync(99);
    expect(manager.requests).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await manager.next();
    expect(manager.requests).toHaveLength(1);
    const asking = manager.next();
    await vi.advanceTimersByTimeAsync(200);
    expect((await asking).rid).toBe(1_002);
    expect(manager.requests).toHaveLength(2);
  });

  it("asks at once where nothing was open, as after a prebind: with one more than the server may hold", async () => {
    engineWith().attach(left);
    const [first, second] = [await manager.next(), await manager.next()];
    expect([first.rid, second.rid, first.body.attrs["sid"]]).toEqual([1_002, 1_003, "s-9"]);
  });

  it("ends as item-not-found where the server has forgotten it", async () => {
    engineWith().attach(left);
    (await manager.next()).answer(bodyOf("type='terminate' condition='item-not-found'"));
    await vi.waitFor(() => expect(closed.map((reason) => reason?.condition)).toEqual(["item-not-found"]));
  });
});

describe("asking for a sign of life", () => {
  it("sends one empty request beside the held one", async () => {
    const { engine, poll } = await session();
    const asking = manager.next();
    engine.nudge();
    engine.nudge();
    expect((await asking).rid).toBe(poll.rid + 1);
    poll.answer(bodyOf(""));
    await vi.waitFor(() => expect(bodies.length).toBe(2));
    expect(manager.requests).toHaveLength(3);
  });

  it("never exceeds the window", async () => {
    const { engine } = await session();
    const second = manager.next();
    engine.write("<message id='m'/>");
    await second;
    engine.nudge();
    await settled();
    expect(manager.open).toHaveLength(3); // session, poll, message: the first is answered
  });

  it("repeats failed requests at once, without their delay", async () => {
    const { engine, poll } = await session();
    poll.fail();
    await settled();
    const again = manager.next();
    engine.nudge();
    await vi.advanceTimersByTimeAsync(0);
    expect((await again).text).toBe(poll.text);
  });

  it("repeats everything on new connections where the old ones may be dead", async () => {
    const { engine, poll } = await session();
    const again = manager.next();
    engine.nudge(true);
    expect(poll.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(100);
    expect((await again).text).toBe(poll.text);
  });
});

/** @source XEP-0124 §10; ejabberd 23.01 holds the pause request itself until the next request */
describe("case 17: a pause", () => {
  it("is one request that nobody waits for, and no polls follow until something is written", async () => {
    const { engine, poll } = await session("maxpause='120'");
    const asking = manager.next();
    expect(engine.pause(60)).toBe(true);
    expect((await asking).body.attrs["pause"]).toBe("60");
    poll.answer(bodyOf(""));
    await vi.waitFor(() => expect(bodies).toHaveLength(2));
    await vi.advanceTimersByTimeAsync(46_000);
    expect(manager.requests).toHaveLength(3);
    expect((await asking).aborted).toBe(false);
    const next = manager.next();
    engine.write("<message id='m'/>");
    expect((await next).rid).toBe(poll.rid + 2);
  });

  it("that the server answers at once is a pause all the same", async () => {
    const { engine, poll } = await session("maxpause='120'");
    engine.pause(60);
    poll.answer(bodyOf(""));
    (await manager.next()).answer(bodyOf(""));
    await vi.waitFor(() => expect(bodies).toHaveLength(3));
    await vi.advanceTimersByTimeAsync(50_000);
    expect(manager.requests).toHaveLength(3);
  });

  it("holds nothing back for long that was answered after it, and loses nothing that comes with its own answer", async () => {
    const { engine, poll } = await session("maxpause='120'");
    engine.pause(60);
    poll.answer(bodyOf(""));
    const pause = await manager.next();
    const next = manager.next();
    engine.write("<message id='m'/>");
    (await next).answer(bodyOf("", "<message xmlns='jabber:client' id='second'/>"));
    await settled();
    expect(ids()).toEqual([]);
    pause.answer(bodyOf("", "<message xmlns='jabber:client' id='first'/>"));
    await vi.waitFor(() => expect(ids()).toEqual(["first", "second"]));
  });

  it("is not waited for when the server answers only what came after it", async () => {
    const { engine, poll } = await session("maxpause='120'");
    engine.pause(60);
    poll.answer(bodyOf(""));
    const pause = await manager.next();
    const next = manager.next();
    engine.write("<message id='m'/>");
    (await next).answer(bodyOf("", "<message xmlns='jabber:client' id='after'/>"));
    await settled();
    expect(ids()).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    expect(ids()).toEqual(["after"]);
    expect(pause.aborted).toBe(true);
    await vi.waitFor(() => expect(manager.requests).toHaveLength(5));
  });

  it("ends when a sign of life is asked for, and lasts as long as the server allows at most", async () => {
    const { engine, poll } = await session("maxpause='120'");
    const asking = manager.next();
    engine.pause(500);
    poll.answer(bodyOf(""));
    const pause = await asking;
    expect(pause.body.attrs["pause"]).toBe("120");
    expect(engine.snapshot()?.inactivity).toBe(120);
    const next = manager.next();
    engine.nudge();
    expect((await next).body.attrs["pause"]).toBeUndefined();
    expect(engine.snapshot()?.inactivity).toBe(60);
  });

  it("is not asked of a server that does not offer it", async () => {
    const { engine } = await session();
    expect(engine.pause(60)).toBe(false);
    await settled();
    expect(manager.requests).toHaveLength(2);
  });

  it("waits for what has failed: a new rid must not overtake it", async () => {
    const { engine, poll } = await session("maxpause='120'");
    poll.fail();
    await settled();
    expect(engine.pause(60)).toBe(false);
  });
});
