/** What {@link SilenceWatch} needs. */
export interface SilenceWatchParts {
  /** Silence after which to ask, milliseconds; `Infinity` never. */
  silenceMs: number;
  /** When the room was last heard of, milliseconds. */
  lastHeardMs(): number;
  /** Ask the room whether we are still in. */
  check(): void;
}

/** Asks after a long silence, and when the page is looked at again: a room that lost us says nothing (XEP-0410). */
export class SilenceWatch {
  readonly #parts: SilenceWatchParts;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #page: EventTarget | undefined;

  constructor(parts: SilenceWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.stop();
    this.#arm(this.#parts.silenceMs);
    this.#page = typeof document === "undefined" ? undefined : document;
    this.#page?.addEventListener("visibilitychange", this.#onVisibility);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#page?.removeEventListener("visibilitychange", this.#onVisibility);
    this.#page = undefined;
  }

  readonly #onVisibility = (): void => {
    if (document.visibilityState === "visible") this.#parts.check();
  };

  #arm(delayMs: number): void {
    if (!Number.isFinite(delayMs)) return;
    this.#timer = setTimeout(() => this.#onTimer(), delayMs);
  }

  /** One timer that is set again, instead of a new one for each stanza. */
  #onTimer(): void {
    const { silenceMs } = this.#parts;
    const quietMs = Date.now() - this.#parts.lastHeardMs();
    if (quietMs < silenceMs) return this.#arm(silenceMs - quietMs);
    this.#arm(silenceMs);
    this.#parts.check();
  }
}
