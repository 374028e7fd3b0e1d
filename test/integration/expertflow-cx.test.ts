import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { expertflowCx, type ExpertflowCxOptions } from "../../adapters/expertflow-cx/index.ts";
import { CX_BOT, startExpertflowCxSandbox, type ExpertflowCxSandbox } from "../../sandbox/expertflow-cx/index.ts";
import { sampleSurvey } from "../../sandbox/expertflow-cx/samples.ts";
import {
  createChatSession,
  type ChatError,
  type ChatMessage,
  type ChatSession,
  type ChatTransport,
  type EndedEvent,
} from "../../src/index.ts";

const REQUEST = { customer: { name: "Mina", email: "mina@example.test", phone: "5550100" } };

let cx: ExpertflowCxSandbox;
let open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  cx = await startExpertflowCxSandbox();
});

afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  open = [];
  await cx.stop();
});

function options(more: Partial<ExpertflowCxOptions> = {}): ExpertflowCxOptions {
  return {
    socketUrl: cx.socketUrl,
    ccmUrl: cx.ccmUrl,
    fileServerUrl: cx.fileServerUrl,
    serviceIdentifier: "1218",
    channelCustomerIdentifier: "5550100",
    reconnect: { nextDelayMs: () => 0 },
    ...more,
  };
}

function make(more: Partial<ExpertflowCxOptions> = {}): ChatTransport {
  const transport = expertflowCx(options(more));
  open.push(transport);
  return transport;
}

async function connected(more: Partial<ExpertflowCxOptions> = {}): Promise<ChatTransport> {
  const transport = make(more);
  await transport.open(REQUEST);
  return transport;
}

async function startedSession(more: Partial<ExpertflowCxOptions> = {}): Promise<ChatSession> {
  const session = createChatSession(expertflowCx(options(more)));
  open.push(session);
  await session.start(REQUEST);
  return session;
}

function heard<T>(list: T[] = []): [T[], (value: T) => void] {
  return [list, (value) => void list.push(value)];
}

const named = (name: string): unknown[] =>
  cx.centre.received.flatMap((event) => (event.name === name ? [event.payload] : []));

const text = (value: string, clientId = value): { clientId: string; body: { kind: "text"; text: string } } => ({
  clientId,
  body: { kind: "text", text: value },
});

const failure = (promise: Promise<unknown>): Promise<ChatError> =>
  promise.then(
    () => Promise.reject(new Error("It did not fail.")),
    (error: ChatError) => error,
  );

async function closed(transport: ChatTransport): Promise<Extract<ChatTransport["state"], { status: "closed" }>> {
  await expect.poll(() => transport.state.status).toBe("closed");
  if (transport.state.status !== "closed") throw new Error("Not closed.");
  return transport.state;
}

describe("on the wire", () => {
  it("CHAT_REQUESTED is what the vendor's SDK sends, field by field", async () => {
    const browserDeviceInfo = {
      browserId: "b-1",
      browserIdExpiryTime: "9999",
      browserName: "chrome",
      deviceType: "desktop",
    };
    const locale = { timezone: "Asia/Karachi", language: "en", country: "PK" };
    await connected({ browserDeviceInfo, locale });
    expect(named("CHAT_REQUESTED")).toEqual([
      {
        channelCustomerIdentifier: "5550100",
        serviceIdentifier: "1218",
        additionalAttributes: [
          {
            key: "WebChannelData",
            type: "WebChannelData",
            value: {
              browserDeviceInfo,
              queue: "",
              locale,
              formData: {
                id: expect.any(Number) as number,
                formId: "",
                filledBy: "web-widget",
                attributes: [
                  { value: "Mina", key: "first_name", type: "string" },
                  { value: "mina@example.test", key: "email", type: "string" },
                  { value: "5550100", key: "phone", type: "string" },
                ],
                createdOn: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
              },
            },
          },
        ],
      },
    ]);
  });

  it("the handshake carries the two identifiers and nothing else; a slash at the end of the address is put right", async () => {
    await connected({ socketUrl: `${cx.socketUrl}/` });
    const [socket] = cx.centre.sockets;
    expect(socket?.handshake.auth).toEqual({ serviceIdentifier: "1218", channelCustomerIdentifier: "5550100" });
    expect(socket?.handshake.headers).not.toHaveProperty("authorization");
  });

  it("the vendor's sample device fills in when nothing else is said", async () => {
    await connected({ channel: "Mobile" });
    expect(named("CHAT_REQUESTED")[0]).toMatchObject({
      additionalAttributes: [{ value: { browserDeviceInfo: { deviceType: "Mobile" } } }],
    });
  });

  it("what a bot hands over travels as form data", async () => {
    const handoff = { botSessionId: "bot-9", attributes: { intent: "refund", score: { urgency: 3 } } };
    await make().open({ ...REQUEST, handoff });
    expect(JSON.stringify(named("CHAT_REQUESTED")[0])).toContain(
      '{"value":"bot-9","key":"botSessionId","type":"string"},{"value":"refund","key":"intent","type":"string"},{"value":"{\\"urgency\\":3}","key":"score","type":"string"}',
    );
  });

  it("the customer's end is CHAT_ENDED with the customer's data, and waits for the server's", async () => {
    const transport = await connected();
    await transport.close();
    expect(named("CHAT_ENDED")).toMatchObject([{ serviceIdentifier: "1218", channelCustomerIdentifier: "5550100" }]);
    await expect.poll(() => cx.connections).toBe(0);
  });
});

describe("a message and its echo", () => {
  it.each(["after-ack", "before-ack"] as const)("two equal texts in a row find their own, echo %s", async (echo) => {
    cx.centre.switches.echo = echo;
    const transport = await connected();
    const [messages, onMessage] = heard<ChatMessage>();
    transport.on("message", onMessage);
    const [first, second] = await Promise.all([transport.send(text("ok", "one")), transport.send(text("ok", "two"))]);
    expect(first.id).not.toBe(second.id);
    expect(messages.map(({ id, clientId }) => [id, clientId])).toEqual([
      [first.id, "one"],
      [second.id, "two"],
    ]);
    expect(cx.centre.chat()?.messages.map(({ id }) => id)).toEqual([first.id, second.id]);
  });

  it("an equal text whose first copy got lost finds its own", async () => {
    cx.centre.faults.acks.push("ignored");
    const transport = await connected();
    const lost = failure(transport.send(text("ok", "lost"), { timeoutMs: 100 }));
    const { id } = await transport.send(text("ok", "arrived"));
    expect((await lost).code).toBe("timed-out");
    expect(cx.centre.chat()?.messages.map((message) => message.id)).toEqual([id]);
  });

  it("a text that the server writes differently is known by its acknowledgement", async () => {
    cx.centre.switches.rewriteTexts = true;
    const transport = await connected();
    const [messages, onMessage] = heard<ChatMessage>();
    transport.on("message", onMessage);
    await transport.send(text("  two   words "));
    expect(messages.map(({ clientId, body }) => [clientId, body])).toEqual([
      ["  two   words ", { kind: "text", text: "  two   words " }],
    ]);
  });

  it.each(["missing", "empty"] as const)("the echo is proof enough: acknowledgement %s", async (fault) => {
    cx.centre.faults.acks.push(fault);
    const transport = await connected();
    const { id } = await transport.send(text("hello"));
    expect(cx.centre.chat()?.messages.map((message) => message.id)).toEqual([id]);
  });

  it("an acknowledgement with another code is a refusal with that code", async () => {
    cx.centre.faults.acks.push({ code: 500 });
    const transport = await connected();
    const error = await failure(transport.send(text("hello")));
    expect([error.code, error.info.vendor?.code]).toEqual(["unreachable", "ack/500"]);
  });

  it("every message twice is delivered once", async () => {
    cx.centre.switches.duplicateDelivery = true;
    const transport = await connected();
    const [messages, onMessage] = heard<ChatMessage>();
    transport.on("message", onMessage);
    await transport.send(text("mine"));
    cx.centre.say("theirs");
    cx.centre.say("last");
    await expect.poll(() => messages.length).toBe(3);
    expect(messages.map(({ from }) => from.isSelf)).toEqual([true, false, false]);
  });

  it("own typing that comes back is nobody's", async () => {
    cx.centre.switches.echoTyping = true;
    const transport = await connected();
    const [states, onState] = heard<unknown>();
    transport.on("chat-state", onState);
    await transport.sendChatState?.("composing");
    await transport.send(text("done"));
    expect(states).toEqual([]);
  });
});

describe("how servers write", () => {
  it.each([{ timestamps: "iso" }, { timestamps: "number" }, { layout: "old" }] as const)(
    "%o is read",
    async (style) => {
      Object.assign(cx.centre.switches, style);
      const transport = await connected();
      const [messages, onMessage] = heard<ChatMessage>();
      transport.on("message", onMessage);
      const before = Date.now();
      const asked = await transport.send(text("question"));
      cx.centre.say("answer", { refersTo: asked.id });
      await expect.poll(() => messages.length).toBe(2);
      expect(messages[1]?.replyTo).toBe(asked.id);
      expect(messages[1]?.sentAt.getTime()).toBeGreaterThanOrEqual(before - 1);
      const { state } = transport;
      expect(state.status === "connected" && state.conversation.id).toBe(cx.centre.chat()?.conversationId);
    },
  );

  it("a message without a sender is somebody's, not ours", async () => {
    cx.centre.switches.withoutSender = true;
    const transport = await connected();
    const [messages, onMessage] = heard<ChatMessage>();
    transport.on("message", onMessage);
    cx.centre.say("who am I?");
    await expect.poll(() => messages.map(({ from }) => [from.role, from.isSelf])).toEqual([["unknown", false]]);
  });

  it("a start without channelData is a start, with a warning", async () => {
    cx.centre.switches.withoutChannelData = true;
    const transport = make();
    const [warnings, onWarning] = heard<ChatError>();
    transport.on("warning", onWarning);
    await transport.open(REQUEST);
    expect(warnings.map(({ code, message }) => [code, message.includes("channelData")])).toEqual([["bad-frame", true]]);
  });

  it("an unknown kind of message arrives as custom with its frame, and a warning", async () => {
    const transport = await connected();
    const [messages, onMessage] = heard<ChatMessage>();
    const [warnings, onWarning] = heard<ChatError>();
    transport.on("message", onMessage);
    transport.on("warning", onWarning);
    cx.centre.say({ type: "HOLOGRAM", markdownText: "look", beam: 7 });
    await expect.poll(() => messages.length).toBe(1);
    expect(messages[0]?.body).toMatchObject({ kind: "custom", type: "hologram", text: "look", data: { beam: 7 } });
    expect(warnings.map(({ code }) => code)).toEqual(["bad-frame"]);
  });

  it("an edit by its author and a deletion by the system are changes; an edit by another is not", async () => {
    const transport = await connected();
    const [changes, onChange] = heard<unknown>();
    transport.on("message-changed", ({ id, change }) => onChange([id, change]));
    const id = cx.centre.say("teh");
    cx.centre.say("the", { intent: "update", refersTo: id });
    cx.centre.say("forged", { intent: "UPDATE", refersTo: id, sender: CX_BOT });
    cx.centre.say(
      { type: "DELETEDNOTIFICATION", messageId: id },
      { sender: { id: "system", type: "SYSTEM", senderName: "", additionalDetail: null } },
    );
    await expect
      .poll(() => changes)
      .toEqual([
        [id, { kind: "edited", body: { kind: "text", text: "the" } }],
        [id, { kind: "retracted" }],
      ]);
  });

  it("history shows what was edited and deleted as it is now, and forgeries as nothing", async () => {
    const transport = await connected();
    const system = { id: "system", type: "SYSTEM" as const, senderName: "", additionalDetail: null };
    const [edited, deleted] = [cx.centre.say("teh"), cx.centre.say("oops")];
    cx.centre.say("the", { intent: "UPDATE", refersTo: edited });
    cx.centre.say("forged", { intent: "UPDATE", refersTo: edited, sender: CX_BOT });
    cx.centre.say({ type: "DELETEDNOTIFICATION", messageId: deleted }, { sender: system });
    const page = await transport.history?.({ limit: 10 });
    expect(page?.messages.map(({ id, body, edited: isEdited = false }) => [id, body, isEdited])).toEqual([
      [edited, { kind: "text", text: "the" }, true],
      [deleted, { kind: "retracted" }, false],
    ]);
  });

  it("the agent comes and goes, the queue is told, and supervisors are not", async () => {
    const transport = await connected();
    const [told, tell] = heard<unknown>();
    transport.on("participant", ({ change, participant }) => tell([change, participant.name, participant.role]));
    transport.on("handoff", ({ change }) => tell(change));
    const monitor = { role: "SILENT_MONITOR", participant: { keycloakUser: { username: "boss" } } };
    cx.centre.notify("TASK_ENQUEUED", {
      task: { activeMedia: [{ state: "QUEUED", type: { direction: "DIRECT_TRANSFER" }, queue: { name: "Billing" } }] },
    });
    cx.centre.notify("AGENT_SUBSCRIBED", { agentParticipant: monitor });
    cx.centre.agentJoins();
    cx.centre.agentLeaves();
    cx.centre.notify("NO_AGENT_AVAILABLE", { requestType: { direction: "CONSULT" } });
    cx.centre.notify("NO_AGENT_AVAILABLE", { requestType: { direction: "INBOUND" } });
    await expect
      .poll(() => told)
      .toEqual(["requested", ["joined", "Asha Rao", "agent"], "accepted", ["left", "Asha Rao", "agent"], "no-agent"]);
  });

  it("buttons are pressed and forms are answered, and come back as answers", async () => {
    const transport = await connected();
    const [messages, onMessage] = heard<ChatMessage>();
    transport.on("message", onMessage);
    const button = {
      type: "reply",
      title: "Billing",
      payload: '/ask_billing{"dept":"billing"}',
      additionalButtonDetails: null,
    };
    const id = cx.centre.say({ type: "BUTTON", markdownText: "Pick", buttonMessageType: "BUTTON", buttons: [button] });
    cx.centre.say(sampleSurvey(), { sender: CX_BOT });
    await expect.poll(() => messages.length).toBe(2);
    const [choices, survey] = messages.map(({ body }) => body);
    if (choices?.kind !== "choices" || survey?.kind !== "form") throw new Error("No choices, no form.");
    const picked = choices.choices[0];
    const answer = { to: "choice" as const, id: picked?.id ?? "" };
    await transport.send({ clientId: "pick", body: { kind: "text", text: "Billing", answer } });
    expect(named("MESSAGE_RECEIVED")[0]).toMatchObject({
      header: { originalMessageId: id, intent: "ask_billing", entities: { dept: "billing" } },
      body: { type: "PLAIN", markdownText: "Billing" },
    });
    const filled = {
      to: "form" as const,
      form: survey.form,
      outcome: "submitted" as const,
      values: { "attribute-csat": "5" },
    };
    const replyTo = messages[1]?.id;
    await transport.send({
      clientId: "rate",
      body: { kind: "text", text: "5 stars", answer: filled },
      ...(replyTo !== undefined && { replyTo }),
    });
    expect(named("MESSAGE_RECEIVED")[1]).toMatchObject({
      header: { originalMessageId: replyTo },
      body: { type: "FORM_DATA", additionalDetails: { status: "filled" } },
    });
    expect(messages.slice(2).map(({ body }) => (body.kind === "text" ? body.answer : undefined))).toEqual([
      answer,
      filled,
    ]);
  });
});

describe("the five ends", () => {
  const ends: [string, () => void, { by: EndedEvent["by"] | undefined; reason: string }][] = [
    ["CHAT_ENDED", () => cx.centre.end("CHAT_ENDED", {}), { by: "system", reason: "agent-ended" }],
    ["CHANNEL_SESSION_ENDED", () => cx.centre.end("CHANNEL_SESSION_ENDED", {}), { by: "agent", reason: "agent-ended" }],
    [
      "CHANNEL_SESSION_EXPIRED",
      () => cx.centre.end("CHANNEL_SESSION_EXPIRED", {}),
      { by: "system", reason: "timed-out" },
    ],
    [
      "CHANNEL_SESSION_ENDED with the vendor's reason code",
      () => cx.centre.end("CHANNEL_SESSION_ENDED", { state: { name: "ENDED", reasonCode: "INACTIVITY" } }),
      { by: "system", reason: "timed-out" },
    ],
    ["a disconnect by the server", () => cx.putOut(), { by: "system", reason: "refused" }],
  ];

  it.each(ends)("%s", async (_, end, { by, reason }) => {
    const transport = await connected();
    const [told, tell] = heard<EndedEvent>();
    transport.on("ended", tell);
    end();
    expect((await closed(transport)).reason).toBe(reason);
    expect(told.map((event) => [event.by, event.chatId])).toEqual([[by, cx.centre.chat()?.conversationId]]);
    expect(named("CHAT_REQUESTED")).toHaveLength(1);
  });

  it("SESSION_REPLACED: the chat goes on elsewhere, so it has not ended", async () => {
    const first = await connected();
    const [told, tell] = heard<EndedEvent>();
    first.on("ended", tell);
    const resumeToken = first.resumeToken?.();
    cx.centre.say("stay");
    const second = make();
    await second.open({ ...REQUEST, ...(resumeToken !== undefined && { resumeToken }) });
    const { reason, cause } = await closed(first);
    expect([reason, cause?.code, told.length]).toEqual(["replaced", "conflict", 0]);
    await second.send(text("from the second"));
  });

  it("a chat that is gone after an outage is over, and no other is requested", async () => {
    const transport = await connected();
    const [told, tell] = heard<EndedEvent>();
    transport.on("ended", tell);
    cx.centre.faults.resumes.push("unavailable");
    cx.dropLinks();
    expect((await closed(transport)).cause?.info.vendor?.code).toBe("resume/not-available");
    expect(told.map(({ by }) => by)).toEqual(["system"]);
    expect(named("CHAT_REQUESTED")).toHaveLength(1);
  });
});

describe("after an outage", () => {
  it("the resume comes before anything that waited", async () => {
    const session = await startedSession();
    await session.send("before").accepted;
    await outage(session);
    const waited = [session.send("waited 1"), session.send("waited 2")];
    await Promise.all(waited.map(({ accepted }) => accepted));
    const names = cx.centre.received.map(({ name }) => name);
    expect(names).toEqual([
      "CHAT_REQUESTED",
      "MESSAGE_RECEIVED",
      "CHAT_RESUMED",
      "MESSAGE_RECEIVED",
      "MESSAGE_RECEIVED",
    ]);
  });

  it.each(["polling", "websocket"] as const)(
    "%s: what was taken when the link broke is not sent again",
    async (kind) => {
      const session = await startedSession({ transports: [kind] });
      await session.send("known").accepted;
      cx.centre.faults.cutBeforeAck = 1;
      const handle = session.send("taken");
      await handle.accepted;
      await session.send("after").accepted;
      expect(textsOf()).toEqual(["known", "taken", "after"]);
      expect(session.messages.map(({ status }) => status)).toEqual(["accepted", "accepted", "accepted"]);
    },
  );

  it("what was not taken when the link broke is sent again, once", async () => {
    const session = await startedSession();
    await session.send("known").accepted;
    cx.centre.faults.acks.push("ignored");
    const handle = session.send("not taken");
    await expect.poll(() => named("MESSAGE_RECEIVED").length).toBe(2);
    cx.dropLinks();
    await handle.accepted;
    expect(textsOf()).toEqual(["known", "not taken"]);
  });

  it("with no message known and no transcript, nothing can tell: it failed as unknown-outcome, and was not sent again", async () => {
    const session = createChatSession(expertflowCx(withoutCcm()));
    open.push(session);
    await session.start(REQUEST);
    cx.centre.faults.acks.push("ignored");
    const handle = session.send("who knows");
    await expect.poll(() => named("MESSAGE_RECEIVED").length).toBe(1);
    cx.dropLinks();
    expect((await failure(handle.accepted)).code).toBe("unknown-outcome");
    expect(named("MESSAGE_RECEIVED")).toHaveLength(1);
  });

  it.each(["ack", "push", "both", "on-connect"] as const)(
    "what was missed is told once, resume by %s",
    async (resume) => {
      cx.centre.switches.resume = resume;
      const session = await startedSession();
      cx.centre.say("one");
      await expect.poll(() => session.messages.length).toBe(1);
      await outage(session);
      cx.centre.say("two");
      cx.centre.say("three");
      await expect.poll(() => session.messages.length).toBe(3);
      expect(session.messages.map(({ body }) => "text" in body && body.text)).toEqual(["one", "two", "three"]);
    },
  );

  it("a service that does not say whether the chat goes on is asked again, and not for another one", async () => {
    const transport = await connected();
    cx.centre.faults.resumes.push("null");
    cx.dropLinks();
    await expect.poll(() => named("CHAT_RESUMED").length).toBe(2);
    await expect.poll(() => transport.state.status).toBe("connected");
    expect(named("CHAT_REQUESTED")).toHaveLength(1);
  });
});

describe("a page that is seen again", () => {
  afterEach(() => vi.useRealTimers());

  it("asks for nothing while the server was heard as often as it says it speaks; after that the link is replaced", async () => {
    await cx.stop();
    cx = await startExpertflowCxSandbox({ ping: { intervalMs: 60_000, timeoutMs: 20_000 } });
    vi.useFakeTimers({ toFake: ["Date"] });
    const transport = await connected();
    vi.setSystemTime(Date.now() + 60_000);
    expect(await transport.wake?.()).toBe(true);
    vi.setSystemTime(Date.now() + 10_000);
    expect(await transport.wake?.()).toBe(false);
    await expect.poll(() => named("CHAT_RESUMED").length).toBe(1);
    await transport.send(text("still here"));
  });
});

describe("a later page", () => {
  it("goes on with the chat by its token, history first", async () => {
    const first = await connected();
    cx.centre.say("before");
    await first.send(text("mine"));
    const resumeToken = first.detach?.();
    cx.centre.say("meanwhile");
    const second = make();
    const [messages, onMessage] = heard<ChatMessage>();
    second.on("message", onMessage);
    await second.open({ ...REQUEST, ...(resumeToken !== undefined && { resumeToken }) });
    expect(messages.map(({ body, replayed, from }) => ["text" in body && body.text, replayed, from.isSelf])).toEqual([
      ["before", true, false],
      ["mine", true, true],
      ["meanwhile", true, false],
    ]);
    expect(named("CHAT_REQUESTED")).toHaveLength(1);
  });

  it.each(["unavailable", "empty"] as const)("starts a new chat when the old one is %s", async (fault) => {
    const first = await connected();
    const resumeToken = first.detach?.();
    cx.centre.faults.resumes.push(fault);
    const second = make();
    await second.open({ ...REQUEST, ...(resumeToken !== undefined && { resumeToken }) });
    expect(cx.centre.received.map(({ name }) => name)).toEqual(["CHAT_REQUESTED", "CHAT_RESUMED", "CHAT_REQUESTED"]);
  });

  it("another channel's token is not used", async () => {
    const first = await connected();
    const resumeToken = first.detach?.();
    const second = make({ serviceIdentifier: "9999" });
    await second.open({ ...REQUEST, ...(resumeToken !== undefined && { resumeToken }) });
    expect(cx.centre.received.map(({ name }) => name)).toEqual(["CHAT_REQUESTED", "CHAT_REQUESTED"]);
  });
});

describe("what goes wrong", () => {
  it("a handshake that is refused is unauthorized, and not tried again", async () => {
    cx.centre.faults.handshakes.push({ refuse: "Unauthorized" });
    const transport = make();
    const error = await failure(transport.open(REQUEST));
    expect([error.code, error.info.vendor?.code]).toEqual(["unauthorized", "connect_error"]);
    expect((await closed(transport)).reason).toBe("refused");
  });

  it.each([
    ["nobody listens", "http://127.0.0.1:9/web-channel-manager", "unreachable"],
    ["a path where nothing is", "/nowhere", "unreachable"],
    ["no address", "not a url", "invalid-config"],
    ["an empty address", "", "invalid-config"],
    ["plain http elsewhere", "http://cx.example.test/wcm", "invalid-config"],
  ])("%s", async (_, address, code) => {
    const socketUrl = address.startsWith("/") ? new URL(address, cx.socketUrl).href : address;
    const error = await failure(make({ socketUrl }).open(REQUEST));
    expect(error.code).toBe(code);
    expect(error.info.remedy).toBeTruthy();
  });

  it.each([
    [400, "refused", "refused"],
    [408, "timed-out", "timed-out"],
    [500, "unreachable", "connection-lost"],
  ] as const)("ERRORS with code %i is %s", async (code, expected, reason) => {
    cx.centre.faults.requests.push(code);
    const transport = make();
    const error = await failure(transport.open(REQUEST));
    expect([error.code, error.info.vendor?.code]).toEqual([expected, `errors/${code}`]);
    expect((await closed(transport)).reason).toBe(reason);
  });

  it.each([
    ["413", { status: 413, body: "{}", contentType: "application/json" }, "too-large"],
    ["HTML", { status: 200, body: "<html>", contentType: "text/html" }, "bad-frame"],
    ["an expired token", { status: 401, body: "", contentType: "text/plain" }, "unauthorized"],
    ["500", { status: 500, body: "{}", contentType: "application/json" }, "unreachable"],
  ] as const)("an upload answered with %s", async (_, fault, code) => {
    const transport = await connected();
    cx.centre.faults.rest.set("/file-engine", [fault]);
    const data = new Blob(["hello"]);
    const error = await failure(
      Promise.resolve(transport.upload?.({ name: "a.txt", mediaType: "text/plain", sizeBytes: 5, data })),
    );
    expect(error.code).toBe(code);
    expect(transport.state.status).toBe("connected");
    await transport.send(text("still here"));
  });

  it("history that is no JSON is a bad-frame, and the chat goes on", async () => {
    const transport = await connected();
    cx.centre.faults.rest.set("/ccm", [{ status: 200, body: "<html>", contentType: "text/html" }]);
    expect((await failure(Promise.resolve(transport.history?.({ limit: 5 })))).code).toBe("bad-frame");
    await transport.send(text("still here"));
  });

  it("several files in one message are refused before anything is sent", async () => {
    const transport = await connected();
    const file = { url: new URL("https://files.example.test/a"), name: "a", mediaType: "text/plain" };
    const send = transport.send({ clientId: "files", body: { kind: "attachments", attachments: [file, file] } });
    expect((await failure(send)).code).toBe("unsupported");
    expect(named("MESSAGE_RECEIVED")).toEqual([]);
  });
});

describe("tokens (4.9.2)", () => {
  it("the one that the server gives goes with the REST calls, also in the next page", async () => {
    cx.centre.switches.tokens = true;
    const first = await connected();
    cx.centre.say("hello");
    await expect.poll(async () => (await first.history?.({ limit: 5 }))?.messages.length).toBe(1);
    const resumeToken = first.detach?.();
    const second = make();
    await second.open({ ...REQUEST, ...(resumeToken !== undefined && { resumeToken }) });
    expect((await second.history?.({ limit: 5 }))?.messages).toHaveLength(1);
  });

  it("one that has expired is unauthorized, and the chat goes on", async () => {
    const transport = await connected();
    cx.centre.faults.rest.set("/ccm", [{ status: 401, body: "", contentType: "text/plain" }]);
    const error = await failure(Promise.resolve(transport.history?.({ limit: 5 })));
    expect([error.code, error.info.vendor?.code]).toEqual(["unauthorized", "rest/401"]);
    await transport.send(text("still here"));
  });
});

it("two customers on one page share nothing", async () => {
  const one = await connected();
  const two = await connected({ channelCustomerIdentifier: "5550200" });
  const [heardByOne, onOne] = heard<ChatMessage>();
  const [heardByTwo, onTwo] = heard<ChatMessage>();
  one.on("message", onOne);
  two.on("message", onTwo);
  cx.centre.say("for one", {}, cx.centre.chat("5550100"));
  cx.centre.say("for two", {}, cx.centre.chat("5550200"));
  await expect.poll(() => [heardByOne.length, heardByTwo.length]).toEqual([1, 1]);
  await one.close();
  await two.send(text("still here"));
});

function withoutCcm(): ExpertflowCxOptions {
  const { ccmUrl: _, ...rest } = options();
  return rest;
}

/** Resolves inside the outage: a moment later the chat is back. */
function outage(session: ChatSession): Promise<void> {
  const lost = new Promise<void>((resolve) => {
    session.on("state", ({ current }) => current.status === "reconnecting" && resolve());
  });
  cx.dropLinks();
  return lost;
}

function textsOf(): unknown[] {
  return cx.centre.chat()?.messages.map(({ body }) => body["markdownText"]) ?? [];
}
