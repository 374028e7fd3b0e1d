import { createDeferred, type Deferred } from "../../src/kit/deadline.ts";
import type { ChatError } from "../../src/transport/errors.ts";
import { RecentKeys } from "./muc/recent-keys.ts";

/** How many of the ids we sent are remembered. */
const REMEMBERED = 1_024;

/** What we sent and the room has not reflected yet. */
export class RoomConfirmations<T> {
  readonly #waiting = new Map<string, Deferred<T>>();
  readonly #sent: RecentKeys = new RecentKeys(REMEMBERED);

  /** Whether we sent a stanza of that id, lately. */
  has(id: string): boolean {
    return this.#sent.has(id);
  }

  /** Whether that id waits for its reflection. */
  isWaiting(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** Waits for the reflection. Call `forget` when nobody waits any more. */
  wait(id: string): Promise<T> {
    const deferred = createDeferred<T>();
    // Whoever gave up waiting must not leave an unhandled rejection behind.
    deferred.promise.catch(() => undefined);
    this.#waiting.set(id, deferred);
    this.#sent.add(id);
    return deferred.promise;
  }

  forget(id: string): void {
    this.#waiting.delete(id);
  }

  resolve(id: string, value: T): void {
    this.#waiting.get(id)?.resolve(value);
    this.#waiting.delete(id);
  }

  reject(id: string, error: ChatError): void {
    this.#waiting.get(id)?.reject(error);
    this.#waiting.delete(id);
  }

  rejectAll(error: ChatError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
