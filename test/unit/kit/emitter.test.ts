import { describe, expect, it, vi } from "vitest";
import { createEmitter } from "../../../src/kit/emitter.ts";

type Events = { tick: number; tock: string };

describe("the emitter", () => {
  it("calls listeners in the order of subscription, of their type only", () => {
    const emitter = createEmitter<Events>();
    const heard: string[] = [];
    emitter.on("tick", (n) => void heard.push(`first ${n}`));
    emitter.on("tick", (n) => void heard.push(`second ${n}`));
    emitter.on("tock", () => void heard.push("tock"));
    emitter.emit("tick", 1);
    expect(heard).toEqual(["first 1", "second 1"]);
  });

  it("lets a listener that throws harm neither the others nor the emitter's caller", () => {
    const errors: unknown[] = [];
    const emitter = createEmitter<Events>((error, type) => void errors.push([error, type]));
    const bug = new Error("An application's bug.");
    const after = vi.fn<(n: number) => void>();
    emitter.on("tick", () => {
      throw bug;
    });
    emitter.on("tick", after);
    expect(() => emitter.emit("tick", 1)).not.toThrow();
    expect(after).toHaveBeenCalledExactlyOnceWith(1);
    expect(errors).toEqual([[bug, "tick"]]);
  });

  it("reports a listener's error to the platform by default, later", async () => {
    const report = vi.fn<(error: unknown) => void>();
    vi.stubGlobal("reportError", report);
    const emitter = createEmitter<Events>();
    const bug = new Error("An application's bug.");
    emitter.on("tick", () => {
      throw bug;
    });
    emitter.emit("tick", 1);
    expect(report).not.toHaveBeenCalled();
    await Promise.resolve();
    expect(report).toHaveBeenCalledExactlyOnceWith(bug);
    vi.unstubAllGlobals();
  });

  it("does not call a listener that another has unsubscribed during the same event", () => {
    const emitter = createEmitter<Events>();
    const second = vi.fn<(n: number) => void>();
    const third = vi.fn<(n: number) => void>();
    emitter.on("tick", () => off());
    const off = emitter.on("tick", second);
    emitter.on("tick", third);
    emitter.emit("tick", 1);
    expect(second).not.toHaveBeenCalled();
    expect(third).toHaveBeenCalledTimes(1);
  });

  it("does not call a listener that was subscribed during the same event", () => {
    const emitter = createEmitter<Events>();
    const late = vi.fn<(n: number) => void>();
    emitter.once("tick", () => void emitter.on("tick", late));
    emitter.emit("tick", 1);
    expect(late).not.toHaveBeenCalled();
    emitter.emit("tick", 2);
    expect(late).toHaveBeenCalledExactlyOnceWith(2);
  });

  it("calls a once listener once, also when it emits again", () => {
    const emitter = createEmitter<Events>();
    const heard: number[] = [];
    emitter.once("tick", (n) => {
      heard.push(n);
      emitter.emit("tick", n + 1);
    });
    emitter.emit("tick", 1);
    expect(heard).toEqual([1]);
  });

  it("unsubscribes by function, by signal and by clear, leaving nothing behind", () => {
    const emitter = createEmitter<Events>();
    const abort = new AbortController();
    const off = emitter.on("tick", () => undefined);
    emitter.on("tick", () => undefined, { signal: abort.signal });
    emitter.once("tock", () => undefined, { signal: abort.signal });
    expect([emitter.count(), emitter.count("tick"), emitter.count("tock")]).toEqual([3, 2, 1]);
    off();
    off();
    expect(emitter.count()).toBe(2);
    abort.abort();
    expect(emitter.count()).toBe(0);
    emitter.on("tick", () => undefined, { signal: abort.signal });
    expect(emitter.count()).toBe(0);
    emitter.on("tick", () => undefined);
    emitter.clear();
    expect(emitter.count()).toBe(0);
  });
});
