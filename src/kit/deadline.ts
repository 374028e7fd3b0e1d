import type { Call } from "../transport/call.ts";
import { ChatError } from "../transport/errors.ts";

/** Rejects with `aborted` if the signal has fired already. */
export function assertNotAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw abortedError(what, signal.reason);
}

/** The error that an abort is reported with. */
export function abortedError(what: string, cause?: unknown): ChatError {
  return new ChatError("aborted", `${what} was aborted by the caller.`, { cause });
}

/** The error that work ends with whose signal has fired: a deadline or a conversation around it says why itself. */
export function interruption(what: string, reason: unknown): ChatError {
  return ChatError.isInstance(reason) ? reason : abortedError(what, reason);
}

/**
 * Runs `work` with a signal that fires on the caller's abort or after `timeoutMs`, and settles with whichever comes
 * first. The timer and the listener are gone when it settles; a late result of `work` is ignored.
 * @param what names the operation in the error: "Joining the room".
 * @throws ChatError `aborted`, `timed-out`, or what `work` throws.
 */
export async function withDeadline<T>(
  call: Call | undefined,
  defaultTimeoutMs: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  assertNotAborted(call?.signal, what);
  const timeoutMs = call?.timeoutMs ?? defaultTimeoutMs;
  const inner = new AbortController();
  const outer = call?.signal;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  const interrupted = new Promise<never>((_, reject) => {
    const stop = (error: ChatError): void => {
      reject(error);
      inner.abort(error);
    };
    onAbort = (): void => stop(interruption(what, outer?.reason));
    outer?.addEventListener("abort", onAbort, { once: true });
    if (Number.isFinite(timeoutMs)) timer = setTimeout(() => stop(timedOutError(what, timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([work(inner.signal), interrupted]);
  } finally {
    clearTimeout(timer);
    if (onAbort) outer?.removeEventListener("abort", onAbort);
    // Nobody may be left waiting for `interrupted`: it never rejects any more, so there is nothing to swallow.
  }
}

/** The error that a time-out is reported with. */
export function timedOutError(what: string, timeoutMs: number): ChatError {
  return new ChatError("timed-out", `${what} got no answer within ${timeoutMs} ms.`, {
    remedy: "Check the connection and try again, or allow more time with timeoutMs.",
  });
}

/** A promise with its handles outside. */
export interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
}

/** Makes a {@link Deferred}. */
export function createDeferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}
