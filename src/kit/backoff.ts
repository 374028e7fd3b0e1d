import type { ReconnectPolicy } from "../transport/states.ts";

/** Where a count outlives an instance. `sessionStorage` and `localStorage` fit. */
export interface BackoffMemory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** How {@link exponentialBackoff} grows. */
export interface BackoffOptions {
  /** Ceiling of the first delay, milliseconds. Default 1_000. */
  baseMs?: number;
  /** Ceiling of every delay, milliseconds. Default 30_000. */
  maxMs?: number;
  /** Give up after this many tries. Default: never. */
  maxAttempts?: number;
  /** Give up when trying has taken this long, milliseconds. Default: never. */
  maxElapsedMs?: number;
  /** Source of randomness in [0, 1). */
  random?: () => number;
  /**
   * Where the tries are counted beyond one instance: who reloads a page, or starts again, while the service is down goes on
   * with the long delays. Forgotten when nothing failed for twice `maxMs`. Default: nowhere.
   */
  memory?: BackoffMemory;
}

const KEY = "switchboard.backoff";

/**
 * Capped exponential delay with full jitter, so that a thousand clients of a server that went down do not return
 * together. Gives up at once when the cause is not retryable. When the service named a `retryAfterMs`, that passes first,
 * and the delay comes on top: whoever was told the same time must not come at the same time.
 */
export function exponentialBackoff(options: BackoffOptions = {}): ReconnectPolicy {
  const { baseMs = 1_000, maxMs = 30_000, maxAttempts = Infinity, maxElapsedMs = Infinity, memory } = options;
  const random = options.random ?? Math.random;
  return {
    nextDelayMs({ attempt, elapsedMs, cause }) {
      const { retryable, retryAfterMs = 0 } = cause.info;
      if (!retryable || attempt > maxAttempts || elapsedMs > maxElapsedMs) return null;
      const count = memory ? counted(memory, attempt, 2 * maxMs) : attempt;
      const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(count - 1, 30));
      return retryAfterMs + Math.round(random() * Math.max(ceiling, Math.min(maxMs, retryAfterMs)));
    },
  };
}

/** The number of this try, those of other instances included. A memory that fails is none. */
function counted(memory: BackoffMemory, attempt: number, forgetMs: number): number {
  const now = Date.now();
  try {
    const [before = 0, at = 0] = (memory.getItem(KEY) ?? "").split(" ").map(Number);
    const known = Number.isSafeInteger(before) && at <= now && now - at < forgetMs;
    const count = known ? Math.max(attempt, before + 1) : attempt;
    memory.setItem(KEY, `${count} ${now}`);
    return count;
  } catch {
    return attempt;
  }
}

/** A policy that never tries again. */
export const neverReconnect: ReconnectPolicy = { nextDelayMs: () => null };
