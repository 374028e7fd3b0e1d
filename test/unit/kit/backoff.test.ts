import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { exponentialBackoff, neverReconnect, type BackoffMemory } from "../../../src/kit/backoff.ts";
import { ChatError } from "../../../src/transport/index.ts";

const LOST = new ChatError("unreachable", "The link was lost.");
const attempts = fc.integer({ min: 1, max: 10_000 });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("exponentialBackoff", () => {
  it("stays between 0 and the ceiling, which doubles up to the maximum", () => {
    fc.assert(
      fc.property(attempts, randoms, (attempt, random) => {
        const delayMs = exponentialBackoff({ random: () => random }).nextDelayMs({
          attempt,
          elapsedMs: 0,
          cause: LOST,
        });
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(Math.min(30_000, 1_000 * 2 ** Math.min(attempt - 1, 30)));
        expect(Number.isInteger(delayMs)).toBe(true);
      }),
    );
  });

  it("never waits shorter than the service asked for", () => {
    fc.assert(
      fc.property(attempts, randoms, fc.integer({ min: 0, max: 600_000 }), (attempt, random, retryAfterMs) => {
        const cause = new ChatError("rate-limited", "Later.", { retryAfterMs });
        const policy = exponentialBackoff({ random: () => random });
        expect(policy.nextDelayMs({ attempt, elapsedMs: 0, cause })).toBeGreaterThanOrEqual(retryAfterMs);
      }),
    );
  });

  it("gives up after its limits, and at once when repeating is senseless", () => {
    const policy = exponentialBackoff({ maxAttempts: 3, maxElapsedMs: 1_000 });
    expect(policy.nextDelayMs({ attempt: 3, elapsedMs: 1_000, cause: LOST })).not.toBeNull();
    expect(policy.nextDelayMs({ attempt: 4, elapsedMs: 0, cause: LOST })).toBeNull();
    expect(policy.nextDelayMs({ attempt: 1, elapsedMs: 1_001, cause: LOST })).toBeNull();
    const refused = new ChatError("refused", "No.");
    expect(policy.nextDelayMs({ attempt: 1, elapsedMs: 0, cause: refused })).toBeNull();
  });

  it("neverReconnect never does", () => {
    expect(neverReconnect.nextDelayMs({ attempt: 1, elapsedMs: 0, cause: LOST })).toBeNull();
  });
});

describe("a backoff that remembers", () => {
  const memoryOf = (): BackoffMemory & { text: string | null } => ({
    text: null,
    getItem() {
      return this.text;
    },
    setItem(_key, value) {
      this.text = value;
    },
  });
  /** The longest that the first try of a new instance may wait. */
  const ceiling = (memory: BackoffMemory, attempt = 1): number | null =>
    exponentialBackoff({ memory, random: () => 1 }).nextDelayMs({ attempt, elapsedMs: 0, cause: LOST });

  it("goes on in the next instance, and begins anew when nothing failed for a minute", () => {
    vi.useFakeTimers();
    const memory = memoryOf();
    expect([ceiling(memory), ceiling(memory), ceiling(memory), ceiling(memory)]).toEqual([1_000, 2_000, 4_000, 8_000]);
    vi.advanceTimersByTime(59_999);
    expect(ceiling(memory)).toBe(16_000);
    expect(ceiling(memory, 9)).toBe(30_000);
    vi.advanceTimersByTime(60_000);
    expect(ceiling(memory)).toBe(1_000);
    vi.useRealTimers();
  });

  it("believes no memory that is nonsense, from the future, or out of order", () => {
    for (const text of ["", "x", "9 x", "NaN 1", `9 ${Date.now() + 3_600_000}`, "1e999 1", "[object Object]"]) {
      const memory = memoryOf();
      memory.text = text;
      expect(ceiling(memory)).toBe(1_000);
    }
    const broken: BackoffMemory = {
      getItem: () => {
        throw new Error("no storage");
      },
      setItem: () => undefined,
    };
    expect(ceiling(broken)).toBe(1_000);
  });
});
