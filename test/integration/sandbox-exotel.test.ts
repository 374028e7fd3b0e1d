import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { decodeInvite } from "../../adapters/xmpp-muc/muc/invites.ts";
import { parseXml } from "../../adapters/xmpp-muc/xml.ts";
import { startExotelSandbox, type ExotelSandbox } from "../../sandbox/index.ts";
import { rawClient, type RawClient } from "./raw-client.ts";

let exotel: ExotelSandbox;
let defaults: ReturnType<ExotelSandbox["control"]["settings"]>;
const clients: RawClient[] = [];

beforeAll(async () => {
  exotel = await startExotelSandbox({ settings: { agentJoin: "never" } });
  defaults = exotel.control.settings();
});
beforeEach(() => {
  exotel.control.configure(defaults);
  exotel.control.clearFaults();
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await exotel.stop();
});

const REST = "/plugins/restapi/v1/xtrm";

function provisionBody(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    requestId: crypto.randomUUID(),
    userEntity: { name: "Jane Smith", properties: [{ key: "email", value: "jane@shop.example" }] },
    serviceName: "conference",
    campaignId: 1,
    sendInvitations: true,
    botTransferred: false,
    additionalInfo: { intent: "refund" },
    botSessionInfo: { userId: null, botSessionId: null },
    ...more,
  };
}

async function call(
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  const init: RequestInit = {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: exotel.authToken, "content-type": "application/json", contactCenterId: "1", ...headers },
  };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  return fetch(exotel.chatServiceUrl + path, init);
}

interface Connection {
  userEntity: { username: string; password: string; name: string };
  mucRoomEntity: { roomName: string; members: string[]; owners: string[] };
  exportTranscriptAllowed: boolean;
}

async function provision(body = provisionBody()): Promise<Connection> {
  return (await call(`${REST}/users/connection`, body)).json() as Promise<Connection>;
}

async function customer({ userEntity, mucRoomEntity }: Connection): Promise<{ client: RawClient; roomJid: string }> {
  const [username = ""] = userEntity.username.split("@");
  const client = await rawClient({ ...exotel, username, password: userEntity.password });
  clients.push(client);
  const roomJid = `${mucRoomEntity.roomName}@${exotel.mucDomain}`;
  await client.join(roomJid, "Jane Smith");
  return { client, roomJid };
}

describe("provisioning", () => {
  it("makes an account and a members-only, semi-anonymous room that the customer may enter", async () => {
    const connection = await provision();
    expect(connection.userEntity.username).toMatch(/^u-[0-9a-f]{8}@localhost$/);
    expect(connection.mucRoomEntity).toMatchObject({
      members: [connection.userEntity.username, "agent-asha@localhost"],
    });
    const { roomJid } = await customer(connection);
    const room = await exotel.prosody.control.describeRoom(roomJid);
    expect(room).toMatchObject({ membersOnly: true, whois: "moderators" });
    expect(room.affiliations).toMatchObject({ "agent-asha@localhost": "owner" });
  });

  it("sends the agent the invitation that sendInvitations asks for, and none otherwise", async () => {
    const { username, password } = await exotel.control.agentAccount("Ines");
    exotel.control.configure({ agentName: "Ines", agentJoin: "never" });
    const agent = await rawClient({ ...exotel, username, password });
    clients.push(agent);
    agent.send("<presence xmlns='jabber:client'/>");
    await agent.frame(/<presence/);
    await provision(provisionBody({ sendInvitations: false }));
    const { mucRoomEntity } = await provision();
    const roomJid = `${mucRoomEntity.roomName}@${exotel.mucDomain}`;
    const invitation = await agent.frame(/jabber:x:conference/);
    expect(decodeInvite(parseXml(invitation))).toEqual({
      kind: "mediated",
      room: roomJid,
      from: exotel.domain,
      reason: "A customer is waiting.",
    });
    expect(invitation).toContain(`jid='${roomJid}'`);
    expect(agent.frames.filter((frame) => frame.includes("jabber:x:conference"))).toHaveLength(1);
  });

  it("answers the same requestId the same, also at the same time", async () => {
    const body = provisionBody();
    const [first, second] = await Promise.all([provision(body), provision(body)]);
    expect(second).toEqual(first);
    await expect(provision(body)).resolves.toEqual(first);
    expect(await provision()).not.toEqual(first);
  });

  it("refuses unknown keys as a strict JSON mapping does, unless told otherwise", async () => {
    const refused = await call(`${REST}/users/connection`, provisionBody({ requestid: "x" }));
    expect(refused.status).toBe(400);
    await expect(refused.json()).resolves.toMatchObject({
      exception: "IllegalArgumentException",
      message: 'Unrecognized field "requestid"',
      exceptionStack: null,
    });
    exotel.control.configure({ strictJson: false });
    expect((await call(`${REST}/users/connection`, provisionBody({ requestid: "x" }))).status).toBe(200);
  });

  it("refuses a wrong token with an empty 401, and the old one after a rotation", async () => {
    const wrong = await call(`${REST}/users/connection`, provisionBody(), { authorization: "RestrictedToken x" });
    expect([wrong.status, await wrong.text()]).toEqual([401, ""]);
    const old = exotel.authToken;
    exotel.control.rotateToken();
    expect((await call(`${REST}/users/connection`, provisionBody(), { authorization: old })).status).toBe(401);
    expect((await call(`${REST}/users/connection`, provisionBody())).status).toBe(200);
  });

  it("answers preflights without a token", async () => {
    const preflight = await fetch(`${exotel.chatServiceUrl}${REST}/users/connection`, {
      method: "OPTIONS",
      headers: {
        origin: "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,contactcenterid",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("https://shop.example");
    expect(preflight.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("contactcenterid");
  });

  it("records what was asked for, without the token", async () => {
    const body = provisionBody({ botTransferred: true });
    await provision(body);
    const recorded = exotel.control.requests().at(-1);
    expect(recorded).toMatchObject({ body, headers: { contactcenterid: "1" } });
    expect(JSON.stringify(recorded)).not.toContain(exotel.authToken);
  });

  it("lets the agent be in before the customer, come later, and rooms come late", async () => {
    exotel.control.configure({ agentJoin: "before" });
    const { mucRoomEntity } = await provision();
    expect((await exotel.prosody.control.describeRoom(mucRoomEntity.roomName)).occupants).toMatchObject([
      { nick: "Asha" },
    ]);
    exotel.control.configure({ agentJoin: 0, roomDelayMs: 30 });
    const late = await provision();
    await expect
      .poll(
        async () =>
          (await exotel.prosody.control.describeRoom(late.mucRoomEntity.roomName).catch(() => undefined))?.occupants,
      )
      .toMatchObject([{ nick: "Asha" }]);
  });
});

describe("faults", () => {
  it("fails by status with and without reason phrase, malformed, late, and by a closed connection", async () => {
    const { control } = exotel;
    control.failRest({ kind: "status", status: 503, retryAfter: "2" });
    const busy = await call(`${REST}/users/connection`, provisionBody());
    expect([busy.status, busy.statusText, busy.headers.get("retry-after")]).toEqual([503, "Service Unavailable", "2"]);
    control.failRest({ kind: "status", status: 401, emptyStatusText: true });
    const silent = await call(`${REST}/users/connection`, provisionBody());
    expect([silent.status, silent.statusText]).toEqual([401, ""]);
    control.failRest({ kind: "malformed" });
    await expect(provision()).rejects.toThrow(SyntaxError);
    control.failRest({ kind: "drop" });
    await expect(provision()).rejects.toThrow("fetch failed");
    control.failRest({ kind: "delay", delayMs: 5 });
    await expect(provision()).resolves.toHaveProperty("userEntity");
    control.failRest({ kind: "timeout", path: "users/connection" });
    const body = provisionBody();
    const patience = new AbortController();
    const answer = call(`${REST}/users/connection`, body, {}, patience.signal);
    await expect.poll(() => control.requests().at(-1)?.body).toEqual(body);
    expect((await call("/configuration/x")).status).toBe(404);
    patience.abort();
    await expect(answer).rejects.toThrow("aborted");
  });
});

describe("agents", () => {
  it.each([
    ["exo", /<exo [^>]*urn:x-exochat:message:0/],
    ["json", /<json xmlns=['"]urn:xmpp:json:0['"]>\{/],
    ["jive", /<properties xmlns=['"]http:\/\/www\.jivesoftware\.com/],
    ["plain", /<subtype>NORMAL_TEXT_MSG<\/subtype>/],
  ] as const)("speak the dialect %s", async (payloadDialect, expected) => {
    exotel.control.configure({ payloadDialect });
    const { client, roomJid } = await customer(await provision());
    const agent = await exotel.control.seat(roomJid);
    const id = await agent.say("Hello, Jane");
    expect(await client.frame(new RegExp(`id=['"]${id}`))).toMatch(expected);
  });

  it("do in the room what an agent does", async () => {
    const { client, roomJid } = await customer(await provision());
    const agent = await exotel.control.seat(roomJid);
    client.send(`<message xmlns='jabber:client' type='groupchat' id='c1' to='${roomJid}'><body>help</body></message>`);
    await expect.poll(() => agent.seen.some(({ body }) => body === "help")).toBe(true);
    await agent.chatState("composing");
    await client.frame(/<composing/);
    await agent.markDisplayed();
    await client.frame(/<displayed [^>]*id=['"]c1/);
    await agent.sendReceipt();
    await client.frame(/<received [^>]*id=['"]c1/);
    await agent.react(["👍"]);
    await client.frame(/<reaction>👍/);
    const id = await agent.say("Oder");
    await agent.edit("Order");
    await client.frame(new RegExp(`<replace [^>]*id=['"]${id}`));
    await agent.retract();
    await client.frame(/<retract /);
    const { file } = await agent.sendFile({ name: "invoice.txt", mediaType: "text/plain", data: Buffer.from("42") });
    await client.frame(/MEDIA_MSG/);
    await expect((await fetch(file.url)).text()).resolves.toBe("42");
    await agent.endChat({ how: "bodyless-stored", chatId: "CH-1", interactionId: "IN-1" });
    const end = await client.frame(/<chat-ended/);
    expect(end).toMatch(/chat-id=['"]CH-1/);
    expect(end).toMatch(/interaction-id=['"]IN-1/);
    expect(end).not.toContain("<body>");
  });

  it("transfer, destroy, kick, ban and drop", async () => {
    const { client, roomJid } = await customer(await provision());
    await exotel.control.seat(roomJid);
    const second = await exotel.control.transfer("Ravi", roomJid);
    expect(second.nick).toBe("Ravi");
    await client.frame(/from=['"][^'"]*\/Asha['"][^>]*type=['"]unavailable|type=['"]unavailable['"][^>]*\/Asha/);
    await exotel.control.kickCustomer(roomJid, "enough");
    await client.frame(/code=['"]307/);
    await client.join(roomJid, "Jane Smith");
    await exotel.control.setCustomerAffiliation("outcast", roomJid);
    await client.frame(/code=['"]301/);
    const other = await customer(await provision());
    await (await exotel.control.seat()).endChat({ how: "destroy", text: "done" });
    expect(await other.client.frame(/<destroy/)).toContain("done");
    await expect(exotel.control.dropCustomer(undefined, "error", "conflict")).resolves.toBe(1);
    await other.client.frame(/<conflict/);
  });
});

describe("history and ratings", () => {
  it("answers the room's history in every shape, by JID and by name", async () => {
    const { mucRoomEntity } = await provision();
    await exotel.prosody.control.sendMessage(mucRoomEntity.roomName, { nick: "Asha", body: "hello" });
    const roomJid = `${mucRoomEntity.roomName}@${exotel.mucDomain}`;
    const history = async (key = roomJid): Promise<unknown> =>
      (await call(`${REST}/chatrooms/${encodeURIComponent(key)}/messages`)).json();
    const entry = { from: `${roomJid}/Asha`, body: "hello", type: "groupchat" };
    await expect(history()).resolves.toMatchObject({ message: [entry] });
    await expect(history(mucRoomEntity.roomName)).resolves.toMatchObject({ message: [entry] });
    exotel.control.configure({ historyShape: "array" });
    await expect(history()).resolves.toMatchObject([entry]);
    exotel.control.configure({ historyShape: "response-messages" });
    await expect(history()).resolves.toMatchObject({ response: { messages: [entry] } });
    exotel.control.configure({ historyShape: "stanzas" });
    expect(JSON.stringify(await history())).toContain("<body>hello</body>");
    expect((await call(`${REST}/chatrooms/nowhere/messages`)).status).toBe(404);
  });

  it("answers the feedback configuration in every variant", async () => {
    const path = (channel: string): string =>
      `/configuration/cc-list/1/process-list/4/campaigns/1/chat-feedback-schemes-configurations/${channel}`;
    const read = async (feedback: typeof defaults.feedback): Promise<[number, unknown]> => {
      exotel.control.configure({ feedback });
      const answer = await call(path("1_5_webchat"));
      const text = await answer.text();
      return [answer.status, text.startsWith("{") ? JSON.parse(text) : text];
    };
    expect(await read("schemes")).toMatchObject([200, { response: { isFeedbackEnabled: true, openInNewTab: false } }]);
    expect(await read("new-tab")).toMatchObject([200, { response: { openInNewTab: true } }]);
    expect(await read("disabled")).toMatchObject([200, { response: { isFeedbackEnabled: false } }]);
    expect(await read("bare")).toMatchObject([200, { isFeedbackEnabled: true }]);
    expect(await read("null")).toMatchObject([200, { response: null }]);
    expect(await read("not-found")).toMatchObject([404, { errorCode: "NOT_FOUND" }]);
    expect(await read("error")).toMatchObject([500, { statusCode: 500 }]);
    expect((await read("malformed"))[1]).toContain("<html>");
    exotel.control.configure({ feedback: "schemes", channelSeparator: "-" });
    expect((await call(path("1_5_webchat"))).status).toBe(404);
    expect((await call(path("1-5-webchat"))).status).toBe(200);
  });

  it("keeps ratings and shows a second one for the same chat", async () => {
    const rating = { campaign_id: 1, interaction_id: "IN-1", chat_id: "CH-1", feedback: { score: 5 } };
    const first = await call(`${REST}/chat-feedback`, rating);
    expect([first.status, await first.text()]).toEqual([200, "{}"]);
    await call(`${REST}/chat-feedback`, rating);
    expect((await call(`${REST}/chat-feedback`, { ...rating, chatId: "x" })).status).toBe(400);
    expect((await call(`${REST}/chat_feedback`, rating)).status).toBe(404);
    expect(exotel.control.feedback().map(({ chatId, attempt }) => [chatId, attempt])).toEqual([
      ["CH-1", 1],
      ["CH-1", 2],
    ]);
  });
});

describe("control endpoints", () => {
  it("list themselves, act, and explain a wrong body", async () => {
    const { roomJid } = await customer(await provision());
    const list = (await (await fetch(exotel.controlUrl)).json()) as { post: { path: string }[] };
    expect(list.post.map(({ path }) => path)).toContain("/control/agent/say");
    const post = (name: string, body: unknown): Promise<Response> =>
      fetch(`${exotel.controlUrl}/${name}`, { method: "POST", body: JSON.stringify(body) });
    expect((await post("agent/say", { text: "by hand" })).status).toBe(200);
    expect(await exotel.prosody.control.stanzasOf(roomJid)).toHaveLength(1);
    const wrong = await post("agent/say", { txt: "x" });
    expect(wrong.status).toBe(400);
    await expect(wrong.json()).resolves.toHaveProperty("body");
    expect((await post("room/kick", { room: "nowhere" })).status).toBe(404);
    expect((await post("settings", { feedback: "disabled" })).status).toBe(200);
    expect(exotel.control.settings().feedback).toBe("disabled");
    expect((await post("rest/fail", { kind: "status", status: 500 })).status).toBe(200);
    expect((await call(`${REST}/users/connection`, provisionBody())).status).toBe(500);
    const chats = (await (await fetch(`${exotel.controlUrl}/chats`)).json()) as { roomJid: string }[];
    expect(chats.at(-1)).toMatchObject({ roomJid });
  });
});
