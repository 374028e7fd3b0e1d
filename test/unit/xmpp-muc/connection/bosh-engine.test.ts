import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BoshEngine } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-engine.ts";
import type { BoshError } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-error.ts";
import { resolveBoshOptions, type BoshOptions } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-options.ts";
import type { XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";
import { bodyOf, ScriptedBosh, sessionAnswer } from "./scripted-bosh.ts";

let manager: ScriptedBosh;
let bodies: XmlElement[];
let closed: (BoshError | undefined)[];

beforeEach(() => {
  // The engine decides in the next task (setImmediate): that one stays real.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  manager = new ScriptedBosh();
  bodies = [];
  closed = [];
});

afterEach(() => {
  vi.useRealTimers();
});

function engineWith(options: BoshOptions = {}): BoshEngine {
  return new BoshEngine("https://chat.example/http-bind", resolveBoshOptions({ fetch: manager.fetch, ...options }), {
    onBody: (body) => bodies.push(body),
    onClosed: (reason) => closed.push(reason),
  });
}

async function session(options: BoshOptions = {}, attrs = ""): Promise<BoshEngine> {
  const engine = engineWith(options);
  const first = manager.next();
  engine.start({ to: "chat.example" });
  (await first).answer(sessionAnswer(attrs));
  await vi.waitFor(() => expect(bodies).toHaveLength(1));
  bodies = [];
  return engine;
}

const texts = (): (string | undefined)[] =>
  bodies.flatMap((body) => body.getChildElements().map((child) => child.attrs["id"]));

/** @source XEP-0124 §7, §14; protocols of Prosody 0.12.3 and ejabberd 23.01 as recorded in the test names */
describe("BOSH requests", () => {
  it("start with a large random rid, wait, hold and version 1.6", async () => {
    const engine = engineWith({ wait: 20 });
    const first = manager.next();
    engine.start({ to: "chat.example", "xml:lang": "en" });
    const { body, rid } = await first;
    expect(body.attrs).toMatchObject({ to: "chat.example", wait: "20", hold: "1", ver: "1.6", "xml:lang": "en" });
    expect(rid).toBeGreaterThan(0);
    expect(rid).toBeLessThan(2 ** 43);
    engine.abort();
  });

  it("case 3: hand answers on in rid order, whatever order they arrive in", async () => {
    const engine = await session();
    const poll = await manager.next();
    const second = manager.next();
    engine.write("<message id='m'/>");
    (await second).answer(bodyOf("", "<message xmlns='jabber:client' id='late'/>"));
    await vi.waitFor(() => expect(manager.requests.at(-1)).toBeDefined());
    expect(texts()).toEqual([]);
    poll.answer(bodyOf("", "<message xmlns='jabber:client' id='early'/>"));
    await vi.waitFor(() => expect(texts()).toEqual(["early", "late"]));
    engine.abort();
  });

  it("wait for the client's turn while the stream is negotiated, so that no empty request races with its answer", async () => {
    const engine = await session();
    (await manager.next()).answer(bodyOf("", "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"));
    await vi.waitFor(() => expect(bodies).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(500);
    expect(manager.requests).toHaveLength(2);
    engine.write("<response/>");
    expect((await manager.next()).text).toContain("<response/>");
    engine.restart({ to: "chat.example" });
    (await manager.next()).answer(bodyOf("", "<features xmlns='http://etherx.jabber.org/streams'/>"));
    manager.requests[2]?.answer(bodyOf("", "<success/>"));
    // From here on the server may speak at any time.
    expect((await manager.next()).body.children).toEqual([]);
    engine.abort();
  });

  it("hold out an empty request when the client thinks for long, so that the session does not time out", async () => {
    const engine = await session();
    (await manager.next()).answer(bodyOf("", "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"));
    await vi.waitFor(() => expect(bodies).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await manager.next()).body.children).toEqual([]);
    engine.abort();
  });

  it("case 5: put everything written in one task into one body, and never exceed the window", async () => {
    const engine = await session();
    await manager.next();
    const next = manager.next();
    for (let index = 0; index < 500; index++) engine.write(`<message id='m${index}'/>`);
    expect((await next).body.getChildElements()).toHaveLength(500);
    engine.write("<message id='more'/>");
    expect(manager.open).toHaveLength(3); // session, poll, messages: the first is answered
    engine.abort();
  });

  it("case 6 and 7: repeat the same rid and the same bytes after 502, 503, 429, a web page or a dead network", async () => {
    const engine = await session({ falterMs: Infinity });
    let request = await manager.next();
    const { rid, text } = request;
    const failures: ((r: typeof request) => void)[] = [
      (r) => r.answer("<html>", 502),
      (r) => r.answer("", 503),
      (r) => r.answer("", 429),
      (r) => r.answer("<html><body>Sign in</body></html>"),
      (r) => r.answer("not even XML <"),
      (r) => r.fail(),
    ];
    for (const failure of failures) {
      const again = manager.next();
      failure(request);
      await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
      await vi.advanceTimersByTimeAsync(10_000);
      request = await again;
      expect([request.rid, request.text]).toEqual([rid, text]);
    }
    expect(closed).toEqual([]);
    engine.abort();
  });

  it.each([
    [
      "longer than is taken",
      { maxAnswerLength: 1_000 },
      `<body xmlns='http://jabber.org/protocol/httpbind'>${" ".repeat(1_001)}</body>`,
    ],
    [
      "of more elements than are taken",
      {},
      `<body xmlns='http://jabber.org/protocol/httpbind'>${"<a/>".repeat(200_000)}</body>`,
    ],
  ])("do not ask again for an answer that is %s: it would be the same", async (_what, options, answer) => {
    await session(options);
    (await manager.next()).answer(answer);
    await vi.waitFor(() => expect(closed).toMatchObject([{ condition: "answer-too-long" }]));
  });

  it("let no new rid overtake one that failed", async () => {
    const engine = await session();
    const poll = await manager.next();
    poll.fail();
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    engine.write("<message id='m'/>");
    const repeated = manager.next();
    await vi.advanceTimersByTimeAsync(400);
    expect((await repeated).rid).toBe(poll.rid);
    const following = manager.next();
    await vi.advanceTimersByTimeAsync(200);
    expect((await following).rid).toBe(poll.rid + 1);
    engine.abort();
  });

  it("case 8: after a recoverable error repeat this request and every earlier unanswered one, oldest first", async () => {
    const engine = await session();
    const poll = await manager.next();
    const second = manager.next();
    engine.write("<message id='m'/>");
    const message = await second;
    const before = manager.requests.length;
    message.answer(bodyOf("type='error'"));
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(1));
    await vi.advanceTimersByTimeAsync(600);
    expect(manager.requests.slice(before).map(({ rid, text }) => [rid, text])).toEqual([
      [poll.rid, poll.text],
      [message.rid, message.text],
    ]);
    expect(poll.aborted).toBe(true);
    engine.abort();
  });

  it("case 10: end with the terminal condition, after the stanzas that came with it", async () => {
    await session();
    (await manager.next()).answer(
      bodyOf("type='terminate' condition='policy-violation'", "<message xmlns='jabber:client' id='last'/>"),
    );
    await vi.waitFor(() => expect(closed).toHaveLength(1));
    expect(closed[0]?.condition).toBe("policy-violation");
    expect(texts()).toEqual(["last"]);
  });

  it("case 9: read HTTP 404 as item-not-found and wait half a second for earlier answers", async () => {
    const engine = await session();
    await manager.next();
    const second = manager.next();
    engine.write("<message id='m'/>");
    (await second).answer("", 404);
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(1));
    await vi.advanceTimersByTimeAsync(499);
    expect(closed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed.map((reason) => reason?.condition)).toEqual(["item-not-found"]);
  });

  it("case 15: repeat a request that nobody answers within wait and grace", async () => {
    const engine = await session({ graceMs: 5_000 });
    const poll = await manager.next();
    const again = manager.next();
    await vi.advanceTimersByTimeAsync(36_000);
    expect(poll.aborted).toBe(true);
    expect((await again).text).toBe(poll.text);
    engine.abort();
  });

  it("case 19: give up when the failures outlast the inactivity that the server named", async () => {
    await session();
    // 60 s of inactivity, tries at most 10 s apart: eight of them are past it.
    for (let tries = 0; tries < 8; tries++) {
      manager.requests.at(-1)?.fail();
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(closed.map((reason) => reason?.condition)).toEqual(["unreachable"]);
  });

  it("case 21: report a refused session request at once and do not repeat it", async () => {
    const answers: ((r: { answer(body: string, status?: number): void; fail(): void }) => void)[] = [
      (r) => r.fail(),
      (r) => r.answer("", 404),
      (r) => r.answer("", 503),
      (r) => r.answer(bodyOf("type='terminate' condition='improper-addressing'")),
    ];
    for (const refuse of answers) {
      const engine = engineWith();
      const first = manager.next();
      engine.start({ to: "chat.example" });
      refuse(await first);
      await vi.waitFor(() => expect(closed).toHaveLength(1));
      expect(["no-session", "improper-addressing"]).toContain(closed.pop()?.condition);
    }
    expect(manager.requests).toHaveLength(answers.length);
  });

  it("case 20: poll for features that the session answer did not hold", async () => {
    await session();
    const poll = await manager.next();
    expect(poll.body.getChildElements()).toEqual([]);
    poll.answer(bodyOf("", "<message xmlns='jabber:client' id='features'/>"));
    await vi.waitFor(() => expect(texts()).toEqual(["features"]));
  });

  it("case 23: split a queue that does not fit into one body", async () => {
    const engine = await session({ maxBodyBytes: 30_000 });
    const poll = await manager.next();
    const stanza = (id: string): string => `<message id='${id}'>${"x".repeat(9_000)}</message>`;
    const first = manager.next();
    for (let index = 0; index < 5; index++) engine.write(stanza(`m${index}`));
    const one = await first;
    const second = manager.next();
    poll.answer(bodyOf(""));
    const two = await second;
    const ids = [one, two].map(({ body }) => body.getChildElements().map(({ attrs }) => attrs["id"]));
    expect(ids).toEqual([
      ["m0", "m1", "m2"],
      ["m3", "m4"],
    ]);
    engine.abort();
  });

  it("case 24: with one request allowed never two at once, and empty ones `polling` apart", async () => {
    const polling = engineWith();
    const first = manager.next();
    polling.start({ to: "chat.example" });
    (await first).answer(bodyOf("sid='s-2' wait='30' hold='0' requests='1' polling='5'"));
    await vi.waitFor(() => expect(polling.session).toBeDefined());
    const poll = manager.next();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(manager.requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_500);
    const empty = await poll;
    polling.write("<message id='m'/>");
    await vi.advanceTimersByTimeAsync(100);
    expect(manager.requests).toHaveLength(2);
    const message = manager.next();
    empty.answer(bodyOf(""));
    expect((await message).body.getChildElements()).toHaveLength(1);
    polling.abort();
  });

  it("case 16: send what is queued with the terminate, one above the window if need be", async () => {
    const engine = await session();
    await manager.next();
    const second = manager.next();
    engine.write("<message id='a'/>");
    await second;
    const last = manager.next();
    engine.write("<message id='b'/>");
    engine.terminate();
    const terminate = await last;
    expect(terminate.body.attrs["type"]).toBe("terminate");
    expect(terminate.body.getChildElements().map(({ attrs }) => attrs["id"])).toEqual(["b"]);
    // ejabberd answers the held poll with other-request: whatever comes back now is what we asked for.
    manager.requests.at(-3)?.answer(bodyOf("type='terminate' condition='other-request'"));
    await vi.waitFor(() => expect(closed).toEqual([undefined]));
  });

  it("tell the server once when they are dropped, and leave no timer", async () => {
    const engine = await session();
    await manager.next();
    const last = manager.next();
    engine.abort();
    expect((await last).body.attrs["type"]).toBe("terminate");
    expect(closed).toHaveLength(1);
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0));
  });

  it("case 29: leave the page with a request that outlives it and needs no preflight", async () => {
    const seen: RequestInit[] = [];
    const engine = await session({
      fetch: (url, init) => {
        if (init) seen.push(init);
        return manager.fetch(url, init);
      },
    });
    await manager.next();
    engine.terminateOnPageHide("<presence xmlns='jabber:client' type='unavailable'/>");
    expect(seen.at(-1)).toMatchObject({ keepalive: true, headers: { "Content-Type": "text/plain; charset=utf-8" } });
    expect(manager.requests.at(-1)?.body.getChild("presence")?.attrs["type"]).toBe("unavailable");
  });
});
