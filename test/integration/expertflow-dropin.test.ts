import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createExpertflow,
  type ExpertflowEvent,
  type ExpertflowInstance,
  type ExpertflowOptions,
} from "../../adapters/expertflow-cx/dropin/index.ts";
import { startExpertflowCxSandbox, type ExpertflowCxSandbox } from "../../sandbox/expertflow-cx/index.ts";
import { ChatError } from "../../src/index.ts";

const CUSTOMER = {
  serviceIdentifier: "1218",
  channelCustomerIdentifier: "5550100",
  browserDeviceInfo: { browserId: "b-1", browserIdExpiryTime: "9999", browserName: "chrome", deviceType: "desktop" },
  queue: "",
  locale: { timezone: "Asia/Karachi", language: "en", country: "PK" },
  formData: { id: 0.25, formId: "f", filledBy: "web-widget", attributes: [], createdOn: "2030-01-01T00:00:00.000Z" },
  private: "stays here",
};
const WHO = { serviceIdentifier: "1218", channelCustomerIdentifier: "5550100" };

let cx: ExpertflowCxSandbox;
let made: ExpertflowInstance[] = [];

beforeEach(async () => {
  cx = await startExpertflowCxSandbox();
});

afterEach(async () => {
  for (const each of made) each.dispose();
  made = [];
  vi.unstubAllGlobals();
  await cx.stop();
});

function make(options: ExpertflowOptions = {}): ExpertflowInstance {
  const instance = createExpertflow(options);
  made.push(instance);
  return instance;
}

interface Page {
  ef: ExpertflowInstance;
  events: ExpertflowEvent[];
  types: () => string[];
  /** Waits for the next of that type. */
  next: (type: ExpertflowEvent["type"], count?: number) => Promise<ExpertflowEvent>;
}

function page(options: ExpertflowOptions = {}, ef: ExpertflowInstance = make(options)): Page {
  const events: ExpertflowEvent[] = [];
  ef.establishConnection(cx.socketUrl, "1218", "5550100", (event) => void events.push(event));
  return {
    ef,
    events,
    types: () => events.map(({ type }) => type),
    async next(type, count = 1) {
      await expect.poll(() => events.filter((event) => event.type === type).length).toBeGreaterThanOrEqual(count);
      const found = events.filter((event) => event.type === type)[count - 1];
      if (!found) throw new Error(`No ${type}.`);
      return found;
    },
  };
}

async function chatting(options: ExpertflowOptions = {}): Promise<Page> {
  const it = page(options);
  await it.next("SOCKET_CONNECTED");
  it.ef.chatRequest({ type: "CHAT_REQUEST", data: CUSTOMER });
  await it.next("CHANNEL_SESSION_STARTED");
  return it;
}

function answerOf(call: (callback: (answer: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve) => {
    call(resolve);
  });
}

const resumed = (ef: ExpertflowInstance): Promise<unknown> => answerOf((callback) => ef.resumeChat(WHO, callback));

const named = (name: string): unknown[] =>
  cx.centre.received.flatMap((event) => (event.name === name ? [event.payload] : []));

const envelope = (text: string): Record<string, unknown> => ({
  type: "PLAIN",
  header: { originalMessageId: null, intent: null, entities: null },
  body: { type: "PLAIN", markdownText: text },
  customer: WHO,
});

describe("a chat by the published functions", () => {
  it("connects, starts, talks both ways and ends, each told by its callback type", async () => {
    const { ef, events, types, next } = await chatting();
    const connected = events[0]?.data as { auth: unknown; id: string; connected: boolean; on: unknown; emit: unknown };
    expect(connected.auth).toEqual(WHO);
    expect([connected.connected, typeof connected.id, typeof connected.on, typeof connected.emit]).toEqual([
      true,
      "string",
      "function",
      "function",
    ]);
    const { private: _, serviceIdentifier, channelCustomerIdentifier, ...value } = CUSTOMER;
    expect(named("CHAT_REQUESTED")).toEqual([
      {
        channelCustomerIdentifier,
        serviceIdentifier,
        additionalAttributes: [{ key: "WebChannelData", type: "WebChannelData", value }],
      },
    ]);
    ef.sendMessage(envelope("hello"));
    const echo = await next("MESSAGE_RECEIVED");
    expect(echo.data).toMatchObject({ body: { markdownText: "hello" }, header: { sender: { type: "CUSTOMER" } } });
    expect(named("MESSAGE_RECEIVED")).toEqual([{ ...envelope("hello"), timestamp: "" }]);
    cx.centre.say("hi there");
    await next("MESSAGE_RECEIVED", 2);
    ef.chatEnd(CUSTOMER);
    await next("SOCKET_DISCONNECTED");
    expect(types()).toEqual([
      "SOCKET_CONNECTED",
      "CHANNEL_SESSION_STARTED",
      "MESSAGE_RECEIVED",
      "MESSAGE_RECEIVED",
      "CHAT_ENDED",
      "SOCKET_DISCONNECTED",
    ]);
    expect(events.at(-1)?.data).toBe("io client disconnect");
    expect(named("CHAT_ENDED")).toEqual([CUSTOMER]);
    await expect.poll(() => cx.connections).toBe(0);
  });

  it.each([
    ["CHANNEL_SESSION_ENDED", () => cx.centre.end("CHANNEL_SESSION_ENDED", "AGENT"), "AGENT"],
    ["CHANNEL_SESSION_EXPIRED", () => cx.centre.end("CHANNEL_SESSION_EXPIRED", "INACTIVITY"), "INACTIVITY"],
  ] as const)("%s is handed on with what it carries", async (type, end, data) => {
    const { next } = await chatting();
    end();
    expect((await next(type)).data).toBe(data);
  });

  it("ERRORS of the server are handed on", async () => {
    cx.centre.faults.requests.push(408);
    const { ef, next } = page();
    await next("SOCKET_CONNECTED");
    ef.chatRequest({ data: CUSTOMER });
    expect((await next("ERRORS")).data).toEqual({ task: "CHAT_REQUESTED", code: 408 });
  });

  it("the token is kept for REST and shown to nobody", async () => {
    cx.centre.switches.tokens = true;
    const { ef, next } = await chatting();
    const { data } = await next("TOKEN_GENERATED");
    expect((data as { auth: unknown }).auth).toEqual(WHO);
    const config = await answerOf((callback) => ef.widgetConfigs(cx.ccmUrl, "Web", callback));
    expect(config).toMatchObject({ widgetIdentifier: "Web" });
  });

  it("SESSION_REPLACED and CONVERSATION_RESUMED are handed on", async () => {
    cx.centre.switches.resume = "both";
    const first = await chatting();
    cx.centre.say("before");
    const second = page({}, make());
    await first.next("SESSION_REPLACED");
    second.ef.resumeChat(WHO, () => undefined);
    expect((await second.next("CONVERSATION_RESUMED")).data).toMatchObject({
      history: [{ body: { markdownText: "before" } }],
    });
  });

  it("voiceRequest, sendJoinConversation and what is said before the connection go out", async () => {
    const ef = make();
    const events: ExpertflowEvent[] = [];
    ef.establishConnection(cx.socketUrl, "1218", "5550100", (event) => void events.push(event));
    ef.voiceRequest({ data: CUSTOMER });
    ef.sendJoinConversation({ room: 1 });
    await expect
      .poll(() => cx.centre.received.map(({ name }) => name))
      .toEqual(["VOICE_REQUESTED", "joinConversation"]);
    expect(named("joinConversation")).toEqual([{ room: 1 }]);
  });
});

describe("after an outage", () => {
  it("comes back, says so, and holds messages until the application has resumed", async () => {
    const { ef, next, types } = await chatting();
    cx.dropLinks();
    expect(["transport close", "transport error"]).toContain((await next("SOCKET_DISCONNECTED")).data);
    ef.sendMessage(envelope("typed offline"));
    await next("SOCKET_RECONNECTED");
    ef.sendMessage(envelope("typed before the resume"));
    expect(named("CHAT_RESUMED")).toEqual([]);
    const answer = await resumed(ef);
    expect(answer).toEqual({ isChatAvailable: true, data: [] });
    await next("MESSAGE_RECEIVED", 2);
    expect(cx.centre.received.map(({ name }) => name)).toEqual([
      "CHAT_REQUESTED",
      "CHAT_RESUMED",
      "MESSAGE_RECEIVED",
      "MESSAGE_RECEIVED",
    ]);
    expect(types().filter((type) => type === "ERRORS")).toEqual([]);
  });

  it("what cannot be sent any more is told by ERRORS, with the message", async () => {
    const { ef, next } = await chatting({ holdMs: 30 });
    cx.dropLinks();
    await next("SOCKET_DISCONNECTED");
    ef.sendMessage(envelope("too late"));
    expect((await next("ERRORS")).data).toMatchObject({
      task: "MESSAGE_RECEIVED",
      code: 408,
      envelope: { body: { markdownText: "too late" } },
    });
    cx.centre.faults.resumes.push("unavailable");
    await next("SOCKET_RECONNECTED");
    ef.sendMessage(envelope("gone"));
    ef.resumeChat(WHO, () => undefined);
    expect((await next("ERRORS", 2)).data).toMatchObject({ envelope: { body: { markdownText: "gone" } } });
    expect(named("MESSAGE_RECEIVED")).toEqual([]);
  });

  it.each([
    ["refused", { code: 500 }, 500],
    ["not answered", "ignored", 408],
  ] as const)("a message that is %s is told by ERRORS", async (_, fault, code) => {
    cx.centre.faults.acks.push(fault);
    const { ef, next } = await chatting({ ackTimeoutMs: 50 });
    ef.sendMessage(envelope("hello"));
    expect((await next("ERRORS")).data).toMatchObject({ task: "MESSAGE_RECEIVED", code });
  });

  it("from 5.0 every connection is SOCKET_CONNECTED", async () => {
    const { next, types } = await chatting({ release: "5.0" });
    cx.dropLinks();
    await next("SOCKET_CONNECTED", 2);
    expect(types()).not.toContain("SOCKET_RECONNECTED");
  });

  it("put out by the server, it does not come back", async () => {
    const { next } = await chatting();
    cx.putOut();
    expect((await next("SOCKET_DISCONNECTED")).data).toBe("io server disconnect");
    await expect.poll(() => cx.connections).toBe(0);
  });

  it("a falsy answer to a resume reaches its callback; in strict mode it does not", async () => {
    for (const strict of [false, true]) {
      const { ef } = await chatting({ strict });
      cx.centre.faults.resumes.push("null");
      const answers: unknown[] = [];
      ef.resumeChat(WHO, (answer) => void answers.push(answer));
      ef.sendJoinConversation("fence");
      await expect.poll(() => named("joinConversation").length).toBe(strict ? 2 : 1);
      cx.centre.say("fence");
      await expect.poll(() => answers).toEqual(strict ? [] : [{ isChatAvailable: false }]);
      ef.dispose();
    }
  });
});

describe("connecting", () => {
  it("a refusal is CONNECT_ERROR once; a dead service is CONNECT_ERROR again and again", async () => {
    cx.centre.faults.handshakes.push({ refuse: "Unauthorized" });
    const { events, next } = page();
    await next("CONNECT_ERROR");
    expect((events[0]?.data as ChatError | undefined)?.code).toBe("unauthorized");
    const dead = make();
    const errors: ExpertflowEvent[] = [];
    dead.establishConnection("http://127.0.0.1:9/wcm", "1218", "5550100", (event) => void errors.push(event));
    await expect.poll(() => errors.length, { timeout: 10_000 }).toBeGreaterThan(1);
    expect(
      errors.every(({ type, data }) => type === "CONNECT_ERROR" && (data as ChatError).code === "unreachable"),
    ).toBe(true);
    expect(events).toHaveLength(1);
  });

  it.each(["", "not a url"])("the address %j is a typed CONNECT_ERROR", async (address) => {
    const events: ExpertflowEvent[] = [];
    make().establishConnection(address, "1218", "5550100", (event) => void events.push(event));
    await expect
      .poll(() => events.map(({ type, data }) => [type, (data as ChatError).code]))
      .toEqual([["CONNECT_ERROR", "invalid-config"]]);
  });

  it("strict: an empty address is silence, a bad one a bare TypeError", () => {
    const events: unknown[] = [];
    const ef = make({ strict: true });
    ef.establishConnection("", "1218", "5550100", (event) => void events.push(event));
    ef.establishConnection("not a url", "1218", "5550100", (event) => void events.push(event));
    expect(events.map((event) => [event instanceof TypeError, (event as ExpertflowEvent).type])).toEqual([
      [true, undefined],
    ]);
  });

  it("a second one for the same customer adds its callback; for another one it says so", async () => {
    const { ef, events } = await chatting();
    const second: ExpertflowEvent[] = [];
    const third: ExpertflowEvent[] = [];
    ef.establishConnection(cx.socketUrl, "1218", "5550100", (event) => void second.push(event));
    ef.establishConnection(cx.socketUrl, "1218", "5550999", (event) => void third.push(event));
    cx.centre.say("hello");
    await expect.poll(() => second.length).toBe(1);
    expect(events.filter(({ type }) => type === "MESSAGE_RECEIVED")).toHaveLength(1);
    expect(third.map(({ type, data }) => [type, (data as ChatError).code])).toEqual([["CONNECT_ERROR", "conflict"]]);
    expect(cx.connections).toBe(1);
  });

  it("strict: it ignores another customer, and calls the same callback twice", async () => {
    const { ef } = await chatting({ strict: true });
    const heard: ExpertflowEvent[] = [];
    const callback = (event: ExpertflowEvent): void => void heard.push(event);
    ef.establishConnection(cx.socketUrl, "1218", "5550999", callback);
    ef.eventListeners(callback);
    cx.centre.say("hello");
    await expect.poll(() => heard.map(({ type }) => type)).toEqual(["MESSAGE_RECEIVED", "MESSAGE_RECEIVED"]);
    expect(cx.connections).toBe(1);
  });

  it("strict: the flag of a failed connection makes every later one a reconnection", async () => {
    const store = new Map<string, string>([["widget-error", "1"]]);
    vi.stubGlobal("localStorage", {
      getItem: (key: string) => store.get(key) ?? null,
      setItem: (key: string, value: string) => void store.set(key, value),
    });
    const { types } = page({ strict: true });
    await expect.poll(types).toEqual(["SOCKET_RECONNECTED"]);
  });

  it("a callback that throws harms no other, and is reported", async () => {
    const errors: Error[] = [];
    const ef = make({ onError: (error) => void errors.push(error) });
    ef.establishConnection(cx.socketUrl, "1218", "5550100", () => {
      throw new Error("An application's bug.");
    });
    const heard: string[] = [];
    ef.eventListeners(({ type }) => void heard.push(type));
    await expect.poll(() => heard).toEqual(["SOCKET_CONNECTED"]);
    expect(errors.map(({ message }) => message)).toEqual(["An application's bug."]);
  });
});

describe("the tag manager", () => {
  it.each([
    [
      "posts to the origin that was named",
      { gtmTargetOrigin: "https://shop.example.test" },
      "https://shop.example.test",
    ],
    ["posts nowhere unless asked", {}, undefined],
    ["strict: posts to anybody", { strict: true }, "*"],
  ] as const)("%s", async (_, options, origin) => {
    const posted: unknown[] = [];
    vi.stubGlobal("window", { parent: { postMessage: (...args: unknown[]) => void posted.push(args) } });
    const { ef } = await chatting(options);
    await resumed(ef);
    const data = { customerIdentifier: "5550100", serviceIdentifier: "1218" };
    const message = (type: string): unknown => [{ type: "gtmDataLayer", data: { type, data } }, origin];
    expect(posted).toEqual(origin === undefined ? [] : [message("CHAT STARTED"), message("BROWSER NAVIGATED")]);
  });
});

describe("arguments", () => {
  it("are not changed; strict writes the timestamp into the caller's object", async () => {
    for (const strict of [false, true]) {
      const { ef, next } = await chatting({ strict });
      const mine = envelope("hello");
      ef.sendMessage(mine);
      await next("MESSAGE_RECEIVED");
      expect("timestamp" in mine).toBe(strict);
      ef.dispose();
    }
  });

  it("chatRequest without a customer throws a TypeError, and does nothing without an argument", () => {
    const ef = make();
    expect(() => ef.chatRequest({ type: "CHAT_REQUEST" })).toThrow(TypeError);
    expect(() => ef.chatRequest(undefined)).not.toThrow();
  });

  it("since 4.10 chat is sendChatMessage, and sendMessage says so", async () => {
    const { ef, next } = await chatting({ release: "4.10" });
    expect(() => ef.sendMessage(envelope("hello"))).toThrow("Since 4.10 sendMessage belongs to calls");
    ef.sendChatMessage(envelope("hello"));
    await next("MESSAGE_RECEIVED");
  });

  it("getInitChat throws, in strict mode what it always threw", () => {
    expect(() => make().getInitChat({})).toThrow(ChatError);
    expect(() => make({ strict: true }).getInitChat({})).toThrow(ReferenceError);
  });
});

describe("the REST functions", () => {
  it("give the callback what the service answers", async () => {
    const ef = make();
    expect(await answerOf((cb) => ef.widgetConfigs(cx.ccmUrl, "Web", cb))).toMatchObject({ title: "Demo" });
    expect(await answerOf((cb) => ef.getPreChatForm(cx.formUrl, "f1", cb))).toMatchObject({ id: "f1" });
    expect(await answerOf((cb) => ef.formValidation(cx.formUrl, cb))).toHaveLength(3);
    expect(await answerOf((cb) => ef.getCalendarId(cx.ccmUrl, "1218", cb))).toMatchObject({ calendarId: "calendar-1" });
    const [from, to] = ["2030-01-01T00:00:00+05:00", "2030-01-02T00:00:00+05:00"];
    expect(await answerOf((cb) => ef.getCalendarEvents("calendar-1", cx.calendarUrl, from, to, cb))).toMatchObject({
      events: [{ calendar: ["calendar-1"] }, {}, {}],
    });
    expect(await answerOf((cb) => ef.callbackRequest(cx.callbackUrl, { phone1: "1" }, cb))).toEqual({
      status: { name: "SCHEDULED" },
    });
    expect(await answerOf((cb) => ef.pushFormDataAsActivity(cx.activityUrl, { id: 1 }, cb))).toEqual({ code: "OK" });
    expect((await ef.setConversationData(cx.conversationUrl, "c 1", { a: "1" })).ok).toBe(true);
    expect(await ef.getConversationData(cx.conversationUrl, "c 1")).toEqual({ a: "1" });
    expect(
      await answerOf((cb) => ef.setConversationDataByCustomerIdentifier(cx.conversationUrl, "u1", { b: "2" }, cb)),
    ).toEqual({ b: "2" });
    expect(await answerOf((cb) => ef.getConversationDataByCustomerIdentifier(cx.conversationUrl, "u1", cb))).toEqual({
      b: "2",
    });
    expect(
      await answerOf((cb) => ef.authenticateRequest(cx.authenticatorUrl, { roomId: "good-key" }, cb)),
    ).toMatchObject({
      status: 200,
      error: false,
      message: "Authentication Successful!!!",
      data: { agentExtension: "1001" },
    });
    expect(await answerOf((cb) => ef.authenticateRequest(cx.authenticatorUrl, { roomId: "bad" }, cb))).toMatchObject({
      error: true,
      message: "400 Bad Request",
    });
    expect(
      await answerOf((cb) => ef.authenticateRequest(cx.authenticatorUrl, { roomId: "expired" }, cb)),
    ).toMatchObject({
      status: 400,
      error: true,
      message: "Something went wrong!!",
    });
    ef.webhookNotifications(cx.webhookUrl, { agent_url: "https://cx.example.test", icon: "" }, { first_name: "Mina" });
    await expect.poll(() => named("POST /webhook").length).toBe(1);
  });

  it("upload a file, and tell what was wrong with one", async () => {
    const ef = make();
    const form = new FormData();
    form.set("file", new Blob(["hello"], { type: "text/plain" }), "a.txt");
    form.set("conversationId", "12345");
    const stored = await answerOf((cb) => ef.uploadToFileEngine(cx.fileServerUrl, form, cb));
    expect(stored).toMatchObject({ message: "stored", size: 5 });
    const name = (stored as { name: string }).name;
    const url = `${cx.fileServerUrl}/api/downloadFileStream?filename=${encodeURIComponent(name)}`;
    expect(await answerOf((cb) => ef.getFileURL(url, cb))).toMatch(/^blob:/);
    expect(await answerOf((cb) => ef.getFileURL(`${url}x`, cb))).toBeNull();
    const fault = { status: 413, body: "{}", contentType: "application/json" };
    cx.centre.faults.rest.set("/file-engine", [fault, { ...fault, status: 500 }]);
    expect(await answerOf((cb) => ef.uploadToFileEngine(cx.fileServerUrl, form, cb))).toMatchObject({
      isFileInvalid: true,
      statusCode: 413,
    });
    expect(await answerOf((cb) => ef.uploadToFileEngine(cx.fileServerUrl, form, cb))).toMatchObject({
      isFileInvalid: false,
      statusCode: 500,
    });
  });

  it("call back once with a ChatError when it fails; strict: with whatever came, or not at all", async () => {
    const html = { status: 200, body: "<html>", contentType: "text/html" };
    const refusal = { status: 403, body: '{"message":"no"}', contentType: "application/json" };
    cx.centre.faults.rest.set("/ccm", [refusal, refusal, html]);
    cx.centre.faults.rest.set("/conversation-manager", [refusal, refusal]);
    const ef = make();
    expect(await answerOf((cb) => ef.widgetConfigs(cx.ccmUrl, "Web", cb))).toMatchObject({ code: "refused" });
    const once = vi.fn<(answer: unknown) => void>();
    await ef.setConversationDataByCustomerIdentifier(cx.conversationUrl, "u", {}, once);
    expect(once.mock.calls.map(([error]) => (error as ChatError).code)).toEqual(["refused"]);
    const errors: Error[] = [];
    const strict = make({ strict: true, onError: (error) => void errors.push(error) });
    expect(await answerOf((cb) => strict.widgetConfigs(cx.ccmUrl, "Web", cb))).toEqual({ message: "no" });
    const never = vi.fn<(answer: unknown) => void>();
    strict.widgetConfigs(cx.ccmUrl, "Web", never);
    await expect.poll(() => errors.length).toBe(1);
    expect(never).not.toHaveBeenCalled();
    const thrice = vi.fn<(answer: unknown) => void>();
    await strict.setConversationDataByCustomerIdentifier(cx.conversationUrl, "u", {}, thrice);
    expect(thrice.mock.calls.map(([answer]) => (answer as Response).status)).toEqual([403, 403, undefined]);
  });

  it("getBrowserInfo asks its service only when called, and needs no key of ours", async () => {
    const asked: unknown[] = [];
    const ef = make({
      fetch: (input, init) => {
        asked.push([input instanceof Request ? input.url : input.toString(), init?.method]);
        return Promise.resolve(Response.json({ country: "PK" }));
      },
    });
    expect(asked).toEqual([]);
    expect(await answerOf((cb) => ef.getBrowserInfo("k&1", cb))).toEqual({ country: "PK" });
    expect(asked).toEqual([["https://api.ipdata.co?api-key=k%261", "POST"]]);
  });

  it("the helpers do what they did", () => {
    const ef = make();
    expect(ef.capitalizeFirstLetter("first name")).toBe("First name");
    expect(ef.modifyUrlPath("https://cx.example.test/a?b")).toBe("https://cx.example.test/unified-agent/");
    expect(ef.modifyUrlPath("nowhere")).toBeNull();
  });
});

describe("calls, which come later", () => {
  it("say so by their callback", async () => {
    const ef = make();
    const events: { event: string; cause?: ChatError; response?: { type: string; cause: ChatError } }[] = [];
    const callback = (event: unknown): void => void events.push(event as (typeof events)[number]);
    ef.dialCall(callback);
    ef.registerUser(callback);
    await expect(ef.sendInvite("audio", "", "", {}, callback)).rejects.toMatchObject({ code: "unsupported" });
    ef.terminateCurrentSession(callback);
    ef.postMessages({ action: "login", parameter: { loginId: "1", clientCallbackFunction: callback } });
    expect(events.map(({ event }) => event)).toEqual([
      "registrationFailed",
      "registrationFailed",
      "session-failed",
      "session-termination-failed",
      "Error",
    ]);
    expect(events.map(({ cause, response }) => (cause ?? response?.cause)?.code)).toEqual(Array(5).fill("unsupported"));
  });

  it.each(["closeSession", "hangUp", "closeVideo", "audioControl", "videoControl", "screenControl"] as const)(
    "%s throws, because it has no callback",
    (name) => {
      expect(() => make()[name]()).toThrow(ChatError);
    },
  );
});

it("two instances share nothing", async () => {
  const one = await chatting();
  const two = page({}, make());
  await one.next("SESSION_REPLACED");
  expect(two.ef).not.toBe(one.ef);
  const other = make();
  const events: ExpertflowEvent[] = [];
  other.establishConnection(cx.socketUrl, "1218", "5550777", (event) => void events.push(event));
  await expect.poll(() => events.map(({ type }) => type)).toEqual(["SOCKET_CONNECTED"]);
});
