import type { Call } from "../../../src/transport/call.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import { domainOf } from "../jid.ts";
import { BoshError } from "./bosh/bosh-error.ts";
import { bosh } from "./bosh/bosh-transport.ts";
import { discoverAddresses } from "./discovery.ts";
import type { BoshResumeState } from "./resume-state.ts";
import type { XmppCredentials } from "./sasl/sasl-mechanism.ts";
import { secureUrl } from "../../../src/kit/secure-url.ts";
import { platformWebSocket } from "./websocket/platform-websocket.ts";
import { websocket, type WebSocketConstructor } from "./websocket/websocket-transport.ts";
import type { StreamManager } from "./sm/stream-manager.ts";
import type { XmppConnectionOptions } from "./xmpp-connection-options.ts";
import { createEntity } from "./xmpp-entity.ts";
import { XmppStream, type StreamHandlers, type StreamPlan } from "./xmpp-stream.ts";

type Kind = "bosh" | "websocket";

/** One way to reach the server. */
interface Service {
  kind: Kind;
  url: string;
  WebSocket?: WebSocketConstructor;
  /** The session to go on with. */
  attach?: BoshResumeState;
}

/** What one try of connecting needs. */
export interface StreamRequest {
  resource: string;
  /** See {@link StreamPlan}. */
  anyResource: boolean;
  manager: StreamManager | undefined;
  signal: AbortSignal;
  handlers: StreamHandlers;
  /** Which stream is the current one: another one follows when a WebSocket did not come up. */
  onStream(stream: XmppStream): void;
}

/** Decides which wire a stream uses, and opens it: explicit addresses first, discovery only without any. */
export class ServiceChooser {
  readonly #options: XmppConnectionOptions;
  #boshUrl: string | undefined;
  #websocketUrl: string | undefined;
  #domain: string | undefined;
  #current: Kind | undefined;

  constructor(options: XmppConnectionOptions) {
    this.#options = options;
    this.#domain = options.domain ?? (options.resume && domainOf(options.resume.jid));
    if (options.boshUrl !== undefined) this.#boshUrl = secureUrl(options.boshUrl, ["https:", "http:"], "boshUrl").href;
    if (options.websocketUrl !== undefined)
      this.#websocketUrl = secureUrl(options.websocketUrl, ["wss:", "ws:"], "websocketUrl").href;
    if (options.credentials === undefined && options.resume === undefined && !options.fast?.token(options.domain))
      throw new ChatError("invalid-config", "Nothing says who logs in.", { remedy: "Give credentials." });
    const { transport = "auto" } = options;
    const missing =
      transport === "auto" ? undefined : { bosh: this.#boshUrl, websocket: this.#websocketUrl }[transport];
    if (transport !== "auto" && missing === undefined && options.domain === undefined)
      throw new ChatError("invalid-config", `The transport is "${transport}", but there is no address for it.`, {
        remedy: `Give ${transport}Url, or a domain to look it up.`,
      });
  }

  /** Which wire the last stream used. */
  get current(): Kind | undefined {
    return this.#current;
  }

  /** The account's domain, once it is known. */
  get domain(): string | undefined {
    return this.#domain;
  }

  /**
   * Goes on with the session of `options.resume`. What becomes of it is told to the handlers.
   * @returns false when that is hopeless, or not what the options ask for.
   */
  attach(request: StreamRequest): boolean {
    const { resume, transport = "auto" } = this.#options;
    if (resume?.kind !== "bosh" || transport === "websocket" || isOver(resume)) return false;
    const domain = domainOf(resume.jid);
    if (domain !== this.#domain) return false;
    const { href: url, origin } = secureUrl(resume.url, ["https:", "http:"], "The address to resume at");
    // The sid goes there, and it is a login.
    if (this.#boshUrl !== undefined && new URL(this.#boshUrl).origin !== origin) return false;
    this.#try([{ kind: "bosh", url, attach: resume }], domain, () => Promise.reject(noCredentials()), request);
    return true;
  }

  /** Opens a stream. What becomes of it is told to the handlers. @throws ChatError when there is nothing to try. */
  async open(request: StreamRequest): Promise<void> {
    const { credentials: given, fast } = this.#options;
    const token = fast?.token(this.#domain);
    if (given === undefined && !token) throw noCredentials();
    let asked: Promise<XmppCredentials> | undefined;
    const credentials = (): Promise<XmppCredentials> => {
      asked ??= this.#credentials({ signal: request.signal });
      asked.catch(() => undefined);
      return asked;
    };
    if (!token) void credentials();
    // The only thing worth waiting for before the stream is opened.
    const domain = (this.#domain ??= token?.domain ?? (await credentials()).domain);
    if (domain === undefined)
      throw new ChatError("invalid-config", "Nothing says which XMPP domain the account belongs to.", {
        remedy: "Give the option domain, or credentials with a domain.",
      });
    const services = await this.#services(domain, request.signal);
    this.#try(services, domain, credentials, request);
  }

  async #credentials(call: Call): Promise<XmppCredentials> {
    const { credentials } = this.#options;
    if (credentials === undefined) throw noCredentials();
    return typeof credentials === "function" ? credentials(call) : credentials;
  }

  /** Tries the first service; the next one follows if it does not even open a stream. */
  #try(services: Service[], domain: string, credentials: () => Promise<XmppCredentials>, request: StreamRequest): void {
    const [service, ...rest] = services;
    if (!service) return;
    this.#current = service.kind;
    const { handlers } = request;
    const { connectTimeoutMs = 15_000, fallbackTimeoutMs = 5_000 } = this.#options;
    const limit = (ms: number): ReturnType<typeof setTimeout> => setTimeout(() => stream.giveUp(notInTime(ms)), ms);
    let opened = false;
    let timer = limit(rest.length > 0 ? fallbackTimeoutMs : connectTimeoutMs);
    const stream = this.#stream(service, domain, credentials, request, connectTimeoutMs, {
      ...handlers,
      onOpened: () => {
        opened = true;
        clearTimeout(timer);
        timer = limit(connectTimeoutMs);
      },
      onBound: (jid) => {
        clearTimeout(timer);
        handlers.onBound(jid);
      },
      onLost: (cause) => {
        clearTimeout(timer);
        this.#follow(cause);
        const next = rest.length > 0 && !opened && !request.signal.aborted;
        if (next && cause.code !== "unauthorized") this.#try(rest, domain, credentials, request);
        else handlers.onLost(cause);
      },
    });
    request.onStream(stream);
    stream.open();
  }

  #stream(
    service: Service,
    domain: string,
    credentials: () => Promise<XmppCredentials>,
    { resource, anyResource, manager }: StreamRequest,
    timeoutMs: number,
    handlers: StreamHandlers,
  ): XmppStream {
    const { lang, fast } = this.#options;
    const entity = createEntity({ domain, lang, timeoutMs });
    if (service.WebSocket) websocket({ entity }, service.WebSocket);
    else bosh({ entity }, this.#options.bosh);
    const { url, attach } = service;
    const shared = { service: url, domain, lang, credentials, resource, anyResource, attach };
    const plan: StreamPlan = { ...shared, entity, manager, fast };
    return new XmppStream(plan, handlers);
  }

  async #services(domain: string, signal: AbortSignal): Promise<Service[]> {
    if (this.#boshUrl === undefined && this.#websocketUrl === undefined) {
      const found = await discoverAddresses(domain, { signal });
      this.#boshUrl = found.boshUrl;
      this.#websocketUrl = found.websocketUrl;
    }
    const { transport = "auto" } = this.#options;
    const services: Service[] = [];
    if (transport !== "bosh" && this.#websocketUrl !== undefined) {
      const WebSocket = this.#options.WebSocket ?? (await platformWebSocket());
      if (WebSocket) services.push({ kind: "websocket", url: this.#websocketUrl, WebSocket });
      else if (this.#boshUrl === undefined || transport === "websocket") throw noWebSocket();
    }
    if (transport !== "websocket" && this.#boshUrl !== undefined) services.push({ kind: "bosh", url: this.#boshUrl });
    if (services.length === 0)
      throw new ChatError("invalid-config", `There is no address for the transport "${transport}".`, {
        remedy: "Give boshUrl or websocketUrl.",
      });
    // What worked last is tried first.
    return [...services].sort((a, b) => Number(b.kind === this.#current) - Number(a.kind === this.#current));
  }

  /** XEP-0124 §17.2 see-other-uri: followed on the same origin only; the sid and the password would go there. */
  #follow(cause: ChatError): void {
    const { cause: error } = cause.info;
    if (!(error instanceof BoshError) || error.uri === undefined || this.#boshUrl === undefined) return;
    if (!URL.canParse(error.uri)) return;
    const url = new URL(error.uri);
    if (url.origin === new URL(this.#boshUrl).origin) this.#boshUrl = url.href;
  }
}

function notInTime(ms: number): ChatError {
  return new ChatError("timed-out", `The chat server did not answer within ${ms} ms.`, {
    remedy: "Check the network, and that the chat server's address can be reached from here.",
  });
}

/** The state is from the last request, which may have been held for `wait` before the page went. */
function isOver({ savedAt, inactivity = 60, wait }: BoshResumeState): boolean {
  return Date.now() - savedAt > (inactivity + wait) * 1_000;
}

function noCredentials(): ChatError {
  return new ChatError("unauthorized", "The session could not be resumed, and nothing says who logs in.", {
    remedy: "Give credentials, or start the chat anew.",
  });
}

function noWebSocket(): ChatError {
  return new ChatError("unsupported", "This Node has no WebSocket.", {
    remedy: "Install the package ws (npm install ws), use Node 22 or newer, or give the option WebSocket.",
  });
}
