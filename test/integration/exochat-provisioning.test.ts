import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startExotelSandbox, type ExotelSandbox } from "../../sandbox/index.ts";
import { headlessCustomer, rejectionOf, type HeadlessCustomer } from "./headless-customer.ts";

let exotel: ExotelSandbox;
let defaults: ReturnType<ExotelSandbox["control"]["settings"]>;
const customers: HeadlessCustomer[] = [];

beforeAll(async () => {
  exotel = await startExotelSandbox({ settings: { agentJoin: "before" } });
  defaults = exotel.control.settings();
});
beforeEach(() => void exotel.control.configure(defaults));
afterEach(async () => {
  exotel.control.clearFaults();
  await Promise.all(customers.splice(0).map(({ exoChat }) => exoChat.dispose()));
});
afterAll(() => exotel.stop());

function customer(extra: Parameters<typeof headlessCustomer>[1] = {}): HeadlessCustomer {
  const made = headlessCustomer(exotel, extra);
  customers.push(made);
  return made;
}

describe("provisioning answers", () => {
  it.each([
    ["provisioning 401", { kind: "status", status: 401 }, "Unauthorized", "unauthorized rest/unauthorized"],
    ["provisioning 403", { kind: "status", status: 403 }, "Forbidden", "refused rest/forbidden"],
    ["provisioning 500", { kind: "status", status: 500 }, "Internal Server Error", "unreachable rest/server"],
    [
      "HTTP/2 empty status text",
      { kind: "status", status: 401, emptyStatusText: true },
      "Unauthorized",
      "unauthorized rest/unauthorized",
    ],
  ] as const)("%s: rejects with the status text, tells the typed error", async (_, fault, text, code) => {
    exotel.control.failRest({ ...fault, times: 2 });
    const jane = customer();
    const error = await rejectionOf(jane.start());
    expect(String(error)).toBe(text);
    expect(error).toMatchObject({ status: fault.status, errorData: undefined });
    expect(jane.errors).toEqual([code]);
    exotel.control.failRest({ ...fault, times: 2 });
    expect(await rejectionOf(customer({ legacyErrors: "exact" }).start())).toBe(text);
  });

  it("a wrong token is refused by the real check, and a rotated one is fetched again", async () => {
    const wrong = customer({ AUTH_TOKEN: "RestrictedToken wrong" });
    expect(String(await rejectionOf(wrong.start()))).toBe("Unauthorized");
    let token = exotel.authToken;
    exotel.control.rotateToken();
    const tokens = [token, exotel.authToken];
    const jane = customer({ tokenProvider: async () => (token = tokens.shift() ?? token) });
    await jane.start();
    expect(jane.errors).toEqual([]);
  });

  it("provisioning timeout: rejects as timed-out within the configured limit", async () => {
    exotel.control.failRest({ kind: "timeout" });
    const jane = customer({ timeouts: { restMs: 50 } });
    expect(await rejectionOf(jane.start())).toMatchObject({ cause: { code: "timed-out" } });
  });

  it("malformed JSON: rejects as bad-frame", async () => {
    exotel.control.failRest({ kind: "malformed" });
    const jane = customer();
    expect(await rejectionOf(jane.start())).toMatchObject({ cause: { code: "bad-frame" } });
    expect(jane.errors).toEqual(["bad-frame rest/bad-json"]);
  });

  it("a connection that breaks is asked again with the same requestId", async () => {
    exotel.control.failRest({ kind: "drop" });
    const before = exotel.control.requests().length;
    await customer().start();
    const [first, second] = exotel.control.requests().slice(before);
    expect(second?.body).toEqual(first?.body);
  });

  it("legacy rejection shapes: XMPP fails after REST succeeded", async () => {
    const jane = customer({ CONVERSE_BOSH_SERVICE_URL: "http://127.0.0.1:1/http-bind/", legacyErrors: "exact" });
    const error = await rejectionOf(jane.start());
    const { roomJid, customerJid } = exotel.control.chat();
    expect(Object.keys(error as object).toSorted()).toEqual(["customerJid", "errorData", "roomJid"]);
    expect(error).toMatchObject({ roomJid, customerJid, errorData: { code: "unreachable" } });
  });

  it("legacy rejection shapes: a fetch exception is given as it was", async () => {
    const jane = customer({ CHAT_SERVICE_DOMAIN: "http://127.0.0.1:1", legacyErrors: "exact" });
    expect(await rejectionOf(jane.start())).toBeInstanceOf(TypeError);
    expect(jane.errors).toEqual(["unreachable net/unreachable"]);
  });
});

describe("the way into the room", () => {
  // On servers that refuse the join meanwhile (item-not-found) the room waits: room/joining.test.ts. This one lets anybody
  // create rooms, so the join makes an empty one.
  it("room not yet created: a room of one's own is an error, not a chat, and is left", async () => {
    exotel.control.configure({ roomDelayMs: 60_000 });
    const jane = customer();
    const error = await rejectionOf(jane.start());
    expect(error).toMatchObject({ cause: { code: "not-found" }, roomJid: exotel.control.chat().roomJid });
    const rooms = await exotel.prosody.control.listRooms();
    expect(rooms.filter(({ jid }) => jid === exotel.control.chat().roomJid)).toEqual([]);
  });

  it("members-only race: waits for the membership", async () => {
    exotel.control.configure({ memberDelayMs: 300 });
    const jane = customer();
    await jane.start();
    expect(jane.exoChat.getUserStatus()).toBe("online");
  });

  it("a refused join tells what happened and what to do", async () => {
    exotel.control.configure({ roomPassword: "letmein", agentJoin: "never" });
    const jane = customer();
    const error = await rejectionOf(jane.start());
    expect(error).toMatchObject({ roomJid: exotel.control.chat().roomJid });
    expect(jane.errors).toEqual([expect.stringMatching(/muc\/password-required$/)]);
    expect(jane.heard.find(({ name }) => name === "error")?.args[0]).toHaveProperty("info.remedy", expect.any(String));
  });

  it("nick conflict: enters under another name", async () => {
    exotel.control.configure({ agentName: "Jane Smith" });
    const jane = customer();
    const room = await jane.start();
    expect(room.nick).not.toBe("Jane Smith");
    expect(room.nick).toContain("Jane Smith");
  });

  it.each([
    ["semi-anonymous", false, undefined],
    ["non-anonymous", true, "agent-asha@localhost"],
  ])("%s: the agent is known by the room's word", async (_, nonAnonymous, realJid) => {
    exotel.control.configure({ nonAnonymous });
    const jane = customer();
    await jane.start();
    const agent = await exotel.control.seat();
    await agent.say("Hello");
    const message = await jane.message("Hello");
    expect(message).toMatchObject({ sender: "agent", userRole: "agent", nick: "Asha" });
    expect(message.from_real_jid?.split("/")[0]).toBe(realJid);
  });

  it.each([
    ["local", "local"],
    ["jid", "jid"],
  ] as const)("accounts and rooms named by %s", async (usernameForm, roomNameForm) => {
    exotel.control.configure({ usernameForm, roomNameForm });
    const room = await customer().start();
    expect(room.jid).toBe(exotel.control.chat().roomJid);
  });

  it("agent already in room, joins late, never", async () => {
    const early = customer();
    const room = await early.start();
    expect([...room.occupants.values()].map(({ name, role }) => [name, role])).toContainEqual(["Asha", "agent"]);
    exotel.control.configure({ agentJoin: "never" });
    const jane = customer();
    const lonely = await jane.start();
    expect([...lonely.occupants.values()].filter(({ isSelf }) => !isSelf)).toEqual([]);
    await exotel.control.seat();
    const [joined] = await jane.until("participantJoined");
    expect(joined).toMatchObject({ name: "Asha", role: "agent" });
  });

  it("bot session fields: user_id, session_id, additionalInfo and unknown keys reach the service", async () => {
    await customer().start({
      user_id: "bot-user-id-123",
      session_id: "bot-session-abc",
      intent: "billing_issue",
      language: "en",
      additionalInfo: { crm: { id: 7 } },
    });
    expect(exotel.control.chat().request).toMatchObject({
      botTransferred: true,
      botSessionInfo: { userId: "bot-user-id-123", botSessionId: "bot-session-abc" },
      additionalInfo: { crm: { id: 7 }, intent: "billing_issue", language: "en" },
    });
  });

  it("connectionProvider: the page needs no token", async () => {
    await customer().start();
    const { answer, roomJid } = exotel.control.chat();
    const before = exotel.control.requests().length;
    const jane = customer({ AUTH_TOKEN: "RestrictedToken of nobody", connectionProvider: async () => answer });
    await expect(jane.start()).resolves.toMatchObject({ jid: roomJid });
    expect(exotel.control.requests()).toHaveLength(before);
  });

  it("createRoom accepts a room that did not exist; joinRoom does not", async () => {
    const jane = customer();
    await jane.start();
    const made = `made_${crypto.randomUUID().slice(0, 8)}@${exotel.mucDomain}`;
    await jane.exoChat.createRoom(made, "Jane");
    expect((await exotel.prosody.control.describeRoom(made)).occupants).toHaveLength(1);
    expect(await rejectionOf(jane.exoChat.joinRoom(`x_${made}`, "Jane"))).toMatchObject({ code: "not-found" });
  });
});
