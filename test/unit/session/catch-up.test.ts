import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createMemoryService,
  memory,
  MEMORY_AGENT,
  type MemoryService,
  type MemoryServiceOptions,
} from "../../../adapters/memory/index.ts";
import {
  createChatSession,
  type ChatSession,
  type ChatSessionOptions,
  type GapEvent,
} from "../../../src/session/index.ts";
import type { ChatTransport } from "../../../src/transport/index.ts";

const REQUEST = { customer: { name: "Ravi" } };

let service: MemoryService;
let session: ChatSession;
let story: string[];
let gaps: GapEvent[];

/** A chat in which one message was said, over a service that forgets who was away. */
async function chatting(
  options: MemoryServiceOptions = {},
  sessionOptions: ChatSessionOptions = {},
  wrap: (inner: ChatTransport) => ChatTransport = (inner) => inner,
): Promise<void> {
  service = createMemoryService({ replayOnJoin: 0, ...options, supports: { resume: false, ...options.supports } });
  const inner = memory({ service, reconnect: { nextDelayMs: () => 0 } });
  session = createChatSession(wrap(inner), sessionOptions);
  story = [];
  gaps = [];
  session.on("message", ({ body, replayed }) => {
    if (body.kind === "text") story.push(replayed ? `${body.text} again` : body.text);
  });
  session.on("gap", (gap) => {
    gaps.push(gap);
    story.push(`gap ${gap.repaired} ${gap.recovered}`);
  });
  await session.start(REQUEST);
  await says("known");
  story.length = 0;
}

async function says(text: string): Promise<void> {
  const heard = new Promise<void>((resolve) => {
    const off = session.on("message", ({ body }) => {
      if (body.kind !== "text" || body.text !== text) return;
      off();
      resolve();
    });
  });
  service.say(text);
  await heard;
}

/** Cuts the link, lets the agent speak, and waits until the gap is told. */
async function away(...texts: string[]): Promise<void> {
  await awayWhile(() => {
    for (const text of texts) service.say(text);
  });
}

/** Cuts the link, and waits until the gap is told. */
async function awayWhile(happens: () => void): Promise<void> {
  const told = new Promise<void>((resolve) => void session.once("gap", () => resolve()));
  const lost = new Promise<void>((resolve) => {
    const off = session.on("state", ({ current }) => {
      if (current.status !== "reconnecting") return;
      off();
      resolve();
    });
  });
  service.dropLinks();
  await lost;
  happens();
  await told;
}

afterEach(async () => {
  await session.close();
  vi.useRealTimers();
});

describe("after an outage", () => {
  it("what was missed is fetched and told before what comes now, once, with one gap", async () => {
    await chatting();
    const before = Date.now();
    await away("one", "two");
    await says("now");
    expect(story).toEqual(["one again", "two again", "gap true 2", "now"]);
    expect(gaps[0]?.since.getTime()).toBeGreaterThanOrEqual(before - 1);
    expect(gaps[0]?.until.getTime()).toBeGreaterThanOrEqual(gaps[0]?.since.getTime() ?? Infinity);
    expect(session.messages.map(({ body }) => (body.kind === "text" ? body.text : ""))).toEqual([
      "known",
      "one",
      "two",
      "now",
    ]);
  });

  it("what has changed of messages that were there is told, once, as it is in the end", async () => {
    await chatting();
    const [first, second] = [service.say("teh"), service.say("wrong")];
    await vi.waitFor(() => expect(session.messages).toHaveLength(3));
    const changes: string[] = [];
    session.on("message-changed", ({ id, change, replayed }) => {
      const word = change.kind === "edited" && change.body.kind === "text" ? change.body.text : change.kind;
      changes.push(`${id === first ? "first" : "second"} ${word} ${replayed}`);
    });
    service.change(first, { kind: "edited", body: { kind: "text", text: "seen before" } });
    await vi.waitFor(() => expect(changes).toEqual(["first seen before false"]));
    const meanwhile = (): void => {
      service.change(first, { kind: "edited", body: { kind: "text", text: "on the way" } });
      service.change(first, { kind: "edited", body: { kind: "text", text: "the" } });
      service.change(second, { kind: "retracted" });
      service.change(first, { kind: "reactions", reactions: ["👍"] });
      // Nobody else may.
      service.change(first, { kind: "edited", body: { kind: "text", text: "forged" } }, { ...MEMORY_AGENT, id: "x" });
    };
    await awayWhile(meanwhile);
    const told = ["first seen before false", "first the true", "second retracted true", "first reactions true"];
    expect(changes).toEqual(told);
    expect(session.messages.map(({ body }) => (body.kind === "text" ? body.text : body.kind))).toEqual([
      "known",
      "the",
      "retracted",
    ]);
    expect(session.messages[1]?.reactions?.get(MEMORY_AGENT.id)).toEqual(["👍"]);
    expect(gaps.map(({ repaired }) => repaired)).toEqual([true]);
    await away("another");
    expect(changes).toEqual(told);
  });

  it("what was fetched can be marked and is changed like what came by itself", async () => {
    await chatting();
    await away("missed");
    await session.markDisplayed();
    const missed = session.messages.at(-1);
    service.change(missed?.id ?? "", { kind: "edited", body: { kind: "text", text: "better" } });
    await vi.waitFor(() => expect(missed?.edited).toBe(true));
    expect(service.received.findLast(({ type }) => type === "mark")).toMatchObject({ id: missed?.id });
  });

  it("pages until the end", async () => {
    await chatting();
    const texts = Array.from({ length: 250 }, (_, index) => `m${index}`);
    await away(...texts);
    expect(story).toEqual([...texts.map((text) => `${text} again`), "gap true 250"]);
    expect(service.received.filter(({ type }) => type === "catch-up")).toHaveLength(3);
  });

  it("asks nobody when the service's own replay reaches back far enough", async () => {
    await chatting({ replayOnJoin: 5 });
    await away("one", "two");
    expect(story).toEqual(["gap true 2", "one again", "two again"]);
    expect(service.received.filter(({ type }) => type === "catch-up")).toHaveLength(0);
  });

  it("puts what the archive has before what the service replayed by itself", async () => {
    await chatting({ replayOnJoin: 2 });
    await away("one", "two", "three", "four");
    await says("now");
    expect(story).toEqual(["one again", "two again", "three again", "four again", "gap true 4", "now"]);
  });

  it("asks nobody when the service kept our place", async () => {
    await chatting({ supports: { resume: true } });
    await away("one");
    expect(story).toEqual(["gap true 1", "one again"]);
  });

  it("says that it could not be repaired where the service cannot tell", async () => {
    await chatting({ supports: { catchUp: false } });
    await away("missed");
    await says("now");
    expect(story).toEqual(["gap false 0", "now"]);
    expect(gaps[0]?.cause).toMatchObject({ code: "unsupported" });
  });

  it("says that it could not be repaired when the archive refuses", async () => {
    await chatting();
    service.refuseNext("catch-up", "refused");
    await away("missed");
    await says("now");
    expect(story).toEqual(["gap false 0", "now"]);
    expect(gaps[0]?.cause).toMatchObject({ code: "refused" });
  });

  it("lost again while fetching: still one gap, from where it began, nothing twice", async () => {
    await chatting();
    service.cutAfterNext("catch-up");
    await away("one", "two");
    await says("now");
    expect(story).toEqual(["one again", "two again", "gap true 2", "now"]);
    expect(gaps).toHaveLength(1);
  });

  it("holds what is live back until what was missed is there, and sends nothing before", async () => {
    await chatting();
    service.hangNext("catch-up");
    const told = away("one");
    await vi.waitFor(() => expect(service.received.at(-1)).toMatchObject({ type: "catch-up" }));
    service.say("live");
    const mine = session.send("mine");
    await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(story).toEqual([]);
    expect(mine.status).toBe("queued");
    service.dropLinks();
    await told;
    await mine.accepted;
    expect(story.slice(0, 3)).toEqual(["one again", "live again", "gap true 2"]);
  });

  it("holds no longer than it may", async () => {
    await chatting({}, { hold: { holdMs: 7_000 } });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    service.hangNext("catch-up");
    const told = away("missed");
    await vi.waitFor(() => expect(service.received.at(-1)).toMatchObject({ type: "catch-up" }));
    service.say("live");
    await vi.advanceTimersByTimeAsync(6_000);
    expect(story).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    await told;
    expect(story).toEqual(["gap false 0", "live"]);
    expect(gaps[0]?.cause).toMatchObject({ code: "timed-out" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("holds no more than it may", async () => {
    await chatting({}, { hold: { holdMessages: 2 } });
    service.hangNext("catch-up");
    const told = away("missed");
    await vi.waitFor(() => expect(service.received.at(-1)).toMatchObject({ type: "catch-up" }));
    for (const text of ["one", "two", "three"]) service.say(text);
    await told;
    expect(story).toEqual(["gap false 0", "one", "two", "three"]);
  });

  it("tells what is held before the end of the chat", async () => {
    await chatting();
    service.hangNext("catch-up");
    session.on("ended", () => void story.push("ended"));
    const told = away("missed");
    await vi.waitFor(() => expect(service.received.at(-1)).toMatchObject({ type: "catch-up" }));
    service.say("bye");
    service.end();
    await told;
    await vi.waitFor(() => expect(session.state.status).toBe("closed"));
    expect(story).toEqual(["gap false 0", "bye", "ended"]);
  });
});
