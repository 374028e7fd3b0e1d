import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryService, memory, type MemoryService } from "../../../adapters/memory/index.ts";
import {
  createChatSession,
  memoryStorage,
  type ChatSession,
  type ChatStorage,
  type KeepOptions,
} from "../../../src/session/index.ts";
import { decodeSavedChat, decodeSavedRecord } from "../../../src/session/saved-chat.ts";
import type { ChatError } from "../../../src/transport/index.ts";
import { keptChat, keptItems, keptRecordKey } from "../../support/kept-chat.ts";

const REQUEST = { customer: { name: "Ravi" } };
const KEY = "switchboard-chat:chat";

let service: MemoryService;
let storage: ChatStorage;
const sessions: ChatSession[] = [];

function make(keep: Partial<KeepOptions> = {}, reconnectMs = 0): ChatSession {
  const session = createChatSession(memory({ service, reconnect: { nextDelayMs: () => reconnectMs } }), {
    keep: { storage, ...keep },
  });
  sessions.push(session);
  return session;
}

/** All of it. */
function stored(): string {
  return [...keptItems(storage).values()].join("\n");
}

const taken = (): string[] =>
  service.messages.flatMap(({ from, body }) => (from.isSelf && body.kind === "text" ? [body.text] : []));

/** As a page that is gone: no goodbye, and nothing that it still says reaches anybody. */
async function vanish(session: ChatSession): Promise<void> {
  // The task in which the last thing happened is over.
  await new Promise((resolve) => void setImmediate(resolve));
  const copy = keptItems(storage);
  storage = memoryStorage();
  for (const [key, value] of copy) await storage.setItem(key, value);
  service.dropLinks();
  void session.close();
}

beforeEach(() => {
  service = createMemoryService();
  storage = memoryStorage();
});

afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  vi.useRealTimers();
});

describe("a chat that is kept", () => {
  it("sends after a reload what waited, in order, under the same ids", async () => {
    const first = make();
    const ids = ["one", "two"].map((text) => first.send(text).clientId);
    await vanish(first);
    const second = make();
    await second.start(REQUEST);
    const handles = second.deliveries();
    expect(handles.map(({ clientId }) => clientId)).toEqual(ids);
    await Promise.all(handles.map(({ accepted }) => accepted));
    expect(taken()).toEqual(["one", "two"]);
  });

  it("keeps what an earlier page left, and its place, when the customer writes before it is started", async () => {
    const first = make();
    first.send("one");
    await vanish(first);
    const second = make();
    second.send("two");
    await vanish(second);
    const third = make();
    third.send("three");
    await third.start(REQUEST);
    const handles = third.deliveries();
    expect(third.messages.map(({ body }) => body.kind === "text" && body.text)).toEqual(["one", "two", "three"]);
    await Promise.all(handles.map(({ accepted }) => accepted));
    expect(handles.map(({ message: { body } }) => body.kind === "text" && body.text)).toEqual(["one", "two", "three"]);
    expect(taken()).toEqual(["one", "two", "three"]);
  });

  it("is not overwritten by a session that is closed before it is started", async () => {
    const first = make();
    first.send("one");
    await vanish(first);
    await make().close();
    const third = make();
    await third.start(REQUEST);
    await third.deliveries()[0]?.accepted;
    expect(taken()).toEqual(["one"]);
  });

  it("does not send again what the service has, although the page never heard so", async () => {
    const first = make({}, 600_000);
    await first.start(REQUEST);
    await first.send("before").accepted;
    service.cutAfterNext("send");
    first.send("in flight");
    await vi.waitFor(() => expect(taken()).toEqual(["before", "in flight"]));
    await vanish(first);
    const second = make();
    await second.start(REQUEST);
    await second.deliveries()[0]?.accepted;
    expect(second.deliveries().map(({ status }) => status)).toEqual(["accepted"]);
    expect(taken()).toEqual(["before", "in flight"]);
  });

  it("sends again what the service never got", async () => {
    const first = make();
    await first.start(REQUEST);
    await first.send("before").accepted;
    service.hangNext("send");
    first.send("in flight");
    await vi.waitFor(() => expect(service.received.at(-1)).toMatchObject({ body: { text: "in flight" } }));
    await vanish(first);
    const second = make();
    await second.start(REQUEST);
    await second.deliveries()[0]?.accepted;
    expect(taken()).toEqual(["before", "in flight"]);
  });

  it("does not guess when the chat is another one", async () => {
    const first = make();
    await first.start(REQUEST);
    service.hangNext("send");
    first.send("in flight");
    await vi.waitFor(() => expect(service.received.at(-1)).toMatchObject({ type: "send" }));
    await vanish(first);
    service = createMemoryService();
    // Another conversation: the second that this service has.
    const stranger = createChatSession(memory({ service }));
    sessions.push(stranger);
    await stranger.start(REQUEST);
    const second = make();
    const gaps: boolean[] = [];
    second.on("gap", ({ repaired }) => gaps.push(repaired));
    await second.start({ ...REQUEST, resumeToken: "of another chat" });
    expect(second.deliveries()[0]?.message.error?.code).toBe("unknown-outcome");
    expect(gaps).toEqual([false]);
  });

  it("still knows where it was when the page goes again before it is connected", async () => {
    const first = make();
    await first.start(REQUEST);
    await first.send("before").accepted;
    service.hangNext("send");
    first.send("in flight");
    await vi.waitFor(() => expect(service.received.at(-1)).toMatchObject({ body: { text: "in flight" } }));
    await vanish(first);
    const second = make();
    service.hangNext("hello");
    const starting = second.start(REQUEST);
    await vi.waitFor(() => expect(second.state.status).toBe("connecting"));
    await vanish(second);
    await expect(starting).rejects.toMatchObject({ code: "closed" });
    const third = make();
    await third.start(REQUEST);
    expect(third.conversation?.id).toBe("conversation-1");
    await third.deliveries().at(-1)?.accepted;
    expect(taken()).toEqual(["before", "in flight"]);
  });

  it("misses nothing of an outage in which it was kept, although nobody had spoken before", async () => {
    service = createMemoryService({ supports: { resume: false }, replayOnJoin: 0 });
    vi.useFakeTimers({ toFake: ["Date"] });
    const first = make({}, 600_000);
    await first.start(REQUEST);
    service.dropLinks();
    await vi.waitFor(() => expect(first.state.status).toBe("reconnecting"));
    vi.setSystemTime(Date.now() + 1_000);
    service.say("meanwhile");
    vi.setSystemTime(Date.now() + 1_000);
    first.send("waits");
    await vanish(first);
    const second = make();
    await second.start(REQUEST);
    await second.deliveries()[0]?.accepted;
    expect(second.messages.map(({ body }) => body.kind === "text" && body.text)).toEqual(["meanwhile", "waits"]);
  });

  it("tells what is older than the chat first, although nothing was known when it was written", async () => {
    service = createMemoryService({ supports: { resume: false }, replayOnJoin: 20 });
    vi.useFakeTimers({ toFake: ["Date"] });
    service.say("older");
    vi.setSystemTime(Date.now() + 1_000);
    const savedAt = Date.now();
    const saved = { version: 2, chat: "a1", savedAt, conversation: "conversation-1", last: { at: savedAt } };
    await storage.setItem(KEY, JSON.stringify(saved));
    service.say("missed");
    const session = make();
    const gap = new Promise((resolve) => void session.once("gap", resolve));
    await session.start(REQUEST);
    expect(await gap).toMatchObject({ repaired: true });
    await vi.waitFor(() => expect(session.messages).toHaveLength(2));
    expect(session.messages.map(({ body }) => body.kind === "text" && body.text)).toEqual(["older", "missed"]);
  });

  it("leaves what is in doubt to the next page when the link is lost for good", async () => {
    const first = createChatSession(memory({ service, reconnect: { nextDelayMs: () => null } }), { keep: { storage } });
    sessions.push(first);
    await first.start(REQUEST);
    await first.send("before").accepted;
    service.cutAfterNext("send");
    first.send("in flight");
    await vi.waitFor(() => expect(first.state).toMatchObject({ reason: "connection-lost" }));
    await vi.waitFor(() => expect(stored()).toContain("in flight"));
    const second = make();
    await second.start(REQUEST);
    expect(second.conversation?.id).toBe("conversation-1");
    await second.deliveries().at(-1)?.accepted;
    expect(taken()).toEqual(["before", "in flight"]);
  });

  it("knows with what to go on although the storage was busy when the link was lost for good", async () => {
    const disk = storage;
    let release = (): void => undefined;
    const busy = new Promise<void>((resolve) => (release = resolve));
    storage = { ...disk, setItem: (key, value) => busy.then(() => disk.setItem(key, value)) };
    const first = createChatSession(memory({ service, reconnect: { nextDelayMs: () => null } }), { keep: { storage } });
    sessions.push(first);
    first.send("waits");
    await first.start(REQUEST);
    service.dropLinks();
    await vi.waitFor(() => expect(first.state).toMatchObject({ reason: "connection-lost" }));
    release();
    await vi.waitFor(async () => expect(await disk.getItem(KEY)).toContain("conversation-1"));
    expect(await disk.getItem(KEY)).toContain("token-1");
  });

  it("says after a reload, too, that an outcome is unknown", async () => {
    service = createMemoryService({ supports: { resume: false, catchUp: false }, replayOnJoin: 0 });
    const first = make();
    await first.start(REQUEST);
    service.cutAfterNext("send");
    await expect(first.send("in flight").accepted).rejects.toMatchObject({ code: "unknown-outcome" });
    await vanish(first);
    const second = make();
    await second.start(REQUEST);
    expect(second.deliveries()[0]?.message.error?.code).toBe("unknown-outcome");
  });

  it("is forgotten when the customer ends it before it is connected again", async () => {
    const first = make();
    await first.start(REQUEST);
    service.hangNext("send");
    first.send("never mind");
    await vi.waitFor(() => expect(first.deliveries()[0]?.status).toBe("sent"));
    await vanish(first);
    const second = make();
    service.hangNext("hello");
    const starting = second.start(REQUEST);
    await vi.waitFor(() => expect(second.state.status).toBe("connecting"));
    await second.end();
    await expect(starting).rejects.toMatchObject({ code: "closed" });
    await vi.waitFor(() => expect(stored()).toBe(""));
  });

  it("knows after a reload what had been read, and closes the gap", async () => {
    const first = make();
    await first.start(REQUEST);
    const { id } = await first.send("hello").accepted;
    service.receipt("displayed", id);
    await vi.waitFor(() => expect(first.messages[0]?.status).toBe("displayed"));
    await vanish(first);
    service.say("meanwhile");
    const second = make();
    const gap = new Promise((resolve) => void second.once("gap", resolve));
    await second.start(REQUEST);
    expect(await gap).toMatchObject({ repaired: true });
    expect(second.messages.map(({ status, body }) => [body.kind === "text" && body.text, status])).toEqual([
      ["hello", "displayed"],
      ["meanwhile", undefined],
    ]);
  });

  it("reports what waited too long, and sends it only when asked", async () => {
    const first = make();
    first.send("stale");
    await vanish(first);
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(Date.now() + 3_600_001);
    const second = make({ maxAgeMs: 3_600_000 });
    await second.start(REQUEST);
    const [handle] = second.deliveries();
    expect(handle?.message).toMatchObject({ status: "failed", error: { code: "timed-out" } });
    expect(taken()).toEqual([]);
    await handle?.retry();
    expect(taken()).toEqual(["stale"]);
  });

  it("is handed over by detach: nothing ends, and the next page goes on", async () => {
    const first = make();
    const ends: string[] = [];
    first.on("ended", () => ends.push("ended"));
    await first.start(REQUEST);
    await first.send("before").accepted;
    const waiting = first.send("never left");
    waiting.cancel();
    const queued = first.send("waits");
    first.detach();
    expect(first.state).toMatchObject({ status: "closed", reason: "handed-over" });
    await expect(queued.accepted).rejects.toMatchObject({
      code: expect.stringMatching(/closed|unknown-outcome/) as string,
    });
    const second = make();
    await second.start(REQUEST);
    expect(second.conversation?.id).toBe("conversation-1");
    await second.deliveries().at(-1)?.accepted;
    expect(taken()).toEqual(["before", "waits"]);
    expect(ends).toEqual([]);
    expect(service.received.some(({ type }) => type === "bye")).toBe(false);
  });

  it("says goodbye on detach where the service cannot resume", async () => {
    const session = createChatSession(memory({ service, supports: { resume: false } }), { keep: { storage } });
    sessions.push(session);
    await session.start(REQUEST);
    session.detach();
    await vi.waitFor(() => expect(service.received.at(-1)?.type).toBe("bye"));
    expect(session.state.status).toBe("closed");
  });

  it("writes down that a message may have left before it leaves", async () => {
    const story: string[] = [];
    const inner = storage;
    storage = {
      ...inner,
      setItem: async (key, value) => {
        // As slow as a disk.
        await new Promise((resolve) => void setImmediate(resolve));
        if (value.includes('"sent"')) story.push(`written, ${taken().length} taken`);
        await inner.setItem(key, value);
      },
    };
    const session = make();
    await session.start(REQUEST);
    await session.send("hello").accepted;
    expect(story[0]).toBe("written, 0 taken");
  });

  it("is forgotten when it has ended, and on forget()", async () => {
    const first = make();
    await first.start(REQUEST);
    await first.send("hello").accepted;
    await vi.waitFor(() => expect(stored()).toContain("conversation-1"));
    await first.end();
    await vi.waitFor(() => expect(stored()).toBe(""));
    const second = make();
    second.send("waits");
    await vi.waitFor(() => expect(stored()).toContain("waits"));
    await second.forget();
    second.send("never written");
    await second.close();
    expect(stored()).toBe("");
  });

  it("holds a text only while it may be needed, and nothing at all unless asked", async () => {
    const setItem = vi.spyOn(storage, "setItem");
    const kept = make();
    await kept.start(REQUEST);
    await kept.send("secret words").accepted;
    await vi.waitFor(() => expect(stored()).toContain('"accepted"'));
    expect(stored()).not.toContain("secret words");
    await kept.forget();
    setItem.mockClear();
    const plain = createChatSession(memory({ service }));
    sessions.push(plain);
    await plain.start(REQUEST);
    await plain.send("more").accepted;
    expect(setItem).not.toHaveBeenCalled();
  });

  it.each([
    ["that is full", { setItem: () => Promise.reject(new DOMException("Quota", "QuotaExceededError")) }],
    [
      "that throws",
      {
        setItem: () => {
          throw new Error("disabled");
        },
      },
    ],
    [
      "that cannot be read",
      {
        getItem: () => {
          throw new Error("disabled");
        },
      },
    ],
  ])("goes on with a storage %s, and says so once", async (_, broken: Partial<ChatStorage>) => {
    storage = { ...memoryStorage(), ...broken };
    const session = make();
    const warnings: ChatError[] = [];
    session.on("warning", (warning) => warnings.push(warning));
    await session.start(REQUEST);
    await session.send("one").accepted;
    await session.send("two").accepted;
    expect(taken()).toEqual(["one", "two"]);
    expect(warnings.map(({ code, info }) => [code, typeof info.remedy])).toEqual([["unsupported", "string"]]);
  });

  it("writes as much for the thousandth message as for the hundredth", async () => {
    let written = 0;
    const inner = storage;
    storage = {
      ...inner,
      setItem: (key, value) => {
        written += value.length;
        return inner.setItem(key, value);
      },
    };
    const session = make();
    await session.start(REQUEST);
    const costs: number[] = [];
    for (let n = 0; n < 1_000; n++) {
      const before = written;
      // As long as any other.
      await session.send(`message ${String(n).padStart(4, "0")}`, { clientId: `id-${String(n).padStart(4, "0")}` })
        .accepted;
      costs.push(written - before);
    }
    const [early = 0, late = 0] = [costs.slice(100, 200), costs.slice(900)].map((some) => Math.max(...some));
    expect(early).toBeGreaterThan(0);
    // A place's number, and that of a message, have a digit more.
    expect(late).toBeLessThan(early + 20);
    expect(keptItems(storage).size).toBeLessThan(60);
  });

  it("takes what another version has written for nothing, and leaves nothing of it behind", async () => {
    const body = { kind: "text", text: "waits" };
    const deliveries = [{ clientId: "mine", status: "queued", queuedAt: 1, body }];
    await storage.setItem(KEY, JSON.stringify({ version: 1, savedAt: Date.now(), deliveries }));
    const session = make();
    await session.start(REQUEST);
    await session.send("new").accepted;
    expect(taken()).toEqual(["new"]);
    await vi.waitFor(() => expect(keptChat(storage)?.version).toBe(2));
    expect(stored()).not.toContain("waits");
  });

  it("sends nothing of a chat that was being forgotten when the page went", async () => {
    const first = make();
    first.send("never again");
    await vi.waitFor(() => expect(stored()).toContain("never again"));
    await vanish(first);
    // As far as the forgetting came.
    await storage.removeItem(KEY);
    const second = make();
    second.send("new");
    await second.start(REQUEST);
    await second.deliveries()[0]?.accepted;
    expect(taken()).toEqual(["new"]);
    expect(stored()).not.toContain("never again");
  });

  it("keeps the order, and what can be kept, when a storage refuses something for a while", async () => {
    const inner = storage;
    let refuses = true;
    storage = {
      ...inner,
      setItem: (key, value) => {
        if (refuses && value.includes("two")) throw new DOMException("Quota", "QuotaExceededError");
        return inner.setItem(key, value);
      },
    };
    const first = make();
    for (const text of ["one", "two", "three"]) first.send(text);
    await vi.waitFor(() => expect(stored()).toContain("one"));
    refuses = false;
    first.send("four");
    await vi.waitFor(() => expect(stored()).toContain("four"));
    await vanish(first);
    const second = make();
    await second.start(REQUEST);
    await Promise.all(second.deliveries().map(({ accepted }) => accepted));
    expect(taken()).toEqual(["one", "two", "three", "four"]);
  });

  it("finds what lies behind a record that is gone", async () => {
    const first = make();
    for (const text of ["one", "two", "three"]) first.send(text);
    await vanish(first);
    await storage.removeItem(keptRecordKey(1));
    const second = make();
    await second.start(REQUEST);
    await Promise.all(second.deliveries().map(({ accepted }) => accepted));
    expect(taken()).toEqual(["one", "three"]);
    await second.forget();
    expect(keptItems(storage).size).toBe(0);
  });

  it("writes no more than it may", async () => {
    const session = make({ maxLength: 400 });
    const warnings: ChatError[] = [];
    session.on("warning", (warning) => warnings.push(warning));
    session.send("short");
    await vi.waitFor(() => expect(stored()).toContain("short"));
    session.send("x".repeat(500));
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    expect(stored()).toContain("short");
  });

  it("gives files back as they were", async () => {
    const first = make();
    const attachments = [{ url: new URL("https://files.example/a.pdf"), name: "a.pdf", mediaType: "application/pdf" }];
    first.send({ kind: "attachments", attachments, caption: "look" });
    await vanish(first);
    const second = make();
    await second.start(REQUEST);
    await second.deliveries()[0]?.accepted;
    expect(service.messages[0]?.body).toEqual({ kind: "attachments", attachments, caption: "look" });
  });
});

describe("what a storage gives back", () => {
  const good = { version: 2, chat: "a1", savedAt: 1, conversation: "c", resumeToken: "t", last: { id: "m", at: 1 } };
  const record = {
    chat: "a1",
    order: 3,
    clientId: "c",
    status: "queued",
    queuedAt: 1,
    body: { kind: "text", text: "t" },
  };
  const { chat, order, ...delivery } = record;

  it("is read as a string or as what the string says", () => {
    expect(decodeSavedChat(good)).toEqual(good);
    expect(decodeSavedChat(JSON.stringify(good))).toEqual(good);
    expect(decodeSavedRecord(record)).toEqual({ chat, order, delivery });
    expect(decodeSavedRecord(JSON.stringify(record))).toEqual({ chat, order, delivery });
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["an empty text", ""],
    ["half a text", "{"],
    ["a list", "[]"],
    ["a number", 7],
    ["another version", { ...good, ...record, version: 1, order: -1 }],
    ["nobody's", { ...good, ...record, chat: undefined }],
    ["no time", { ...good, ...record, savedAt: "yesterday", queuedAt: "yesterday" }],
    ["no status", { ...record, status: "toString" }],
  ])("is nothing: %s", (_, value) => {
    expect(decodeSavedChat(value)).toBeUndefined();
    expect(decodeSavedRecord(value)).toBeUndefined();
  });

  it("leaves out what it cannot read, and keeps no stranger's keys", () => {
    const odd = `{"version":2,"chat":"a1","savedAt":1,"__proto__":{"polluted":true},"conversation":7,"last":{"id":7,"at":1}}`;
    expect(decodeSavedChat(odd)).toEqual({ version: 2, chat: "a1", savedAt: 1 });
    const attachments = [{ url: "nowhere", name: "n", mediaType: "m" }];
    expect(decodeSavedRecord({ ...record, body: { kind: "attachments", attachments } })).toEqual({
      chat,
      order,
      delivery: { ...delivery, body: undefined },
    });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
