import { assertNotAborted, interruption } from "./deadline.ts";

/**
 * Waits that long. The timer and the listener are gone when it settles.
 * @param what names the operation in the error.
 * @throws ChatError `aborted` when the signal fires first, or what it fired with if that is a `ChatError`.
 */
export async function wait(delayMs: number, signal: AbortSignal | undefined, what: string): Promise<void> {
  assertNotAborted(signal, what);
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(interruption(what, signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
