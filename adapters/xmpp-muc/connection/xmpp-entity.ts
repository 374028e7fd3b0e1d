import Client from "@xmpp/client-core/lib/Client.js";
import type { XmlElement } from "../xml.ts";
import type { BoshEngine, BoshSnapshot } from "./bosh/bosh-engine.ts";
import { StreamFailure } from "./stream-failure.ts";

/** What this adapter uses of a `Client` of xmpp.js 0.14 (`@xmpp/client-core/lib/Client.js`, `@xmpp/connection/index.js`). */
export interface XmppEntity {
  readonly transports: unknown[];
  readonly socket: XmppSocket | null;
  /** The parser of the current stream. */
  readonly parser: { emit(event: "end"): boolean } | null;
  connect(service: string): Promise<void>;
  /** Listens without opening a stream: it is open already. */
  adopt(): void;
  /** @param options `from`: the user's name, told on encrypted streams only (RFC 6120 §4.7.1). */
  open(options: { domain: string; lang?: string | undefined; from?: string | undefined }): Promise<unknown>;
  restart(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  isSecure(): boolean;
  on(event: "element", listener: (element: XmlElement) => void): void;
  on(event: "error", listener: (error: unknown) => void): void;
  on(event: "disconnect", listener: (facts: { clean: boolean; reason?: unknown }) => void): void;
  emit(event: "element", element: XmlElement): boolean;
  emit(event: "error", error: unknown): boolean;
}

/** A socket of one of our transports. */
export interface XmppSocket {
  secure: boolean;
  /** `onSent` is ours: called when the text is in a request (BOSH) or given to the socket (WebSocket). */
  write(text: string, written?: (error?: Error) => void, onSent?: () => void): void;
  end(): void;
  /** WebSocket only: drops the socket without waiting for the other side's goodbye. */
  abandon?(): void;
  /** BOSH only: the session's requests, once there is one. */
  readonly engine?: BoshEngine | undefined;
  /** BOSH only: goes on with a session of another page instead of opening one. */
  attach?(snapshot: BoshSnapshot): void;
  /** BOSH only. */
  watcher?: SocketWatcher | undefined;
}

/** What a socket tells beside what it carries. */
export interface SocketWatcher {
  /** The server has answered, and the session lives. Called before the answer's stanzas. */
  onAlive(): void;
  onFaltering(error: unknown): void;
  onSteady(): void;
  /** What a resumption needs has changed. */
  onChange(): void;
}

const NS_STREAMS = "http://etherx.jabber.org/streams";

/**
 * xmpp.js emits each element twice (`element`, then `stanza` or `nonza`), follows `see-other-host` to wherever it points,
 * and answers a stream error by waiting for a goodbye. Here an element is one event, and a stream error is an `error`.
 */
class StreamClient extends Client {
  #from: string | undefined;

  adopt(): void {
    this._status("opening");
    this._attachParser(new this.Parser());
  }

  override open({ domain, lang, from }: Parameters<XmppEntity["open"]>[0]): Promise<unknown> {
    this.#from = from !== undefined && this.isSecure() ? `${from}@${domain}` : undefined;
    return super.open({ domain, lang });
  }

  override headerElement(): XmlElement {
    const header = super.headerElement();
    if (this.#from !== undefined) header.attrs["from"] = this.#from;
    return header;
  }

  _onElement(element: XmlElement): void {
    if (element.name === "error" && element.getNS() === NS_STREAMS) this.emit("error", new StreamFailure(element));
    else this.emit("element", element);
  }
}

/** A client for one stream. @param timeoutMs limit of opening and of closing. */
export function createEntity(options: { domain: string; lang: string | undefined; timeoutMs: number }): XmppEntity {
  return new StreamClient({ domain: options.domain, lang: options.lang, timeout: options.timeoutMs });
}
