import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryService, MEMORY_AGENT, memory, type MemoryService } from "../../../adapters/memory/index.ts";
import { createChatSession, type ChatSession, type ChatSessionOptions } from "../../../src/session/index.ts";
import { ChatError, type Capabilities, type ChatMessage } from "../../../src/transport/index.ts";

const REQUEST = { customer: { name: "Ravi" } };

let service: MemoryService;
let session: ChatSession;

function make(options: ChatSessionOptions = {}, supports: Partial<Capabilities> = {}): ChatSession {
  const transport = memory({ service, supports, reconnect: { nextDelayMs: () => 0 } });
  return (session = createChatSession(transport, options));
}

/** The statuses that a message goes through from now on. */
function statuses(of: ChatSession): string[] {
  const story: string[] = [];
  of.on("message-status", ({ status }) => void story.push(status ?? "none"));
  return story;
}

function text(of: ChatMessage | undefined): string {
  return of?.body.kind === "text" ? of.body.text : "";
}

const texts = (): string[] => session.messages.map(({ body }) => (body.kind === "text" ? body.text : body.kind));

/** Says something as the agent and waits until the session has told of it: what was sent before is through. */
async function agentSays(words: string): Promise<ChatMessage> {
  return new Promise((resolve) => {
    const off = session.on("message", (message) => {
      if (text(message) !== words) return;
      off();
      resolve(message);
    });
    service.say(words);
  });
}

beforeEach(() => {
  service = createMemoryService();
});

afterEach(async () => {
  await session.close();
  vi.useRealTimers();
});

describe("sending", () => {
  it("goes queued, sent, accepted, received, displayed", async () => {
    make();
    const story = statuses(session);
    await session.start(REQUEST);
    const handle = session.send("hello");
    const { id } = await handle.accepted;
    service.receipt("received", id);
    service.receipt("displayed", id);
    await agentSays("fence");
    expect(story).toEqual(["queued", "sent", "accepted", "received", "displayed"]);
    expect(handle.message).toMatchObject({ id, status: "displayed" });
  });

  it("skips states, but never goes back", async () => {
    make();
    await session.start(REQUEST);
    const handle = session.send("hello");
    const { id } = await handle.accepted;
    const story = statuses(session);
    service.receipt("displayed", id);
    service.receipt("received", id);
    await agentSays("fence");
    expect(story).toEqual(["displayed"]);
  });

  it("shows everything of ours up to a displayed message as displayed, and nothing after it", async () => {
    make();
    await session.start(REQUEST);
    const handles = ["one", "two", "three"].map((words) => session.send(words));
    const [, second] = await Promise.all(handles.map(({ accepted }) => accepted));
    service.receipt("displayed", second?.id ?? "");
    await agentSays("fence");
    expect(handles.map(({ status }) => status)).toEqual(["displayed", "displayed", "accepted"]);
  });

  it("takes a displayed agent message for everything of ours before it, and ignores our own receipts", async () => {
    make();
    await session.start(REQUEST);
    const handle = session.send("before");
    await handle.accepted;
    const answer = await agentSays("answer");
    service.receipt("displayed", answer.id, { id: "customer", name: "Ravi", role: "customer", isSelf: true });
    await agentSays("fence");
    expect(handle.status).toBe("accepted");
    service.receipt("displayed", answer.id);
    await agentSays("fence 2");
    expect(handle.status).toBe("displayed");
  });

  it("queues what is sent before the chat is connected, and sends it in order", async () => {
    make();
    const handles = ["one", "two", "three"].map((words) => session.send(words));
    expect(handles.map(({ status }) => status)).toEqual(["queued", "queued", "queued"]);
    await session.start(REQUEST);
    await Promise.all(handles.map(({ accepted }) => accepted));
    expect(service.messages.map(({ body }) => (body.kind === "text" ? body.text : ""))).toEqual([
      "one",
      "two",
      "three",
    ]);
    expect(texts()).toEqual(["one", "two", "three"]);
  });

  it("queues what is sent while reconnecting", async () => {
    make();
    await session.start(REQUEST);
    const sent = new Promise<string>((resolve) => {
      session.on("state", ({ current }) => {
        if (current.status !== "reconnecting") return;
        const handle = session.send("meanwhile");
        void handle.accepted.then(() => resolve(handle.status));
      });
    });
    service.dropLinks();
    await expect(sent).resolves.toBe("accepted");
    expect(texts()).toEqual(["meanwhile"]);
  });

  it("fails with its error, without an unhandled rejection, and goes on with the next", async () => {
    make();
    await session.start(REQUEST);
    service.refuseNext("send", "too-large");
    const refused = session.send("no");
    const next = session.send("yes");
    await next.accepted;
    expect(refused.message).toMatchObject({ status: "failed", error: { code: "too-large" } });
    await expect(refused.accepted).rejects.toMatchObject({ code: "too-large" });
    expect(next.status).toBe("accepted");
  });

  it("fails what is empty or aborted at once, and what waits when the chat closes", async () => {
    make();
    expect(session.send("").message.error?.code).toBe("invalid-argument");
    const abort = new AbortController();
    const waiting = session.send("never mind", { signal: abort.signal });
    abort.abort();
    expect(waiting.message.error?.code).toBe("aborted");
    const left = session.send("too late");
    await session.end();
    expect(left.message.error?.code).toBe("closed");
    expect(session.send("after").message.error?.code).toBe("closed");
    await expect(left.accepted).rejects.toMatchObject({ code: "closed" });
  });

  it("gives up on a transport that is connected and says again and again that it has no link", async () => {
    const inner = memory({ service });
    const send = vi.fn<() => Promise<never>>(() => Promise.reject(new ChatError("unreachable", "No link.")));
    const deaf = Object.defineProperty({ ...inner, send }, "state", { get: () => inner.state });
    session = createChatSession(deaf);
    await session.start(REQUEST);
    await expect(session.send("hello").accepted).rejects.toMatchObject({ code: "unreachable" });
    expect(send).toHaveBeenCalledTimes(4);
  });

  it("passes the id of the message it answers and the caller's own client id", async () => {
    make();
    await session.start(REQUEST);
    const question = await agentSays("question?");
    await session.send("answer", { replyTo: question.id, clientId: "mine-1" }).accepted;
    expect(service.received.at(-1)).toMatchObject({ type: "send", request: "mine-1", replyTo: question.id });
  });

  it("sends a file with its caption", async () => {
    make();
    await session.start(REQUEST);
    const data = new Blob(["hello"]);
    const steps: number[] = [];
    const file = { name: "a.txt", mediaType: "text/plain", sizeBytes: 5, data };
    const handle = await session.sendFile(file, { caption: "look", onProgress: (sent) => void steps.push(sent) });
    await handle.accepted;
    expect(steps.at(-1)).toBe(5);
    expect(handle.message.body).toMatchObject({
      kind: "attachments",
      caption: "look",
      attachments: [{ name: "a.txt" }],
    });
  });
});

describe("messages", () => {
  it("lists every message once, in the service's order, own ones in the middle", async () => {
    make();
    await session.start(REQUEST);
    await agentSays("one");
    await session.send("two").accepted;
    await agentSays("three");
    service.repeatLast();
    await agentSays("four");
    expect(texts()).toEqual(["one", "two", "three", "four"]);
  });

  it("passes the transport's events on as they are, raw included and in its order", async () => {
    make();
    await session.start(REQUEST);
    const story: string[] = [];
    session.on("message", ({ raw }) => void story.push(`message ${raw !== undefined}`));
    session.on("message-changed", ({ raw }) => void story.push(`changed ${raw !== undefined}`));
    session.on("chat-state", ({ raw }) => void story.push(`chat-state ${raw !== undefined}`));
    session.on("receipt", ({ raw }) => void story.push(`receipt ${raw !== undefined}`));
    session.on("ended", ({ raw }) => void story.push(`ended ${raw !== undefined}`));
    const closed = new Promise<void>((resolve) => {
      session.on("state", ({ current }) => current.status === "closed" && resolve());
    });
    const id = service.say("hello");
    service.change(id, { kind: "edited", body: { kind: "text", text: "hi" } });
    service.chatState("composing");
    service.receipt("received", id);
    service.end({ chatId: "CH-1" });
    await closed;
    expect(story).toEqual(["message true", "changed true", "chat-state true", "receipt true", "ended true"]);
  });

  it("shows a message of this customer's other tab as an own one", async () => {
    make();
    await session.start(REQUEST);
    const other = createChatSession(memory({ service }));
    await other.start(REQUEST);
    await other.send("from the other tab").accepted;
    await other.close();
    await agentSays("fence");
    expect(session.messages[0]).toMatchObject({ from: { isSelf: true }, status: "accepted" });
  });

  it("applies edits, retractions and reactions to the list", async () => {
    make();
    await session.start(REQUEST);
    const first = await agentSays("teh");
    const second = await agentSays("oops");
    service.change(first.id, { kind: "edited", body: { kind: "text", text: "the" } });
    service.change(second.id, { kind: "retracted" });
    const { id } = await session.send("mine").accepted;
    await session.edit(id, "mine!");
    await session.react(first.id, ["👍"]);
    await agentSays("fence");
    expect(texts()).toEqual(["the", "retracted", "mine!", "fence"]);
    expect(session.messages[0]).toMatchObject({ edited: true });
    expect(session.messages[0]?.reactions?.get("customer")).toEqual(["👍"]);
    await session.retract(id);
    expect(service.messages.find((message) => message.id === id)?.body.kind).toBe("retracted");
  });

  it("streams messages until the chat ends", async () => {
    make();
    await session.start(REQUEST);
    const heard: string[] = [];
    const reading = (async () => {
      for await (const message of session.stream()) heard.push(text(message));
    })();
    service.say("one");
    service.say("two");
    service.end();
    await reading;
    expect(heard).toEqual(["one", "two"]);
  });

  it("ends a stream when its signal fires", async () => {
    make();
    await session.start(REQUEST);
    const abort = new AbortController();
    const stream = session.stream({ signal: abort.signal });
    const asked = stream.next();
    abort.abort();
    await expect(asked).resolves.toMatchObject({ done: true });
    await expect(session.stream({ signal: abort.signal }).next()).resolves.toMatchObject({ done: true });
  });

  it("reads history by pages", async () => {
    service.seedHistory(5);
    make();
    await session.start(REQUEST);
    const pages: number[] = [];
    for await (const page of session.historyPages({ limit: 2 })) pages.push(page.messages.length);
    expect(pages).toEqual([2, 2, 1]);
  });

  it("writes a transcript as text and as JSON, without frames of the wire", async () => {
    make();
    await session.start(REQUEST);
    const message = await agentSays("hello");
    expect(session.transcript()).toBe(`[${message.sentAt.toISOString()}] Asha: hello`);
    const json: unknown = JSON.parse(session.transcript({ format: "json" }));
    expect(json).toMatchObject([{ from: { name: "Asha" }, body: { kind: "text", text: "hello" } }]);
    expect(session.transcript({ format: "json" })).not.toContain("raw");
  });
});

describe("marking", () => {
  const marks = (): unknown[] => service.received.filter(({ type }) => type === "mark");

  it("marks the newest message of the others, forward only, and never an own one", async () => {
    make();
    await session.start(REQUEST);
    const first = await agentSays("one");
    const second = await agentSays("two");
    const own = await session.send("mine").accepted;
    await session.markDisplayed();
    await session.markDisplayed();
    await session.markDisplayed(first.id);
    await session.markDisplayed(own.id);
    await agentSays("fence");
    expect(marks()).toEqual([{ type: "mark", kind: "displayed", id: second.id }]);
  });

  it("acknowledges live messages of others when told to", async () => {
    service.seedHistory(1);
    make({ acknowledge: true });
    await session.start(REQUEST);
    const message = await agentSays("one");
    await agentSays("fence");
    expect(marks()).toEqual([{ type: "mark", kind: "received", id: message.id }]);
  });

  it("does nothing where the service has no markers", async () => {
    make({}, { displayedMarkers: false, receivedReceipts: false });
    await session.start(REQUEST);
    await agentSays("one");
    await session.markDisplayed();
    expect(marks()).toEqual([]);
  });
});

describe("typing", () => {
  const states = (): string[] =>
    service.received.flatMap((frame) => (frame.type === "chat-state" ? [frame.state] : []));

  it("tells the others once, and nothing more after the message was sent", async () => {
    make();
    await session.start(REQUEST);
    session.keyPressed();
    session.keyPressed();
    await session.send("hello").accepted;
    session.keyPressed(false);
    await agentSays("fence");
    expect(states()).toEqual(["composing"]);
  });

  it("says paused when the field was emptied", async () => {
    make();
    await session.start(REQUEST);
    session.keyPressed();
    session.keyPressed(false);
    await agentSays("fence");
    expect(states()).toEqual(["composing", "paused"]);
  });

  it("says nothing while nobody is there, until somebody speaks", async () => {
    service.participant("left", MEMORY_AGENT);
    make();
    await session.start(REQUEST);
    session.keyPressed();
    await agentSays("fence");
    expect(states()).toEqual([]);
    session.keyPressed();
    await agentSays("fence 2");
    expect(states()).toEqual(["composing"]);
  });

  it("shows who is composing until their message, their leave, or the loss of the link", async () => {
    make();
    await session.start(REQUEST);
    const seen: string[][] = [];
    session.on("typing", (who) => void seen.push(who.map(({ name }) => name)));
    service.chatState("composing");
    await agentSays("there you are");
    expect(session.typing).toEqual([]);
    service.chatState("composing");
    service.participant("left", MEMORY_AGENT);
    service.chatState("composing");
    await new Promise((resolve) => void session.on("chat-state", resolve));
    await vi.waitFor(() => expect(seen).toHaveLength(5));
    service.dropLinks();
    await vi.waitFor(() => expect(seen).toHaveLength(6));
    expect(seen).toEqual([["Asha"], [], ["Asha"], [], ["Asha"], []]);
  });
});

describe("the end", () => {
  it("tells of the customer's own end before closed, once", async () => {
    make();
    await session.start(REQUEST);
    const story: string[] = [];
    session.on("ended", ({ by }) => void story.push(`ended by ${by}`));
    session.on("state", ({ current }) => void story.push(current.status));
    await Promise.all([session.end(), session.end()]);
    expect(story).toEqual(["ended by customer", "closed"]);
  });

  it("tells of one end when the application answers the agent's end with its own", async () => {
    make();
    await session.start(REQUEST);
    const story: string[] = [];
    const closed = new Promise<void>((resolve) => {
      session.on("ended", ({ by }) => {
        story.push(by);
        void session.end().then(resolve);
      });
    });
    service.end();
    await closed;
    expect(story).toEqual(["agent"]);
  });

  it("closes without an end when the page goes away", async () => {
    make();
    await session.start(REQUEST);
    const ended = vi.fn<() => void>();
    session.on("ended", ended);
    await session.close();
    expect(ended).not.toHaveBeenCalled();
  });

  it("says error when the connection is lost for good", async () => {
    session = createChatSession(memory({ service, reconnect: { nextDelayMs: () => null } }));
    await session.start(REQUEST);
    const error = new Promise((resolve) => void session.once("error", resolve));
    service.dropLinks();
    await expect(error).resolves.toMatchObject({ code: "unreachable" });
    expect(session.state).toMatchObject({ status: "closed", reason: "connection-lost" });
  });

  it("rejects what the service lacks with unsupported", async () => {
    make({}, { upload: false, history: false, requestAgent: false, edit: false, retract: false, react: false });
    await session.start(REQUEST);
    const message = await agentSays("hello");
    const file = { name: "a", mediaType: "text/plain", sizeBytes: 1, data: new Blob(["a"]) };
    for (const call of [
      () => session.upload(file),
      () => session.history(),
      () => session.requestAgent(),
      () => session.edit(message.id, "x"),
      () => session.retract(message.id),
      () => session.react(message.id, []),
    ])
      await expect(call()).rejects.toMatchObject({ code: "unsupported" });
  });
});

describe("people", () => {
  it("follows who comes and goes", async () => {
    make();
    await session.start(REQUEST);
    service.participant("joined", { ...MEMORY_AGENT, id: "agent-2", name: "Meera" });
    service.participant("left", MEMORY_AGENT);
    await agentSays("fence");
    expect(session.participants.map(({ name }) => name).toSorted()).toEqual(["Meera", "Ravi"]);
  });

  it("asks for an agent and tells what became of it", async () => {
    make();
    await session.start(REQUEST);
    const asked = new Promise((resolve) => void session.once("handoff", resolve));
    await session.requestAgent({ botSessionId: "bot-1" });
    await expect(asked).resolves.toEqual({ change: "requested" });
  });
});
