/** How many messages wait; what comes after is refused. */
const MAX_HELD = 100;

/** Messages that must not go out yet. */
export class HeldMessages<T> {
  readonly #holdMs: number;
  readonly #fail: (message: T, why: string) => void;
  #waiting: { message: T; timer: ReturnType<typeof setTimeout> }[] = [];

  /** @param fail told of each message that waited too long, or was one too many. */
  constructor(holdMs: number, fail: (message: T, why: string) => void) {
    this.#holdMs = holdMs;
    this.#fail = fail;
  }

  /** Keeps it until `release`, but not for ever. */
  add(message: T): void {
    if (this.#waiting.length >= MAX_HELD) return this.#fail(message, `${MAX_HELD} messages wait already.`);
    const timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((other) => other.message !== message);
      this.#fail(message, "The chat was not resumed in time.");
    }, this.#holdMs);
    this.#waiting.push({ message, timer });
  }

  /** Gives them back in order. */
  release(): T[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting.map(({ message, timer }) => {
      clearTimeout(timer);
      return message;
    });
  }

  /** None of them can be sent any more. */
  failAll(why: string): void {
    for (const message of this.release()) this.#fail(message, why);
  }
}
