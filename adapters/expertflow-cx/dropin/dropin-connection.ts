import { exponentialBackoff } from "../../../src/kit/backoff.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import { dialCxSocket, type CxSocket } from "../cx-socket.ts";
import { isSince } from "../releases.ts";
import { record, text } from "../../../src/kit/read.ts";
import type { ExpertflowAnswer, ExpertflowCallback, ExpertflowEvent, ExpertflowOptions } from "./api.ts";
import { HeldMessages } from "./held-messages.ts";
import type { DropinQuirks } from "./quirks.ts";

/** Whose connection it is. */
interface Identity {
  socketUrl: string;
  serviceIdentifier: string;
  channelCustomerIdentifier: string;
}

/** Something to say once there is a socket. */
interface Control {
  name: string;
  payload: unknown;
  onAck?: (answer: unknown) => void;
}

/** Events that are handed on as they come; each is a type of the callback's. */
const EVENTS: ReadonlySet<string> = new Set([
  "CHANNEL_SESSION_STARTED",
  "MESSAGE_RECEIVED",
  "CHANNEL_SESSION_ENDED",
  "CHANNEL_SESSION_EXPIRED",
  "CHAT_ENDED",
  "ERRORS",
  "TOKEN_GENERATED",
  "CONVERSATION_RESUMED",
  "SESSION_REPLACED",
] satisfies ExpertflowEvent["type"][]);

/**
 * The connection behind the published functions. It redials and reports, and never requests or resumes a chat by itself:
 * that is the application's. What the application says after an outage waits until its `resumeChat` is acknowledged,
 * or the server would take it for a new chat.
 */
export class DropinConnection {
  readonly #options: ExpertflowOptions;
  readonly #quirks: DropinQuirks;
  readonly #onToken: (token: string) => void;
  readonly #policy = exponentialBackoff();
  readonly #held: HeldMessages<unknown>;
  #callbacks: ExpertflowCallback[] = [];
  #identity: Identity | undefined;
  #link = new AbortController();
  #socket: CxSocket | undefined;
  #controls: Control[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #lostAt = 0;
  #wasConnected = false;
  /** There was a chat when the link was lost: what is said now must wait for its resume. */
  #gateClosed = false;
  #hasChat = false;

  constructor(options: ExpertflowOptions, quirks: DropinQuirks, onToken: (token: string) => void) {
    this.#options = options;
    this.#quirks = quirks;
    this.#onToken = onToken;
    this.#held = new HeldMessages(options.holdMs ?? 60_000, (envelope, why) => this.#failMessage(envelope, 408, why));
  }

  /** As the function of that name. */
  establish(identity: Identity, callback: ExpertflowCallback): void {
    if (this.#identity && !this.#quirks.accepts(this.#identity, identity)) {
      this.#tellOne(callback, { type: "CONNECT_ERROR", data: takenError() });
      return;
    }
    if (this.#quirks.listensAgain || !this.#callbacks.includes(callback)) this.#callbacks.push(callback);
    if (this.#identity) return;
    const problem = this.#quirks.badAddress(identity.socketUrl);
    if (problem === "silent") return this.#forget();
    if (problem) {
      this.#forget();
      // Upstream hands over the bare error, without a type.
      Reflect.apply(callback, undefined, [problem]);
      return;
    }
    this.#identity = identity;
    void this.#dial();
  }

  /** One more who hears everything. */
  listen(callback: ExpertflowCallback): void {
    if (this.#quirks.listensAgain || !this.#callbacks.includes(callback)) this.#callbacks.push(callback);
  }

  /** Says something now, or as soon as there is a socket. */
  control(name: string, payload: unknown, onAck?: (answer: unknown) => void): void {
    const control: Control = { name, payload, ...(onAck && { onAck }) };
    if (this.#socket) this.#emit(control);
    else this.#controls.push(control);
  }

  /** Sends a chat message, now or when it may. */
  send(envelope: unknown): void {
    if (!this.#socket || this.#gateClosed) this.#held.add(envelope);
    else this.#sendNow(envelope);
  }

  /** Asks for the chat that there was. */
  resume(customer: unknown, callback: ExpertflowAnswer): void {
    this.control("CHAT_RESUMED", customer, (answer) => {
      const { isChatAvailable } = record(answer);
      if (isChatAvailable === true) {
        this.#openGate();
        this.#postGtm("BROWSER NAVIGATED", record(customer));
      } else this.#closeChat("The chat is not available any more.");
      if (answer || !this.#quirks.ignoresEmptyAnswers) callback(answer ?? { isChatAvailable: false });
    });
  }

  /** Lets go of everything. */
  dispose(): void {
    this.#held.failAll("The page has let go of the chat.");
    this.#close();
    this.#forget();
  }

  async #dial(): Promise<void> {
    const identity = this.#identity;
    if (!identity) return;
    const link = new AbortController();
    this.#link = link;
    const isCurrent = (): boolean => this.#link === link && !link.signal.aborted;
    const { transports } = this.#options;
    try {
      const socket = await dialCxSocket(
        { ...identity, transports },
        {
          onEvent: (name, payload) => isCurrent() && this.#onEvent(name, payload),
          onDown: (cause, byServer, reason) => isCurrent() && this.#onDown(cause, byServer, reason),
        },
        link.signal,
      );
      if (isCurrent()) this.#onConnected(socket);
      else socket.close();
    } catch (error) {
      if (isCurrent()) this.#onRefused(ChatError.from(error, "unreachable", "The connection failed."));
    }
  }

  #onConnected(socket: CxSocket): void {
    this.#socket = socket;
    this.#attempt = 0;
    const isBack = this.#quirks.reportsReconnect(this.#wasConnected);
    this.#wasConnected = true;
    const since5 = isSince(this.#options.release ?? "4.8", "5.0");
    const controls = this.#controls;
    this.#controls = [];
    for (const control of controls) this.#emit(control);
    this.#tell({ type: isBack && !since5 ? "SOCKET_RECONNECTED" : "SOCKET_CONNECTED", data: socket.socket });
    if (!this.#gateClosed) for (const envelope of this.#held.release()) this.#sendNow(envelope);
  }

  #onRefused(error: ChatError): void {
    this.#quirks.onConnectError();
    this.#tell({ type: "CONNECT_ERROR", data: this.#quirks.connectError(error) });
    if (this.#attempt === 0) this.#lostAt = Date.now();
    this.#redial(error);
  }

  #onDown(cause: ChatError, byServer: boolean, reason: string): void {
    // Whoever waits for an acknowledgement on it waits in vain.
    this.#close();
    this.#gateClosed = this.#hasChat;
    this.#lostAt = Date.now();
    if (byServer) this.#forget();
    this.#tell({ type: "SOCKET_DISCONNECTED", data: reason });
    if (byServer) this.#held.failAll("The service has closed the connection.");
    else this.#redial(cause);
  }

  #redial(cause: ChatError): void {
    this.#attempt++;
    const elapsedMs = Date.now() - this.#lostAt;
    const delayMs = this.#policy.nextDelayMs({ attempt: this.#attempt, elapsedMs, cause });
    if (delayMs === null) {
      this.#forget();
      this.#held.failAll("The service refuses the connection.");
    } else this.#timer = setTimeout(() => void this.#dial(), delayMs);
  }

  #onEvent(name: string, payload: unknown): void {
    if (!isEventType(name)) return;
    if (name === "CHANNEL_SESSION_STARTED" || name === "CONVERSATION_RESUMED") this.#openGate();
    if (name === "CHANNEL_SESSION_STARTED")
      this.#postGtm("CHAT STARTED", record(record(record(payload)["header"])["channelData"]));
    if (name === "TOKEN_GENERATED") this.#onToken(text(payload));
    // The token itself is nobody's: upstream hands over the socket.
    this.#tell({ type: name, data: name === "TOKEN_GENERATED" ? this.#socket?.socket : payload });
    if (name === "CHAT_ENDED") this.#onChatEnded();
  }

  /** As the vendor's: the end closes the socket, and says so. */
  #onChatEnded(): void {
    this.#closeChat("The chat has ended.");
    this.#close();
    this.#forget();
    this.#tell({ type: "SOCKET_DISCONNECTED", data: "io client disconnect" });
    this.#callbacks = [];
  }

  #openGate(): void {
    this.#hasChat = true;
    this.#gateClosed = false;
    if (this.#socket) for (const envelope of this.#held.release()) this.#sendNow(envelope);
  }

  #closeChat(why: string): void {
    this.#hasChat = false;
    this.#gateClosed = false;
    this.#held.failAll(why);
  }

  #sendNow(envelope: unknown): void {
    let answered = false;
    const settle = (code: number | undefined, why: string): void => {
      if (answered) return;
      answered = true;
      clearTimeout(timer);
      this.#link.signal.removeEventListener("abort", onLost);
      if (code !== undefined) this.#failMessage(envelope, code, why);
    };
    const onLost = (): void => settle(408, "The link was lost; nobody can tell whether the service has the message.");
    const timer = setTimeout(() => settle(408, "The service did not answer."), this.#options.ackTimeoutMs ?? 20_000);
    this.#link.signal.addEventListener("abort", onLost, { once: true });
    this.#socket?.emit("MESSAGE_RECEIVED", envelope, (answer) => {
      const code = Number(record(answer)["code"] ?? 200);
      settle(code === 200 ? undefined : code, "The service refused the message.");
    });
  }

  #emit({ name, payload, onAck }: Control): void {
    if (name === "CHAT_REQUESTED") this.#gateClosed = false;
    this.#socket?.emit(name, payload, onAck);
  }

  #failMessage(envelope: unknown, code: number, message: string): void {
    this.#tell({ type: "ERRORS", data: { task: "MESSAGE_RECEIVED", code, message, envelope } });
  }

  #postGtm(type: "CHAT STARTED" | "BROWSER NAVIGATED", who: Readonly<Record<string, unknown>>): void {
    const origin = this.#quirks.gtmTargetOrigin;
    if (origin === undefined || typeof window === "undefined") return;
    const data = { customerIdentifier: who["channelCustomerIdentifier"], serviceIdentifier: who["serviceIdentifier"] };
    window.parent.postMessage({ type: "gtmDataLayer", data: { type, data } }, origin);
  }

  #tell(event: ExpertflowEvent): void {
    for (const callback of this.#callbacks.slice()) this.#tellOne(callback, event);
  }

  /** An application's bug must break neither the wire nor the other callbacks. */
  #tellOne(callback: ExpertflowCallback, event: ExpertflowEvent): void {
    try {
      callback(event);
    } catch (error) {
      this.#options.onError?.(error instanceof Error ? error : new Error("A callback has thrown."));
    }
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#link.abort();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** The next `establishConnection` may be anybody's. */
  #forget(): void {
    this.#identity = undefined;
    this.#controls = [];
    this.#attempt = 0;
  }
}

function isEventType(name: string): name is ExpertflowEvent["type"] {
  return EVENTS.has(name);
}

function takenError(): ChatError {
  return new ChatError("conflict", "This page is connected as another customer.", {
    remedy: "End that chat first, or make an instance of its own with createExpertflow.",
  });
}
