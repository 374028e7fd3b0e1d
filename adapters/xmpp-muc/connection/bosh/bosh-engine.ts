import { nextTask } from "../../../../src/kit/tasks.ts";
import type { XmlElement } from "../../xml.ts";
import { NS_XBOSH, readSessionParameters, writeBody, type BodyAttrs, type SessionParameters } from "./bosh-body.ts";
import { BoshError } from "./bosh-error.ts";
import type { ResolvedBoshOptions } from "./bosh-options.ts";
import { postBody, RepeatableFailure } from "./bosh-request.ts";

/** How long answers to earlier requests are awaited once a terminal one is in, milliseconds. */
const LAST_ANSWERS_MS = 500;

/**
 * How long the client may think before a request is held out for the server while the stream is being negotiated,
 * milliseconds. Then both sides speak in turns, and an empty request would only race with the client's answer: ejabberd
 * 23.01 answers neither when the empty one is overtaken.
 */
const TURN_MS = 1_000;

interface Pending {
  rid: number;
  /** The exact bytes: a repeat must not differ (XEP-0124 §14.3). */
  body: string;
  attempts: number;
  failed: boolean;
  sentAt: number;
  controller: AbortController | undefined;
  answer: XmlElement | undefined;
  terminal: BoshError | undefined;
}

type Queued =
  | { kind: "stanza"; text: string; onSent: (() => void) | undefined }
  | { kind: "restart"; attrs: BodyAttrs }
  | { kind: "terminate" };

/** What the engine tells its socket. */
export interface BoshEngineHandlers {
  /** An answer, in `rid` order. */
  onBody(body: XmlElement): void;
  /** Once, and nothing after it. `undefined`: we asked for the end and got it. */
  onClosed(reason: BoshError | undefined): void;
}

/**
 * The requests of one BOSH session (XEP-0124 1.11.2): which body goes out when, with which `rid`, and what is done when
 * no answer comes. Knows nothing of XMPP beyond the restart flag.
 */
export class BoshEngine {
  readonly #url: string;
  readonly #options: ResolvedBoshOptions;
  readonly #handlers: BoshEngineHandlers;
  #session: SessionParameters | undefined;
  #rid: number = randomRid();
  #queue: Queued[] = [];
  readonly #pending = new Map<number, Pending>();
  #terminateSent = false;
  #closed = false;
  #pumping = false;
  #failures = 0;
  #firstFailureAt: number | undefined;
  #lastRequestAt = 0;
  #quietUntil = 0;
  #restarted = false;
  #ourTurnUntil = 0;
  #roundTripMs = Number.POSITIVE_INFINITY;
  readonly #timers = new Map<"retry" | "pump" | "last", ReturnType<typeof setTimeout>>();

  constructor(url: string, options: ResolvedBoshOptions, handlers: BoshEngineHandlers) {
    this.#url = url;
    this.#options = options;
    this.#handlers = handlers;
  }

  /** What the server granted; `undefined` before its first answer. */
  get session(): Readonly<SessionParameters> | undefined {
    return this.#session;
  }

  /** Sends the session request. It is not repeated on failure: whoever waits for the session hears the cause at once. */
  start(attrs: BodyAttrs): void {
    const { wait, hold, route, contentType } = this.#options;
    this.#transmit(
      this.#newRequest(
        writeBody({
          rid: this.#rid,
          ...attrs,
          wait,
          hold,
          ver: "1.6",
          content: contentType,
          route,
          "xmlns:xmpp": NS_XBOSH,
          "xmpp:version": "1.0",
        }),
      ),
    );
  }

  /** Queues a stanza. `onSent` is called when it has been put into a request. */
  write(text: string, onSent?: () => void): void {
    this.#queue.push({ kind: "stanza", text, onSent });
    this.#schedule();
  }

  /** Queues a stream restart, which travels alone in its body (XEP-0206 §5). */
  restart(attrs: BodyAttrs): void {
    this.#queue.push({ kind: "restart", attrs });
    this.#schedule();
  }

  /** Ends the session after everything queued so far. */
  terminate(): void {
    if (this.#closed || this.#terminateSent) return;
    if (!this.#session) return this.#end(undefined);
    this.#queue.push({ kind: "terminate" });
    this.#schedule();
  }

  /** Drops everything. The server is told once, without waiting, so that it does not keep a ghost until inactivity. */
  abort(): void {
    if (!this.#closed && !this.#terminateSent && this.#session) {
      const body = writeBody({ rid: this.#rid++, sid: this.#session.sid, type: "terminate" });
      postBody(this.#url, body, this.#options, AbortSignal.timeout(2_000)).catch(() => undefined);
    }
    this.#end(this.#terminateSent ? undefined : new BoshError("aborted", "The BOSH session was abandoned."));
  }

  /** Ends the session with a request that outlives the page. `payload` is the last stanza, for instance a presence. */
  terminateOnPageHide(payload: string): void {
    if (this.#closed || this.#terminateSent || !this.#session) return;
    const body = writeBody({ rid: this.#rid++, sid: this.#session.sid, type: "terminate" }, payload);
    // text/plain: a page that is going away cannot wait for a preflight.
    const headers = { ...this.#options.headers, "Content-Type": "text/plain; charset=utf-8" };
    const gone = this.#options.fetch(this.#url, { method: "POST", body, headers, keepalive: true, redirect: "error" });
    gone.catch(() => undefined);
    this.#terminateSent = true;
    this.#end(undefined);
  }

  /**
   * Everything written in one task leaves in one body, hence the decision in the next task. Not a timer: 4 ms of a
   * 5 ms round trip.
   */
  #schedule(): void {
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    nextTask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    const session = this.#session;
    if (this.#closed || !session || this.#terminateSent) return;
    // While a request has failed and is not on its way again, no new rid may overtake it: Prosody cannot answer rid N
    // any more once N+1 got through, and ends a healthy session with item-not-found.
    if (this.#timers.has("retry")) return;
    const quietMs = this.#quietUntil - performance.now();
    if (quietMs > 0) return this.#pumpIn(quietMs);
    const polling = session.requests === 1 || session.wait === 0 || session.hold === 0;
    const window = polling ? 1 : session.requests;
    while (this.#queue.length > 0 && (this.#pending.size < window || this.#terminatesNext())) {
      if (this.#sendQueued(session) === "terminated") return;
    }
    if (this.#queue.length > 0 || this.#pending.size > 0) return;
    const now = performance.now();
    const pollMs = polling ? this.#lastRequestAt + session.pollingSeconds * 1_000 - now : 0;
    const restMs = Math.max(pollMs, this.#ourTurnUntil - now);
    if (restMs > 0) this.#pumpIn(restMs);
    else this.#send(session, {});
  }

  /** Saying goodbye is allowed one above the window (XEP-0124 §11). */
  #terminatesNext(): boolean {
    return this.#queue.some(({ kind }) => kind === "terminate") && this.#pending.size <= (this.#session?.requests ?? 1);
  }

  #sendQueued(session: SessionParameters): "sent" | "terminated" {
    const first = this.#queue[0];
    if (first?.kind === "restart") {
      this.#queue.shift();
      this.#restarted = true;
      this.#ourTurnUntil = 0;
      this.#send(session, { ...first.attrs, "xmlns:xmpp": NS_XBOSH, "xmpp:restart": "true" });
      return "sent";
    }
    const { payload, sent } = this.#takeStanzas();
    const terminate = this.#queue[0]?.kind === "terminate";
    this.#terminateSent = terminate;
    this.#send(session, terminate ? { type: "terminate" } : {}, payload);
    for (const onSent of sent) onSent();
    return terminate ? "terminated" : "sent";
  }

  /** As many stanzas from the head of the queue as fit into one body. */
  #takeStanzas(): { payload: string; sent: (() => void)[] } {
    let payload = "";
    let bytes = 0;
    const sent: (() => void)[] = [];
    for (let item = this.#queue[0]; item?.kind === "stanza"; item = this.#queue[0]) {
      bytes += utf8Length(item.text);
      if (payload !== "" && bytes > this.#options.maxBodyBytes) break;
      payload += item.text;
      if (item.onSent) sent.push(item.onSent);
      this.#queue.shift();
    }
    return { payload, sent };
  }

  #send(session: SessionParameters, attrs: BodyAttrs, payload = ""): void {
    this.#transmit(this.#newRequest(writeBody({ rid: this.#rid, sid: session.sid, ...attrs }, payload)));
  }

  #newRequest(body: string): Pending {
    const pending: Pending = {
      rid: this.#rid++,
      body,
      attempts: 0,
      failed: false,
      sentAt: 0,
      controller: undefined,
      answer: undefined,
      terminal: undefined,
    };
    this.#pending.set(pending.rid, pending);
    return pending;
  }

  #transmit(pending: Pending): void {
    // One connection per rid: with two, Prosody answers the first empty and the second with the payload.
    pending.controller?.abort();
    const controller = new AbortController();
    pending.controller = controller;
    pending.failed = false;
    pending.attempts++;
    pending.sentAt = performance.now();
    this.#lastRequestAt = pending.sentAt;
    const limitMs = (this.#session?.wait ?? this.#options.wait) * 1_000 + this.#options.graceMs;
    const timer = setTimeout(() => controller.abort(), limitMs);
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
    const { type } = body.attrs;
    if (type === "error" && this.#session) return this.#repeatUpTo(pending.rid);
    if (!this.#session) this.#session = readSessionParameters(body, this.#options);
    pending.answer = body;
    if (!this.#restarted && body.children.length > 0) this.#ourTurnUntil = performance.now() + TURN_MS;
    if (type === "terminate") pending.terminal = terminalError(body);
    else if (!this.#session) pending.terminal = new BoshError("no-session", "The BOSH service gave no session id.");
    this.#deliver();
  }

  /** XEP-0124 §17.3: a recoverable error asks for this request and every earlier unanswered one again. */
  #repeatUpTo(rid: number): void {
    for (const pending of this.#pending.values()) if (pending.rid <= rid && !pending.answer) pending.failed = true;
    this.#retryLater(new RepeatableFailure("The BOSH service reported a recoverable error."));
  }

  #onFailure(pending: Pending, error: unknown): void {
    if (!this.#session) return this.#end(sessionRefused(error));
    if (error instanceof BoshError) {
      pending.terminal = error;
      return this.#deliver();
    }
    // What we asked for cannot be had any more, and nobody waits for more than the attempt.
    if (this.#terminateSent && this.#queue.length === 0) return this.#end(undefined);
    pending.failed = true;
    this.#retryLater(error);
  }

  #retryLater(error: unknown): void {
    const now = performance.now();
    this.#firstFailureAt ??= now;
    const { inactivitySeconds } = this.#session ?? {};
    const { maxAttempts, baseMs, maxMs } = this.#options.retry;
    const tooLate =
      inactivitySeconds === undefined
        ? [...this.#pending.values()].some(({ attempts, failed }) => failed && attempts >= maxAttempts)
        : now - this.#firstFailureAt > inactivitySeconds * 1_000;
    if (tooLate) {
      return this.#end(
        new BoshError("unreachable", "The BOSH service could not be reached any more.", { cause: error }),
      );
    }
    if (this.#timers.has("retry")) return;
    const delayMs = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures++, 16)) * (0.75 + Math.random() / 2);
    this.#timer("retry", delayMs, () => this.#repeatFailed());
  }

  #repeatFailed(): void {
    this.#quietUntil =
      performance.now() + Math.max(200, Number.isFinite(this.#roundTripMs) ? 2 * this.#roundTripMs : 0);
    // Map order is rid order: oldest first.
    for (const pending of this.#pending.values()) if (pending.failed) this.#transmit(pending);
    this.#schedule();
  }

  /** Hands answers on in rid order, whatever order they arrived in. */
  #deliver(force = false): void {
    for (const pending of this.#pending.values()) {
      if (!pending.answer && !pending.terminal) {
        if (force) continue;
        return this.#awaitLastAnswers();
      }
      this.#pending.delete(pending.rid);
      if (pending.answer) this.#handlers.onBody(pending.answer);
      if (pending.terminal) return this.#end(this.#terminateSent ? undefined : pending.terminal);
      if (this.#closed) return;
    }
    this.#schedule();
  }

  /** A terminal answer is in, earlier requests are still open: their answers may hold stanzas. */
  #awaitLastAnswers(): void {
    const ending = [...this.#pending.values()].some(({ terminal }) => terminal);
    if (!ending) return this.#schedule();
    if (!this.#timers.has("last")) this.#timer("last", LAST_ANSWERS_MS, () => this.#deliver(true));
  }

  #pumpIn(ms: number): void {
    this.#timer("pump", ms, () => this.#pump());
  }

  #timer(name: "retry" | "pump" | "last", ms: number, run: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        run();
      }, ms),
    );
  }

  #end(reason: BoshError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const { controller } of this.#pending.values()) controller?.abort();
    this.#pending.clear();
    this.#queue = [];
    this.#handlers.onClosed(reason);
  }
}

/** Random and large, far enough below 2^53 - 1 that a session never reaches it (XEP-0124 §14.1). */
function randomRid(): number {
  const [random = 1] = crypto.getRandomValues(new Uint32Array(1));
  return random * 1024 + 1;
}

function utf8Length(text: string): number {
  // Three bytes a code unit is the worst case: no need to encode what fits anyway.
  return text.length < 4_096 ? text.length * 3 : new TextEncoder().encode(text).length;
}

function terminalError(body: XmlElement): BoshError {
  const condition = body.attrs["condition"] ?? "terminated";
  const uri = body.getChildText("uri") ?? undefined;
  return new BoshError(
    condition,
    `The BOSH service ended the session: ${condition}.`,
    uri === undefined ? {} : { uri },
  );
}

function sessionRefused(error: unknown): BoshError {
  const status = error instanceof BoshError || error instanceof RepeatableFailure ? error.status : undefined;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const message = status === undefined ? "No answer came." : `It answered HTTP ${status}.`;
  return new BoshError("no-session", message, { cause, ...(status === undefined ? {} : { status }) });
}
