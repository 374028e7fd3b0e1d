import { createDeferred } from "../kit/deadline.ts";
import type { TabChannel, TabLocks } from "./shared-options.ts";

/** What a membership is made of. */
export interface MembershipParts {
  /** Of the lock, and of the channel. */
  name: string;
  /** This tab among the others. */
  self: string;
  locks: TabLocks;
  channel: (name: string) => TabChannel;
  onFrame: (frame: unknown) => void;
  /** It is this tab's turn to lead. */
  onTurn: () => void;
}

/**
 * One tab's place in the queue for the lock, and its end of the channel. Beside it each tab holds a lock of its own for as
 * long as it is there: whoever gets that one knows that it is gone.
 */
export class Membership {
  readonly #name: string;
  readonly #locks: TabLocks;
  readonly #channel: TabChannel;
  readonly #waiting = new AbortController();
  readonly #holding = createDeferred<void>();
  #left = false;

  constructor({ name, self, locks, channel, onFrame, onTurn }: MembershipParts) {
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
    // Before anything is said: who hears of this tab finds its lock taken.
    locks.request(presence(name, self), { signal: this.#waiting.signal }, () => this.#holding.promise).catch(ignore);
    locks.request(name, { signal: this.#waiting.signal }, hold).catch(alone);
  }

  /** Calls back when that tab is gone, unless this one is before. */
  whenGone(tab: string, callback: () => void): void {
    const onGone = async (): Promise<void> => {
      if (!this.#left) callback();
    };
    // Where locks are refused nobody shares anything.
    this.#locks.request(presence(this.#name, tab), { signal: this.#waiting.signal }, onGone).catch(ignore);
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

function presence(name: string, tab: string): string {
  return `${name}:tab:${tab}`;
}

function ignore(): void {
  // Given up on purpose, or refused by the browser: the caller has nothing to do then.
}
