import type { IqError, StanzaLink, StreamEvent } from "../../../adapters/xmpp-muc/connection/link.ts";
import { bareOf } from "../../../adapters/xmpp-muc/jid.ts";
import { parseXml, type XmlElement } from "../../../adapters/xmpp-muc/xml.ts";
import { createDeferred, withDeadline, type Deferred } from "../../../src/kit/deadline.ts";
import type { Call, Unsubscribe } from "../../../src/transport/call.ts";
import { ChatError, type ChatErrorCode } from "../../../src/transport/errors.ts";

/** Answers a request: with the XML of a result's payload, an error, or (`undefined`) never. */
export type Script = (iq: XmlElement) => Answer | Promise<Answer>;

type Answer = string | ChatError | undefined;

/** A connection whose server is the test. */
export class ScriptedLink implements StanzaLink {
  jid: string | undefined = "u-140a@chat.example/exo-1";
  readonly domain = "chat.example";
  /** Everything written, in order; requests too. */
  readonly written: XmlElement[] = [];
  /** What the server does about a stanza; called in a later task, as a network would. */
  onWritten: (stanza: XmlElement) => void = () => undefined;
  answer: Script = () => undefined;
  /** Rejects the next `send`. */
  failNextSend: ChatError | undefined;
  users = 0;
  readonly #stanzas = new Map<(stanza: XmlElement) => void, string>();
  readonly #streams = new Set<(event: StreamEvent) => void>();
  readonly #asked = new Set<Deferred<XmlElement>>();
  #sendable: Deferred<void> = createDeferred<void>();
  #online = false;
  #ids = 0;

  constructor(online = true) {
    if (online) this.#goOnline();
  }

  /** Listeners that are left. */
  get listeners(): number {
    return this.#stanzas.size + this.#streams.size;
  }

  sendable(call?: Call): Promise<void> {
    return withDeadline(call, 30_000, "Connecting", () => this.#sendable.promise);
  }

  async bound(call?: Call): Promise<string> {
    await this.sendable(call);
    return this.jid ?? "";
  }

  send(stanza: XmlElement): Promise<void> {
    if (!this.#online) return Promise.reject(new ChatError("not-connected", "No stream."));
    const failure = this.failNextSend;
    this.failNextSend = undefined;
    if (failure) return Promise.reject(failure);
    this.written.push(stanza);
    setImmediate(() => this.onWritten(stanza));
    return Promise.resolve();
  }

  async request(iq: XmlElement, call?: Call): Promise<XmlElement> {
    iq.attrs["id"] = `iq-${++this.#ids}`;
    const asked = createDeferred<XmlElement>();
    asked.promise.catch(() => undefined);
    this.#asked.add(asked);
    const sent = this.send(iq);
    return withDeadline(call, 10_000, "A request", async () => {
      await sent;
      setImmediate(() => this.#answer(iq, asked));
      return asked.promise;
    });
  }

  onStanza(listener: (stanza: XmlElement) => void, bareFrom = ""): Unsubscribe {
    this.#stanzas.set(listener, bareFrom);
    return () => void this.#stanzas.delete(listener);
  }

  onStream(listener: (event: StreamEvent) => void): Unsubscribe {
    this.#streams.add(listener);
    return () => void this.#streams.delete(listener);
  }

  retain(): () => Promise<void> {
    this.users++;
    return async () => void this.users--;
  }

  /** The server sends a stanza. */
  deliver(text: string): void {
    const stanza = parseXml(text.replace(/^<(\w+)/, "<$1 xmlns='jabber:client'"));
    const from = bareOf(stanza.attrs["from"] ?? "");
    for (const [listener, bare] of Array.from(this.#stanzas)) if (bare === "" || bare === from) listener(stanza);
  }

  /** The first connection comes up. */
  goOnline(): void {
    this.#goOnline();
    this.#emit({ kind: "sendable", resumed: false });
  }

  lose(attempt = 1, retryAt = new Date(Date.now() + 1_000)): void {
    const cause = new ChatError("unreachable", "The stream was lost.");
    this.#dropStream(cause);
    this.#emit({ kind: "lost", cause, attempt, retryAt });
  }

  /** Nothing gets through for the moment, or does again. */
  falter(steady: boolean): void {
    const cause = new ChatError("unreachable", "The chat server does not answer.");
    this.#emit(steady ? { kind: "steady" } : { kind: "faltering", cause });
  }

  restore(resumed = false): void {
    this.#goOnline();
    this.#emit({ kind: "sendable", resumed });
  }

  shut(reason: "local" | "replaced" | "refused" | "connection-lost", cause?: ChatError): void {
    const error = cause ?? new ChatError("closed", "The connection was closed.");
    this.#dropStream(error);
    this.#sendable.promise.catch(() => undefined);
    this.#sendable.reject(error);
    this.#emit(cause ? { kind: "closed", reason, cause } : { kind: "closed", reason });
  }

  #emit(event: StreamEvent): void {
    for (const listener of Array.from(this.#streams)) listener(event);
  }

  #goOnline(): void {
    this.#online = true;
    this.#sendable.resolve();
  }

  #dropStream(cause: ChatError): void {
    if (this.#online) this.#sendable = createDeferred<void>();
    this.#online = false;
    for (const asked of this.#asked) asked.reject(cause);
    this.#asked.clear();
  }

  #answer(iq: XmlElement, asked: Deferred<XmlElement>): void {
    const answer = this.answer(iq);
    if (answer instanceof Promise) void answer.then((late) => this.#settle(asked, late));
    else this.#settle(asked, answer);
  }

  #settle(asked: Deferred<XmlElement>, answer: Answer): void {
    if (answer === undefined) return;
    this.#asked.delete(asked);
    if (typeof answer !== "string") asked.reject(answer);
    else asked.resolve(parseXml(`<iq xmlns='jabber:client' type='result'>${answer}</iq>`));
  }
}

/** A stanza error as the link reports it. */
export function iqError(condition: string, code: ChatErrorCode, by?: string, extra = ""): ChatError {
  const stanza = parseXml(
    `<iq xmlns='jabber:client' type='error'><error type='cancel'>${extra}<${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
  );
  const cause: IqError = { condition, type: "cancel", text: undefined, by, stanza };
  return new ChatError(code, `The server answered ${condition}.`, { vendor: { name: "xmpp", code: condition }, cause });
}
