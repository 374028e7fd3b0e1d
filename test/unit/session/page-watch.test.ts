import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryService, memory } from "../../../adapters/memory/index.ts";
import { createChatSession } from "../../../src/session/index.ts";
import { watchPage, type PageEvents } from "../../../src/session/page-watch.ts";

class FakeDocument extends EventTarget {
  visibilityState = "visible";
}

let page: { window: EventTarget; document: FakeDocument };
let woken: number;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  page = { window: new EventTarget(), document: new FakeDocument() };
  woken = 0;
  stop = watchPage(() => woken++, page satisfies PageEvents);
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

function show(state: "visible" | "hidden"): void {
  page.document.visibilityState = state;
  page.document.dispatchEvent(new Event("visibilitychange"));
}

describe("watching a page", () => {
  it("wakes when it is seen again, not when it is hidden", () => {
    show("hidden");
    expect(woken).toBe(0);
    show("visible");
    expect(woken).toBe(1);
  });

  it.each(["online", "pageshow"])("wakes on %s", (type) => {
    page.window.dispatchEvent(new Event(type));
    expect(woken).toBe(1);
  });

  it("wakes when it is thawed", () => {
    page.document.dispatchEvent(new Event("resume"));
    expect(woken).toBe(1);
  });

  it("wakes once for several signs of one return, and again for the next", () => {
    show("visible");
    page.window.dispatchEvent(new Event("online"));
    page.window.dispatchEvent(new Event("pageshow"));
    expect(woken).toBe(1);
    vi.advanceTimersByTime(1_000);
    page.window.dispatchEvent(new Event("online"));
    expect(woken).toBe(2);
  });

  it("wakes when the machine has slept, and not because a timer was a little late", () => {
    vi.advanceTimersByTime(20_000);
    expect(woken).toBe(0);
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(5_000);
    expect(woken).toBe(1);
  });

  it("is not silenced by a clock that was set back", () => {
    show("visible");
    vi.setSystemTime(Date.now() - 3_600_000);
    show("visible");
    expect(woken).toBe(2);
  });

  it("leaves a hidden page in peace, whatever the clock does", () => {
    show("hidden");
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(5_000);
    expect(woken).toBe(0);
  });

  it("leaves nothing behind", () => {
    stop();
    expect(vi.getTimerCount()).toBe(0);
    show("visible");
    page.window.dispatchEvent(new Event("online"));
    expect(woken).toBe(0);
  });

  it("without a page watches nothing", () => {
    stop();
    stop = watchPage(() => woken++, undefined);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a session that is woken", () => {
  it("replaces a link that gives no sign of life, and loses nothing", async () => {
    stop();
    vi.useRealTimers();
    const service = createMemoryService();
    const session = createChatSession(memory({ service, reconnect: { nextDelayMs: () => 0 } }));
    await session.start({ customer: { name: "Ravi" } });
    expect(await session.wake()).toBe(true);
    service.hangNext("ping");
    const gap = new Promise((resolve) => void session.once("gap", resolve));
    expect(await session.wake({ timeoutMs: 5 })).toBe(false);
    expect(await gap).toMatchObject({ repaired: true });
    expect(session.state.status).toBe("connected");
    await session.close();
    expect(await session.wake()).toBe(false);
  });

  it("does not wait for its policy", async () => {
    stop();
    vi.useRealTimers();
    const service = createMemoryService();
    const session = createChatSession(memory({ service, reconnect: { nextDelayMs: () => 3_600_000 } }));
    await session.start({ customer: { name: "Ravi" } });
    const lost = new Promise<void>((resolve) => {
      session.on("state", ({ current }) => void (current.status === "reconnecting" && resolve()));
    });
    service.dropLinks();
    await lost;
    const handle = session.send("now");
    await session.wake();
    const { id } = await handle.accepted;
    expect(service.messages.map((message) => message.id)).toEqual([id]);
    await session.close();
  });
});
