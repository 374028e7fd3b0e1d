import { describe, expect, it, vi } from "vitest";
import {
  createExoChatWith,
  ChatError,
  type ExoChat,
  type MessageObject,
  type UploadOptions,
} from "../../../src/exochat/index.ts";
import { CONFIG, exoChatOn, FakeTenant, JANE, nextEvent, ROOM, stanza } from "./fake-backend.ts";

async function chatting(extra: Record<string, unknown> = {}) {
  const tenant = new FakeTenant();
  const exoChat = exoChatOn(tenant, extra);
  const messages: MessageObject[] = [];
  const errors: ChatError[] = [];
  exoChat.on("messageReceived", (message) => messages.push(message));
  exoChat.on("error", (error) => errors.push(error));
  const room = await exoChat.startChat(JANE);
  return { tenant, exoChat, room, messages, errors };
}

const refusal = (code: string): unknown => expect.objectContaining({ code });

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error;
  }
}

describe("before initialize", () => {
  const uninitialized: unknown = refusal("invalid-config");
  const make = () => createExoChatWith(new FakeTenant().connect);

  it.each<[string, (exoChat: ExoChat) => unknown]>([
    ["logout", (exoChat) => exoChat.logout()],
    ["leaveRoom", (exoChat) => exoChat.leaveRoom(ROOM)],
    ["sendMessage", (exoChat) => exoChat.sendMessage(ROOM, "x", null, null)],
    ["receiveMessage", (exoChat) => exoChat.receiveMessage({})],
    ["sendTypingStatus", (exoChat) => exoChat.sendTypingStatus(ROOM)],
    ["sendPausedStatus", (exoChat) => exoChat.sendPausedStatus(ROOM)],
    ["sendDisplayedReceipt", (exoChat) => exoChat.sendDisplayedReceipt(ROOM, "m")],
    ["sendReceiveReceipt", (exoChat) => exoChat.sendReceiveReceipt(ROOM, "m")],
    ["showConverseChat", (exoChat) => exoChat.showConverseChat()],
    ["hideConverseChat", (exoChat) => exoChat.hideConverseChat()],
  ])("%s throws", (_, call) => {
    expect(() => call(make())).toThrow(uninitialized);
  });

  it.each<[string, (exoChat: ExoChat) => Promise<unknown>]>([
    ["startChat", (exoChat) => exoChat.startChat(JANE)],
    ["createRoom", (exoChat) => exoChat.createRoom(ROOM, "J")],
    ["joinRoom", (exoChat) => exoChat.joinRoom(ROOM, "J")],
    ["fetchArchivedMessages", (exoChat) => exoChat.fetchArchivedMessages(ROOM)],
    ["disconnectConverse", (exoChat) => exoChat.disconnectConverse()],
    ["uploadFileToConverse", (exoChat) => exoChat.uploadFileToConverse(new File(["x"], "x"))],
    ["requestSlotFromConverse", (exoChat) => exoChat.requestSlotFromConverse("x", 1, "a/b")],
    ["uploadFile", (exoChat) => exoChat.uploadFile(new File(["x"], "x"), "https://a", "https://b")],
    ["discoverFileUploadJID", (exoChat) => exoChat.discoverFileUploadJID()],
    ["requestUploadServiceInfo", (exoChat) => exoChat.requestUploadServiceInfo("u")],
    ["getFeedbackConfig", (exoChat) => exoChat.getFeedbackConfig()],
    ["submitFeedbackResponse", (exoChat) => exoChat.submitFeedbackResponse("i", "c", {})],
  ])("%s rejects", async (_, call) => {
    await expect(call(make())).rejects.toEqual(uninitialized);
  });

  it("the address helpers, events and the status work", () => {
    const exoChat = make();
    const heard = vi.fn<(...args: unknown[]) => void>();
    exoChat.on("x", heard);
    exoChat.triggerEvent("x", [1]);
    expect(heard).toHaveBeenCalledExactlyOnceWith(1);
    expect(exoChat.isImageURL("https://x.example/a.png")).toBe(true);
    expect(exoChat.getUserStatus()).toBe("offline");
  });
});

describe("initialize", () => {
  it("answers nothing, warns of demo ids, and is refused a second time", async () => {
    const exoChat = createExoChatWith(new FakeTenant().connect);
    const warned = vi.fn<(...args: unknown[]) => void>();
    exoChat.on("warning", warned);
    const { campaignId: _, ...rest } = CONFIG;
    expect(exoChat.initialize({ ...rest, headless: true })).toBeUndefined();
    expect(warned).toHaveBeenCalledExactlyOnceWith(refusal("invalid-config"));
    expect(() => exoChat.initialize(CONFIG)).toThrow(refusal("invalid-config"));
    await exoChat.dispose();
    expect(exoChat.initialize({ ...CONFIG, headless: true })).toBeUndefined();
  });
});

describe("startChat", () => {
  it("resolves with the room once joined, and says so", async () => {
    const tenant = new FakeTenant();
    const exoChat = exoChatOn(tenant);
    const states: string[] = [];
    exoChat.on("connectionState", (state) => states.push(state));
    const started = nextEvent(exoChat, "chatStarted");
    const room = await exoChat.startChat({ ...JANE, user_id: "bot-1", intent: "billing" });
    expect(await started).toBe(room);
    expect(room).toMatchObject({ jid: ROOM, nick: "Jane Smith" });
    expect(["jid", "id", "nick", "name", "type", "other"].map((key) => room.get(key))).toEqual([
      ROOM,
      ROOM,
      "Jane Smith",
      "room_7c1f",
      "chatroom",
      undefined,
    ]);
    expect(room.features.get("urn:xmpp:sid:0")).toBe(true);
    expect(room.occupants.size).toBeGreaterThan(0);
    expect(states).toEqual(["connecting", "connected"]);
    expect(exoChat.getUserStatus()).toBe("online");
    expect(tenant.service.received[0]).toMatchObject({
      type: "hello",
      request: { customer: { name: "Jane Smith" }, handoff: { botUserId: "bot-1", attributes: { intent: "billing" } } },
    });
  });

  it("a second call gives the same room and provisions nothing, also while the first is under way", async () => {
    const { tenant, exoChat, room } = await chatting();
    expect(await exoChat.startChat(JANE)).toBe(room);
    await exoChat.disconnectConverse();
    const [one, two] = await Promise.all([exoChat.startChat(JANE), exoChat.startChat(JANE)]);
    expect(one).toBe(two);
    expect(one).not.toBe(room);
    expect(tenant.lines).toHaveLength(2);
  });

  it("may be called again from the error event: the new chat is left alone", async () => {
    const tenant = new FakeTenant();
    tenant.failure = { error: new ChatError("unreachable", "No network."), late: false };
    const exoChat = exoChatOn(tenant);
    const again = new Promise<unknown>((resolve) => {
      exoChat.once("error", () => {
        tenant.failure = undefined;
        resolve(exoChat.startChat(JANE));
      });
    });
    await expect(exoChat.startChat(JANE)).rejects.toThrow("No network.");
    const room = await again;
    expect(exoChat.getUserStatus()).toBe("online");
    expect(await exoChat.startChat(JANE)).toBe(room);
    expect(tenant.lines).toHaveLength(2);
  });

  it("may be called again as soon as the failed one is closed", async () => {
    const tenant = new FakeTenant();
    const make = tenant.newService.bind(tenant);
    tenant.newService = () => {
      const service = make();
      if (tenant.services.length === 1) service.refuseNext("hello");
      return service;
    };
    const exoChat = exoChatOn(tenant);
    const again = new Promise<unknown>((resolve) => {
      exoChat.once("connectionState", () => {
        exoChat.once("connectionState", () => queueMicrotask(() => resolve(exoChat.startChat(JANE))));
      });
    });
    await expect(exoChat.startChat(JANE)).rejects.toHaveProperty("cause");
    const room = await again;
    expect(await exoChat.startChat(JANE)).toBe(room);
    expect(exoChat.getUserStatus()).toBe("online");
  });

  it("after the end the next call is a new chat", async () => {
    const { tenant, exoChat, room } = await chatting();
    const over = nextEvent(exoChat, "connectionState", (state) => state === "closed");
    tenant.service.end();
    await over;
    expect(await exoChat.startChat(JANE)).not.toBe(room);
  });
});

describe("what startChat rejects with", () => {
  const http = (): ChatError =>
    new ChatError("unauthorized", "The chat service did not accept the token. (HTTP 401 Unauthorized)", {
      vendor: { name: "exotel", code: "rest/unauthorized" },
      cause: { status: 401, statusText: "Unauthorized" },
    });
  const network = (): ChatError => {
    const cause = new TypeError("fetch failed");
    return new ChatError("unreachable", "The chat service could not be reached.", { cause });
  };
  const xmpp = (): ChatError => new ChatError("unreachable", "The XMPP server is down.");

  async function failed(error: ChatError, late: boolean, legacyErrors?: "exact") {
    const tenant = new FakeTenant();
    tenant.failure = { error, late };
    const exoChat = exoChatOn(tenant, { legacyErrors });
    const told = nextEvent(exoChat, "error");
    const rejection: unknown = await rejectionOf(exoChat.startChat(JANE));
    expect(await told).toBe(error);
    expect(tenant.line.closed).toBe(1);
    return rejection;
  }

  it("REST: an Error whose text is the status text; exact: the status text", async () => {
    const rejection = await failed(http(), false);
    expect(rejection).toBeInstanceOf(Error);
    expect(String(rejection)).toBe("Unauthorized");
    expect(rejection).toMatchObject({ message: "Unauthorized", status: 401, errorData: undefined, roomJid: undefined });
    expect(await failed(http(), false, "exact")).toBe("Unauthorized");
  });

  it("network: an Error; exact: the fetch error itself", async () => {
    expect(await failed(network(), false)).toMatchObject({ errorData: undefined, cause: refusal("unreachable") });
    expect(await failed(network(), false, "exact")).toBeInstanceOf(TypeError);
  });

  it("XMPP after REST succeeded: errorData, roomJid and customerJid; exact: only those", async () => {
    const error = xmpp();
    const ids = { roomJid: ROOM, customerJid: "u-140a@chat.example" };
    const rejection = await failed(error, true);
    expect(rejection).toMatchObject({ errorData: error, ...ids, message: "The XMPP server is down." });
    expect(await failed(error, true, "exact")).toStrictEqual({ errorData: error, ...ids });
  });

  it("a missing parameter is told as event too, and nothing is provisioned", async () => {
    const tenant = new FakeTenant();
    const exoChat = exoChatOn(tenant);
    const told = nextEvent(exoChat, "error");
    await expect(exoChat.startChat({ ...JANE, email: "" })).rejects.toThrow("startChat needs email.");
    expect(await told).toMatchObject({ code: "invalid-argument" });
    expect(tenant.lines).toHaveLength(0);
  });
});

describe("messages", () => {
  it("arrive as objects; the own one comes back with the msgid that sendMessage gave", async () => {
    const { tenant, exoChat, messages } = await chatting();
    const mine = nextEvent<MessageObject>(exoChat, "messageReceived");
    const msgid = await exoChat.sendMessage(ROOM, "Hello", "NORMAL_TEXT_MSG", null);
    expect(await mine).toMatchObject({ sender: "me", body: "Hello" });
    expect(msgid).toEqual(expect.any(String));
    const theirs = nextEvent<MessageObject>(exoChat, "messageReceived");
    tenant.service.say("How can I help?");
    expect(await theirs).toMatchObject({ sender: "agent", nick: "Asha", userRole: "agent" });
    expect(messages).toHaveLength(2);
  });

  it.each([null, "", "normal_text_msg", "Normal-Text-Msg"])("type %j is text", async (type) => {
    const { tenant, exoChat } = await chatting();
    await exoChat.sendMessage(ROOM, "Hello", type, null);
    expect(tenant.service.received.at(-1)).toMatchObject({ type: "send", body: { kind: "text", text: "Hello" } });
  });

  it("MEDIA_MSG carries the files; a body that is no address is their caption", async () => {
    const { tenant, exoChat } = await chatting();
    const url = "https://files.example/a.pdf";
    const attachment = { name: "report.pdf", mediaType: "application/octet-stream" };
    await exoChat.sendMessage(ROOM, url, "MEDIA_MSG", [{ url, name: "report.pdf" }]);
    expect(tenant.service.received.at(-1)).toMatchObject({ body: { attachments: [attachment] } });
    expect(tenant.service.received.at(-1)).not.toHaveProperty("body.caption");
    await exoChat.sendMessage(ROOM, "As promised", "media_msg", [{ url, name: "r", type: "application/pdf", size: 9 }]);
    expect(tenant.service.received.at(-1)).toMatchObject({
      body: { caption: "As promised", attachments: [{ mediaType: "application/pdf", sizeBytes: 9 }] },
    });
    await exoChat.sendMessage(ROOM, url, "MEDIA_MSG", null);
    expect(tenant.service.received.at(-1)).toMatchObject({ body: { attachments: [{ name: "a.pdf" }] } });
  });

  it.each<[string, string | null, { url: string; name: string }[] | null]>([
    ["", "NORMAL_TEXT_MSG", null],
    ["x", "FORM_MSG", null],
    ["x", "MEDIA_MSG", [{ url: "nowhere", name: "a" }]],
  ])("%j as %s is null and an error event", async (body, type, files) => {
    const { exoChat, errors } = await chatting();
    await expect(exoChat.sendMessage(ROOM, body, type, files)).resolves.toBeNull();
    expect(errors).toEqual([refusal("invalid-argument")]);
  });

  it("a message that the room refuses is null, messageStatus failed and one error event", async () => {
    const { tenant, exoChat, errors } = await chatting();
    const statuses: unknown[] = [];
    exoChat.on("messageStatus", (status) => statuses.push(status));
    tenant.service.refuseNext("send", "refused");
    await expect(exoChat.sendMessage(ROOM, "Hello", null, null)).resolves.toBeNull();
    expect(statuses.at(-1)).toBe("failed");
    expect(errors).toEqual([refusal("refused")]);
  });

  it("receiveMessage emits the very object and gives it back", async () => {
    const { exoChat } = await chatting();
    const message = { anything: 1 };
    const heard = nextEvent(exoChat, "messageReceived");
    expect(exoChat.receiveMessage(message)).toBe(message);
    expect(await heard).toBe(message);
  });

  it("one throwing callback stops no other", async () => {
    const reported: unknown[] = [];
    const original = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    const thrown = new Promise<void>((resolve) => {
      process.once("uncaughtException", (error) => {
        reported.push(error.message);
        resolve();
      });
    });
    try {
      const exoChat = exoChatOn();
      const heard = vi.fn<(...args: unknown[]) => void>();
      exoChat.on("x", () => {
        throw new Error("the host's own bug");
      });
      exoChat.on("x", heard);
      exoChat.triggerEvent("x", [1]);
      expect(heard).toHaveBeenCalledOnce();
      await thrown;
      expect(reported).toEqual(["the host's own bug"]);
    } finally {
      for (const listener of original) process.on("uncaughtException", listener);
    }
  });

  it("typing, markers and receipts come as messages without a body, unless switched off", async () => {
    const loud = await chatting();
    const typing = nextEvent(loud.exoChat, "typing");
    loud.tenant.service.chatState("composing");
    expect(await typing).toEqual(["Asha"]);
    expect(loud.messages).toEqual([expect.objectContaining({ chat_state: "composing", body: undefined })]);
    const quiet = await chatting({ emitStateMessages: false });
    const known = nextEvent(quiet.exoChat, "typing");
    quiet.tenant.service.chatState("composing");
    await known;
    expect(quiet.messages).toEqual([]);
  });
});

describe("marks and typing", () => {
  it("displayedReceipt and receiveReceipt follow what was sent, and `displayed` becomes true", async () => {
    const { tenant, exoChat, messages } = await chatting();
    const arrived = nextEvent(exoChat, "messageReceived");
    tenant.service.say("Read me", { id: "m-7" });
    await arrived;
    const displayed = new Promise((resolve) => exoChat.on("displayedReceipt", (...args) => resolve(args)));
    exoChat.sendDisplayedReceipt(ROOM, "m-7");
    expect(await displayed).toEqual([ROOM, "m-7"]);
    expect(messages[0]?.displayed).toBe(true);
    const received = new Promise((resolve) => exoChat.on("receiveReceipt", (...args) => resolve(args)));
    exoChat.sendReceiveReceipt(ROOM, "m-7");
    expect(await received).toEqual([ROOM, "m-7"]);
    const marks = () => tenant.service.received.filter(({ type }) => type === "mark");
    await vi.waitFor(() =>
      expect(marks()).toEqual([
        { type: "mark", kind: "displayed", id: "m-7" },
        { type: "mark", kind: "received", id: "m-7" },
      ]),
    );
  });

  it("composing and paused reach the service", async () => {
    const { tenant, exoChat } = await chatting();
    exoChat.sendTypingStatus(ROOM);
    exoChat.sendPausedStatus(ROOM);
    await vi.waitFor(() =>
      expect(tenant.service.received.filter(({ type }) => type === "chat-state")).toEqual([
        { type: "chat-state", state: "composing" },
        { type: "chat-state", state: "paused" },
      ]),
    );
  });

  it("an unknown msgid is an error event; a room that is over only a warning", async () => {
    const { exoChat, errors } = await chatting();
    exoChat.sendDisplayedReceipt(ROOM, "nobody's");
    expect(errors).toEqual([refusal("not-found")]);
    const warned = nextEvent(exoChat, "warning");
    exoChat.sendReceiveReceipt("other@conference.chat.example", "m");
    expect(await warned).toMatchObject({ code: "closed" });
  });

  it("methods that answer nothing tell of a room that was not joined by the error event", async () => {
    const { exoChat, errors } = await chatting();
    exoChat.sendTypingStatus("other@x");
    exoChat.sendPausedStatus("other@x");
    exoChat.leaveRoom("other@x");
    expect(errors).toEqual([refusal("not-connected"), refusal("not-connected"), refusal("not-connected")]);
    await expect(exoChat.sendMessage("other@x", "x", null, null)).resolves.toBeNull();
  });
});

describe("rooms", () => {
  it("joinRoom opens another on the same connection; leaveRoom and disconnectConverse close them", async () => {
    const { tenant, exoChat } = await chatting();
    const other = await exoChat.joinRoom("Room_2@conference.chat.example", "Jane");
    expect(other.jid).toBe("room_2@conference.chat.example");
    expect(await exoChat.joinRoom("room_2@conference.chat.example", "Jane")).toBe(other);
    exoChat.leaveRoom("room_2@conference.chat.example");
    await exoChat.createRoom("room_3@conference.chat.example", "Jane");
    await exoChat.disconnectConverse();
    expect(tenant.line.closed).toBe(1);
    expect(tenant.services.map(({ links }) => links)).toEqual([0, 0, 0]);
    expect(exoChat.getUserStatus()).toBe("offline");
  });

  it("without a chat there is no connection to join by", async () => {
    const exoChat = exoChatOn();
    const told = nextEvent(exoChat, "error");
    await expect(exoChat.joinRoom(ROOM, "Jane")).rejects.toEqual(refusal("not-connected"));
    expect(await told).toMatchObject({ code: "not-connected" });
  });
});

describe("history", () => {
  const old = [
    stanza({ id: "a", msgid: "a", body: "One", isArchived: true }),
    stanza({ id: "b", msgid: "b", body: "Two", isArchived: true }),
  ];

  it("is emitted, each message once, whatever ids the sources give", async () => {
    const { tenant, exoChat, messages } = await chatting();
    const arrived = nextEvent(exoChat, "messageReceived");
    tenant.service.say("Two", { id: "b" });
    await arrived;
    const again = stanza({ id: "x y", msgid: "x y", body: "Two", isArchived: true });
    tenant.archive = async () => [...old, again];
    await exoChat.fetchArchivedMessages(ROOM);
    await exoChat.fetchArchivedMessages(ROOM);
    expect(messages.map(({ body, is_archived: archived }) => [body, archived])).toEqual([
      ["Two", false],
      ["One", true],
      ["Two", true],
    ]);
  });

  it("without ids each shown message stands for one, the newest first", async () => {
    const { tenant, exoChat, messages } = await chatting();
    const arrived = nextEvent(exoChat, "messageReceived");
    tenant.service.say("ok", { id: "live" });
    await arrived;
    const entry = (at: number) =>
      stanza({ id: `at ${at}`, msgid: `at ${at}`, body: "ok", time: new Date(at), isArchived: true });
    tenant.archive = async () => [entry(1), entry(2)];
    await exoChat.fetchArchivedMessages(ROOM);
    expect(messages.map(({ id }) => id)).toEqual(["live", "at 1"]);
  });

  it("can be kept quiet, and never ends a chat that goes on", async () => {
    const quiet = await chatting({ emitArchived: false });
    quiet.tenant.archive = async () => old;
    await quiet.exoChat.fetchArchivedMessages(ROOM);
    expect(quiet.messages).toEqual([]);
    const { tenant, exoChat, messages } = await chatting();
    const arrived = nextEvent(exoChat, "messageReceived");
    tenant.service.say("still here");
    await arrived;
    tenant.archive = async () => [stanza({ id: "e", msgid: "e", body: "Bye", chatEnded: true, isArchived: true })];
    await exoChat.fetchArchivedMessages(ROOM);
    expect(messages.at(-1)).toMatchObject({ body: "Bye", chatEnded: false });
  });

  it("a failure rejects and is told", async () => {
    const { tenant, exoChat, errors } = await chatting();
    tenant.archive = async () => Promise.reject(new ChatError("not-found", "No archive."));
    await expect(exoChat.fetchArchivedMessages(ROOM)).rejects.toEqual(refusal("not-found"));
    expect(errors).toEqual([refusal("not-found")]);
  });

  it("the transcript is offered only where the service allows it", async () => {
    const { tenant, exoChat } = await chatting();
    await exoChat.sendMessage(ROOM, "Hello", null, null);
    expect(exoChat.exportTranscriptAllowed).toBe(true);
    expect(exoChat.exportTranscript()).toContain("Hello");
    expect(exoChat.exportTranscript("json")).toContain('"Hello"');
    tenant.exportTranscriptAllowed = false;
    expect(() => exoChat.exportTranscript()).toThrow(refusal("refused"));
  });
});

describe("files", () => {
  const file = new File(["hello"], "a.txt", { type: "text/plain" });

  it("in one call, and in the three of the document, with progress", async () => {
    const { exoChat } = await chatting();
    const progress = vi.fn<(...args: unknown[]) => void>();
    exoChat.on("uploadProgress", progress);
    expect(await exoChat.uploadFileToConverse(file)).toBe("https://files.example/a.txt");
    expect(progress).toHaveBeenCalledExactlyOnceWith(5, 5, "a.txt");
    expect(await exoChat.discoverFileUploadJID()).toBe("upload.chat.example");
    expect(await exoChat.requestUploadServiceInfo("upload.chat.example")).toMatchObject({ maxFileSize: 10 });
    const slot = await exoChat.requestSlotFromConverse("a.txt", 5, "text/plain");
    expect(slot).toEqual({ putUrl: "https://up.example/a.txt", getUrl: "https://files.example/a.txt" });
    expect(await exoChat.uploadFile(file, "https://up.example/a.txt", "https://files.example/a.txt")).toBe(
      slot?.getUrl,
    );
  });

  it.each<[string, (exoChat: ExoChat) => Promise<unknown>]>([
    ["uploadFileToConverse", (exoChat) => exoChat.uploadFileToConverse(file)],
    ["requestSlotFromConverse", (exoChat) => exoChat.requestSlotFromConverse("a.txt", 5, "text/plain")],
    ["uploadFile", (exoChat) => exoChat.uploadFile(file, "https://up.example/a", "https://files.example/a")],
  ])("%s is null on failure, and the error event says why", async (_, call) => {
    const { tenant, exoChat, errors } = await chatting();
    tenant.line.slotFailure = new ChatError("too-large", "The file is too large.");
    await expect(call(exoChat)).resolves.toBeNull();
    expect(errors).toEqual([refusal("too-large")]);
  });

  it.each<[string, (exoChat: ExoChat, options: UploadOptions) => Promise<unknown>]>([
    ["uploadFileToConverse", (exoChat, options) => exoChat.uploadFileToConverse(file, options)],
    ["uploadFile", (exoChat, options) => exoChat.uploadFile(file, "https://a.example", "https://b.example", options)],
  ])("%s can be watched and stopped, and is silent afterwards", async (_, call) => {
    const { tenant, exoChat, errors } = await chatting();
    const onProgress = vi.fn<(sent: number, total: number) => void>();
    await expect(call(exoChat, { onProgress })).resolves.toMatch(/^https/);
    expect(onProgress).toHaveBeenCalledExactlyOnceWith(5, 5);
    const abort = new AbortController();
    tenant.line.putFile = (_file, _slot, options) =>
      new Promise(() => {
        abort.abort();
        queueMicrotask(() => queueMicrotask(() => options?.onProgress?.(3)));
      });
    onProgress.mockClear();
    await expect(call(exoChat, { signal: abort.signal, onProgress })).resolves.toBeNull();
    await expect(call(exoChat, { timeoutMs: 1 })).resolves.toBeNull();
    expect(onProgress).not.toHaveBeenCalled();
    expect(errors).toEqual([
      expect.objectContaining({
        code: "aborted",
        info: expect.objectContaining({ vendor: { name: "xmpp", code: "upload/aborted" } }) as unknown,
      }),
      refusal("timed-out"),
    ]);
  });

  it("without a chat: null and an error event, also for the discovery", async () => {
    const exoChat = exoChatOn();
    const errors: unknown[] = [];
    exoChat.on("error", (error) => errors.push(error));
    await expect(exoChat.uploadFileToConverse(file)).resolves.toBeNull();
    await expect(exoChat.discoverFileUploadJID()).resolves.toBeNull();
    expect(errors).toEqual([refusal("not-connected"), refusal("not-connected")]);
  });
});

describe("rating", () => {
  it("at the end the configuration is fetched once, and messageReceived carries the end", async () => {
    const { tenant, exoChat, messages } = await chatting();
    const ended = nextEvent(exoChat, "chatEnded");
    tenant.service.end({ by: "agent", chatId: "CH-1", interactionId: "IN-1" });
    expect(await ended).toEqual({ by: "agent", chatId: "CH-1", interactionId: "IN-1" });
    expect(messages).toEqual([expect.objectContaining({ chatEnded: true })]);
    expect(await exoChat.getFeedbackConfig()).toMatchObject({ isFeedbackEnabled: true });
    await exoChat.getFeedbackConfig();
    expect(tenant.configReads).toBe(1);
  });

  it("an end that names no ids has those that were seen last", async () => {
    const { tenant, exoChat, messages } = await chatting();
    const ids = { chatId: "CH-1", interactionId: "IN-1" };
    tenant.facts.set("m-7", { userRole: "agent", interaction: ids });
    tenant.service.say("Your case is CH-1", { id: "m-7" });
    const ended = nextEvent(exoChat, "chatEnded");
    tenant.service.end({ by: "agent" });
    expect(await ended).toEqual({ by: "agent", ...ids });
    expect(messages.map(({ interaction_data: data }) => data)).toEqual([
      null,
      { chatId: "CH-1", interaction_id: "IN-1" },
    ]);
  });

  it("one rating per chat: a second call gives the first one's answer", async () => {
    const { tenant, exoChat } = await chatting();
    const first = await exoChat.submitFeedbackResponse("IN-1", "CH-1", { score: 5 });
    const second = await exoChat.submitFeedbackResponse("IN-1", "CH-1", { score: 1 });
    expect([first.ok, second.ok]).toEqual([true, true]);
    expect(await second.text()).toBe("{}");
    expect(tenant.ratings).toEqual([{ interactionId: "IN-1", chatId: "CH-1", feedback: { score: 5 } }]);
  });

  it("an answer that is no success is given back as it came, and may be tried again", async () => {
    const { tenant, exoChat } = await chatting();
    tenant.feedbackAnswer = async () => new Response("no", { status: 500 });
    const answer = await exoChat.submitFeedbackResponse("IN-1", "CH-1", { score: 5 });
    expect([answer.ok, answer.status, await answer.text()]).toEqual([false, 500, "no"]);
    tenant.feedbackAnswer = async () => new Response("{}");
    expect((await exoChat.submitFeedbackResponse("IN-1", "CH-1", { score: 4 })).ok).toBe(true);
    expect(tenant.ratings.map(({ feedback }) => feedback)).toEqual([{ score: 5 }, { score: 4 }]);
  });

  it("after a reload the store knows that this chat was rated", async () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const tenant = new FakeTenant();
    await exoChatOn(tenant, { storage }).submitFeedbackResponse("IN-1", "CH-1", { score: 5 });
    const reloaded = exoChatOn(tenant, { storage });
    await expect(reloaded.submitFeedbackResponse("IN-1", "CH-1", { score: 1 })).rejects.toEqual(refusal("conflict"));
    expect(tenant.ratings).toHaveLength(1);
    expect([...kept.values()].join()).not.toContain("score");
  });

  it("no configuration is null; a failure is null and an error event; without ids nothing is submitted", async () => {
    const { tenant, exoChat, errors } = await chatting();
    tenant.feedbackConfig = async () => null;
    await expect(exoChat.getFeedbackConfig()).resolves.toBeNull();
    const other = await chatting();
    other.tenant.feedbackConfig = async () => Promise.reject(new ChatError("unreachable", "The CMS is down."));
    await expect(other.exoChat.getFeedbackConfig()).resolves.toBeNull();
    expect(other.errors).toEqual([refusal("unreachable")]);
    await expect(exoChat.submitFeedbackResponse("", "", {})).rejects.toEqual(refusal("invalid-argument"));
    expect(errors).toEqual([refusal("invalid-argument")]);
  });
});

describe("instances", () => {
  it("two live side by side, each with its own events and chat", async () => {
    const [one, two] = [await chatting(), await chatting()];
    const heard = nextEvent(one.exoChat, "messageReceived");
    one.tenant.service.say("only here");
    await heard;
    expect(two.messages).toEqual([]);
    await one.exoChat.dispose();
    expect([one.exoChat.getUserStatus(), two.exoChat.getUserStatus()]).toEqual(["offline", "online"]);
    await two.exoChat.dispose();
  });

  it("dispose leaves nothing: no link, no callbacks; logout ends the session", async () => {
    const { tenant, exoChat, messages } = await chatting();
    await exoChat.dispose();
    await exoChat.dispose();
    expect(tenant.service.links).toBe(0);
    exoChat.triggerEvent("messageReceived", [{}]);
    expect(messages).toEqual([]);
    const other = await chatting();
    other.exoChat.logout();
    await vi.waitFor(() => expect(other.tenant.line.closed).toBe(1));
    expect(other.exoChat.getUserStatus()).toBe("offline");
  });
});

describe("a chat without anything of the vendor's", () => {
  it("is warned of once, at its end, and in the log", async () => {
    const warn = vi.fn<(...args: unknown[]) => void>();
    const logger = { debug: () => undefined, info: () => undefined, warn, error: () => undefined };
    const { tenant, exoChat } = await chatting({ logger });
    const warnings = vi.fn<(...args: unknown[]) => void>();
    exoChat.on("warning", warnings);
    const arrived = nextEvent<MessageObject>(exoChat, "messageReceived", ({ id }) => id === "m-8");
    for (const id of ["m-7", "m-8"]) {
      tenant.facts.set(id, { carriesPayload: false });
      tenant.service.say("Hello", { id });
    }
    await arrived;
    expect(warnings).not.toHaveBeenCalled();
    await exoChat.dispose();
    expect(warnings).toHaveBeenCalledExactlyOnceWith(refusal("bad-frame"));
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("No message of this chat"), expect.anything());
  });
});
