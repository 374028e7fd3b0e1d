import { abortedError, createDeferred, timedOutError, withDeadline, type Deferred } from "../../src/kit/deadline.ts";
import { createEmitter, type Emitter } from "../../src/kit/emitter.ts";
import type { Call } from "../../src/transport/call.ts";
import type { Capabilities } from "../../src/transport/capabilities.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { EndedBy, TransportEvents } from "../../src/transport/events.ts";
import type { OutgoingBody, Participant, Sent } from "../../src/transport/messages.ts";
import {
  canTransition,
  type CloseReason,
  type Conversation,
  type ReconnectPolicy,
  type TransportState,
} from "../../src/transport/states.ts";
import type { OpenRequest } from "../../src/transport/transport.ts";
import type { ExpertflowCxOptions } from "./cx-options.ts";
import { identifierOf, toCustomer } from "./customer.ts";
import { dialCxSocket, type CxSocket } from "./cx-socket.ts";
import { chatError, sessionReplaced, toEnd, unreadable, type CxEnd } from "./cx-events.ts";
import { Echoes } from "./echoes.ts";
import { Entrance, type Entry } from "./entrance.ts";
import { Inbox } from "./inbox.ts";
import { dialectOf, NEWEST_RELEASE } from "./releases.ts";
import type { CxRest } from "./rest/cx-rest.ts";
import { decodeResumeToken, encodeResumeToken, type CxResume } from "./resume-token.ts";
import { decodeCimMessage, decodeCimMessages, type CimMessage } from "./wire/cim-message.ts";
import type { CxCustomer, CxEnvelope, EnvelopeParts } from "./wire/envelope.ts";
import { record, text } from "../../src/kit/read.ts";

const JOIN_TIMEOUT_MS = 30_000;
const GOODBYE_MS = 5_000;

/** The machine behind the transport: socket, states, chat start, resume, reconnecting. */
export class CxConversation {
  readonly emitter: Emitter<TransportEvents> = createEmitter<TransportEvents>();
  readonly inbox: Inbox;
  readonly #options: ExpertflowCxOptions;
  readonly #rest: CxRest;
  readonly #supports: Capabilities;
  readonly #policy: ReconnectPolicy;
  readonly #echoes = new Echoes();
  #state: TransportState = { status: "idle" };
  #customer: CxCustomer | undefined;
  #opening: Deferred<Conversation> | undefined;
  /** The connection under way or at hand; aborted when it is given up. */
  #link = new AbortController();
  #socket: CxSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #resume: CxResume | undefined;
  /** While the customer is on the way in. */
  #entrance: Entrance | undefined;
  /** What came before the way in was clear. */
  #held: CimMessage[] = [];
  #interruption = new AbortController();
  #channelSessionId = "";
  #attempt = 0;
  #lostAt = 0;
  #goodbye: Promise<void> | undefined;

  constructor(options: ExpertflowCxOptions, rest: CxRest, supports: Capabilities, policy: ReconnectPolicy) {
    this.#options = options;
    this.#rest = rest;
    this.#supports = supports;
    this.#policy = policy;
    this.inbox = new Inbox(this.emitter, this.#echoes, toSelf(""));
  }

  get state(): TransportState {
    return this.#state;
  }

  /** Aborted with the reason when the link is lost or the conversation closes. */
  get interruption(): AbortSignal {
    return this.#interruption.signal;
  }

  /** The vendor's id of the conversation; `""` before there is one. */
  get conversationId(): string {
    return this.#resume?.conversationId ?? "";
  }

  /** With what another transport goes on. */
  get resumeToken(): string | undefined {
    const { status } = this.#state;
    if (!this.#resume || (status !== "connected" && status !== "reconnecting")) return undefined;
    return encodeResumeToken({ ...this.#resume, token: this.#rest.token });
  }

  /** What envelopes are made of. */
  get parts(): EnvelopeParts {
    if (!this.#customer) throw new ChatError("not-connected", "There is no customer yet.");
    const dialect = dialectOf(this.#options.release ?? NEWEST_RELEASE);
    return { customer: this.#customer, senderName: this.inbox.self.name, dialect };
  }

  /** `idle → connecting`; the promise follows the service's answer. */
  join(request: OpenRequest): Promise<Conversation> {
    const { serviceIdentifier } = this.#options;
    this.#resume = decodeResumeToken(request.resumeToken, serviceIdentifier);
    this.#rest.token = this.#resume?.token;
    this.inbox.self = toSelf(request.customer.name);
    this.inbox.recall(request.delivered ?? []);
    const identifier = this.#resume?.channelCustomerIdentifier ?? identifierOf(this.#options, request);
    this.#customer = toCustomer(this.#options, request, identifier);
    this.#opening = createDeferred<Conversation>();
    this.#move({ status: "connecting", attempt: 1 });
    // A listener may have closed us while it heard of `connecting`.
    if (this.#state.status === "connecting") void this.#connect();
    return this.#opening.promise;
  }

  /** Puts a message on the wire and resolves when it has come back, which is what proves it. */
  async send(clientId: string, body: OutgoingBody, envelope: CxEnvelope, onSent: () => void): Promise<Sent> {
    const pending = this.#echoes.expect(clientId, body, envelope);
    this.#socket?.emit("MESSAGE_RECEIVED", envelope, (answer) => {
      const { code } = record(answer);
      // An acknowledgement without a code says nothing; the echo will.
      if (code === undefined || Number(code) === 200) {
        pending.acknowledged = true;
        return;
      }
      this.#echoes.drop(pending);
      pending.answered.reject(chatError("The service refused the message.", text(code), "ack"));
    });
    onSent();
    return pending.answered.promise;
  }

  /** Puts an envelope on the wire that nobody answers. */
  tell(envelope: CxEnvelope): void {
    this.#socket?.emit("MESSAGE_RECEIVED", envelope);
  }

  /** Does not wait for the policy any longer. */
  retryNow(): void {
    if (this.#state.status !== "reconnecting" || this.#socket || this.#entrance) return;
    clearTimeout(this.#timer);
    this.#retry();
  }

  /**
   * Whether the server was heard within the time in which it always speaks. The protocol gives a client nothing to ask
   * with, so a link that was silent for longer is replaced.
   */
  checkLink(): boolean {
    if (this.#state.status !== "connected" || !this.#socket) return false;
    const { heardAt, silenceMs } = this.#socket;
    if (Date.now() - heardAt <= silenceMs + GOODBYE_MS) return true;
    this.#onDown(new ChatError("unreachable", "The chat service gave no sign of life."));
    return false;
  }

  /** Any state `→ closed`, with a goodbye where there is a link; resolves when everything is released. */
  leave(reason: CloseReason, call?: Call): Promise<void> {
    if (this.#state.status === "closed") return this.#goodbye ?? Promise.resolve();
    const socket = this.#state.status === "connected" ? this.#socket : undefined;
    if (socket) this.#socket = undefined;
    this.#goodbye = socket ? this.#sayGoodbye(socket, call) : Promise.resolve();
    this.finish(reason, chatClosed());
    return this.#goodbye;
  }

  /** Any state `→ closed`. Everything under way is rejected with `failure` first. */
  finish(reason: CloseReason, failure: ChatError, cause?: ChatError): void {
    if (this.#state.status === "closed") return;
    this.#release(failure);
    this.inbox.stop();
    this.#opening?.reject(failure);
    this.#move(cause ? { status: "closed", reason, cause } : { status: "closed", reason });
    this.emitter.clear();
  }

  async #sayGoodbye(socket: CxSocket, call: Call = {}): Promise<void> {
    try {
      await withDeadline(call, GOODBYE_MS, "The goodbye", () => {
        const answered = new Promise<void>((resolve) => {
          socket.socket.once("CHAT_ENDED", () => resolve());
          socket.socket.once("disconnect", () => resolve());
        });
        socket.emit("CHAT_ENDED", this.#customer);
        return answered;
      });
    } catch {
      // The service may be silent, and the customer may not want to wait for it.
    } finally {
      socket.close();
    }
  }

  async #connect(): Promise<void> {
    const link = new AbortController();
    this.#link = link;
    const { channelCustomerIdentifier = "", serviceIdentifier = "" } = this.#customer ?? {};
    const isCurrent = (): boolean => this.#link === link && !link.signal.aborted;
    try {
      const socket = await dialCxSocket(
        { ...this.#options, serviceIdentifier, channelCustomerIdentifier },
        {
          onEvent: (name, payload) => isCurrent() && this.#onEvent(name, payload),
          onDown: (cause, byServer) => isCurrent() && (byServer ? this.#onPutOut(cause) : this.#onDown(cause)),
        },
        link.signal,
      );
      if (!isCurrent()) return socket.close();
      this.#socket = socket;
      this.#entrance = new Entrance(socket, this.parts.customer, (warning) => this.#warn(warning));
      const entry = await this.#entrance.enter(this.#resume, this.#state.status === "reconnecting");
      if (isCurrent()) this.#onEntered(entry);
    } catch (error) {
      if (isCurrent()) this.#onDown(ChatError.from(error, "unreachable", "The chat service could not be reached."));
    }
  }

  #onEntered({ conversationId, channelSessionId, history }: Entry): void {
    clearTimeout(this.#timer);
    this.#entrance = undefined;
    this.#channelSessionId = channelSessionId || this.#channelSessionId;
    const { serviceIdentifier, channelCustomerIdentifier } = this.parts.customer;
    this.#resume = { serviceIdentifier, channelCustomerIdentifier, conversationId, token: undefined };
    this.#interruption = new AbortController();
    const { self, participants } = this.inbox;
    const conversation: Conversation = {
      id: conversationId,
      self,
      participants: [self, ...participants.values()],
      supports: this.#supports,
    };
    this.#move({ status: "connected", conversation });
    this.emitter.emit("resume-token", { changed: true });
    this.#opening?.resolve(conversation);
    let overlaps = false;
    for (const message of history) overlaps = this.inbox.take(message, true) || overlaps;
    if (overlaps || history.length > 0) this.#echoes.historyRead();
    this.emitter.emit("replay-ended", { unbroken: overlaps });
    const held = this.#held;
    this.#held = [];
    for (const message of held) this.inbox.take(message, false);
  }

  #onEvent(name: string, payload: unknown): void {
    if (name === "MESSAGE_RECEIVED") return this.#onMessage(payload);
    const end = toEnd(name, payload);
    if (end) return this.#onEnded(end, payload);
    switch (name) {
      case "CHANNEL_SESSION_STARTED":
        return this.#entrance?.onStarted(payload);
      case "CONVERSATION_RESUMED":
        return this.#onResumed(decodeCimMessages(record(payload)["history"]));
      case "TOKEN_GENERATED":
        this.#rest.token = text(payload) || undefined;
        return this.emitter.emit("resume-token", { changed: true });
      case "ERRORS":
        return this.#onErrors(record(payload));
      case "SESSION_REPLACED":
        return this.finish("replaced", sessionReplaced(), sessionReplaced());
      default:
        this.#warn(unreadable(`The event ${name.slice(0, 40)}`));
    }
  }

  #onMessage(payload: unknown): void {
    const message = decodeCimMessage(payload);
    if (!message) this.#warn(unreadable("A message"));
    else if (this.#state.status !== "connected") this.#held.push(message);
    else this.inbox.take(message, false);
  }

  /** Pushed by the server since 4.10.1; the way in, or what was missed when we are in already. */
  #onResumed(history: CimMessage[]): void {
    if (this.#state.status !== "connected") return this.#entrance?.onResumed(history);
    for (const message of history) this.inbox.take(message, false);
  }

  #onErrors(payload: Readonly<Record<string, unknown>>): void {
    const [task, code] = [text(payload["task"]).toUpperCase(), text(payload["code"])];
    const error = chatError(`The service refused ${task || "a request"}.`, code, "errors");
    if (this.#entrance) this.#entrance.refuse(error);
    else this.#warn(error);
  }

  #onEnded({ by, reason }: CxEnd, raw: unknown): void {
    // As the vendor's widget: the session is over, and the customer's side says so too.
    this.#socket?.emit("CHAT_ENDED", this.#customer);
    this.#tellEnd(by, raw);
    this.finish(reason, chatClosed());
  }

  #tellEnd(by: EndedBy, raw?: unknown): void {
    const [chatId, interactionId] = [this.conversationId, this.#channelSessionId];
    this.emitter.emit("ended", {
      by,
      ...(interactionId !== "" && { interactionId }),
      ...(chatId !== "" && { chatId }),
      ...(raw !== undefined && { raw }),
    });
  }

  /** Disconnected on purpose, without a word: the chat is over, and coming back would be asking for another one. */
  #onPutOut(cause: ChatError): void {
    if (this.#state.status === "connected") this.#tellEnd("system");
    const error = new ChatError("refused", "The chat service put the customer out.", {
      ...cause.info,
      retryable: false,
    });
    this.finish("refused", error, error);
  }

  #onDown(cause: ChatError): void {
    const { status } = this.#state;
    this.#release(cause);
    if (status === "connecting" || status === "idle") return this.finish(closeReason(cause), cause, cause);
    if (cause.code === "closed") {
      this.#tellEnd("system");
      return this.finish("timed-out", cause, cause);
    }
    if (status === "connected") {
      this.#attempt = 0;
      this.#lostAt = Date.now();
    }
    this.#attempt++;
    const delayMs = this.#nextDelayMs(cause);
    if (delayMs === null) return this.finish(isRefusal(cause) ? "refused" : "connection-lost", cause, cause);
    this.#move({ status: "reconnecting", attempt: this.#attempt, retryAt: new Date(Date.now() + delayMs), cause });
    if (this.#state.status === "reconnecting") this.#timer = setTimeout(() => this.#retry(), delayMs);
  }

  #nextDelayMs(cause: ChatError): number | null {
    const { honourReconnectTime = false, customerReconnectTime = Infinity } = this.#options;
    const elapsedMs = Date.now() - this.#lostAt;
    const isOver = elapsedMs >= customerReconnectTime * 1_000;
    return honourReconnectTime && isOver
      ? null
      : this.#policy.nextDelayMs({ attempt: this.#attempt, elapsedMs, cause });
  }

  #retry(): void {
    this.#timer = setTimeout(() => this.#onDown(timedOutError("Joining again", JOIN_TIMEOUT_MS)), JOIN_TIMEOUT_MS);
    void this.#connect();
  }

  /** Lets go of the link; whoever waits for something on it hears `cause`. */
  #release(cause: ChatError): void {
    clearTimeout(this.#timer);
    this.#link.abort(abortedError("Connecting"));
    this.#interruption.abort(cause);
    this.#entrance?.refuse(cause);
    this.#entrance = undefined;
    this.#echoes.linkLost(cause);
    this.#held = [];
    this.#socket?.close();
    this.#socket = undefined;
  }

  #move(current: TransportState): void {
    const previous = this.#state;
    if (!canTransition(previous.status, current.status))
      throw new ChatError("invalid-argument", `A chat cannot go from ${previous.status} to ${current.status}.`);
    this.#state = current;
    this.emitter.emit("state", { previous, current });
  }

  #warn(warning: ChatError): void {
    this.emitter.emit("warning", warning);
  }
}

/** What everything rejects with once the chat is over. */
export function chatClosed(): ChatError {
  return new ChatError("closed", "The chat is over.", { remedy: "Start a new chat." });
}

function closeReason(cause: ChatError): CloseReason {
  if (cause.code === "timed-out") return "timed-out";
  return isRefusal(cause) ? "refused" : "connection-lost";
}

function isRefusal({ code }: ChatError): boolean {
  return code === "refused" || code === "unauthorized" || code === "conflict" || code === "not-found";
}

function toSelf(name: string): Participant {
  return { id: "customer", name, role: "customer", isSelf: true };
}
