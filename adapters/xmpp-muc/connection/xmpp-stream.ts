import { createDeferred, type Deferred } from "../../../src/kit/deadline.ts";
import { nextTask } from "../../../src/kit/tasks.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import { xml, type XmlElement } from "../xml.ts";
import { authenticate, chooseMechanism } from "./sasl/authenticate.ts";
import type { BoshResumeState, XmppResumeState } from "./resume-state.ts";
import type { FastLogin } from "./sasl/fast-login.ts";
import type { XmppCredentials } from "./sasl/sasl-mechanism.ts";
import { NS_SM, type ManagerVerdict, type StreamManager } from "./sm/stream-manager.ts";
import { streamError } from "./stream-failure.ts";
import type { BoshEngine } from "./bosh/bosh-engine.ts";
import type { SocketWatcher, XmppEntity } from "./xmpp-entity.ts";

const NS_CLIENT = "jabber:client";
const NS_FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";
const NS_BIND = "urn:ietf:params:xml:ns:xmpp-bind";
const NS_SESSION = "urn:ietf:params:xml:ns:xmpp-session";

/** What a stream needs to be opened. */
export interface StreamPlan {
  entity: XmppEntity;
  /** URL of the BOSH or WebSocket service. */
  service: string;
  domain: string;
  lang: string | undefined;
  /** May be on their way already: the stream is opened meanwhile. Asked for once, however often it is called. */
  credentials: () => Promise<XmppCredentials>;
  /** WebSocket only. */
  fast?: FastLogin | undefined;
  resource: string;
  /** The resource is nobody's yet: the server may choose another one. */
  anyResource: boolean;
  /** BOSH only: a session to go on with, instead of a login. */
  attach?: BoshResumeState | undefined;
  /** WebSocket only. */
  manager?: StreamManager | undefined;
}

/** What a stream tells its owner. */
export interface StreamHandlers {
  /** The server has answered: it is there, and speaks XMPP. */
  onOpened?(): void;
  /** The bind request has just been written: what is written in this task travels with it. Or an old session lives on. */
  onSendable(resumed: boolean): void;
  onBound(jid: string): void;
  /** An old session lives on, and stanzas of it come before `onSendable`. */
  onJid(jid: string): void;
  /** `iq`, `message` and `presence`. */
  onStanza(stanza: XmlElement): void;
  /** Nothing gets through for a while, and then it does again. */
  onFaltering(cause: ChatError): void;
  onSteady(): void;
  /** `resumeState` says something new. */
  onChange(): void;
  /** Once; nothing after it. */
  onLost(cause: ChatError): void;
}

/** One XMPP stream from its opening to its loss: features, SASL, restart, bind (RFC 6120 §4-7). */
export class XmppStream {
  readonly #plan: StreamPlan;
  readonly #handlers: StreamHandlers;
  readonly #nonzas: XmlElement[] = [];
  readonly #unsent = new Set<Deferred<void>>();
  #waiting: Deferred<XmlElement> | undefined;
  #lost: ChatError | undefined;
  #closing = false;
  #bindId: string | undefined;
  #jid: string | undefined;
  #features: XmlElement | undefined;
  #probes: { id: string; heard: () => void }[] = [];
  #pings = 0;

  constructor(plan: StreamPlan, handlers: StreamHandlers) {
    this.#plan = plan;
    this.#handlers = handlers;
    const { entity } = plan;
    entity.on("element", (element) => this.#onElement(element));
    entity.on("error", (error) => this.#fail(error));
    entity.on("disconnect", ({ reason }) => this.#fail(reason));
  }

  /** Starts. Everything that follows is told to the handlers. */
  open(): void {
    // A refused login ends the stream at once, also while the opening still waits for the server.
    const { attach, fast, domain, credentials } = this.#plan;
    if (!attach && !fast?.token(domain)) credentials().catch((error: unknown) => this.#fail(error));
    this.#negotiate().catch((error: unknown) => this.#fail(error));
  }

  /** Resolves when the stanza is in a request (BOSH) or given to the socket (WebSocket). */
  send(stanza: XmlElement): Promise<void> {
    if (this.#lost) return Promise.reject(this.#lost);
    const sent = createDeferred<void>();
    this.#unsent.add(sent);
    stanza.attrs["xmlns"] ??= NS_CLIENT;
    const text = stanza.toString();
    this.#plan.entity.socket?.write(text, undefined, () => {
      this.#unsent.delete(sent);
      sent.resolve();
    });
    this.#plan.manager?.sent(text);
    return sent.promise;
  }

  /** Says goodbye and resolves when the server has answered, or at the entity's own time limit. */
  async close(): Promise<void> {
    if (this.#lost) return;
    if (this.#bindId === undefined) return this.abandon();
    this.#closing = true;
    try {
      this.#write(xml("presence", { type: "unavailable" }));
      await this.#plan.entity.disconnect();
    } catch {
      // Whatever it was, the socket below is gone and that is what was asked for.
    }
    this.abandon();
  }

  /** Drops the socket without a word. */
  abandon(): void {
    this.#closing = true;
    this.#fail(undefined);
  }

  /** Ends the stream for a reason of ours. */
  giveUp(cause: ChatError): void {
    this.#fail(cause);
  }

  /** The page goes away: a last request that outlives it. */
  leavePage(): void {
    if (this.#bindId === undefined) return;
    const farewell = xml("presence", { xmlns: NS_CLIENT, type: "unavailable" }).toString();
    const { entity, manager } = this.#plan;
    if (this.#engine) return this.#engine.terminateOnPageHide(farewell);
    // A socket that only closes may be resumed: the server would keep a ghost.
    if (manager) for (const text of [farewell, `<close xmlns="${NS_FRAMING}"/>`]) entity.socket?.write(text);
  }

  /** What another stream can go on with; `undefined` before the binding, and where that is not possible. */
  resumeState(): XmppResumeState | undefined {
    const { service: url, manager } = this.#plan;
    const snapshot = this.#engine?.snapshot();
    if (this.#jid === undefined) return undefined;
    if (!snapshot) return this.#engine ? undefined : manager?.state(url);
    return { version: 1, kind: "bosh", url, jid: this.#jid, ...snapshot, savedAt: Date.now() };
  }

  /** Drops the wire so that another stream can go on: the server is not told. */
  detach(): void {
    this.#engine?.detach();
    this.abandon();
  }

  /** Makes the server say something, and resolves when it has: over BOSH any answer, over WebSocket that of a ping. */
  probe(): Promise<void> {
    const id = `probe-${++this.#pings}`;
    const answered = new Promise<void>((heard) => this.#probes.push({ id, heard }));
    if (this.#engine) this.#engine.nudge();
    else this.#write(xml("iq", { type: "get", id, to: this.#plan.domain }, xml("ping", { xmlns: "urn:xmpp:ping" })));
    return answered;
  }

  /** Repeats what failed at once; with `all` also what is only unanswered, on new connections. */
  hurry(all: boolean): void {
    this.#engine?.nudge(all);
  }

  /** Seconds that the session may be paused; `undefined` where it cannot be. */
  get maxPauseSeconds(): number | undefined {
    return this.#bindId === undefined ? undefined : this.#engine?.session?.maxPauseSeconds;
  }

  /** See {@link BoshEngine.pause}. */
  pause(seconds: number): boolean {
    return this.#engine?.pause(seconds) ?? false;
  }

  get #engine(): BoshEngine | undefined {
    return this.#plan.entity.socket?.engine;
  }

  async #negotiate(): Promise<void> {
    const { entity, service, domain, lang, attach, fast, manager } = this.#plan;
    await entity.connect(service);
    // Given up meanwhile: opening a stream would start what nobody ends.
    if (this.#lost) return;
    this.#watch();
    if (attach) {
      entity.adopt();
      entity.socket?.attach?.(attach);
      return;
    }
    // Who logs in with a token says so before (XEP-0484 §4.1). BOSH has no such logins.
    await entity.open({ domain, lang, from: service.startsWith("ws") ? fast?.token(domain)?.username : undefined });
    const features = await this.#nextFeatures();
    this.#handlers.onOpened?.();
    const jid = await this.#logIn(features);
    this.#features = await this.#nextFeatures();
    manager?.begin({
      write: (text) => this.#plan.entity.socket?.write(text),
      onChange: () => this.#handlers.onChange(),
    });
    if (jid !== undefined) this.#bindDone(jid, this.#features);
    else if (manager?.resume(this.#features) !== true) this.#bind(this.#features);
  }

  /** @returns the full JID where the server has bound one with the login. */
  async #logIn(features: XmlElement): Promise<string | undefined> {
    const { entity, domain, credentials, anyResource, fast } = this.#plan;
    const secure = entity.isSecure();
    const exchange = { send: (nonza: XmlElement) => this.#sendNonza(nonza), next: () => this.#nextNonza() };
    if (fast?.isOffered(features))
      return fast.authenticate(exchange, features, { domain, secure, anyResource, credentials });
    await authenticate(exchange, chooseMechanism(features, await credentials(), secure));
    await entity.restart();
    return undefined;
  }

  #bindDone(jid: string, features: XmlElement): void {
    this.#bindId = "";
    this.#plan.manager?.enable(features);
    this.#handlers.onSendable(false);
    this.#becomeBound(jid, false);
  }

  #watch(): void {
    const { socket } = this.#plan.entity;
    if (!socket) return;
    const watcher: SocketWatcher = {
      onAlive: () => this.#onAlive(),
      onFaltering: (error) => this.#handlers.onFaltering(streamError(error)),
      onSteady: () => this.#handlers.onSteady(),
      onChange: () => this.#handlers.onChange(),
    };
    socket.watcher = watcher;
  }

  /** Whatever it was that came over BOSH. */
  #onAlive(): void {
    for (const { heard } of this.#probes.splice(0)) heard();
    const { attach } = this.#plan;
    if (!attach || this.#bindId !== undefined) return;
    this.#bindId = "";
    this.#handlers.onOpened?.();
    this.#becomeBound(attach.jid, true);
  }

  #becomeBound(jid: string, resumed: boolean): void {
    this.#jid = jid;
    this.#plan.manager?.bound(jid);
    if (resumed) this.#handlers.onSendable(true);
    this.#handlers.onBound(jid);
    this.#handlers.onChange();
  }

  #bind(features: XmlElement): void {
    if (!features.getChild("bind", NS_BIND)) throw noBind();
    this.#bindId = `bind-${this.#plan.resource}`;
    const bind = xml("bind", { xmlns: NS_BIND }, xml("resource", {}, this.#plan.resource));
    this.#write(xml("iq", { type: "set", id: this.#bindId }, bind));
    const session = features.getChild("session", NS_SESSION);
    // RFC 3921's session: today's servers mark it optional, old ones insist.
    if (session && !session.getChild("optional"))
      this.#write(
        xml("iq", { type: "set", id: `session-${this.#plan.resource}` }, xml("session", { xmlns: NS_SESSION })),
      );
    this.#plan.manager?.enable(features);
    this.#handlers.onSendable(false);
  }

  #write(stanza: XmlElement): void {
    this.send(stanza).catch(() => undefined);
  }

  async #sendNonza(nonza: XmlElement): Promise<void> {
    const { socket } = this.#plan.entity;
    await new Promise<void>((resolve, reject) => {
      socket?.write(nonza.toString(), (error) => (error ? reject(error) : resolve()));
    });
  }

  #onElement(element: XmlElement): void {
    if (this.#lost) return;
    const { name } = element;
    const { manager } = this.#plan;
    if (name === "message" || name === "presence" || name === "iq") {
      if (name === "iq") this.#onIq(element);
      else this.#handlers.onStanza(element);
      manager?.received();
    } else if (manager && element.getNS() === NS_SM) this.#onManaged(manager.take(element));
    else if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve(element);
    } else this.#nonzas.push(element);
  }

  #onManaged(verdict: ManagerVerdict | undefined): void {
    if (verdict?.kind === "broken") return this.#fail(miscounted());
    if (this.#bindId !== undefined || !verdict || !this.#features) return;
    if (verdict.kind === "failed") return this.#bind(this.#features);
    if (verdict.kind === "resuming") return this.#handlers.onJid(verdict.jid);
    this.#bindId = "";
    this.#becomeBound(verdict.jid, true);
  }

  #onIq(iq: XmlElement): void {
    // What lay in a buffer since before a sleep is no sign of life: only the answer is.
    const asked = this.#probes.findIndex(({ id }) => id === iq.attrs["id"]);
    for (const { heard } of asked < 0 ? [] : this.#probes.splice(0, asked + 1)) heard();
    if (this.#bindId === undefined || iq.attrs["id"] !== this.#bindId) return this.#handlers.onStanza(iq);
    const jid = iq.attrs["type"] === "result" ? iq.getChild("bind", NS_BIND)?.getChildText("jid") : undefined;
    if (jid) this.#becomeBound(jid, false);
    else this.#fail(bindRefused(iq));
  }

  async #nextFeatures(): Promise<XmlElement> {
    for (;;) {
      const nonza = await this.#nextNonza();
      if (nonza.name === "features") return nonza;
    }
  }

  #nextNonza(): Promise<XmlElement> {
    const queued = this.#nonzas.shift();
    if (queued) return Promise.resolve(queued);
    if (this.#lost) return Promise.reject(this.#lost);
    this.#waiting = createDeferred<XmlElement>();
    return this.#waiting.promise;
  }

  #fail(reason: unknown): void {
    if (this.#lost) return;
    const cause = this.#closing
      ? new ChatError("closed", "The connection to the chat server was closed.")
      : streamError(reason);
    this.#lost = cause;
    this.#waiting?.reject(cause);
    // xmpp.js waits for the opening of a stream with a timer of its own, and hears only errors; it may begin to wait
    // within this task.
    nextTask(() => {
      const { entity } = this.#plan;
      entity.emit("error", cause);
      // And for its end: a server that never answers a goodbye would keep that timer too.
      entity.parser?.emit("end");
    });
    for (const { reject } of this.#unsent) reject(cause);
    this.#unsent.clear();
    const { socket } = this.#plan.entity;
    if (socket?.abandon) socket.abandon();
    else socket?.end();
    this.#handlers.onLost(cause);
  }
}

function miscounted(): ChatError {
  return new ChatError("unreachable", "The chat server acknowledged what was never sent.", {
    vendor: { name: "xmpp", code: "xmpp/handled-count-too-high" },
  });
}

function noBind(): ChatError {
  return new ChatError("bad-frame", "The chat server offers no resource binding, so no session can start.", {
    vendor: { name: "xmpp", code: "xmpp/no-bind" },
  });
}

function bindRefused(iq: XmlElement): ChatError {
  const condition =
    iq
      .getChild("error")
      ?.getChildElements()
      .find(({ name }) => name !== "text")?.name ?? "undefined-condition";
  return new ChatError("refused", `The chat server refused to bind a session: ${condition}.`, {
    vendor: { name: "xmpp", code: `xmpp/bind-${condition}` },
  });
}
