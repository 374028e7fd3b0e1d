import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { assertNotAborted, createDeferred, withDeadline } from "../../../src/kit/deadline.ts";

const never = (): Promise<never> => new Promise(() => undefined);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("withDeadline", () => {
  it("settles as the work does, and leaves no timer and no listener", async () => {
    const abort = new AbortController();
    const remove = vi.spyOn(abort.signal, "removeEventListener");
    await expect(withDeadline({ signal: abort.signal }, 1_000, "Working", () => Promise.resolve(7))).resolves.toBe(7);
    const failure = new Error("No.");
    await expect(withDeadline(undefined, 1_000, "Working", () => Promise.reject(failure))).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
    expect(remove).toHaveBeenCalledTimes(1);
  });

  it("rejects with timed-out at the default, or at timeoutMs, and tells the work", async () => {
    for (const [call, timeoutMs] of [
      [undefined, 1_000],
      [{ timeoutMs: 50 }, 50],
    ] as const) {
      let inner: AbortSignal | undefined;
      const settled = vi.fn<(error: unknown) => void>();
      void withDeadline(call, 1_000, "Working", (signal) => ((inner = signal), never())).catch(settled);
      await vi.advanceTimersByTimeAsync(timeoutMs - 1);
      expect(settled).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(settled.mock.calls[0]?.[0]).toMatchObject({ code: "timed-out", info: { retryable: true } });
      expect(inner?.aborted).toBe(true);
    }
  });

  it("waits for ever when told so", async () => {
    void withDeadline({ timeoutMs: Infinity }, 1_000, "Working", never);
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with aborted when the caller's signal fires, and tells the work", async () => {
    const abort = new AbortController();
    let inner: AbortSignal | undefined;
    const working = withDeadline({ signal: abort.signal }, 1_000, "Working", (signal) => ((inner = signal), never()));
    abort.abort("why");
    await expect(working).rejects.toMatchObject({ code: "aborted", name: "AbortError", info: { cause: "why" } });
    expect(inner?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not start the work when the signal has fired already", async () => {
    const work = vi.fn<() => Promise<void>>();
    const call = { signal: AbortSignal.abort() };
    await expect(withDeadline(call, 1_000, "Working", work)).rejects.toMatchObject({ code: "aborted" });
    expect(work).not.toHaveBeenCalled();
    expect(() => assertNotAborted(call.signal, "Working")).toThrow("Working was aborted by the caller.");
    expect(() => assertNotAborted(undefined, "Working")).not.toThrow();
  });

  it("clears its timer when the work throws at once", async () => {
    const failing = withDeadline(undefined, 1_000, "Working", () => {
      throw new Error("At once.");
    });
    await expect(failing).rejects.toThrow("At once.");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("createDeferred", () => {
  it("hands out both ends of a promise", async () => {
    const good = createDeferred<number>();
    const bad = createDeferred<number>();
    good.resolve(1);
    bad.reject(new Error("No."));
    await expect(good.promise).resolves.toBe(1);
    await expect(bad.promise).rejects.toThrow("No.");
  });
});
