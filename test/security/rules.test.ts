import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startExotelSandbox, type AgentSeat, type ExotelSandbox } from "../../sandbox/index.ts";
import type { Room } from "../../src/exochat/index.ts";
import { headlessCustomer, rejectionOf, type HeadlessCustomer } from "../integration/headless-customer.ts";
import { rawClient, type RawClient } from "../integration/raw-client.ts";

// Every forged stanza goes through a real Prosody: as a member of the room sends it, as a stranger sends it to the
// customer's own address, or, where Prosody would not relay it, straight onto the customer's stream.

let exotel: ExotelSandbox;
/** A room service that announces neither stanza nor occupant ids. */
let unannounced: ExotelSandbox;
const customers: HeadlessCustomer[] = [];
const rogues: RawClient[] = [];

beforeAll(async () => {
  const settings = { agentJoin: "before" } as const;
  [exotel, unannounced] = await Promise.all([
    startExotelSandbox({ settings }),
    startExotelSandbox({ settings, dialect: { stanzaId: "off", occupantId: "off", mam: "off" } }),
  ]);
});
afterEach(async () => {
  await Promise.all(customers.splice(0).map(({ exoChat }) => exoChat.dispose()));
  await Promise.all(rogues.splice(0).map((rogue) => rogue.close()));
});
afterAll(() => Promise.all([exotel.stop(), unannounced.stop()]));

interface Scene {
  jane: HeadlessCustomer;
  room: Room;
  agent: AgentSeat;
  /** A member of the room without any office. */
  mallory: RawClient;
  /** Jane's full JID. */
  fullJid: string;
  /** What Mallory says in the room. */
  say: (children: string, id?: string) => void;
  /** Waits until everything that was sent before has arrived: what Mallory says last is relayed last. */
  settled: () => Promise<void>;
}

async function scene(
  extra: Parameters<typeof headlessCustomer>[1] = {},
  nick = "Mallory",
  at: ExotelSandbox = exotel,
): Promise<Scene> {
  const { control, domain, wsUrl } = at.prosody;
  const jane = headlessCustomer(at, extra);
  customers.push(jane);
  const room = await jane.start();
  const agent = await at.control.seat(room.jid);
  const username = `mallory-${crypto.randomUUID().slice(0, 8)}`;
  await control.createUser(username, "secret");
  await control.setAffiliation(room.jid, `${username}@${domain}`, "member");
  const mallory = await rawClient({ wsUrl, domain, username, password: "secret" });
  rogues.push(mallory);
  await mallory.join(room.jid, nick);
  const { customerJid } = at.control.chat(room.jid);
  const sessions = await control.listSessions();
  const fullJid = sessions.find(({ jid }) => jid.startsWith(`${customerJid}/`))?.jid ?? "";
  const say = (children: string, id: string = crypto.randomUUID()): void =>
    mallory.send(`<message xmlns='jabber:client' type='groupchat' to='${room.jid}' id='${id}'>${children}</message>`);
  const settled = async (): Promise<void> => {
    const mark = crypto.randomUUID();
    say(body(mark));
    await jane.message(mark);
  };
  return { jane, room, agent, mallory, fullJid, say, settled };
}

const body = (text: string): string => `<body>${text}</body>`;
const texts = (jane: HeadlessCustomer): (string | undefined)[] =>
  jane.messages.map((message) => message.body).filter((text) => !/^[0-9a-f-]{36}$/.test(text ?? ""));
const exo = (children: string, role = "agent"): string =>
  `<exo xmlns='urn:x-exochat:message:0' role='${role}'>${children}</exo>`;
const END = exo("<chat-ended/><interaction chat-id='F' interaction-id='F'/>");

describe("rule 1: a groupchat message counts only from the joined room", () => {
  it("a groupchat message that a stranger sends to the customer's own address is not shown", async () => {
    const { jane, mallory, fullJid, settled } = await scene();
    mallory.send(
      `<message xmlns='jabber:client' type='groupchat' to='${fullJid}' id='f'>${body("pay here")}</message>`,
    );
    mallory.send(`<message xmlns='jabber:client' type='chat' to='${fullJid}' id='g'>${body("pay here")}</message>`);
    await settled();
    expect(texts(jane)).toEqual([]);
  });
});

describe("rule 2: archive results count only from the room, for an open query", () => {
  it("a forged result in the room, and one sent directly, show nothing", async () => {
    const { jane, room, mallory, fullJid, say, settled } = await scene();
    const inner = `<message xmlns='jabber:client' type='groupchat' from='${room.jid}/Asha' id='x'>${body("forged")}</message>`;
    const delay = "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>";
    const result = `<result xmlns='urn:xmpp:mam:2' id='1' queryid='q'><forwarded xmlns='urn:xmpp:forward:0'>${delay}${inner}</forwarded></result>`;
    say(result);
    mallory.send(`<message xmlns='jabber:client' to='${fullJid}'>${result}</message>`);
    await settled();
    expect(texts(jane).filter((text) => text !== undefined)).toEqual([]);
  });
});

describe("rule 3: carbons are never unwrapped", () => {
  it("a stranger's forged carbon shows nothing", async () => {
    const { jane, room, mallory, fullJid, settled } = await scene();
    const inner = `<message xmlns='jabber:client' type='groupchat' from='${room.jid}/Asha' id='x'>${body("forged")}</message>`;
    for (const kind of ["received", "sent"]) {
      const wrapped = `<${kind} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded></${kind}>`;
      mallory.send(`<message xmlns='jabber:client' to='${fullJid}'>${wrapped}</message>`);
    }
    await settled();
    expect(texts(jane)).toEqual([]);
  });

  it("nor does one that the room relays", async () => {
    const { jane, room, say, settled } = await scene();
    const inner = `<message xmlns='jabber:client' type='groupchat' from='${room.jid}/Asha' id='x'>${body("forged")}</message>`;
    for (const kind of ["received", "sent"]) {
      say(`<${kind} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded></${kind}>`);
    }
    await settled();
    expect(texts(jane)).toEqual([]);
  });
});

describe("rule 4: x[muc#user] inside a message is the sender's word", () => {
  it("makes nobody an agent, live and in join history", async () => {
    const { jane, room, say, settled } = await scene();
    const { owners } = exotel.control.chat(room.jid).answer["mucRoomEntity"] as { owners: string[] };
    const forged = `<x xmlns='http://jabber.org/protocol/muc#user'><item jid='${owners[0] ?? ""}' affiliation='owner' role='moderator'/></x>`;
    say(body("trust me") + forged);
    await settled();
    expect(await jane.message("trust me")).toMatchObject({ userRole: null, from_real_jid: undefined });
    const { answer } = exotel.control.chat(room.jid);
    const again = headlessCustomer(exotel, { connectionProvider: async () => answer });
    customers.push(again);
    await again.start();
    expect(await again.message("trust me")).toMatchObject({
      userRole: null,
      from_real_jid: undefined,
      is_archived: true,
    });
  });
});

describe("rule 5: a delay is used only from the room itself", () => {
  it("one that an occupant adds to a live message makes it neither old nor future", async () => {
    const { jane, room, say, settled } = await scene();
    const stamps = ["2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"];
    const froms = ["", `from='${room.jid}/Mallory'`, "from='mallory@localhost'"];
    const before = Date.now();
    for (const stamp of stamps) {
      for (const from of froms) say(body(`at ${stamp}`) + `<delay xmlns='urn:xmpp:delay' ${from} stamp='${stamp}'/>`);
    }
    await settled();
    const shown = jane.messages.filter(({ body: text = "" }) => text.startsWith("at "));
    expect(shown).toHaveLength(6);
    for (const { time, is_archived: archived } of shown) {
      expect(archived).toBe(false);
      expect(Date.parse(time)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
    }
  });
});

describe("rule 6: role, end and interaction are claims", () => {
  it("an occupant without office is no agent and ends no chat; the agent does", async () => {
    const { jane, agent, say, settled } = await scene();
    say(body("I am your agent") + exo(""));
    say(body("The chat was closed.") + END);
    say(END + "<store xmlns='urn:xmpp:hints'/>");
    await settled();
    expect(await jane.message("I am your agent")).toMatchObject({ userRole: null });
    expect(jane.messages.filter(({ chatEnded, interaction_data: data }) => chatEnded || data !== null)).toEqual([]);
    expect(jane.exoChat.getUserStatus()).toBe("online");
    await agent.endChat();
    await jane.until("chatEnded");
  });

  it("the customer's own reflection ends nothing", async () => {
    const { jane, room, settled } = await scene({ wire: { readDialects: ["exo", "body"] } });
    await jane.exoChat.sendMessage(room.jid, '{"chatEnded":true}', null, null);
    await settled();
    expect(jane.heard.filter(({ name }) => name === "chatEnded")).toEqual([]);
  });
});

describe("rule 7: stanza-id and occupant-id only as announced, by the room", () => {
  it("an id by somebody else is not the message's", async () => {
    const { jane, room, say, settled } = await scene();
    say(
      body("forged ids") +
        "<stanza-id xmlns='urn:xmpp:sid:0' by='other@localhost' id='forged'/>" +
        `<stanza-id xmlns='urn:xmpp:sid:0' by='${room.jid}' id='forged'/>` +
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>",
    );
    await settled();
    const message = await jane.message("forged ids");
    expect(message.id).not.toBe("forged");
    expect(message.occupant_id).not.toBe("forged");
  });

  it("nor is one that stands behind the room's own", async () => {
    const { jane, room, fullJid } = await scene();
    await exotel.prosody.control.raw({
      jid: fullJid,
      xml: `<message xmlns='jabber:client' type='groupchat' from='${room.jid}/Mallory' to='${fullJid}' id='m-1'>${body("two ids")}<stanza-id xmlns='urn:xmpp:sid:0' by='${room.jid}' id='own'/><stanza-id xmlns='urn:xmpp:sid:0' by='other@localhost' id='forged'/></message>`,
    });
    expect(await jane.message("two ids")).toMatchObject({ id: "own" });
  });
});

describe("rule 7: where the room announces no ids", () => {
  it("ids that the room did not announce are nobody's", async () => {
    const { jane, room, fullJid } = await scene({}, "Mallory", unannounced);
    const ids = `<stanza-id xmlns='urn:xmpp:sid:0' by='${room.jid}' id='forged'/><occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>`;
    await unannounced.prosody.control.raw({
      jid: fullJid,
      xml: `<message xmlns='jabber:client' type='groupchat' from='${room.jid}/Mallory' to='${fullJid}' id='m-1'>${body("forged ids")}${ids}</message>`,
    });
    expect(await jane.message("forged ids")).toMatchObject({ id: "m-1", occupant_id: undefined });
  });
});

describe("rule 8: ids are the sender's own", () => {
  it("a reused id is another message, and corrects, retracts and marks nothing of the agent's", async () => {
    const { jane, room, agent, say, settled } = await scene();
    const id = await agent.say("Your refund is 50", { id: "same-id" });
    const original = await jane.message("Your refund is 50");
    const other = await agent.say("It takes two days");
    say(body("Your refund is 0"), id);
    say(`${body("Send your card number")}<replace xmlns='urn:xmpp:message-correct:0' id='${other}'/>`);
    say(`<retract xmlns='urn:xmpp:message-retract:1' id='${original.id}'/><store xmlns='urn:xmpp:hints'/>`);
    await settled();
    const reused = jane.messages.find((message) => message.body === "Your refund is 0");
    expect(reused).toMatchObject({ nick: "Mallory", userRole: null });
    expect(original).toMatchObject({ body: "Your refund is 50" });
    const changed = jane.messages.filter(
      (message) => Reflect.has(message, "edited") || Reflect.has(message, "retracted"),
    );
    expect(changed).toEqual([]);
    expect(jane.exoChat.exportTranscript()).toContain("Your refund is 50");
    expect(jane.exoChat.exportTranscript()).toContain("It takes two days");
    expect(room.jid).toBe(original.from_muc);
  });
});

describe("rule 9: look-alike nicks", () => {
  it("`asha` beside `Asha` is no agent, and is warned of", async () => {
    const { jane, say, settled } = await scene({}, "asha");
    say(body("it is me, Asha"));
    await settled();
    expect(await jane.message("it is me, Asha")).toMatchObject({ nick: "asha", userRole: null });
    expect(
      jane.heard
        .filter(({ name }) => name === "warning")
        .map(({ args }) => String(args[0]))
        .join(),
    ).toMatch(/asha/i);
  });
});

describe("rule 10: states, markers and receipts only from occupants, never from ourselves", () => {
  it("a stranger's, and our own reflections, are not told", async () => {
    const { jane, room, mallory, fullJid, settled } = await scene();
    const msgid = await jane.exoChat.sendMessage(room.jid, "Hello", null, null);
    const signals = [
      "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
      `<displayed xmlns='urn:xmpp:chat-markers:0' id='${msgid ?? ""}'/>`,
      `<received xmlns='urn:xmpp:receipts' id='${msgid ?? ""}'/>`,
    ];
    for (const signal of signals) {
      mallory.send(`<message xmlns='jabber:client' type='groupchat' to='${fullJid}' id='f'>${signal}</message>`);
      await exotel.prosody.control.raw({
        jid: fullJid,
        xml: `<message xmlns='jabber:client' type='groupchat' from='${room.jid}/Nobody' to='${fullJid}' id='n'>${signal}</message>`,
      });
    }
    jane.exoChat.sendTypingStatus(room.jid);
    await settled();
    expect(jane.messages.filter(({ body: text }) => text === undefined)).toEqual([]);
    expect(jane.heard.filter(({ name, args }) => name === "typing" && (args[0] as string[]).length > 0)).toEqual([]);
    expect(jane.heard.filter(({ name, args }) => name === "messageStatus" && args[0] === "displayed")).toEqual([]);
  });
});

describe("rule 11: a room that our own join made is no chat", () => {
  it("startChat rejects and leaves it", async () => {
    const jane = headlessCustomer(exotel, {
      connectionProvider: async () => {
        const { answer } = exotel.control.chat((await scene()).room.jid);
        return { ...answer, mucRoomEntity: { roomName: `nobodys-${crypto.randomUUID().slice(0, 8)}` } };
      },
    });
    customers.push(jane);
    expect(await rejectionOf(jane.start())).toMatchObject({ cause: { code: "not-found" } });
    const rooms = await exotel.prosody.control.listRooms();
    expect(rooms.filter(({ jid }) => jid.startsWith("nobodys-"))).toEqual([]);
  });
});

describe("rule 13: secrets are in no log", () => {
  it("neither token, password, session, SASL nor hand-over data reach the host's logger, at any level", async () => {
    const lines: string[] = [];
    const write = (message: string, facts?: Record<string, unknown>): void => {
      lines.push(`${message} ${JSON.stringify(facts)}`);
    };
    const logger = { debug: write, info: write, warn: write, error: write };
    const jane = headlessCustomer(exotel, { logger });
    customers.push(jane);
    const room = await jane.start({ user_id: "bot-7", session_id: "secret-bot-session", card: "4111 1111" });
    const agent = await exotel.control.seat(room.jid);
    const url = await jane.exoChat.uploadFileToConverse(new File(["x"], "a.txt", { type: "text/plain" }));
    await jane.exoChat.sendMessage(room.jid, "words of the customer", null, null);
    await exotel.control.dropCustomer(room.jid, "error", "system-shutdown");
    await jane.until("connectionState", (state: string) => state === "reconnecting");
    await agent.say("words of the agent");
    await jane.message("words of the agent");
    const other = headlessCustomer(exotel, { logger, AUTH_TOKEN: "RestrictedToken wrong-token" });
    customers.push(other);
    await rejectionOf(other.start({ card: "4111 1111" }));
    const { password } = exotel.control.chat(room.jid);
    const log = lines.join("\n");
    expect(lines.length).toBeGreaterThan(3);
    const secrets = [
      exotel.authToken,
      "wrong-token",
      password,
      "secret-bot-session",
      "4111",
      "words of",
      url ?? "?",
      "sid=",
      "rid=",
    ];
    for (const secret of secrets) expect(log).not.toContain(secret);
  });
});

describe("rule 14: XML from the wire", () => {
  it("deep nesting and foreign namespaces do no harm: the chat goes on", async () => {
    const { jane, say, settled } = await scene();
    say(`<x xmlns='urn:x'>${"<y>".repeat(58)}${"</y>".repeat(58)}</x>${body("deep")}`);
    say("<body xmlns='urn:evil'>not a body</body>");
    await settled();
    expect(texts(jane)).toContain("deep");
    expect(texts(jane)).not.toContain("not a body");
  });

  it("what is nested without end does not end the stream, live or from history: its depths are left out", async () => {
    const { jane, room, say, settled } = await scene();
    // As deep as the server lets through.
    const levels = 100;
    say(`${body("bottomless")}<x xmlns='urn:x'>${"<y>".repeat(levels)}${"</y>".repeat(levels)}</x>`);
    await settled();
    const { answer } = exotel.control.chat(room.jid);
    const again = headlessCustomer(exotel, { connectionProvider: async () => answer });
    customers.push(again);
    await again.start();
    for (const customer of [jane, again]) {
      expect(texts(customer)).toEqual(["bottomless"]);
      const states = customer.heard.filter(({ name }) => name === "connectionState").map(({ args }) => args[0]);
      expect(states).toEqual(["connecting", "connected"]);
    }
  });
});

describe("rule 15: REST answers are untrusted", () => {
  it("a room on somebody else's server is refused before anything is joined", async () => {
    const { room } = await scene();
    const { answer } = exotel.control.chat(room.jid);
    const jane = headlessCustomer(exotel, {
      connectionProvider: async () => ({ ...answer, mucRoomEntity: { roomName: "r@conference.evil.example" } }),
    });
    customers.push(jane);
    expect(await rejectionOf(jane.start())).toMatchObject({ cause: { code: "bad-frame" } });
  });
});

describe("rule 16: addresses", () => {
  it.each(["CHAT_SERVICE_DOMAIN", "CMS_SERVICE_DOMAIN", "CONVERSE_BOSH_SERVICE_URL"])(
    "%s without TLS is refused, unless it is this machine",
    async (key) => {
      const reject = async (): Promise<unknown> => {
        const jane = headlessCustomer(exotel, { [key]: "http://omni.example.com:4440/" });
        customers.push(jane);
        return jane.start();
      };
      const error = (await rejectionOf(reject())) as { code?: string; cause?: { code?: string } };
      expect(error.code ?? error.cause?.code).toBe("invalid-config");
    },
  );
});
