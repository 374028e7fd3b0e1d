import { EventEmitter } from "@xmpp/events";
import Connection from "@xmpp/connection";
import { nextTask } from "../../../../src/kit/tasks.ts";
import { parseXml, xml, type XmlElement } from "../../xml.ts";
import { isLoopbackHost } from "../../../../src/kit/secure-url.ts";
import type { SocketWatcher, XmppEntity } from "../xmpp-entity.ts";
import { cleanFeatures, NS_HTTPBIND } from "./bosh-body.ts";
import { BoshEngine, type BoshSnapshot } from "./bosh-engine.ts";
import type { BoshError } from "./bosh-error.ts";
import { resolveBoshOptions, type BoshOptions, type ResolvedBoshOptions } from "./bosh-options.ts";

const NS_CLIENT = "jabber:client";
const NS_STREAMS = "http://etherx.jabber.org/streams";

/** One thing of an answer, as the socket hands it to the parser. */
interface Piece {
  body: XmlElement;
  element?: XmlElement;
  end?: boolean;
}

/**
 * The socket that `Connection` of xmpp.js drives: it takes text, and gives parsed pieces of bodies, one stanza per task
 * as a WebSocket would, so that no listener can tell which transport runs.
 */
class BoshSocket extends EventEmitter {
  secure = false;
  watcher: SocketWatcher | undefined;
  readonly #options: ResolvedBoshOptions;
  readonly #waiting: (() => void)[] = [];
  #draining = false;
  #url = "";
  #engine: BoshEngine | undefined;
  #ended = false;
  #opened = false;

  constructor(options: ResolvedBoshOptions) {
    super();
    this.#options = options;
  }

  get engine(): BoshEngine | undefined {
    return this.#engine;
  }

  /** Nothing is to be connected, but xmpp.js starts to listen only after this returned. */
  connect({ url }: { url: string }): void {
    this.#url = url;
    const { protocol, hostname } = new URL(url);
    this.secure = protocol === "https:" || isLoopbackHost(hostname);
    queueMicrotask(() => this.emit("connect"));
  }

  /** `written` is called at once: xmpp.js listens for the answer only after it. `onSent`: it is in a request. */
  write(text: string, written?: (error?: Error) => void, onSent?: () => void): void {
    if (text.startsWith("<body ")) this.#control(text);
    else this.#engine?.write(text, onSent);
    if (written) queueMicrotask(() => written());
  }

  end(): void {
    this.#engine?.abort();
    this.#close(undefined);
  }

  /** Goes on with a session instead of opening one. */
  attach(snapshot: BoshSnapshot): void {
    this.#newEngine().attach(snapshot);
  }

  #newEngine(): BoshEngine {
    this.#engine = new BoshEngine(this.#url, this.#options, {
      onBody: (body) => this.#onBody(body),
      onClosed: (reason) => this.#onClosed(reason),
      onFaltering: (error) => this.watcher?.onFaltering(error),
      onSteady: () => this.watcher?.onSteady(),
      onChange: () => this.watcher?.onChange(),
    });
    return this.#engine;
  }

  #control(text: string): void {
    const { type, to, from, "xml:lang": lang } = parseXml(text).attrs;
    if (type === "terminate") {
      if (this.#engine) this.#engine.terminate();
      else this.#close(undefined);
    } else if (this.#engine) {
      this.#engine.restart({ to, from, "xml:lang": lang });
    } else {
      this.#newEngine().start({ to, from, "xml:lang": lang });
    }
  }

  #onBody(body: XmlElement): void {
    this.#opened = true;
    if (body.attrs["type"] !== "terminate") this.watcher?.onAlive();
    this.#give({ body });
    for (const child of body.children) {
      if (typeof child === "string") continue;
      if (child.name === "features" && child.getNS() === NS_STREAMS) cleanFeatures(child);
      this.#inTask(() => this.#give({ body, element: child }));
    }
    if (body.attrs["type"] === "terminate") this.#inTask(() => this.#give({ body, end: true }));
  }

  /** Connection#_onData calls toString and gives the result to the parser: no second parse. */
  #give(piece: Piece): void {
    if (!this.#ended) this.emit("data", { toString: () => piece });
  }

  #onClosed(reason: BoshError | undefined): void {
    // Before the first answer somebody waits for "open" and hears only errors.
    if (reason && !this.#opened && !this.#ended) this.emit("error", reason);
    // Behind the stanzas of the last body.
    this.#inTask(() => this.#close(reason));
  }

  #close(reason: BoshError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    // xmpp.js begins to wait for the close after it asked for it.
    nextTask(() => this.emit("close", reason !== undefined, reason));
  }

  #inTask(run: () => void): void {
    this.#waiting.push(run);
    if (this.#draining) return;
    this.#draining = true;
    this.#drain();
  }

  #drain(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) nextTask(() => this.#drain());
    else this.#draining = false;
  }
}

/** Passes pieces on as a stream: the first body of a stream opens it. One per stream, so one per restart. */
class BoshParser extends EventEmitter {
  #started = false;

  write({ body, element, end }: Piece): void {
    if (!this.#started) {
      this.#started = true;
      this.emit("start", body);
    }
    if (element) this.emit("element", element);
    if (end) this.emit("end", body);
  }

  end(): void {
    // Nothing is kept between pieces.
  }
}

/**
 * Gives an xmpp.js client (`@xmpp/client`, `@xmpp/client-core`) a BOSH transport (XEP-0124 1.11.2, XEP-0206 1.4): it then
 * takes `http:` and `https:` services. Options belong to this one client.
 *
 * @example
 * const xmpp = client({ service: "https://chat.example/http-bind/", domain: "chat.example", username, password });
 * bosh({ entity: xmpp });
 * await xmpp.start();
 */
export function bosh({ entity }: { entity: XmppEntity }, options: BoshOptions = {}): void {
  const resolved = resolveBoshOptions(options);

  // Client calls the prototype's methods without an instance, and makes the socket without arguments: options have to
  // be closed over.
  class Socket extends BoshSocket {
    constructor() {
      super(resolved);
    }
  }
  class BoshConnection extends Connection {
    override socketParameters(service: string): { url: string } | undefined {
      return /^https?:\/\//.test(service) ? { url: service } : undefined;
    }
    override headerElement(): XmlElement {
      return xml("body", { xmlns: NS_HTTPBIND });
    }
    override footerElement(): XmlElement {
      return xml("body", { xmlns: NS_HTTPBIND, type: "terminate" });
    }
    override send(element: XmlElement): Promise<void> {
      // The default namespace of a body is httpbind.
      element.attrs["xmlns"] ??= NS_CLIENT;
      return super.send(element);
    }
    async sendMany(elements: XmlElement[]): Promise<void> {
      await Promise.all(elements.map((element) => this.send(element)));
    }
  }
  Object.assign(BoshConnection.prototype, { Socket, Parser: BoshParser, NS: NS_CLIENT });
  entity.transports.push(BoshConnection);
}
