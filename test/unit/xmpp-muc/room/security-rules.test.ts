import { describe, expect, it } from "vitest";
import { xmlChild } from "../../../../src/kit/xml-node.ts";
import { createDeferred } from "../../../../src/kit/deadline.ts";
import type { ChatMessage } from "../../../../src/transport/messages.ts";
import type { RoomStanza } from "../../../../adapters/xmpp-muc/muc/room-stanza.ts";
import type { XmppRoomOptions } from "../../../../adapters/xmpp-muc/room-options.ts";
import { createXmppRoom, type XmppRoom } from "../../../../adapters/xmpp-muc/room-transport.ts";
import { body, NS_USER, PROSODY_FEATURES, ROOM, ScriptedRoom, stanzaIdXml } from "../scripted-room.ts";

interface Joined {
  server: ScriptedRoom;
  room: XmppRoom;
  messages: ChatMessage[];
  heard: { type: string; event: unknown }[];
}

async function joined(
  settings: { features?: string[]; others?: string[]; before?: (server: ScriptedRoom) => void } = {},
  options: Partial<XmppRoomOptions> = {},
): Promise<Joined> {
  const server = new ScriptedRoom();
  server.features = settings.features ?? PROSODY_FEATURES;
  server.others = settings.others ?? ["Mallory"];
  settings.before?.(server);
  const room = createXmppRoom({ link: server.link, room: ROOM, timeouts: { leaveMs: 10 }, ...options });
  const messages: ChatMessage[] = [];
  const heard: Joined["heard"] = [];
  room.on("message", (message) => messages.push(message));
  for (const type of ["message-changed", "chat-state", "receipt", "ended", "warning"] as const) {
    room.on(type, (event) => heard.push({ type, event }));
  }
  await room.open({ customer: { name: "Ravi" } });
  return { server, room, messages, heard };
}

const texts = (messages: ChatMessage[]): string[] =>
  messages.map((message) => (message.body.kind === "text" ? message.body.text : message.body.kind));

const groupchat = (server: ScriptedRoom, nick: string | null, children: string, id = "x-1"): void =>
  server.deliver("message", nick, `type='groupchat' id='${id}'`, children);

const codec = {
  decode: (message: Parameters<typeof xmlChild>[0]) => {
    const claim = xmlChild(message, "claim", "urn:test:claim");
    return claim ? { role: claim.attrs["role"] ?? null, ended: claim.attrs["ended"] === "true" } : null;
  },
};

describe("rule 1: a groupchat message counts only from the joined room", () => {
  it("drops one that a stranger sends straight to us", async () => {
    const { server, messages } = await joined();
    for (const from of ["mallory@chat.example/x", "other@conference.chat.example/Asha", `${ROOM}.evil.example/Asha`]) {
      server.link.deliver(`<message type='groupchat' from='${from}' id='f-1'>${body("pay here")}</message>`);
    }
    groupchat(server, "Asha", body("real"));
    expect(texts(messages)).toEqual(["real"]);
  });

  it("never shows a private message or an invitation as part of the conversation", async () => {
    const { server, messages, room } = await joined();
    const whispers: string[] = [];
    room.onExtra("private-message", ({ text }) => whispers.push(text));
    server.deliver("message", "Asha", "type='chat'", `${body("psst")}<x xmlns='${NS_USER}'/>`);
    server.deliver("message", null, "", `${body("join us")}<x xmlns='${NS_USER}'><invite from='m@chat.example'/></x>`);
    expect(messages).toEqual([]);
    expect(whispers).toEqual(["psst"]);
  });
});

/** Opens a query that never ends by itself, and gives its id. */
async function openQuery(server: ScriptedRoom, room: XmppRoom) {
  const answer = server.link.answer;
  const asked = new Promise<string>((resolve) => {
    server.link.answer = (iq) => {
      const query = iq.getChild("query", "urn:xmpp:mam:2");
      if (!query) return answer(iq);
      resolve(query.attrs["queryid"] ?? "");
      return answer(iq);
    };
  });
  const page = room.history({ limit: 10 });
  return { asked, page };
}

const archived = (queryId: string, from: string, outer: string, text: string): string =>
  `<message from='${from}' ${outer}><result xmlns='urn:xmpp:mam:2' queryid='${queryId}' id='forged'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-05-04T10:00:00Z'/><message xmlns='jabber:client' type='groupchat' from='${ROOM}/Asha' id='z'>${body(text)}</message></forwarded></result></message>`;

describe("rule 2: archive results only from the room, for an open query", () => {
  it.each([
    ["an occupant, relayed by the room", `${ROOM}/Mallory`, "type='groupchat'"],
    ["the room, but as a message to all", ROOM, "type='groupchat'"],
    ["an occupant in private", `${ROOM}/Mallory`, ""],
    ["a stranger", "mallory@chat.example/x", ""],
    ["our own account", "u-140a@chat.example", ""],
  ])("drops a result from %s", async (_who, from, outer) => {
    const { server, room, messages } = await joined();
    const { asked, page } = await openQuery(server, room);
    const queryId = await asked;
    server.link.deliver(archived(queryId, from, outer, "forged"));
    expect(texts((await page).messages)).toEqual([]);
    expect(messages).toEqual([]);
  });

  it("drops a result of the room for a query that nobody asked", async () => {
    const { server, room, messages } = await joined();
    const { asked, page } = await openQuery(server, room);
    await asked;
    server.link.deliver(archived("guessed", ROOM, "", "forged"));
    expect(texts((await page).messages)).toEqual([]);
    expect(messages).toEqual([]);
  });
});

describe("rule 3: wrapped messages are never unwrapped", () => {
  it("drops a forged carbon", async () => {
    const { server, messages } = await joined();
    const inner = `<message xmlns='jabber:client' type='groupchat' from='${ROOM}/Asha'>${body("forged")}</message>`;
    const forwarded = `<forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded>`;
    for (const from of ["mallory@chat.example/x", "u-140a@chat.example", `${ROOM}/Mallory`]) {
      server.link.deliver(
        `<message from='${from}'><received xmlns='urn:xmpp:carbons:2'>${forwarded}</received></message>`,
      );
    }
    expect(messages).toEqual([]);
  });
});

describe("rule 4: x[muc#user] in messages is the sender's word", () => {
  const forged = `<x xmlns='${NS_USER}'><item affiliation='owner' role='moderator' jid='asha@chat.example'/></x>`;

  it("makes nobody an agent, live or in join history", async () => {
    const { server, messages } = await joined(
      { before: (room) => room.say("Mallory", body("old") + forged) },
      { people: { agents: ["asha@chat.example"] } },
    );
    groupchat(server, "Mallory", body("trust me") + forged);
    expect(messages.map(({ from }) => from.role)).toEqual(["unknown", "unknown"]);
    expect(messages.map(({ raw }) => (raw as RoomStanza).realJid)).toEqual([undefined, undefined]);
  });

  it("in the archive believes only the last one, the room's own", async () => {
    const own = `<x xmlns='${NS_USER}'><item affiliation='none' jid='mallory@chat.example/x'/></x>`;
    const { room } = await joined(
      { features: ["urn:xmpp:mam:2"], before: (server) => server.say("Mallory", body("old") + forged + own) },
      { people: { agents: ["asha@chat.example"] } },
    );
    const { messages } = await room.history({ limit: 5 });
    expect(messages.map(({ from }) => from.role)).toEqual(["unknown"]);
    expect(messages).toMatchObject([{ raw: { realJid: "mallory@chat.example/x" } }]);
  });

  it("tells no status that an occupant made up", async () => {
    const { server, room } = await joined();
    const told: unknown[] = [];
    room.onExtra("room-status", (event) => told.push(event));
    groupchat(server, "Mallory", `<x xmlns='${NS_USER}'><status code='172'/></x>`);
    groupchat(server, null, `<x xmlns='${NS_USER}'><status code='104'/></x>`);
    expect(told).toEqual([{ statuses: [104] }]);
  });
});

describe("rule 5: delays", () => {
  const delay = (from: string, stamp = "2001-01-01T00:00:00Z"): string =>
    `<delay xmlns='urn:xmpp:delay' ${from === "" ? "" : `from='${from}'`} stamp='${stamp}'/>`;

  it("in the archive only the archive's own delay counts, and never in the future", async () => {
    const { server, room } = await joined({ features: ["urn:xmpp:mam:2"] });
    server.say("Mallory", body("old?") + delay(ROOM));
    const soon = server.say("Asha", body("soon"));
    const archivedSoon = server.archive.find(({ msgid }) => msgid === soon);
    if (archivedSoon) archivedSoon.stamp = "2999-01-01T00:00:00Z";
    const before = Date.now();
    const { messages } = await room.history({ limit: 5 });
    expect(texts(messages)).toEqual(["old?", "soon"]);
    expect(messages.map(({ sentAt }) => sentAt.getFullYear())).toEqual([
      new Date(before).getFullYear(),
      new Date(before).getFullYear(),
    ]);
  });

  it.each(["", "mallory@chat.example/x", `${ROOM}/Mallory`])(
    "after joining, a delay from %j is nothing",
    async (from) => {
      const { server, messages } = await joined();
      const before = Date.now();
      groupchat(server, "Mallory", body("old?") + delay(from));
      expect(messages[0]?.replayed).toBe(false);
      expect(messages[0]?.sentAt.getTime()).toBeGreaterThanOrEqual(before);
    },
  );

  it.each([ROOM, "chat.example"])("after joining, a delay from %s sets the time and makes no history", async (from) => {
    const { server, messages } = await joined();
    groupchat(server, "Asha", body("late") + delay(from));
    expect(messages[0]).toMatchObject({ replayed: false, sentAt: new Date("2001-01-01T00:00:00Z") });
  });

  it("is never in the future", async () => {
    const { server, messages } = await joined();
    groupchat(server, "Asha", body("soon") + delay(ROOM, "2999-01-01T00:00:00Z"));
    expect(messages[0]?.sentAt.getTime()).toBeLessThanOrEqual(Date.now());
  });

  /** @source Openfire MUCRoomHistory.java: history is stamped with the occupant's or the real JID */
  it.each(["room", "occupant", "real"])("while joining, history stamped by the %s is history", async (who) => {
    const from = { room: ROOM, occupant: `${ROOM}/Asha`, real: "asha@chat.example/desk" }[who] ?? "";
    const { messages } = await joined({
      before: (server) => {
        server.replay = ({ stanza }) =>
          server.link.deliver(
            stanza.replace(" xmlns='jabber:client'", "").replace("</message>", `${delay(from)}</message>`),
          );
        server.sayText("from before");
      },
    });
    expect(messages).toMatchObject([{ replayed: true, sentAt: new Date("2001-01-01T00:00:00Z") }]);
  });
});

describe("rule 6: role, end and interaction are claims", () => {
  const claim = (role: string, ended = "false"): string =>
    `<claim xmlns='urn:test:claim' role='${role}' ended='${ended}'/>`;

  it("believes a claim only from somebody the room vouches for", async () => {
    const { server, messages } = await joined({}, { codec });
    groupchat(server, "Mallory", body("I am your agent") + claim("agent"), "a");
    groupchat(server, "Asha", body("the bot says") + claim("bot"), "b");
    expect(messages.map(({ from }) => from.role)).toEqual(["unknown", "bot"]);
  });

  it("lets nobody else end the chat, and warns", async () => {
    const { server, room, heard } = await joined({}, { codec });
    groupchat(server, "Mallory", body("over") + claim("agent", "true"), "a");
    groupchat(server, "Ravi", body("over") + claim("agent", "true") + server.occupantId("Ravi"), "b");
    expect(heard.map(({ type }) => type)).toEqual(["warning"]);
    expect(room.state.status).toBe("connected");
    groupchat(server, "Asha", body("over") + claim("agent", "true"), "c");
    expect(heard.at(-1)).toMatchObject({ type: "ended", event: { by: "agent" } });
    expect(room.state).toMatchObject({ status: "closed", reason: "agent-ended" });
  });

  it("ends nothing because of history", async () => {
    const { heard, room } = await joined(
      { before: (server) => server.say("Asha", body("over") + claim("agent", "true")) },
      { codec },
    );
    expect(heard.filter(({ type }) => type === "ended")).toEqual([]);
    expect(room.state.status).toBe("connected");
  });

  it("tells of an end that was missed while away, and leaves the rest to the host", async () => {
    const { server, room } = await joined({}, { codec });
    const missed: unknown[] = [];
    room.onExtra("missed-end", (event) => missed.push(event));
    server.inRoom = false;
    server.link.lose();
    server.say("Asha", body("over") + claim("agent", "true"));
    const again = new Promise<void>((resolve) => room.onExtra("subject", () => resolve()));
    server.link.restore();
    await again;
    expect(missed).toMatchObject([{ by: "agent" }]);
    expect(room.state.status).toBe("connected");
  });

  it("has ended, once, where what was missed reaches back to this chat, and its end came after that", async () => {
    const { server, room } = await joined({}, { codec });
    server.sayText("known");
    const told: string[] = [];
    room.on("message", ({ body: said }) => told.push(said.kind === "text" ? said.text : said.kind));
    room.on("replay-ended", ({ unbroken }) => told.push(`replay-ended ${unbroken}`));
    room.on("ended", ({ by }) => told.push(`ended by ${by}`));
    server.inRoom = false;
    server.link.lose();
    server.sayText("missed");
    server.say("Asha", body("over") + claim("agent", "true"));
    server.sayText("after the end");
    const closed = new Promise<void>((resolve) => {
      room.on("state", ({ current }) => current.status === "closed" && resolve());
    });
    server.link.restore();
    await closed;
    expect(told).toEqual(["missed", "over", "after the end", "replay-ended true", "ended by agent"]);
    expect(room.state).toMatchObject({ status: "closed", reason: "agent-ended" });
  });

  it("has not ended by the end of the chat before, which comes before what is known", async () => {
    const { server, room, heard } = await joined(
      { before: (server) => server.say("Asha", body("over") + claim("agent", "true")) },
      { codec },
    );
    server.sayText("known");
    server.link.lose();
    const again = new Promise<void>((resolve) => room.onExtra("subject", () => resolve()));
    server.inRoom = false;
    server.link.restore();
    await again;
    expect(heard.filter(({ type }) => type === "ended")).toEqual([]);
    expect(room.state.status).toBe("connected");
  });
});

describe("rule 7: stanza and occupant ids only as announced", () => {
  it("ignores a stanza-id with another by", async () => {
    const { server, messages } = await joined();
    groupchat(server, "Mallory", body("a") + stanzaIdXml("forged", "other@conference.chat.example"), "m-9");
    expect(messages[0]?.id).toBe("m-9");
  });

  it("ignores both where the room did not announce them", async () => {
    const { server, messages } = await joined({ features: [] });
    const own = `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ-Ravi'/>`;
    groupchat(server, "Mallory", body("a") + stanzaIdXml("forged") + own, "m-9");
    expect(messages[0]).toMatchObject({ id: "m-9", from: { isSelf: false } });
    expect(messages[0]?.raw).toMatchObject({ stanzaId: undefined, occupantId: undefined });
  });

  it("holds what arrives before the room said what it announces", async () => {
    const server = new ScriptedRoom();
    let tell: () => void = () => undefined;
    server.discoAfter = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const room = createXmppRoom({ link: server.link, room: ROOM });
    const order: string[] = [];
    room.on("state", ({ current }) => order.push(current.status));
    room.on("message", ({ id }) => order.push(id));
    const id = server.sayText("before");
    const opening = room.open({ customer: { name: "Ravi" } });
    const { promise: sawSubject, resolve } = createDeferred<void>();
    server.link.onStanza((stanza) => {
      if (stanza.getChild("subject")) resolve();
    });
    await sawSubject;
    expect(order).toEqual(["connecting"]);
    tell();
    await opening;
    expect(order).toEqual(["connecting", "connected", id]);
    await room.close();
  });
});

describe("rule 8: ids are the sender's own", () => {
  it("shows two messages of two people with one id", async () => {
    const { server, messages } = await joined({ features: [] });
    groupchat(server, "Asha", body("mine"), "same");
    groupchat(server, "Mallory", body("mine too"), "same");
    groupchat(server, "Asha", body("mine"), "same");
    expect(texts(messages)).toEqual(["mine", "mine too"]);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(2);
  });

  it.each([true, false])("drops corrections and retractions of others (occupant ids: %s)", async (withIds) => {
    const { server, messages, heard } = await joined({ features: withIds ? PROSODY_FEATURES : ["urn:xmpp:sid:0"] });
    const own = (nick: string, sid: string): string => server.occupantId(nick) + stanzaIdXml(sid);
    groupchat(server, "Asha", body("pay 5") + own("Asha", "s-a"), "a-1");
    groupchat(
      server,
      "Mallory",
      `${body("pay 500")}<replace xmlns='urn:xmpp:message-correct:0' id='a-1'/>${own("Mallory", "s-b")}`,
      "b-1",
    );
    groupchat(
      server,
      "Mallory",
      `<retract xmlns='urn:xmpp:message-retract:1' id='s-a'/>${own("Mallory", "s-c")}`,
      "b-2",
    );
    groupchat(
      server,
      "Mallory",
      `<retract xmlns='urn:xmpp:message-retract:1' id='s-a'><moderated xmlns='urn:xmpp:message-moderate:1' by='${ROOM}/Asha'/></retract>`,
      "b-3",
    );
    expect(texts(messages)).toEqual(["pay 5"]);
    expect(heard.map(({ type }) => type)).toEqual(["warning", "warning"]);
    groupchat(
      server,
      "Asha",
      `${body("pay 6")}<replace xmlns='urn:xmpp:message-correct:0' id='a-1'/>${own("Asha", "s-d")}`,
      "a-2",
    );
    groupchat(
      server,
      null,
      `<retract xmlns='urn:xmpp:message-retract:1' id='s-a'><moderated xmlns='urn:xmpp:message-moderate:1'/><reason>card</reason></retract>`,
      "r-1",
    );
    expect(heard.slice(2)).toMatchObject([
      { type: "message-changed", event: { id: "s-a", change: { kind: "edited" } } },
      { type: "message-changed", event: { id: "s-a", change: { kind: "retracted", reason: "card" } } },
    ]);
  });

  it("in the archive a correction of somebody else changes nothing", async () => {
    const { server, room } = await joined({ features: ["urn:xmpp:mam:2", "urn:xmpp:occupant-id:0"] });
    server.say("Asha", body("pay 5"), "a-1", "s-a");
    server.say("Mallory", `${body("pay 500")}<replace xmlns='urn:xmpp:message-correct:0' id='a-1'/>`, "b-1");
    server.say("Mallory", `<retract xmlns='urn:xmpp:message-retract:1' id='s-a'/>`, "b-2");
    const { messages } = await room.history({ limit: 5 });
    expect(texts(messages)).toEqual(["pay 5"]);
    expect(messages[0]?.edited).toBeUndefined();
  });

  it("without occupant ids, whoever takes a nick over may not correct what its last bearer wrote", async () => {
    const { server, heard } = await joined({ features: [] });
    groupchat(server, "Asha", body("pay 5"), "a-1");
    server.presence("Asha", "affiliation='none' role='none'", "", "type='unavailable'");
    server.presence("Asha");
    groupchat(server, "Asha", `${body("pay 500")}<replace xmlns='urn:xmpp:message-correct:0' id='a-1'/>`, "a-2");
    expect(heard.map(({ type }) => type)).toEqual(["warning"]);
  });
});

describe("rule 9: look-alike nicks", () => {
  it.each(["ravi", "Rаvi", "R a v i", "asha", "Аshа"])("warns of %s", async (nick) => {
    const { server, heard } = await joined();
    server.presence(nick);
    expect(heard).toMatchObject([{ type: "warning", event: { code: "conflict" } }]);
  });

  it("does not warn of other names, of agents, or of our own second tab", async () => {
    const { server, heard } = await joined();
    server.presence("Ravindra");
    server.presence("ASHA", "affiliation='owner' role='moderator'");
    server.deliver(
      "presence",
      "ravi",
      "",
      `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ-Ravi'/><x xmlns='${NS_USER}'><item/></x>`,
    );
    expect(heard).toEqual([]);
  });
});

describe("rule 10: signals only from who is there, never from ourselves", () => {
  const composing = `<composing xmlns='http://jabber.org/protocol/chatstates'/>`;

  it("drops states, markers and receipts of nobody and of ourselves", async () => {
    const { server, room, heard } = await joined();
    const { id } = await room.send({ clientId: "c-1", body: { kind: "text", text: "hi" } });
    for (const nick of ["Nobody", "Ravi"]) {
      const ids = server.occupantId(nick);
      groupchat(server, nick, composing + ids);
      groupchat(server, nick, `<displayed xmlns='urn:xmpp:chat-markers:0' id='${id}'/>${ids}`);
      groupchat(server, nick, `<received xmlns='urn:xmpp:receipts' id='c-1'/>${ids}`);
    }
    expect(heard).toEqual([]);
    groupchat(server, "Asha", `<received xmlns='urn:xmpp:receipts' id='c-1'/>`);
    groupchat(server, "Asha", `<displayed xmlns='urn:xmpp:chat-markers:0' id='${id}'/>`);
    groupchat(server, "Asha", `<gone xmlns='http://jabber.org/protocol/chatstates'/>`);
    expect(heard.map(({ type }) => type)).toEqual(["receipt", "receipt"]);
  });

  it("a reflection is ours only from ourselves: nobody else confirms a send", async () => {
    const { server, room } = await joined();
    server.silentSends = 1;
    const sending = room.send({ clientId: "c-1", body: { kind: "text", text: "hi" } }, { timeoutMs: 30 });
    groupchat(server, "Mallory", body("hi") + server.occupantId("Mallory"), "c-1");
    await expect(sending).rejects.toMatchObject({ code: "timed-out" });
  });
});

describe("rule 11: a room that our join made is no chat", () => {
  it("leaves and fails with not-found, unless asked to make it", async () => {
    const server = new ScriptedRoom();
    server.selfStatuses = [110, 201];
    const room = createXmppRoom({ link: server.link, room: ROOM });
    await expect(room.open({ customer: { name: "Ravi" } })).rejects.toMatchObject({
      code: "not-found",
      info: { vendor: { code: "muc/not-found" } },
    });
    expect(server.link.written.at(-1)?.attrs).toMatchObject({ type: "unavailable" });
    const maker = createXmppRoom({ link: server.link, room: ROOM, createRoom: true });
    await maker.open({ customer: { name: "Ravi" } });
    expect(server.lastWith("query", "http://jabber.org/protocol/muc#owner")).toBeDefined();
    await maker.close();
  });
});
