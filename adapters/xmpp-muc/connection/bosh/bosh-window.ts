import type { XmlElement } from "../../xml.ts";
import { BoshError } from "./bosh-error.ts";
import type { ResolvedBoshOptions } from "./bosh-options.ts";
import { postBody, RepeatableFailure } from "./bosh-request.ts";

/** How long answers to earlier requests are awaited once a terminal one is in, milliseconds. */
const LAST_ANSWERS_MS = 500;

/** How long new requests wait behind repeated ones at least, milliseconds. */
const QUIET_MS = 200;

/**
 * Between dropping a connection and repeating its request, milliseconds. Prosody 0.12.3 answers the connection that it
 * believes alive: a stanza that arrives before it has noticed the end is lost with it, although the repeat is there.
 */
const LET_GO_MS = 100;

interface Pending {
  rid: number;
  /** The exact bytes: a repeat must not differ (XEP-0124 §14.3). */
  body: string;
  /** Milliseconds without an answer until it is repeated. */
  limitMs: number;
  /** A pause: ejabberd 23.01 may answer later requests and never this one. */
  skippable: boolean;
  attempts: number;
  failed: boolean;
  sentAt: number;
  controller: AbortController | undefined;
  answer: XmlElement | undefined;
  terminal: BoshError | undefined;
}

/** Whose requests they are. */
export interface BoshWindowOwner {
  /** Seconds that failures may last; `undefined`: so many tries. */
  inactivitySeconds(): number | undefined;
  /**
   * An answer came, in whatever order. @returns what ends the session with it; `"repeat"` for a recoverable error
   * (XEP-0124 §17.3).
   */
  onAnswer(body: XmlElement): BoshError | "repeat" | undefined;
  /** A request failed. @returns whether that concerns the session, or is dealt with. */
  onFailure(error: unknown): "deal-with-it" | "done";
  /** Answers in `rid` order. */
  onBody(body: XmlElement): void;
  onEnd(reason: BoshError): void;
  /** There is room for new requests, or the time for them has come. `ask`: an answer would tell that all is well again. */
  onSettled(ask?: boolean): void;
  /** Repeats have failed for as long as `falterMs`. */
  onFaltering(error: unknown): void;
  /** An answer came after that. */
  onSteady(): void;
}

/** The requests that are out: each is sent until it is answered, and answers are handed on in their order. */
export class BoshWindow {
  readonly #url: string;
  readonly #options: ResolvedBoshOptions;
  readonly #owner: BoshWindowOwner;
  readonly #pending = new Map<number, Pending>();
  #closed = false;
  #failures = 0;
  #firstFailureAt: number | undefined;
  #faltering = false;
  #lastSentAt = 0;
  #quietUntil = 0;
  #roundTripMs = Number.POSITIVE_INFINITY;
  readonly #timers = new Map<"retry" | "last", ReturnType<typeof setTimeout>>();

  constructor(url: string, options: ResolvedBoshOptions, owner: BoshWindowOwner) {
    this.#url = url;
    this.#options = options;
    this.#owner = owner;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** `performance.now()` of the last request. */
  get lastSentAt(): number {
    return this.#lastSentAt;
  }

  /**
   * Milliseconds until a new `rid` may be used; `undefined` when a repeat has to go first. No new rid may overtake a
   * failed one: Prosody cannot answer rid N any more once N+1 got through, and ends a healthy session with item-not-found.
   */
  get quietMs(): number | undefined {
    return this.#timers.has("retry") ? undefined : Math.max(0, this.#quietUntil - performance.now());
  }

  /** What another page would have to repeat, oldest first. */
  bodies(): { rid: number; body: string }[] {
    return [...this.#pending.values()].map(({ rid, body }) => ({ rid, body }));
  }

  /** Sends a new request. */
  add(rid: number, body: string, limitMs: number): void {
    this.#transmit(this.#put(rid, body, limitMs));
  }

  /** Takes over requests that somebody else sent, and repeats them. */
  adopt(requests: readonly { rid: number; body: string }[], limitMs: number): void {
    for (const { rid, body } of requests) this.#put(rid, body, limitMs).failed = true;
    if (requests.length > 0) this.#timer("retry", LET_GO_MS, () => this.#repeatFailed());
  }

  #put(rid: number, body: string, limitMs: number): Pending {
    const pending: Pending = {
      rid,
      body,
      limitMs,
      skippable: /^<body[^>]* pause="/.test(body),
      attempts: 0,
      failed: false,
      sentAt: 0,
      controller: undefined,
      answer: undefined,
      terminal: undefined,
    };
    this.#pending.set(rid, pending);
    return pending;
  }

  /** Repeats what has failed at once; with `all` everything, on new connections: the old ones may be dead. */
  hurry(all: boolean): void {
    if (!all && !this.#some(({ failed }) => failed)) return;
    if (all) for (const pending of this.#pending.values()) letGo(pending);
    this.#timer("retry", all ? LET_GO_MS : 0, () => this.#repeatFailed());
  }

  /** Drops everything. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const { controller } of this.#pending.values()) controller?.abort();
    this.#pending.clear();
  }

  #transmit(pending: Pending): void {
    const controller = new AbortController();
    pending.controller = controller;
    pending.failed = false;
    pending.attempts++;
    pending.sentAt = performance.now();
    this.#lastSentAt = pending.sentAt;
    const timer = setTimeout(() => controller.abort(), pending.limitMs);
    const current = (): boolean => !this.#closed && pending.controller === controller;
    postBody(this.#url, pending.body, this.#options, controller.signal)
      .then((body) => {
        if (current()) this.#onAnswer(pending, body);
      })
      .catch((error: unknown) => {
        if (current()) this.#onFailure(pending, error);
      })
      .finally(() => clearTimeout(timer));
  }

  #onAnswer(pending: Pending, body: XmlElement): void {
    this.#roundTripMs = Math.min(this.#roundTripMs, performance.now() - pending.sentAt);
    this.#failures = 0;
    this.#firstFailureAt = undefined;
    if (this.#faltering) {
      this.#faltering = false;
      this.#owner.onSteady();
    }
    const verdict = this.#owner.onAnswer(body);
    if (verdict === "repeat") return this.#repeatUpTo(pending.rid);
    pending.answer = body;
    pending.terminal = verdict;
    // The way is open, and nothing is left that the next one could overtake.
    if (this.#some(({ failed }) => failed)) this.#timer("retry", LET_GO_MS, () => this.#repeatFailed());
    this.#deliver();
  }

  /** XEP-0124 §17.3: a recoverable error asks for this request and every earlier unanswered one again. */
  #repeatUpTo(rid: number): void {
    for (const pending of this.#pending.values()) if (pending.rid <= rid) letGo(pending);
    this.#retryLater(new RepeatableFailure("The BOSH service reported a recoverable error."));
  }

  #onFailure(pending: Pending, error: unknown): void {
    if (this.#owner.onFailure(error) === "done") return;
    if (error instanceof BoshError) {
      pending.terminal = error;
      return this.#deliver();
    }
    letGo(pending);
    this.#retryLater(error);
  }

  #retryLater(error: unknown): void {
    const now = performance.now();
    this.#firstFailureAt ??= now;
    const failingMs = now - this.#firstFailureAt;
    const inactivitySeconds = this.#owner.inactivitySeconds();
    const { maxAttempts, baseMs, maxMs } = this.#options.retry;
    const tooLate =
      inactivitySeconds === undefined
        ? this.#some(({ attempts, failed }) => failed && attempts >= maxAttempts)
        : failingMs > inactivitySeconds * 1_000;
    if (tooLate)
      return this.#owner.onEnd(
        new BoshError("unreachable", "The BOSH service could not be reached any more.", { cause: error }),
      );
    if (!this.#faltering && failingMs >= this.#options.falterMs) {
      this.#faltering = true;
      this.#owner.onFaltering(error);
    }
    if (this.#closed || this.#timers.has("retry")) return;
    const delayMs = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures++, 16)) * (0.75 + Math.random() / 2);
    this.#timer("retry", delayMs, () => this.#repeatFailed());
  }

  /**
   * Oldest first (the map's order is that of the rids), each with a head start: on connections of their own they overtake each
   * other, and what holds for a new rid holds for one that the server has not seen, as after a page that went while it was
   * sending.
   */
  #repeatFailed(): void {
    const roundTripMs = Number.isFinite(this.#roundTripMs) ? this.#roundTripMs : 0;
    const quietMs = Math.max(QUIET_MS, 2 * roundTripMs);
    const [first, ...others] = [...this.#pending.values()].filter(({ failed }) => failed);
    if (first) this.#transmit(first);
    if (others.length > 0) return this.#timer("retry", quietMs, () => this.#repeatFailed());
    this.#quietUntil = performance.now() + quietMs;
    this.#owner.onSettled(this.#faltering);
  }

  /** Hands answers on in rid order, whatever order they arrived in. */
  #deliver(force = false): void {
    for (const pending of this.#pending.values()) {
      if (!pending.answer && !pending.terminal) {
        if (!force) return this.#awaitLastAnswers();
        if (!pending.skippable && !this.#some(({ terminal }) => terminal)) break;
        pending.controller?.abort();
      }
      this.#pending.delete(pending.rid);
      if (pending.answer) this.#owner.onBody(pending.answer);
      if (pending.terminal) return this.#owner.onEnd(pending.terminal);
      if (this.#closed) return;
    }
    this.#owner.onSettled();
  }

  /** A terminal answer is in, or one after a pause; earlier requests are still open, and their answers may hold stanzas. */
  #awaitLastAnswers(): void {
    const [first] = this.#pending.values();
    const wanted = this.#some(({ terminal, answer }) => terminal ?? (first?.skippable === true && answer));
    if (!wanted) return this.#owner.onSettled();
    if (!this.#timers.has("last")) this.#timer("last", LAST_ANSWERS_MS, () => this.#deliver(true));
  }

  #some(fits: (pending: Pending) => unknown): boolean {
    return [...this.#pending.values()].some(fits);
  }

  #timer(name: "retry" | "last", ms: number, run: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        run();
      }, ms),
    );
  }
}

/** One connection per rid: with two, Prosody answers the first empty and the second with the payload. */
function letGo(pending: Pending): void {
  if (pending.answer ?? pending.terminal) return;
  pending.failed = true;
  pending.controller?.abort();
  pending.controller = undefined;
}
