import { nextTask } from "../../../../src/kit/tasks.ts";
import type { XmlElement } from "../../xml.ts";
import { NS_XBOSH, readSessionParameters, writeBody, type BodyAttrs, type SessionParameters } from "./bosh-body.ts";
import { BoshError } from "./bosh-error.ts";
import type { ResolvedBoshOptions } from "./bosh-options.ts";
import type { BoshResumeState } from "../resume-state.ts";
import { postBody, RepeatableFailure } from "./bosh-request.ts";
import { BoshWindow } from "./bosh-window.ts";

/**
 * How long the client may think before a request is held out for the server while the stream is being negotiated,
 * milliseconds. Then both sides speak in turns, and an empty request would only race with the client's answer: ejabberd
 * 23.01 answers neither when the empty one is overtaken.
 */
const TURN_MS = 1_000;

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
  /** Requests have failed for a while; they are still repeated. */
  onFaltering?(error: unknown): void;
  /** After that: an answer came. */
  onSteady?(): void;
  /** `snapshot` says something new: a request was made, or answers were handed on. */
  onChange?(): void;
}

/** What of a session another engine can go on with. */
export type BoshSnapshot = Omit<BoshResumeState, "version" | "kind" | "url" | "jid" | "savedAt">;

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
  readonly #window: BoshWindow;
  #terminateSent = false;
  #closed = false;
  #pumping = false;
  #pumpTimer: ReturnType<typeof setTimeout> | undefined;
  #restarted = false;
  #ourTurnUntil = 0;
  /** An empty request is wanted although others are open: the server answers the one it holds. */
  #nudge = false;
  #changed = false;
  #pausedSeconds = 0;

  constructor(url: string, options: ResolvedBoshOptions, handlers: BoshEngineHandlers) {
    this.#url = url;
    this.#options = options;
    this.#handlers = handlers;
    this.#window = new BoshWindow(url, options, {
      inactivitySeconds: () => this.#inactivitySeconds(),
      onAnswer: (body) => this.#onAnswer(body),
      onFailure: (error) => this.#onFailure(error),
      onBody: (body) => {
        this.#changed = true;
        handlers.onBody(body);
      },
      onEnd: (reason) => this.#end(this.#terminateSent ? undefined : reason),
      onSettled: (ask) => {
        this.#nudge ||= ask === true;
        this.#schedule();
      },
      onFaltering: (error) => handlers.onFaltering?.(error),
      onSteady: () => handlers.onSteady?.(),
    });
  }

  /** What the server granted; `undefined` before its first answer. */
  get session(): Readonly<SessionParameters> | undefined {
    return this.#session;
  }

  /** Sends the session request. It is not repeated on failure: whoever waits for the session hears the cause at once. */
  start(attrs: BodyAttrs): void {
    const { wait, hold, route, contentType } = this.#options;
    this.#request(
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
      wait,
    );
  }

  /** Goes on with a session: repeats what was not answered, and makes the server say something. */
  attach(snapshot: BoshSnapshot): void {
    const { sid, rid, requests, wait, hold, polling, inactivity, maxpause, pending } = snapshot;
    this.#session = {
      sid,
      wait,
      requests,
      hold,
      pollingSeconds: polling,
      inactivitySeconds: inactivity,
      maxPauseSeconds: maxpause,
    };
    this.#rid = rid;
    this.#restarted = true;
    this.#window.adopt(pending, this.#limitMs(wait));
    this.#nudge = true;
    this.#schedule();
  }

  /** What another engine can go on with; `undefined` without a session, or after the goodbye. */
  snapshot(): BoshSnapshot | undefined {
    if (!this.#session || this.#terminateSent || this.#closed) return undefined;
    const { sid, wait, requests, hold, pollingSeconds: polling, maxPauseSeconds: maxpause } = this.#session;
    const inactivity = this.#inactivitySeconds();
    return {
      sid,
      rid: this.#rid,
      requests,
      wait,
      hold,
      polling,
      ...(inactivity === undefined ? {} : { inactivity }),
      ...(maxpause === undefined ? {} : { maxpause }),
      pending: this.#window.bodies(),
    };
  }

  /** Asks for an answer now. Failed requests are repeated at once; with `all` those that are only unanswered, too. */
  nudge(all = false): void {
    this.#nudge = true;
    this.#pausedSeconds = 0;
    this.#window.hurry(all);
    this.#schedule();
  }

  /**
   * Lets the session rest until something is written or asked for (XEP-0124 §10). Its answer is awaited by nobody:
   * ejabberd 23.01 holds it until the next request, or until the pause is over and the session with it.
   * @returns false when the server does not know how, or something has still to be sent.
   */
  pause(seconds: number): boolean {
    this.#pump();
    const session = this.#session;
    const max = session?.maxPauseSeconds;
    if (!session || max === undefined || this.#closed || this.#terminateSent) return false;
    if (this.#queue.length > 0 || this.#window.quietMs !== 0) return false;
    this.#pausedSeconds = Math.max(1, Math.min(max, Math.floor(seconds)));
    this.#send(session, { pause: this.#pausedSeconds }, "", this.#pausedSeconds);
    this.#tellChange();
    return true;
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

  /** Stops without a word, so that another engine can go on. */
  detach(): void {
    this.#end(undefined);
  }

  /** Ends the session with a request that outlives the page. `payload` is the last stanza, for instance a presence. */
  terminateOnPageHide(payload: string): void {
    if (this.#closed || this.#terminateSent || !this.#session || !this.#options.terminateOnPageHide) return;
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
    this.#sendWhatMay();
    this.#tellChange();
  }

  #tellChange(): void {
    if (!this.#changed || this.#closed) return;
    this.#changed = false;
    this.#handlers.onChange?.();
  }

  #sendWhatMay(): void {
    const session = this.#session;
    if (this.#closed || !session || this.#terminateSent) return;
    const { quietMs } = this.#window;
    if (quietMs === undefined) return;
    if (quietMs > 0) return this.#pumpIn(quietMs);
    const polling = session.requests === 1 || session.wait === 0 || session.hold === 0;
    const most = polling ? 1 : session.requests;
    while (this.#queue.length > 0 && (this.#window.size < most || this.#terminatesNext())) {
      if (this.#sendQueued(session) === "terminated") return;
    }
    if (this.#queue.length > 0) return;
    if (this.#nudge) this.#askForAnswer(session, most);
    if (this.#window.size > 0 || this.#pausedSeconds > 0) return;
    const now = performance.now();
    const pollMs = polling ? this.#window.lastSentAt + session.pollingSeconds * 1_000 - now : 0;
    const restMs = Math.max(pollMs, this.#ourTurnUntil - now);
    if (restMs > 0) this.#pumpIn(restMs);
    else this.#send(session, {});
  }

  /** A server answers as soon as it has more requests than it may hold. */
  #askForAnswer(session: SessionParameters, most: number): void {
    this.#nudge = false;
    if (most === 1) return;
    while (this.#window.size < most && this.#window.size <= session.hold) this.#send(session, {});
  }

  /** Saying goodbye is allowed one above the window (XEP-0124 §11). */
  #terminatesNext(): boolean {
    return this.#queue.some(({ kind }) => kind === "terminate") && this.#window.size <= (this.#session?.requests ?? 1);
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

  #send(session: SessionParameters, attrs: BodyAttrs, payload = "", seconds = session.wait): void {
    if (attrs["pause"] === undefined) this.#pausedSeconds = 0;
    this.#request(writeBody({ rid: this.#rid, sid: session.sid, ...attrs }, payload), seconds);
  }

  #request(body: string, seconds: number): void {
    this.#changed = true;
    this.#window.add(this.#rid++, body, this.#limitMs(seconds));
  }

  #limitMs(seconds: number): number {
    return seconds * 1_000 + this.#options.graceMs;
  }

  #inactivitySeconds(): number | undefined {
    const seconds = this.#session?.inactivitySeconds;
    return seconds === undefined ? undefined : Math.max(seconds, this.#pausedSeconds);
  }

  #onAnswer(body: XmlElement): BoshError | "repeat" | undefined {
    const { type } = body.attrs;
    if (type === "error" && this.#session) return "repeat";
    if (!this.#session) this.#session = readSessionParameters(body, this.#options);
    if (!this.#restarted && body.children.length > 0) this.#ourTurnUntil = performance.now() + TURN_MS;
    if (type === "terminate") return terminalError(body);
    return this.#session ? undefined : new BoshError("no-session", "The BOSH service gave no session id.");
  }

  #onFailure(error: unknown): "deal-with-it" | "done" {
    if (!this.#session) this.#end(sessionRefused(error));
    // What we asked for cannot be had any more, and nobody waits for more than the attempt.
    else if (this.#terminateSent && this.#queue.length === 0 && !(error instanceof BoshError)) this.#end(undefined);
    else return "deal-with-it";
    return "done";
  }

  #pumpIn(ms: number): void {
    clearTimeout(this.#pumpTimer);
    this.#pumpTimer = setTimeout(() => this.#pump(), ms);
  }

  #end(reason: BoshError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#pumpTimer);
    this.#window.close();
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
