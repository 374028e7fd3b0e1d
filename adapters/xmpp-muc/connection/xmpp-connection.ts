import { exponentialBackoff } from "../../../src/kit/backoff.ts";
import { createDeferred, withDeadline, type Deferred } from "../../../src/kit/deadline.ts";
import { createEmitter } from "../../../src/kit/emitter.ts";
import { randomId } from "../../../src/kit/ids.ts";
import { silentLogger, type Logger } from "../../../src/kit/logger.ts";
import type { Call, Unsubscribe } from "../../../src/transport/call.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import { resourceOf } from "../jid.ts";
import type { XmlElement } from "../xml.ts";
import { answerIq } from "./iq-responder.ts";
import { IqTracker } from "./iq-tracker.ts";
import type { StreamEvent } from "./link.ts";
import type { XmppResumeState } from "./resume-state.ts";
import { ServiceChooser, type StreamRequest } from "./service-chooser.ts";
import type { StreamManager } from "./sm/stream-manager.ts";
import { silentLink, stanzaTooLarge } from "./stream-failure.ts";
import type { XmppConnection, XmppConnectionStatus } from "./xmpp-connection-interface.ts";
import type { XmppConnectionOptions } from "./xmpp-connection-options.ts";
import type { StreamHandlers, XmppStream } from "./xmpp-stream.ts";

/** How long a stream has to last until the next loss counts as a first one, milliseconds. */
const STABLE_MS = 60_000;

export type { XmppConnection, XmppConnectionStatus } from "./xmpp-connection-interface.ts";

/**
 * Makes a connection; nothing happens before `connect` or a room's `open`.
 * @throws ChatError `invalid-config` for addresses that are unusable or not encrypted.
 */
export function createXmppConnection(options: XmppConnectionOptions): XmppConnection {
  return new Connection(options);
}

class Connection implements XmppConnection {
  readonly #options: XmppConnectionOptions;
  readonly #services: ServiceChooser;
  readonly #logger: Logger;
  #resource: string;
  #anyResource: boolean;
  readonly #iqs: IqTracker = new IqTracker();
  readonly #stanzas = new Map<string, Set<(stanza: XmlElement) => void>>();
  readonly #events = createEmitter<{ stream: StreamEvent; resume: XmppResumeState }>();
  #status: XmppConnectionStatus = "idle";
  #stream: XmppStream | undefined;
  #sendable: Deferred<void> = quietDeferred();
  #bound: Deferred<string> = quietDeferred();
  #jid: string | undefined;
  #wasBound = false;
  #attempt = 0;
  #lostAt: number | undefined;
  #onlineAt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #credentialsAbort = new AbortController();
  #users = 0;
  #lastCondition: string | undefined;
  readonly #manager: StreamManager | undefined;
  /** A session to go on with is tried once. */
  #resumable: boolean;

  constructor(options: XmppConnectionOptions) {
    this.#options = options;
    this.#services = new ServiceChooser(options);
    this.#logger = options.logger ?? silentLogger;
    const { resource, resume } = options;
    this.#resumable = resume?.kind === "bosh";
    this.#manager = options.streamManagement?.(resume?.kind === "websocket-sm" ? resume : undefined);
    // A former session that cannot be resumed is ended by the server when its resource is taken.
    const former = resume && resourceOf(resume.jid);
    this.#anyResource = resource === undefined && former === undefined;
    this.#resource = resource ?? former ?? `switchboard-${randomId().slice(0, 8)}`;
  }

  get status(): XmppConnectionStatus {
    return this.#status;
  }
  get transport(): "bosh" | "websocket" | undefined {
    return this.#services.current;
  }
  get jid(): string | undefined {
    return this.#jid;
  }
  get resource(): string {
    return this.#resource;
  }
  get domain(): string {
    return this.#services.domain ?? "";
  }

  async connect(call?: Call): Promise<string> {
    return this.bound(call);
  }

  sendable(call?: Call): Promise<void> {
    return this.#wait(() => this.#sendable.promise, call);
  }

  bound(call?: Call): Promise<string> {
    return this.#wait(() => this.#bound.promise, call);
  }

  send(stanza: XmlElement): Promise<void> {
    const limit = this.#options.maxStanzaBytes ?? 131_072;
    if (!this.#stream || this.#status !== "online") return Promise.reject(this.#offline());
    const text = stanza.toString();
    if (text.length * 3 > limit && new TextEncoder().encode(text).length > limit)
      return Promise.reject(stanzaTooLarge(limit));
    return this.#stream.send(stanza);
  }

  request(iq: XmlElement, call?: Call): Promise<XmlElement> {
    return this.#iqs.request(iq, (stanza) => this.send(stanza), call);
  }

  onStanza(listener: (stanza: XmlElement) => void, bareFrom = ""): Unsubscribe {
    const listeners = this.#stanzas.get(bareFrom) ?? new Set();
    this.#stanzas.set(bareFrom, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#stanzas.delete(bareFrom);
    };
  }

  onStream(listener: (event: StreamEvent) => void): Unsubscribe {
    return this.#events.on("stream", listener);
  }

  retain(): () => Promise<void> {
    this.#users++;
    let released = false;
    return async () => {
      if (released) return;
      released = true;
      if (--this.#users === 0 && this.#options.closeWhenUnused) await this.close();
    };
  }

  retryNow(): void {
    if (this.#retryTimer === undefined) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#start();
  }

  hurry(): void {
    this.retryNow();
    if (this.#status === "online") this.#stream?.hurry(false);
  }

  async probe(call?: Call): Promise<boolean> {
    const stream = this.#stream;
    if (this.#status !== "online" || !stream) {
      this.retryNow();
      return false;
    }
    const timeoutMs = call?.timeoutMs ?? 5_000;
    // A page that slept has dead connections to a session that lives: new ones get half of the time.
    const again = setTimeout(() => stream.hurry(true), timeoutMs / 2);
    try {
      await withDeadline({ ...call, timeoutMs }, timeoutMs, "Asking for a sign of life", () => stream.probe());
      return true;
    } catch (error) {
      if (!ChatError.isInstance(error) || error.code !== "timed-out") throw error;
      stream.giveUp(silentLink(timeoutMs));
      this.retryNow();
      return false;
    } finally {
      clearTimeout(again);
    }
  }

  resumeState(): XmppResumeState | undefined {
    return this.#status === "online" ? this.#stream?.resumeState() : undefined;
  }

  onResumeState(listener: (state: XmppResumeState) => void): Unsubscribe {
    return this.#events.on("resume", listener);
  }

  detach(): XmppResumeState | undefined {
    const stream = this.#stream;
    const state = this.resumeState();
    this.#finish("handed-over", new ChatError("closed", "The connection to the chat server was handed over."));
    if (state) stream?.detach();
    else stream?.abandon();
    return state;
  }

  get pause(): ((seconds: number) => boolean) | undefined {
    const stream = this.#stream;
    return stream?.maxPauseSeconds === undefined ? undefined : (seconds) => stream.pause(seconds);
  }

  async close(call?: Call): Promise<void> {
    const stream = this.#stream;
    this.#finish("local", new ChatError("closed", "The connection to the chat server was closed."));
    if (!stream) return;
    try {
      await withDeadline(call, 5_000, "Saying goodbye to the chat server", () => stream.close());
    } catch {
      stream.abandon();
    }
  }

  async #wait<T>(promise: () => Promise<T>, call: Call | undefined): Promise<T> {
    return withDeadline(call, 30_000, "Connecting to the chat server", () => {
      if (this.#status === "idle") this.#start();
      return promise();
    });
  }

  #start(): void {
    const again = this.#status === "reconnecting";
    this.#status = again ? "reconnecting" : "connecting";
    this.#logger.info(again ? "Reconnecting to the chat server" : "Connecting to the chat server", {
      attempt: this.#attempt,
    });
    this.#credentialsAbort = new AbortController();
    const request: StreamRequest = {
      resource: this.#resource,
      anyResource: this.#anyResource,
      manager: this.#manager,
      signal: this.#credentialsAbort.signal,
      handlers: this.#handlers,
      onStream: (opened) => {
        this.#stream = opened;
      },
    };
    if (this.#resumable && this.#services.attach(request)) return;
    this.#resumable = false;
    this.#services
      .open(request)
      .catch((error: unknown) =>
        this.#onLost(ChatError.from(error, "unreachable", "The chat server could not be reached.")),
      );
  }

  readonly #handlers: StreamHandlers = {
    onSendable: (resumed) => this.#onSendable(resumed),
    onBound: (jid) => this.#onBound(jid),
    onJid: (jid) => {
      this.#jid = jid;
    },
    onStanza: (stanza) => this.#onStanza(stanza),
    onFaltering: (cause) => this.#events.emit("stream", { kind: "faltering", cause }),
    onSteady: () => this.#events.emit("stream", { kind: "steady" }),
    onChange: () => this.#tellResumeState(),
    onLost: (cause) => this.#onLost(cause),
  };

  #tellResumeState(): void {
    const state = this.#events.count("resume") > 0 ? this.resumeState() : undefined;
    if (state) this.#events.emit("resume", state);
  }

  #onSendable(resumed: boolean): void {
    this.#resumable = false;
    this.#status = "online";
    this.#onlineAt = performance.now();
    this.#sendable.resolve();
    this.#events.emit("stream", { kind: "sendable", resumed });
  }

  #onBound(jid: string): void {
    this.#jid = jid;
    // The next stream takes it again, which ends this one's session.
    this.#resource = resourceOf(jid) ?? this.#resource;
    this.#anyResource = false;
    this.#wasBound = true;
    this.#bound.resolve(jid);
    this.#logger.info("Connected to the chat server", { transport: this.transport });
    page()?.addEventListener("pagehide", this.#onPageHide);
  }

  readonly #onPageHide = (): void => {
    if (this.#options.keepSessionOnPageHide !== true) this.#stream?.leavePage();
  };

  #onStanza(stanza: XmlElement): void {
    if (stanza.name === "iq") {
      if (this.#iqs.take(stanza, { jid: this.#jid, domain: this.domain })) return;
      const answer = answerIq(stanza);
      if (answer) this.send(answer).catch(() => undefined);
      return;
    }
    const from = stanza.attrs["from"] ?? "";
    const slash = from.indexOf("/");
    this.#give(stanza, slash < 0 ? from : from.slice(0, slash));
    if (from !== "") this.#give(stanza, "");
  }

  #give(stanza: XmlElement, key: string): void {
    const listeners = this.#stanzas.get(key);
    if (!listeners) return;
    // A copy: a room that leaves unsubscribes meanwhile.
    for (const listener of Array.from(listeners)) {
      try {
        listener(stanza);
      } catch (error) {
        this.#logger.error("A room failed on a stanza", { error });
      }
    }
  }

  #onLost(cause: ChatError): void {
    if (this.#status === "closed") return;
    if (this.#resumable) {
      this.#logger.info("The former session is over", { code: cause.code });
      this.#stream = undefined;
      this.#resumable = false;
      return this.#start();
    }
    const first = this.#status === "connecting" && this.#attempt === 0;
    const wasOnline = this.#status === "online";
    this.#forgetStream(cause);
    if (first) return this.#finish(closedReason(cause), cause);
    const now = performance.now();
    if (wasOnline && now - this.#onlineAt > STABLE_MS) this.#attempt = 0;
    if (this.#attempt === 0) this.#lostAt = now;
    this.#attempt++;
    const delayMs = this.#nextDelayMs(cause, now - (this.#lostAt ?? now));
    if (delayMs === null) return this.#finish(closedReason(cause), cause);
    this.#status = "reconnecting";
    this.#logger.warn("The connection to the chat server was lost", { code: cause.code, delayMs });
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#start();
    }, delayMs);
    const retryAt = new Date(Date.now() + delayMs);
    this.#events.emit("stream", { kind: "lost", cause, attempt: this.#attempt, retryAt });
  }

  /** The policy decides, but a server that refuses twice for the same reason means it. */
  #nextDelayMs(cause: ChatError, elapsedMs: number): number | null {
    const condition = cause.code === "unreachable" || cause.code === "timed-out" ? undefined : cause.info.vendor?.code;
    const insists = condition !== undefined && condition === this.#lastCondition;
    this.#lastCondition = condition;
    if (insists) return null;
    // A token may have expired while the machine slept: who can give another one is asked once more.
    if (cause.code === "unauthorized" && typeof this.#options.credentials === "function") return 0;
    const policy = this.#options.reconnect ?? DEFAULT_POLICY;
    return policy.nextDelayMs({ attempt: this.#attempt, elapsedMs, cause });
  }

  #forgetStream(cause: ChatError): void {
    this.#stream = undefined;
    this.#jid = undefined;
    page()?.removeEventListener("pagehide", this.#onPageHide);
    this.#iqs.rejectAll(cause);
    // Who still waits goes on waiting for the next stream; who comes now waits too.
    if (this.#status === "online") this.#sendable = quietDeferred();
    if (this.#wasBound) this.#bound = quietDeferred();
    this.#wasBound = false;
  }

  #finish(reason: Extract<StreamEvent, { kind: "closed" }>["reason"], cause: ChatError): void {
    if (this.#status === "closed") return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#credentialsAbort.abort(cause);
    this.#forgetStream(cause);
    this.#status = "closed";
    this.#sendable.reject(cause);
    this.#bound.reject(cause);
    if (reason === "local" || reason === "handed-over")
      this.#logger.info("The connection to the chat server was closed");
    else this.#logger.error("The connection to the chat server was given up", { code: cause.code });
    this.#events.emit("stream", reason === "local" ? { kind: "closed", reason } : { kind: "closed", reason, cause });
    this.#events.clear();
    this.#stanzas.clear();
  }

  #offline(): ChatError {
    return this.#status === "closed"
      ? new ChatError("closed", "The connection to the chat server is closed.")
      : new ChatError("not-connected", "There is no connection to the chat server right now.");
  }
}

/** The page, where there is one. */
function page(): EventTarget | undefined {
  return typeof addEventListener === "function" ? globalThis : undefined;
}

const DEFAULT_POLICY = exponentialBackoff();

function closedReason(cause: ChatError): "replaced" | "refused" | "connection-lost" {
  if (cause.code === "conflict") return "replaced";
  return cause.code === "unreachable" || cause.code === "timed-out" ? "connection-lost" : "refused";
}

/** A deferred whose rejection may stay unheard: not every stream has somebody waiting for it. */
function quietDeferred<T>(): Deferred<T> {
  const deferred = createDeferred<T>();
  deferred.promise.catch(() => undefined);
  return deferred;
}
