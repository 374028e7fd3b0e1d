import { afterEach, describe, expect, it, vi } from "vitest";
import type { XmppRoomOptions } from "../../../../adapters/xmpp-muc/room-options.ts";
import { createXmppRoom, type XmppRoom } from "../../../../adapters/xmpp-muc/room-transport.ts";
import { ScriptedLink } from "../scripted-link.ts";
import { body, NS_USER, ROOM, ScriptedRoom } from "../scripted-room.ts";

const request = { customer: { name: "Ravi" } };
const quick = { roomRetryMs: [1, 1, 1, 1, 1], leaveMs: 10 };

function make(server: ScriptedRoom, options: Partial<XmppRoomOptions> = {}): XmppRoom {
  return createXmppRoom({ link: server.link, room: ROOM, timeouts: quick, ...options });
}

const refuse = (condition: string, times = 1, type = "cancel") =>
  Array.from({ length: times }, () => ({ condition, type }));

const joins = (server: ScriptedRoom): string[] =>
  server.link.written
    .filter((stanza) => stanza.getChild("x", "http://jabber.org/protocol/muc"))
    .map((stanza) => stanza.attrs["to"]?.slice(ROOM.length + 1) ?? "");

afterEach(() => {
  vi.useRealTimers();
});

describe("joining a room", () => {
  it("writes presence, disco and join in the task in which the link became sendable", async () => {
    const link = new ScriptedLink(false);
    const server = new ScriptedRoom(link);
    const opening = make(server, { password: "secret" }).open(request);
    expect(link.written).toEqual([]);
    link.goOnline();
    await Promise.resolve();
    for (let turn = 0; turn < 20 && link.written.length < 3; turn++) await Promise.resolve();
    const [presence, disco, join] = link.written;
    expect(presence?.toString()).toBe("<presence/>");
    expect(disco?.getChild("query", "http://jabber.org/protocol/disco#info")).toBeDefined();
    expect(join?.getChild("x")?.getChildText("password")).toBe("secret");
    expect(join?.getChild("x")?.getChild("history")?.attrs["maxstanzas"]).toBe("50");
    await opening;
  });

  it("asks once more, features and all, when the first join stays unanswered", async () => {
    const server = new ScriptedRoom();
    const { onWritten } = server.link;
    server.link.onWritten = (stanza) => {
      server.silentJoin = joins(server).length === 1;
      onWritten(stanza);
    };
    const room = make(server, { timeouts: { ...quick, firstJoinMs: 5, joinMs: 60_000 } });
    const { supports } = await room.open(request);
    expect(joins(server)).toEqual(["Ravi", "Ravi"]);
    expect(supports.catchUp).toBe(true);
  });

  it("gives up when the second stays unanswered, too", async () => {
    const server = new ScriptedRoom();
    server.silentJoin = true;
    const opening = make(server, { timeouts: { ...quick, firstJoinMs: 5, joinMs: 10 } }).open(request);
    await expect(opening).rejects.toMatchObject({ code: "timed-out" });
    expect(joins(server)).toHaveLength(2);
  });

  it("writes the initial presence once for two rooms on one link", async () => {
    const server = new ScriptedRoom();
    const first = make(server);
    const second = make(server);
    await first.open(request);
    await second.open({ customer: { name: "Ravi again" } });
    expect(server.link.written.filter((stanza) => stanza.toString() === "<presence/>")).toHaveLength(1);
    await first.close();
    await second.close();
  });

  /** @source XEP-0045 §7.2: the join-error table */
  it.each([
    ["not-authorized", "unauthorized", "muc/password-required"],
    ["registration-required", "refused", "muc/members-only"],
    ["forbidden", "refused", "muc/banned"],
    ["conflict", "conflict", "muc/nick-conflict"],
    ["item-not-found", "not-found", "muc/not-found"],
    ["not-allowed", "refused", "muc/not-allowed"],
    ["not-acceptable", "conflict", "muc/nick-reserved"],
    ["service-unavailable", "refused", "muc/full"],
    ["jid-malformed", "invalid-argument", "muc/nick-malformed"],
    ["gone", "not-found", "muc/gone"],
    ["remote-server-not-found", "unreachable", "muc/unreachable"],
    ["internal-server-error", "refused", "muc/internal-server-error"],
  ])("maps %s to %s", async (condition, code, vendor) => {
    const server = new ScriptedRoom();
    server.joinErrors = refuse(condition, 10);
    const room = make(server);
    await expect(room.open(request)).rejects.toMatchObject({ code, info: { vendor: { name: "xmpp", code: vendor } } });
    expect(room.state.status).toBe("closed");
    expect(server.link.listeners).toBe(0);
    expect(server.link.users).toBe(0);
  });

  it("tries up to five names when somebody has ours", async () => {
    const server = new ScriptedRoom();
    server.joinErrors = refuse("conflict", 2);
    const room = make(server);
    const { self } = await room.open(request);
    expect(joins(server)).toEqual(["Ravi", "Ravi-2", "Ravi-3"]);
    expect([self.name, room.nick]).toEqual(["Ravi-3", "Ravi-3"]);
    server.joinErrors = refuse("conflict", 9);
    const other = new ScriptedRoom();
    other.joinErrors = refuse("conflict", 9);
    await expect(make(other).open(request)).rejects.toMatchObject({ code: "conflict" });
    expect(joins(other)).toHaveLength(5);
  });

  it("asks for the reserved name when the room insists on it", async () => {
    const server = new ScriptedRoom();
    server.joinErrors = refuse("not-acceptable", 1, "modify");
    const { answer } = server.link;
    server.link.answer = (iq) =>
      iq.getChild("query")?.attrs["node"] === "x-roomuser-item"
        ? "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'><identity category='conference' type='text' name='Ravi K'/></query>"
        : answer(iq);
    await make(server).open(request);
    expect(joins(server)).toEqual(["Ravi", "Ravi K"]);
  });

  it.each(["item-not-found", "registration-required"])(
    "waits for a room that is still being made (%s)",
    async (condition) => {
      const server = new ScriptedRoom();
      server.joinErrors = refuse(condition, 5, "auth");
      await make(server).open(request);
      expect(joins(server)).toHaveLength(6);
    },
  );

  it("waits 0.25, 0.5, 1, 2 and 4 seconds for it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const server = new ScriptedRoom();
    server.joinErrors = refuse("item-not-found", 9);
    const outcome = createXmppRoom({ link: server.link, room: ROOM })
      .open(request)
      .catch((error: unknown) => error);
    for (const [waits, ms] of [250, 500, 1_000, 2_000, 4_000].entries()) {
      // The refusal comes in a later task, and no faked time passes until it is there.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(ms - 1);
      expect(joins(server)).toHaveLength(waits + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(joins(server)).toHaveLength(waits + 2);
    }
    expect(await outcome).toMatchObject({ code: "not-found" });
  });

  it.each(["item-not-found", "gone", "not-allowed"])(
    "a room that is not there any more when the link is back means that the chat has ended meanwhile (%s)",
    async (condition) => {
      const server = new ScriptedRoom();
      const room = make(server);
      const story: string[] = [];
      room.on("ended", ({ by }) => story.push(`ended by ${by}`));
      room.on("state", ({ current }) => story.push(current.status));
      await room.open(request);
      server.joinErrors = refuse(condition, 9);
      server.inRoom = false;
      server.link.lose();
      server.link.restore();
      await vi.waitFor(() => expect(room.state.status).toBe("closed"));
      expect(story).toEqual(["connecting", "connected", "reconnecting", "ended by system", "closed"]);
      expect(room.state).toMatchObject({ reason: "agent-ended", cause: { info: { vendor: { name: "xmpp" } } } });
    },
  );

  it("takes the name that the service gave (210)", async () => {
    const server = new ScriptedRoom();
    const presence = server.presence.bind(server);
    server.presence = (nick, item, more, attrs) => presence(nick === "Ravi" ? "ravi" : nick, item, more, attrs);
    server.selfStatuses = [110, 210];
    const room = make(server);
    expect((await room.open(request)).self).toMatchObject({ name: "ravi", isSelf: true });
  });

  it("takes a presence from our exact occupant JID where 110 is omitted", async () => {
    const server = new ScriptedRoom();
    server.selfStatuses = [];
    expect((await make(server).open(request)).self).toMatchObject({ name: "Ravi", isSelf: true });
  });

  it("takes what is not delayed for live where no subject ever comes", async () => {
    const server = new ScriptedRoom();
    server.sendsSubject = false;
    server.sayText("old");
    const room = make(server);
    const replayed: boolean[] = [];
    room.on("message", (message) => replayed.push(message.replayed));
    await room.open(request);
    server.sayText("new");
    expect(replayed).toEqual([true, false]);
    const forged = "<delay xmlns='urn:xmpp:delay' stamp='2001-01-01T00:00:00Z'/>";
    server.deliver("message", "Asha", "type='groupchat' id='z'", body("newer") + forged);
    expect(replayed).toEqual([true, false, false]);
  });

  it("asks for no history when told so", async () => {
    const server = new ScriptedRoom();
    await make(server, { history: 0 }).open(request);
    expect(server.lastWith("x", "http://jabber.org/protocol/muc")?.getChild("x")?.getChild("history")?.attrs).toEqual({
      maxchars: "0",
    });
  });

  it.each(["room", "room@", "@c", "room@c/nick"])("refuses %j as an address", (room) => {
    expect(() => createXmppRoom({ link: new ScriptedLink(), room })).toThrow("bare JID");
  });

  it("joins nothing else because somebody invites", async () => {
    const server = new ScriptedRoom();
    const room = make(server);
    await room.open(request);
    const invites: unknown[] = [];
    room.onExtra("invite", (invite) => invites.push(invite));
    const before = server.link.written.length;
    server.link.deliver(
      `<message from='other@conference.chat.example'><x xmlns='${NS_USER}'><invite from='a@chat.example'><reason>hey</reason></invite><password>pw</password></x></message>`,
    );
    server.link.deliver(
      `<message from='a@chat.example/x'><x xmlns='jabber:x:conference' jid='third@conference.chat.example'/></message>`,
    );
    expect(invites).toEqual([
      {
        kind: "mediated",
        room: "other@conference.chat.example",
        from: "a@chat.example",
        reason: "hey",
        password: "pw",
      },
      { kind: "direct", room: "third@conference.chat.example", from: "a@chat.example" },
    ]);
    expect(server.link.written).toHaveLength(before);
    await room.close();
    expect(server.link.listeners).toBe(0);
  });
});
