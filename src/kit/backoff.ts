import type { ReconnectPolicy } from "../transport/states.ts";

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
}

/**
 * Capped exponential delay with full jitter, so that a thousand clients of a server that went down do not return
 * together. Gives up at once when the cause is not retryable; waits at least `retryAfterMs` when the service named one.
 */
export function exponentialBackoff(options: BackoffOptions = {}): ReconnectPolicy {
  const { baseMs = 1_000, maxMs = 30_000, maxAttempts = Infinity, maxElapsedMs = Infinity } = options;
  const random = options.random ?? Math.random;
  return {
    nextDelayMs({ attempt, elapsedMs, cause }) {
      if (!cause.info.retryable || attempt > maxAttempts || elapsedMs > maxElapsedMs) return null;
      const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
      return Math.max(cause.info.retryAfterMs ?? 0, Math.round(random() * ceiling));
    },
  };
}

/** A policy that never tries again. */
export const neverReconnect: ReconnectPolicy = { nextDelayMs: () => null };
