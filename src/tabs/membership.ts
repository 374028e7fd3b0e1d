import { createDeferred } from "../kit/deadline.ts";
import type { TabChannel, TabLocks } from "./shared-options.ts";

/** What a membership is made of. */
export interface MembershipParts {
  /** Of the lock, and of the channel. */
  name: string;
  locks: TabLocks;
  channel: (name: string) => TabChannel;
  onFrame: (frame: unknown) => void;
  /** It is this tab's turn to lead. */
  onTurn: () => void;
}

/** One tab's place in the queue for the lock, and its end of the channel. */
export class Membership {
  readonly #name: string;
  readonly #locks: TabLocks;
  readonly #channel: TabChannel;
  readonly #waiting = new AbortController();
  readonly #holding = createDeferred<void>();
  #left = false;

  constructor({ name, locks, channel, onFrame, onTurn }: MembershipParts) {
    this.#name = name;
    this.#locks = locks;
    this.#channel = channel(name);
    this.#channel.addEventListener("message", ({ data }) => {
      if (!this.#left) onFrame(data);
    });
    const hold = (): Promise<void> => {
      if (!this.#left) onTurn();
      return this.#holding.promise;
    };
    // Refused where a page may not have locks, for instance in a sandboxed frame: then this tab stands alone.
    const alone = (): void => {
      if (!this.#left) onTurn();
    };
    locks.request(name, { signal: this.#waiting.signal }, hold).catch(alone);
  }

  /** To every other tab. */
  post(frame: unknown): void {
    if (!this.#left) this.#channel.postMessage(frame);
  }

  /** Whether somebody waits for this tab to let go. */
  async hasOthers(): Promise<boolean> {
    const { pending = [] } = await this.#locks.query();
    return pending.some(({ name }) => name === this.#name);
  }

  /** Gives up the place, or the lock. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#channel.close();
    this.#waiting.abort();
    this.#holding.resolve();
  }
}
