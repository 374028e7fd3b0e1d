import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryService, memory, type MemoryService } from "../../../adapters/memory/index.ts";
import { createChatSession, type ChatSession, type ChatSessionOptions } from "../../../src/session/index.ts";
import { ChatError, type Capabilities, type ChatTransport } from "../../../src/transport/index.ts";

const REQUEST = { customer: { name: "Ravi" } };

let service: MemoryService;
let session: ChatSession;

function make(
  options: ChatSessionOptions = {},
  wrap: (inner: ChatTransport) => ChatTransport = (inner) => inner,
): void {
  session = createChatSession(wrap(memory({ service, reconnect: { nextDelayMs: () => 0 } })), options);
}

async function started(lacks: Partial<Capabilities> = {}): Promise<void> {
  service = createMemoryService({ supports: lacks });
  make();
  await session.start(REQUEST);
}

/** What the service has of the customer's messages. */
const taken = (): string[] =>
  service.messages.flatMap(({ from, body }) => (from.isSelf && body.kind === "text" ? [body.text] : []));

/** What the application was told of the customer's messages. */
function told(): string[] {
  const texts: string[] = [];
  session.on("message", ({ from, body }) => {
    if (from.isSelf && body.kind === "text") texts.push(body.text);
  });
  return texts;
}

beforeEach(() => {
  service = createMemoryService();
});

afterEach(async () => {
  await session.close();
  vi.useRealTimers();
});

describe("a message whose outcome is unknown", () => {
  it("that the service has is accepted after the link is back, and not sent again", async () => {
    await started();
    const heard = told();
    service.cutAfterNext("send");
    const { id } = await session.send("hello").accepted;
    expect(id).toBe(service.messages[0]?.id);
    expect(taken()).toEqual(["hello"]);
    expect(heard).toEqual(["hello"]);
    expect(service.received.filter(({ type }) => type === "send")).toHaveLength(1);
  });

  it("that the service does not have is sent again, before what was sent later", async () => {
    await started();
    service.hangNext("send");
    const first = session.send("one");
    const second = session.send("two");
    await vi.waitFor(() => expect(first.status).toBe("sent"));
    await vi.waitFor(() => expect(service.received.at(-1)).toMatchObject({ type: "send" }));
    service.dropLinks();
    await Promise.all([first.accepted, second.accepted]);
    expect(taken()).toEqual(["one", "two"]);
  });

  it("is looked up in the archive where the service replays nothing", async () => {
    await started({ resume: false });
    await session.send("before").accepted;
    service.cutAfterNext("send");
    await session.send("hello").accepted;
    service.hangNext("send");
    const lost = session.send("lost");
    await vi.waitFor(() => expect(service.received.at(-1)).toMatchObject({ type: "send", body: { text: "lost" } }));
    service.dropLinks();
    await lost.accepted;
    expect(taken()).toEqual(["before", "hello", "lost"]);
  });

  it("has failed, and says so, where nothing can tell; what was behind it goes on", async () => {
    service = createMemoryService({ supports: { resume: false, catchUp: false }, replayOnJoin: 0 });
    make();
    await session.start(REQUEST);
    service.cutAfterNext("send");
    const doubtful = session.send("hello");
    const next = session.send("next");
    await expect(doubtful.accepted).rejects.toMatchObject({
      code: "unknown-outcome",
      info: { remedy: expect.stringContaining("send it again") as string },
    });
    await next.accepted;
    expect(doubtful.status).toBe("failed");
    expect(taken()).toEqual(["hello", "next"]);
  });

  it("is sent again by the customer only, under the same id", async () => {
    service = createMemoryService({ supports: { resume: false, catchUp: false }, replayOnJoin: 0 });
    make();
    await session.start(REQUEST);
    service.hangNext("send");
    const handle = session.send("hello", { clientId: "mine" });
    await vi.waitFor(() => expect(service.received.at(-1)).toMatchObject({ type: "send" }));
    service.dropLinks();
    await expect(handle.accepted).rejects.toMatchObject({ code: "unknown-outcome" });
    const statuses: unknown[] = [];
    session.on("message-status", ({ status }) => statuses.push(status));
    const again = handle.retry();
    await again;
    expect(statuses).toEqual(["queued", "sent", "accepted"]);
    expect(handle.accepted).toBe(again);
    const sends = service.received.flatMap((frame) => (frame.type === "send" ? [frame.request] : []));
    expect(sends).toEqual(["mine", "mine"]);
    expect(handle.message.error).toBeUndefined();
  });

  it("on a link that stands is looked up, and sent again when the service never took it", async () => {
    await started();
    service.hangNext("send");
    const handle = session.send("hello", { timeoutMs: 5 });
    await handle.accepted;
    expect(taken()).toEqual(["hello"]);
    expect(service.received.map(({ type }) => type)).toEqual(["hello", "send", "catch-up", "send"]);
  });

  it("on a link that stands has failed at once where nothing can tell, and what was behind it goes on", async () => {
    await started({ resume: false, catchUp: false });
    service.hangNext("send");
    const doubtful = session.send("hello", { timeoutMs: 5 });
    const next = session.send("next");
    await expect(doubtful.accepted).rejects.toMatchObject({ code: "unknown-outcome" });
    await next.accepted;
    expect(taken()).toEqual(["next"]);
  });

  it("is given up with its cause when the service never takes it", async () => {
    await started();
    for (let times = 0; times < 4; times++) service.hangNext("send");
    const handle = session.send("hello", { timeoutMs: 5 });
    await expect(handle.accepted).rejects.toMatchObject({ code: "timed-out" });
    expect(service.received.filter(({ type }) => type === "send")).toHaveLength(4);
  });

  it("is unknown when the chat ends meanwhile", async () => {
    await started();
    service.hangNext("send");
    const handle = session.send("hello");
    await vi.waitFor(() => expect(handle.status).toBe("sent"));
    const queued = session.send("never");
    await session.end();
    expect(handle.message.error?.code).toBe("unknown-outcome");
    expect(queued.message.error?.code).toBe("closed");
  });

  it("is shown once when the service got it twice", async () => {
    await started();
    const heard = told();
    const { accepted } = session.send("hello", { clientId: "mine" });
    await accepted;
    const [mine] = service.messages;
    // What a proxy that delivers twice makes of it: the same message under another id of the service.
    service.say("hello", { id: "doubled", ...(mine && { from: mine.from }) });
    await new Promise<void>((resolve) => {
      session.once("message", () => resolve());
      service.say("fence");
    });
    expect(heard).toContain("hello");
  });
});

describe("a message that waits", () => {
  it("can be taken back, or say something else, until it is on its way", async () => {
    make();
    const [first, second, third] = ["one", "two", "three"].map((text) => session.send(text));
    expect(second?.edit("zwei")).toBe(true);
    expect(third?.cancel()).toBe(true);
    expect(third?.message).toMatchObject({ status: "failed", error: { code: "aborted" } });
    await session.start(REQUEST);
    await Promise.all([first?.accepted, second?.accepted]);
    expect(taken()).toEqual(["one", "zwei"]);
    expect(first?.edit("eins")).toBe(false);
    expect(first?.cancel()).toBe(false);
    expect(session.deliveries().map(({ status }) => status)).toEqual(["accepted", "accepted", "failed"]);
  });

  it("has a bound, and says when it is reached", () => {
    make({ outboxLimit: 2 });
    const handles = ["one", "two", "three"].map((text) => session.send(text));
    expect(handles.map(({ status }) => status)).toEqual(["queued", "queued", "failed"]);
    expect(handles[2]?.message.error).toMatchObject({ code: "outbox-full", info: { retryable: true } });
    handles[0]?.cancel();
    void handles[2]?.retry();
    expect(handles[2]?.status).toBe("queued");
  });

  it("waits as long as a service that has enough asks for", async () => {
    const limited = new ChatError("rate-limited", "Slowly.", { retryAfterMs: 7_000 });
    const send = vi.fn<ChatTransport["send"]>();
    make({}, (inner) => {
      send.mockRejectedValueOnce(limited).mockImplementation((message, call) => inner.send(message, call));
      return Object.defineProperty({ ...inner, send }, "state", { get: () => inner.state });
    });
    await session.start(REQUEST);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const handle = session.send("hello");
    await vi.advanceTimersByTimeAsync(6_999);
    expect(send).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    await handle.accepted;
    expect(taken()).toEqual(["hello"]);
  });
});
