import { afterEach, describe, expect, it } from "vitest";
import { startProsody, type ProsodyDialect, type ProsodyOptions, type ProsodyServer } from "../../sandbox/index.ts";
import { rawClient, type RawClient } from "./raw-client.ts";

/** Each switch is looked at twice, on and off, on the wire of a client that knows nothing of this project. */

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function serverWith(dialect: ProsodyDialect, options: ProsodyOptions = {}): Promise<ProsodyServer> {
  const server = await startProsody({ ...options, dialect });
  stops.push(() => server.stop());
  return server;
}

async function login(server: ProsodyServer, username: string): Promise<RawClient> {
  await server.control.createUser(username, "pw");
  const client = await rawClient({ ...server, username, password: "pw" });
  stops.push(() => client.close());
  return client;
}

const ROOM = "r@conference.localhost";

/** What a newcomer is sent, after somebody has said one message in the room. */
async function historyOf(
  dialect: ProsodyDialect,
  message: string,
  whois: "anyone" | "moderators" = "anyone",
): Promise<string[]> {
  const server = await serverWith(dialect);
  await server.control.createRoom({ name: "r", persistent: true, whois });
  const asha = await login(server, "asha");
  await asha.join(ROOM, "Asha");
  const sent = `<message xmlns='jabber:client' type='groupchat' id='m1' to='${ROOM}'>${message}</message>`;
  asha.send(sent);
  await asha.frame(/id=['"]m1['"]/);
  const jane = await login(server, "jane");
  await jane.join(ROOM, "Jane");
  return jane.frames.filter((frame) => frame.startsWith("<message"));
}

/** How the room itself sends out one message: to the sender, live. */
async function reflectionOf(dialect: ProsodyDialect, message: string): Promise<string> {
  const server = await serverWith(dialect);
  const asha = await login(server, "asha");
  await asha.join(ROOM, "Asha");
  asha.send(`<message xmlns='jabber:client' type='groupchat' id='m1' to='${ROOM}'>${message}</message>`);
  return asha.frame(/id=['"]m1['"]/);
}

async function roomFeatures(dialect: ProsodyDialect): Promise<string> {
  const server = await serverWith(dialect);
  const asha = await login(server, "asha");
  await asha.join(ROOM, "Asha");
  return asha.ask("get", ROOM, "<query xmlns='http://jabber.org/protocol/disco#info'/>");
}

const delayFrom = (frames: string[]): string | undefined =>
  frames.flatMap((frame) => /<delay [^>]*from=['"]([^'"]+)/.exec(frame)?.[1] ?? [])[0];

describe("historyDelayFrom", () => {
  it("room: the delay is stamped by the room", async () => {
    expect(delayFrom(await historyOf({ historyDelayFrom: "room" }, "<body>x</body>"))).toBe(ROOM);
  });
  it("occupant: by the occupant who said it", async () => {
    expect(delayFrom(await historyOf({ historyDelayFrom: "occupant" }, "<body>x</body>"))).toBe(`${ROOM}/Asha`);
  });
  it("real: by the real full JID, and in a semi-anonymous room by the occupant", async () => {
    const real = await historyOf({ historyDelayFrom: "real" }, "<body>x</body>");
    expect(delayFrom(real)).toMatch(/^asha@localhost\/.+/);
    const hidden = await historyOf({ historyDelayFrom: "real" }, "<body>x</body>", "moderators");
    expect(delayFrom(hidden)).toBe(`${ROOM}/Asha`);
  });
});

describe("ids", () => {
  it("occupantId", async () => {
    expect(await reflectionOf({ occupantId: "on" }, "<body>x</body>")).toContain("urn:xmpp:occupant-id:0");
    expect(await reflectionOf({ occupantId: "off" }, "<body>x</body>")).not.toContain("urn:xmpp:occupant-id:0");
    expect(await roomFeatures({ occupantId: "on" })).toContain("urn:xmpp:occupant-id:0");
    expect(await roomFeatures({ occupantId: "off" })).not.toContain("urn:xmpp:occupant-id:0");
  });

  it("stanzaId: off on live messages, in history and in the features", async () => {
    expect(await reflectionOf({}, "<body>x</body>")).toContain("<stanza-id");
    expect(await reflectionOf({ stanzaId: "off" }, "<body>x</body>")).not.toContain("<stanza-id");
    expect((await historyOf({}, "<body>x</body>")).join("")).toContain("<stanza-id");
    expect((await historyOf({ stanzaId: "off" }, "<body>x</body>")).join("")).not.toContain("<stanza-id");
    expect(await roomFeatures({})).toContain("urn:xmpp:sid:0");
    expect(await roomFeatures({ stanzaId: "off" })).not.toContain("urn:xmpp:sid:0");
  });

  it("stableId", async () => {
    expect(await roomFeatures({ stableId: "on" })).toContain("muc#stable_id");
    expect(await roomFeatures({ stableId: "off" })).not.toContain("muc#stable_id");
  });
});

describe("mam", () => {
  it("off: not announced, queries refused; ids of the room only when asked for", async () => {
    expect(await roomFeatures({ mam: "on" })).toContain("urn:xmpp:mam:2");
    expect(await roomFeatures({ mam: "off" })).not.toContain("urn:xmpp:mam:2");
    expect(await reflectionOf({ mam: "off" }, "<body>x</body>")).not.toContain("<stanza-id");
    expect(await reflectionOf({ mam: "off", stanzaId: "on" }, "<body>x</body>")).toContain(`by='${ROOM}'`);
    expect((await historyOf({ mam: "off", stanzaId: "on" }, "<body>x</body>")).join("")).toContain(`by='${ROOM}'`);
    const server = await serverWith({ mam: "off" });
    const asha = await login(server, "asha");
    await asha.join(ROOM, "Asha");
    expect(await asha.ask("set", ROOM, "<query xmlns='urn:xmpp:mam:2'/>")).toContain("<service-unavailable");
  });
});

describe("stripExtensions", () => {
  const payload = `<body>x</body><exo xmlns='urn:x-exochat:message:0' role='agent'/><active xmlns='http://jabber.org/protocol/chatstates'/>`;
  it("drops what a room need not know, and keeps the body and chat states", async () => {
    expect(await reflectionOf({}, payload)).toContain("<exo");
    const stripped = await reflectionOf({ stripExtensions: true }, payload);
    expect(stripped).not.toContain("<exo");
    expect(stripped).toContain("<body>x</body>");
    expect(stripped).toContain("<active");
    expect(stripped).toContain("<stanza-id");
  });
});

describe("bodylessHistory", () => {
  const ended = "<exo xmlns='urn:x-exochat:message:0'><chat-ended/></exo><store xmlns='urn:xmpp:hints'/>";
  it("off: a hint does not keep a message without body", async () => {
    expect((await historyOf({}, ended)).join("")).toContain("<chat-ended");
    expect((await historyOf({ bodylessHistory: "off" }, ended)).join("")).not.toContain("<chat-ended");
  });
});

describe("uploads", () => {
  async function slot(server: ProsodyServer): Promise<{ xml: string; put: string; get: string }> {
    const asha = await login(server, "asha");
    const request = `<request xmlns='urn:xmpp:http:upload:0' filename='a b.txt' size='5' content-type='text/plain'/>`;
    const xml = await asha.ask("get", server.uploadDomain, request);
    const url = (name: string): string => new RegExp(`<${name} url=['"]([^'"]+)`).exec(xml)?.[1] ?? "";
    return { xml, put: url("put"), get: url("get") };
  }
  const put = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { method: "PUT", body: "hello", headers: { "content-type": "text/plain", ...headers } });

  it("uploadHeaders: off, the slot has none and the PUT needs none", async () => {
    const plain = await slot(await serverWith({}));
    expect(plain.xml).toContain("<header name='Authorization'>");
    expect((await put(plain.put)).status).toBe(401);
    const bare = await slot(await serverWith({ uploadHeaders: "off" }));
    expect(bare.xml).not.toContain("<header");
    expect((await put(bare.put)).status).toBe(201);
    await expect((await fetch(bare.get)).text()).resolves.toBe("hello");
  });

  it("putStatus: 200 stores, 400 does not", async () => {
    const ok = await slot(await serverWith({ uploadHeaders: "off", putStatus: 200 }));
    expect((await put(ok.put)).status).toBe(200);
    expect((await fetch(ok.get)).ok).toBe(true);
    const refused = await slot(await serverWith({ uploadHeaders: "off", putStatus: 400 }));
    expect((await put(refused.put)).status).toBe(400);
    expect((await fetch(refused.get)).ok).toBe(false);
  });
});

describe("BOSH", () => {
  const open = `<body xmlns='http://jabber.org/protocol/httpbind' to='localhost' rid='100' wait='5' hold='1' ver='1.6' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'/>`;
  const post = async (url: string, body: string): Promise<string> =>
    (await fetch(url, { method: "POST", body })).text();

  it("boshInactivitySeconds and boshMaxPauseSeconds are announced", async () => {
    const openfire = await serverWith({ boshMaxPauseSeconds: 300 }, { boshInactivitySeconds: 30 });
    const answer = await post(openfire.boshUrl, open);
    expect(answer).toMatch(/^<body [^>]*maxpause=['"]300['"]/);
    expect(answer).toMatch(/^<body [^>]*inactivity=['"]30['"]/);
    const prosody = await post((await serverWith({})).boshUrl, open);
    expect(prosody).not.toContain("maxpause");
    expect(prosody).toMatch(/inactivity=['"]60['"]/);
  });

  it("a pause is answered at once, held polls included", async () => {
    const { boshUrl } = await serverWith({ boshMaxPauseSeconds: 300 }, { boshWaitSeconds: 50 });
    const sid = /\ssid=['"]([^'"]+)/.exec(await post(boshUrl, open.replace("wait='5'", "wait='50'")))?.[1] ?? "";
    const request = (rid: number, more = ""): Promise<string> =>
      post(boshUrl, `<body xmlns='http://jabber.org/protocol/httpbind' sid='${sid}' rid='${rid}'${more}/>`);
    const answers = await Promise.all([request(101), request(102, " pause='120'")]);
    expect(answers.every((answer) => !answer.includes("terminate"))).toBe(true);
  });
});
