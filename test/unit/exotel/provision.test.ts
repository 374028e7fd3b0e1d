import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChatError } from "../../../src/transport/errors.ts";
import { fixture, json, jsonFixture, rejectionOf, tenantAnswering, TOKEN } from "./fake-rest.ts";

const CUSTOMER = { name: "Jane Smith", email: "jane@shop.example", phone: "+15550100200" };
const REQUEST = { customer: CUSTOMER };
const HANDOFF = {
  botUserId: "bot-user-id-123",
  botSessionId: "bot-session-abc",
  attributes: { intent: "billing_issue", language: "en" },
};
const GOOD = jsonFixture("provision-response.json");
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("the provisioning call", () => {
  it("is the document's, field by field and in its order", async () => {
    const { service, calls } = tenantAnswering([json(GOOD)], { accountId: "acc-9" });
    await service.provision({ customer: CUSTOMER, handoff: HANDOFF });
    const [call] = calls;
    expect(call).toMatchObject({
      method: "POST",
      url: "https://omni.example.com:4440/plugins/restapi/v1/xtrm/users/connection",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        authorization: TOKEN,
        contactcenterid: "7",
        accountid: "acc-9",
      },
    });
    const expected = JSON.parse(fixture("provision-request.json")) as { requestId: string };
    const sent = call?.body as { requestId: string };
    expect(sent.requestId).toMatch(UUID);
    expected.requestId = sent.requestId;
    expect(JSON.stringify(sent)).toBe(JSON.stringify(expected));
  });

  it("marks a transfer only where a bot's user is named", async () => {
    const { service, calls } = tenantAnswering([json(GOOD)]);
    await service.provision(REQUEST);
    expect(calls[0]?.body).toMatchObject({
      botTransferred: false,
      additionalInfo: {},
      botSessionInfo: { userId: null, botSessionId: null },
    });
    await service.provision({ customer: CUSTOMER, handoff: { botSessionId: "s", attributes: {} } });
    expect(calls[1]?.body).toMatchObject({
      botTransferred: false,
      botSessionInfo: { userId: null, botSessionId: "s" },
    });
  });

  it("spells as the tenant's wire options say", async () => {
    const wire = { serviceNameKey: "servicename", serviceName: "muc", nodeflowProperty: "nodeFlowId" } as const;
    const { service, calls } = tenantAnswering([json(GOOD)], { wire, locale: "hi" });
    const { room } = await service.provision(REQUEST);
    expect(calls[0]?.body).toMatchObject({ servicename: "muc" });
    expect(calls[0]?.body).not.toHaveProperty("serviceName");
    expect(calls[0]?.body).toHaveProperty("userEntity.properties.2", { key: "nodeFlowId", value: "5" });
    expect(calls[0]?.body).toHaveProperty("userEntity.properties.3", { key: "locale", value: "hi" });
    expect(room).toBe("room_7c1f@muc.chat.example");
  });

  it("leaves the account header out when there is none, or sends the vendor's text null", async () => {
    for (const accountId of [null, undefined, ""]) {
      const { service, calls } = tenantAnswering([json(GOOD)], accountId === undefined ? {} : { accountId });
      await service.provision(REQUEST);
      expect(calls[0]?.headers).not.toHaveProperty("accountid");
    }
    const { service, calls } = tenantAnswering([json(GOOD)], { accountId: null, wire: { sendNullAccountId: true } });
    await service.provision(REQUEST);
    expect(calls[0]?.headers["accountid"]).toBe("null");
  });
});

describe("the repetition", () => {
  /** Half of what the pause may be at most. Called when a pause begins. */
  const random = vi.fn<() => number>(() => 0.5);
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: new Date("2026-05-04T10:00:00Z") });
    random.mockClear();
    vi.spyOn(Math, "random").mockImplementation(random);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const after = (retryAfter: string, status = 503): Response =>
    new Response(null, { status, headers: { "retry-after": retryAfter } });
  const pauseBegins = async (): Promise<void> => {
    while (random.mock.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };

  it.each<[string, Response | Error, number]>([
    ["a network error", new TypeError("fetch failed"), 500],
    ["a 500", new Response(null, { status: 500 }), 500],
    ["a 429", new Response(null, { status: 429 }), 500],
    ["a Retry-After in seconds", after("3"), 3_500],
    ["a Retry-After with a date", after("Mon, 04 May 2026 10:00:04 GMT", 429), 4_500],
  ])("comes once, with the same requestId, a moment after %s", async (_, failure, pauseMs) => {
    const { service, calls } = tenantAnswering([failure]);
    const rejected = rejectionOf(service.provision(REQUEST));
    await pauseBegins();
    vi.advanceTimersByTime(pauseMs - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(ChatError.isInstance(await rejected)).toBe(true);
    expect(calls).toHaveLength(2);
    expect(calls[1]?.body).toEqual(calls[0]?.body);
  });

  it("that succeeds is a success", async () => {
    const { service, calls } = tenantAnswering([new Response(null, { status: 503 }), json(GOOD)]);
    const provisioning = service.provision(REQUEST);
    await pauseBegins();
    vi.advanceTimersByTime(500);
    await expect(provisioning).resolves.toMatchObject({ customerJid: "u-140a@chat.example" });
    expect(calls).toHaveLength(2);
  });

  it.each<[string, Response]>([
    ["another answer", new Response(null, { status: 409 })],
    ["a service that wants to be left alone for longer", after("6")],
  ])("does not come after %s", async (_, response) => {
    const { service, calls } = tenantAnswering([response]);
    expect(ChatError.isInstance(await rejectionOf(service.provision(REQUEST)))).toBe(true);
    expect(calls).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not come when the caller aborts meanwhile, and leaves no timer", async () => {
    const { service, calls } = tenantAnswering([after("4"), json(GOOD)]);
    const abort = new AbortController();
    const rejected = rejectionOf(service.provision(REQUEST, { signal: abort.signal }));
    await pauseBegins();
    vi.advanceTimersByTime(1_000);
    abort.abort();
    expect(await rejected).toMatchObject({ code: "aborted", name: "AbortError" });
    expect(vi.getTimerCount()).toBe(0);
    expect(calls).toHaveLength(1);
  });
});

describe("the provisioning answer", () => {
  it("gives account, room, nick and people", async () => {
    const { service } = tenantAnswering([json(GOOD)]);
    await expect(service.provision(REQUEST)).resolves.toEqual({
      credentials: { username: "u-140a", password: "JzziqOAbX8eSEZlyZ0r", domain: "chat.example" },
      customerJid: "u-140a@chat.example",
      room: "room_7c1f@conference.chat.example",
      nick: "Jane Smith",
      agents: ["asha@chat.example"],
      exportTranscriptAllowed: true,
      recall: expect.any(String) as string,
    });
  });

  it("is asked for again with its recall, under the same requestId", async () => {
    const { service, calls } = tenantAnswering([json(GOOD), json(GOOD)]);
    const { recall } = await service.provision(REQUEST);
    expect((await service.provision(REQUEST, {}, recall)).recall).toBe(recall);
    expect(calls.map(({ body }) => (body as { requestId: string }).requestId)).toEqual([recall, recall]);
  });

  it.each([
    ["lower case", (key: string) => key.toLowerCase()],
    ["snake case", (key: string) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)],
    ["hyphens", (key: string) => key.replaceAll(/[A-Z]/g, (letter) => `-${letter}`)],
  ])("is read by normal form: %s", async (_, spell) => {
    const respelled: unknown = JSON.parse(
      fixture("provision-response.json").replaceAll(/"(\w+)":/g, (_all, key: string) => `"${spell(key)}":`),
    );
    const { service } = tenantAnswering([json(respelled)]);
    await expect(service.provision(REQUEST)).resolves.toMatchObject({ room: "room_7c1f@conference.chat.example" });
  });

  const answer = (user: object, muc: object = {}): unknown => ({
    userEntity: { username: "u@chat.example", password: "p", name: "J", ...user },
    mucRoomEntity: { roomName: "r", members: ["asha@chat.example"], ...muc },
  });
  const read = (user: object, muc?: object, options = {}) =>
    tenantAnswering([json(answer(user, muc))], options).service.provision(REQUEST);

  it("takes a local user name, with the domain of the options or of somebody in the room", async () => {
    await expect(read({ username: "u" })).resolves.toMatchObject({ customerJid: "u@chat.example" });
    await expect(read({ username: "u" }, {}, { xmppDomain: "x.example" })).resolves.toMatchObject({
      customerJid: "u@x.example",
      room: "r@conference.x.example",
    });
  });

  it("takes a full room JID, and the configured MUC domain", async () => {
    await expect(read({}, { roomName: "r@rooms.chat.example" })).resolves.toMatchObject({
      room: "r@rooms.chat.example",
    });
    const options = { mucDomain: "muc.example" };
    await expect(read({}, {}, options)).resolves.toMatchObject({ room: "r@muc.example" });
    await expect(read({}, { roomName: "r@muc.example" }, options)).resolves.toMatchObject({ room: "r@muc.example" });
  });

  it("export is allowed only by a true", async () => {
    await expect(read({}, {})).resolves.toMatchObject({ exportTranscriptAllowed: false });
  });

  it("a nick is trimmed, without control characters, never empty, at most 1023 bytes and whole characters", async () => {
    await expect(read({ name: "  Ja\u0000ne\n " })).resolves.toMatchObject({ nick: "Jane" });
    await expect(read({ name: "\u0007" })).resolves.toMatchObject({ nick: "Customer" });
    const { nick } = await read({ name: "👩".repeat(300) });
    expect(nick).toBe("👩".repeat(255));
  });

  it.each<[string, object, object?, object?]>([
    ["no user name", { username: null }],
    ["a user name that is no text", { username: { a: 1 } }],
    ["a password that is no text", { password: 7 }],
    ["an empty password", { password: "" }],
    ["a user name that is no JID", { username: "a b@chat.example" }],
    ["a user name with a resource", { username: "u@chat.example/x" }],
    ["a user name without local part", { username: "@chat.example" }],
    ["markup in the user name", { username: "<u>@chat.example" }],
    ["no room name", {}, { roomName: undefined }],
    ["a room name that is a list", {}, { roomName: ["r"] }],
    ["a room of somebody else's server", {}, { roomName: "r@conference.evil.example" }],
    ["a room of a look-alike domain", {}, { roomName: "r@conference-chat.example" }],
    ["a room on the user's own domain", {}, { roomName: "r@chat.example" }],
    ["a room JID with a nick", {}, { roomName: "r@conference.chat.example/Asha" }],
    [
      "a room on another than the configured domain",
      {},
      { roomName: "r@rooms.chat.example" },
      { mucDomain: "muc.example" },
    ],
    ["an account on another than the configured domain", {}, {}, { xmppDomain: "bank.example" }],
  ])("refuses %s (rule 15)", async (_, user, muc, options) => {
    const error = await rejectionOf(read(user, muc, options));
    expect(error).toMatchObject({ code: "bad-frame", info: { vendor: { name: "exotel", code: "rest/bad-answer" } } });
  });

  it.each([[null], [[]], ["text"], [7], [{}], [{ userEntity: [], mucRoomEntity: {} }]])(
    "refuses %j (rule 15)",
    async (value) => {
      const { service } = tenantAnswering([json(value)]);
      expect(await rejectionOf(service.provision(REQUEST))).toMatchObject({ code: "bad-frame" });
    },
  );

  it("leaves out people that are no JIDs, and ourselves", async () => {
    const members = ["U@chat.example", "<x>@y", 7, null, "", "asha@chat.example", "bo@chat.example"];
    await expect(read({}, { members, owners: ["asha@chat.example"] })).resolves.toMatchObject({
      agents: ["asha@chat.example", "bo@chat.example"],
    });
  });
});

describe("who authorises", () => {
  it("the token provider is asked before each call, and once more after a 401", async () => {
    let asked = 0;
    const tokenProvider = async (): Promise<string> => `RestrictedToken ${++asked}`;
    const { service, calls } = tenantAnswering([new Response(null, { status: 401 }), json(GOOD)], { tokenProvider });
    await service.provision(REQUEST);
    expect(calls.map(({ headers }) => headers["authorization"])).toEqual(["RestrictedToken 1", "RestrictedToken 2"]);
    expect(calls[1]?.body).toEqual(calls[0]?.body);
    const always = tenantAnswering([new Response(null, { status: 401 })], { tokenProvider });
    expect(await rejectionOf(always.service.provision(REQUEST))).toMatchObject({ code: "unauthorized" });
    expect(always.calls).toHaveLength(2);
    const fixed = tenantAnswering([new Response(null, { status: 401 })]);
    await rejectionOf(fixed.service.provision(REQUEST));
    expect(fixed.calls).toHaveLength(1);
  });

  it("a provider that throws is a ChatError with its cause", async () => {
    const cause = new Error("session expired");
    const { service, calls } = tenantAnswering([json(GOOD)], {
      tokenProvider: () => Promise.reject(cause),
    });
    expect(await rejectionOf(service.provision(REQUEST))).toMatchObject({ code: "unauthorized", info: { cause } });
    expect(calls).toHaveLength(0);
  });

  it("the connection provider gets the body and gives the answer: no REST call, no token", async () => {
    const bodies: unknown[] = [];
    const { service, calls } = tenantAnswering([], {
      connectionProvider: async (body) => {
        bodies.push(body);
        return GOOD;
      },
    });
    await expect(service.provision({ customer: CUSTOMER, handoff: HANDOFF })).resolves.toMatchObject({
      room: "room_7c1f@conference.chat.example",
    });
    expect(calls).toHaveLength(0);
    expect(bodies).toEqual([expect.objectContaining({ botTransferred: true, campaignId: 1 })]);
  });

  it("what the connection provider answers is checked, what it throws is wrapped, and it has a time limit", async () => {
    const hostile = tenantAnswering([], { connectionProvider: async () => ({ userEntity: {} }) });
    expect(await rejectionOf(hostile.service.provision(REQUEST))).toMatchObject({ code: "bad-frame" });
    const cause = new Error("our server said no");
    const throwing = tenantAnswering([], {
      connectionProvider: () => {
        throw cause;
      },
    });
    const error = await rejectionOf(throwing.service.provision(REQUEST));
    expect(ChatError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: "refused", info: { cause } });
    const silent = tenantAnswering([], { connectionProvider: () => new Promise(() => undefined), timeoutMs: 5 });
    expect(await rejectionOf(silent.service.provision(REQUEST))).toMatchObject({ code: "timed-out" });
  });
});
