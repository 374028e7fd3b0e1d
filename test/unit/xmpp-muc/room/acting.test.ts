import { afterEach, describe, expect, it, vi } from "vitest";
import type { XmppRoomOptions } from "../../../../adapters/xmpp-muc/room-options.ts";
import { createXmppRoom, type XmppRoom } from "../../../../adapters/xmpp-muc/room-transport.ts";
import { historyCursor, messageId } from "../../../../src/kit/ids.ts";
import { iqError } from "../scripted-link.ts";
import { body, ROOM, ScriptedRoom } from "../scripted-room.ts";

const request = { customer: { name: "Ravi" } };
const rooms: XmppRoom[] = [];

async function joined(options: Partial<XmppRoomOptions> = {}, before?: (server: ScriptedRoom) => void) {
  const server = new ScriptedRoom();
  before?.(server);
  const room = createXmppRoom({ link: server.link, room: ROOM, timeouts: { leaveMs: 10 }, ...options });
  rooms.push(room);
  await room.open(request);
  return { server, room };
}

/** What the customer wrote of that name, as the value of its `id`. */
const written = (server: ScriptedRoom, name: string): (string | undefined)[] =>
  server.link.written.flatMap((stanza) => {
    const child = stanza.getChild(name);
    return child ? [child.attrs["id"]] : [];
  });

afterEach(async () => {
  for (const room of rooms.splice(0)) await room.close();
});

describe("marking", () => {
  /** @source XEP-0333 §4.3 */
  it("names the room's id by default, the sender's when told so, and only moves forward", async () => {
    const { server, room } = await joined();
    const [first, second] = [server.sayText("one"), server.sayText("two")];
    await room.mark("displayed", messageId(second));
    await room.mark("displayed", messageId(first));
    expect(written(server, "displayed")).toEqual([second]);
    const legacy = await joined({ markerId: "msgid" });
    const id = legacy.server.say("Asha", body("x"), "their-own");
    await legacy.room.mark("displayed", messageId(id));
    expect(written(legacy.server, "displayed")).toEqual(["their-own"]);
  });

  /** @source XEP-0184 §5.5 */
  it("never marks our own, and never acknowledges history", async () => {
    const { server, room } = await joined({}, (empty) => empty.sayText("old"));
    const own = await room.send({ clientId: "c-1", body: { kind: "text", text: "mine" } });
    await room.mark("displayed", own.id);
    await room.mark("received", messageId(server.archive[0]?.id ?? ""));
    expect([...written(server, "displayed"), ...written(server, "received")]).toEqual([]);
    await room.mark("displayed", messageId(server.archive[0]?.id ?? ""));
    expect(written(server, "displayed")).toHaveLength(1);
  });

  it("answers a receipt request by itself only when told so, and never our own", async () => {
    const ask = `${body("x")}<request xmlns='urn:xmpp:receipts'/>`;
    for (const autoReceipts of [false, true]) {
      const { server } = await joined({ autoReceipts });
      server.say("Asha", ask, "a-1");
      server.say("Ravi", ask, "r-1");
      expect(written(server, "received")).toEqual(autoReceipts ? ["a-1"] : []);
    }
  });

  it("hears markers forward only", async () => {
    const { server, room } = await joined();
    const ids = [];
    for (const text of ["one", "two"]) ids.push((await room.send({ clientId: text, body: { kind: "text", text } })).id);
    const heard: unknown[] = [];
    room.on("receipt", ({ id }) => heard.push(id));
    for (const id of [ids[1], ids[0], ids[1], "unknown"]) {
      server.deliver(
        "message",
        "Asha",
        "type='groupchat'",
        `<displayed xmlns='urn:xmpp:chat-markers:0' id='${id ?? ""}'/>`,
      );
    }
    expect(heard).toEqual([ids[1]]);
  });
});

describe("sending", () => {
  it("refuses an id that is empty or still on its way", async () => {
    const { server, room } = await joined();
    server.silentSends = 1;
    const say = (clientId: string) => room.send({ clientId, body: { kind: "text", text: "x" } }, { timeoutMs: 20 });
    const first = say("same").catch((error: unknown) => error);
    await expect(say("same")).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(say("")).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await first).toMatchObject({ code: "timed-out" });
  });

  it("says what the vendor's codec makes of a payload", async () => {
    const codec = {
      decode: () => null,
      encode: ({ subtype }: { subtype?: string | null }) => ({
        children: [{ name: "kind", attrs: { xmlns: "urn:test:kind" }, children: [subtype ?? "none"] }],
      }),
    };
    const { server, room } = await joined({ codec, markable: true });
    await room.sendWith({ clientId: "c-1", body: { kind: "text", text: "x" } }, { subtype: "FORM_MSG" });
    expect(server.lastWith("kind", "urn:test:kind")?.getChildText("kind")).toBe("FORM_MSG");
    expect(server.lastWith("markable")?.getChild("origin-id")?.attrs["id"]).toBe("c-1");
  });

  it("warns when characters had to be left out", async () => {
    const { server, room } = await joined();
    const warnings: string[] = [];
    room.on("warning", ({ info }) => warnings.push(info.vendor?.code ?? ""));
    await room.send({ clientId: "c-1", body: { kind: "text", text: "a\u0001b" } });
    expect(server.received.at(-1)?.getChildText("body")).toBe("ab");
    expect(warnings).toEqual(["message/stripped"]);
  });
});

describe("changes", () => {
  it("are told once, however often they come", async () => {
    const { server, room } = await joined();
    const changes: string[] = [];
    room.on("message-changed", ({ change }) => changes.push(change.kind));
    server.say("Asha", body("teh"), "a-1");
    server.say("Asha", `${body("the")}<replace xmlns='urn:xmpp:message-correct:0' id='a-1'/>`, "a-2");
    const last = server.archive.at(-1);
    if (last) server.replay(last, false);
    expect(changes).toEqual(["edited"]);
  });
});

describe("history", () => {
  const correction = (text: string): string => `${body(text)}<replace xmlns='urn:xmpp:message-correct:0' id='a-1'/>`;

  it("applies changes of the author, also from a newer page, and nobody else's", async () => {
    const { room } = await joined({ history: 0 }, (server) => {
      server.say("Asha", body("pay 5"), "a-1");
      server.say("Asha", correction("pay 6"), "a-2");
      server.say("Mallory", correction("pay 500"), "m-1");
    });
    const newest = await room.history({ limit: 2 });
    expect(newest).toEqual({ messages: [expect.objectContaining({ edited: true })] });
    expect(newest.messages[0]?.body).toEqual({ kind: "text", text: "pay 6" });
  });

  it("falls back to the time when the archive has forgotten the cursor", async () => {
    const { server, room } = await joined({}, (empty) => {
      for (const text of ["one", "two", "three", "four"]) empty.sayText(text);
    });
    const page = await room.history({ limit: 2 });
    const { answer } = server.link;
    let refused = false;
    server.link.answer = (iq) => {
      const query = iq.getChild("query", "urn:xmpp:mam:2");
      if (!query) return answer(iq);
      if (query.getChild("x", "jabber:x:data")) return answer(iq);
      refused = true;
      return iqError("item-not-found", "not-found");
    };
    const older = await room.history({ limit: 4, ...(page.before && { before: page.before }) });
    expect(refused).toBe(true);
    expect(older.messages.map(({ id }) => id)).not.toContain(page.before);
    await expect(room.history({ limit: 2, before: historyCursor("never seen") })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("reads forward from an id", async () => {
    const { server, room } = await joined({ history: 0 }, (empty) => {
      for (const text of ["one", "two", "three"]) empty.sayText(text);
    });
    const after = server.archive[0]?.id ?? "";
    const page = await room.catchUp({ after: messageId(after), since: new Date(0), limit: 1 });
    expect(page.messages.map((message) => message.body)).toEqual([{ kind: "text", text: "two" }]);
    expect(page).toMatchObject({ next: server.archive[1]?.id });
    expect(page.incomplete).toBeUndefined();
    const newest = server.archive[2]?.id ?? "";
    expect(await room.catchUp({ after: messageId(newest), since: new Date(0), limit: 9 })).toEqual({ messages: [] });
  });

  it("reads forward and says so when the archive is another one, as after a room was made anew", async () => {
    const { server, room } = await joined({ history: 0 }, (empty) => {
      for (const text of ["one", "two", "three"]) empty.sayText(text);
    });
    const after = messageId(server.archive[0]?.id ?? "");
    const { answer } = server.link;
    server.link.answer = (iq) => {
      const query = iq.getChild("query", "urn:xmpp:mam:2");
      // As ejabberd does: the id's place is known without the message.
      if (query?.toString().includes(`<before>${server.archive[1]?.id}</before>`)) server.archive.splice(0, 1);
      return answer(iq);
    };
    const page = await room.catchUp({ after, since: new Date(0), limit: 9 });
    expect(page.messages.map((message) => message.body)).toMatchObject([{ text: "two" }, { text: "three" }]);
    expect(page.incomplete).toBe(true);
  });
});

describe("the moment of joining", () => {
  it("ignores the error of an earlier join", async () => {
    const server = new ScriptedRoom();
    server.silentJoin = true;
    const room = createXmppRoom({ link: server.link, room: ROOM });
    rooms.push(room);
    const opening = room.open(request);
    await vi.waitFor(() => expect(server.link.written.length).toBe(3));
    const error = "<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    server.deliver("presence", "Ravi", "type='error' id='another'", error);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(room.state.status).toBe("connecting");
    // Some services answer from the room itself.
    const id = server.link.written.at(-1)?.attrs["id"] ?? "";
    server.deliver("presence", null, `type='error' id='${id}'`, error);
    await expect(opening).rejects.toMatchObject({ code: "refused" });
  });

  it("a listener that closes at once leaves no timer behind", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const server = new ScriptedRoom();
      const room = createXmppRoom({ link: server.link, room: ROOM });
      room.on("state", ({ current }) => {
        if (current.status === "connected") void room.close("customer-left", { signal: AbortSignal.abort() });
      });
      await expect(room.open(request)).rejects.toMatchObject({ code: "closed" });
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(vi.getTimerCount()).toBe(0);
      expect(server.link.listeners).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
