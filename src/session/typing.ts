import type { ChatState } from "../transport/events.ts";
import type { Participant } from "../transport/messages.ts";

/** "Still typing" is said again after this long (XEP-0085 practice: receivers forget). */
const REPEAT_MS = 10_000;
/** Silence of the keyboard after which the customer has paused. */
const PAUSE_MS = 5_000;
/** Somebody who said composing and nothing since is forgotten after this long. */
const FORGET_MS = 30_000;

/** Tells the others that the customer types: `composing` once, again every 10 s of typing, `paused` after 5 s of none. */
export class TypingSender {
  readonly #say: (state: "composing" | "paused") => void;
  #saidAt: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(say: (state: "composing" | "paused") => void) {
    this.#say = say;
  }

  /** A key was pressed. */
  key(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.pause(), PAUSE_MS);
    const now = Date.now();
    if (this.#saidAt !== undefined && now - this.#saidAt < REPEAT_MS) return;
    this.#saidAt = now;
    this.#say("composing");
  }

  /** The customer stopped. */
  pause(): void {
    if (this.forget()) this.#say("paused");
  }

  /** A message was sent, which says it all. @returns whether the others thought that the customer types. */
  forget(): boolean {
    clearTimeout(this.#timer);
    const said = this.#saidAt !== undefined;
    this.#saidAt = undefined;
    return said;
  }
}

/** Who of the others is typing, until they stop, speak, leave, or have been silent for 30 s. */
export class TypingWatch {
  readonly #composing = new Map<string, { who: Participant; timer: ReturnType<typeof setTimeout> }>();
  readonly #onChange: (who: readonly Participant[]) => void;

  constructor(onChange: (who: readonly Participant[]) => void) {
    this.#onChange = onChange;
  }

  get who(): readonly Participant[] {
    return this.#composing.size === 0 ? [] : Array.from(this.#composing.values(), ({ who }) => who);
  }

  /** Somebody said what they are doing. */
  heard(who: Participant, state: ChatState): void {
    if (who.isSelf) return;
    if (state !== "composing") return this.stopped(who.id);
    const known = this.#composing.get(who.id);
    clearTimeout(known?.timer);
    this.#composing.set(who.id, { who, timer: setTimeout(() => this.stopped(who.id), FORGET_MS) });
    if (!known) this.#onChange(this.who);
  }

  /** Somebody spoke or left. */
  stopped(id: string): void {
    const known = this.#composing.get(id);
    if (!known) return;
    clearTimeout(known.timer);
    this.#composing.delete(id);
    this.#onChange(this.who);
  }

  /** Nobody can be known to type: the link is gone. */
  clear(): void {
    if (this.#composing.size === 0) return;
    for (const { timer } of this.#composing.values()) clearTimeout(timer);
    this.#composing.clear();
    this.#onChange([]);
  }
}
