import { createDeferred, type Deferred } from "../../src/kit/deadline.ts";
import { messageId } from "../../src/kit/ids.ts";
import type { ChatError } from "../../src/transport/errors.ts";
import type { Sent } from "../../src/transport/messages.ts";

interface Pending {
  answered: Deferred<Sent>;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Sends that nobody has confirmed yet, by `requestId`. A server may acknowledge, show the message back, do both or neither: what
 * comes first confirms. Where nothing comes it is looked for, once in a while, in what the server says was said.
 */
export class Deliveries {
  readonly #pending = new Map<string, Pending>();
  readonly #look: () => Promise<unknown>;
  readonly #lookAfterMs: number;

  /** @param look reads the newest past messages and confirms what is among them; rejects where that is not possible. */
  constructor(look: () => Promise<unknown>, lookAfterMs: number) {
    this.#look = look;
    this.#lookAfterMs = lookAfterMs;
  }

  /** Something is being sent. */
  expect(requestId: string): Promise<Sent> {
    const answered = createDeferred<Sent>();
    answered.promise.catch(() => undefined);
    const pending: Pending = { answered, timer: undefined };
    this.#pending.set(requestId, pending);
    this.#lookLater(requestId, pending);
    return answered.promise;
  }

  /** Whether that one is waited for. */
  has(requestId: string): boolean {
    return this.#pending.has(requestId);
  }

  /** The server has it. */
  confirm(requestId: string, acceptedAt: Date): void {
    this.#settle(requestId)?.answered.resolve({ id: messageId(requestId), acceptedAt });
  }

  /** The server does not want it, or whoever sent it waits no longer. */
  refuse(requestId: string, error: ChatError): void {
    this.#settle(requestId)?.answered.reject(error);
  }

  /** The link is gone, or the conversation over. */
  refuseAll(error: ChatError): void {
    for (const requestId of this.#pending.keys()) this.refuse(requestId, error);
  }

  #settle(requestId: string): Pending | undefined {
    const pending = this.#pending.get(requestId);
    clearTimeout(pending?.timer);
    this.#pending.delete(requestId);
    return pending;
  }

  #lookLater(requestId: string, pending: Pending): void {
    pending.timer = setTimeout(() => {
      const again = (): void => {
        if (this.#pending.get(requestId) === pending) this.#lookLater(requestId, pending);
      };
      // It may be refused today and answered in a second: the send's own time limit ends this.
      this.#look().then(again, again);
    }, this.#lookAfterMs);
  }
}
