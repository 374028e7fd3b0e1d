import { createDeferred, timedOutError, type Deferred } from "../../src/kit/deadline.ts";
import { createEmitter, type Emitter } from "../../src/kit/emitter.ts";
import { messageId } from "../../src/kit/ids.ts";
import type { Capabilities } from "../../src/transport/capabilities.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { TransportEvents } from "../../src/transport/events.ts";
import type { ChangedMessage, ChatMessage } from "../../src/transport/messages.ts";
import {
  canTransition,
  type CloseReason,
  type Conversation,
  type ReconnectPolicy,
  type TransportState,
} from "../../src/transport/states.ts";
import type { OpenRequest } from "../../src/transport/transport.ts";
import {
  decodeServerFrame,
  type Answer,
  type ChangedFrame,
  type ClientFrame,
  type ServerFrame,
  type WireMessage,
} from "./frames.ts";
import type { MemoryLink, MemoryService } from "./memory-service.ts";

const JOIN_TIMEOUT_MS = 30_000;

interface Pending extends Deferred<Answer> {
  onProgress: ((sentBytes: number) => void) | undefined;
}

/** The machine behind the memory transport: link, states, reconnecting, and frames to events. */
export class MemoryConversation {
  readonly emitter: Emitter<TransportEvents> = createEmitter<TransportEvents>();
  readonly #service: Pick<MemoryService, "connect">;
  readonly #declared: Capabilities;
  readonly #policy: ReconnectPolicy;
  readonly #pending = new Map<string, Pending>();
  /** Who wrote what, for every message delivered or sent: the proof of authorship. */
  readonly #authors = new Map<string, string>();
  /** Emitted already. Apart from the authors: the answer to a send may come before its reflection. */
  readonly #seen = new Set<string>();
  #state: TransportState = { status: "idle" };
  #link: MemoryLink | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #opening: Deferred<Conversation> | undefined;
  #request: OpenRequest | undefined;
  #resumeToken: string | undefined;
  #lastSeq = 0;
  /** The replay of this connection holds something that was delivered before: nothing lies between. */
  #overlapped = false;
  #attempt = 0;
  #lostAt = 0;

  constructor(service: Pick<MemoryService, "connect">, declared: Capabilities, policy: ReconnectPolicy) {
    this.#service = service;
    this.#declared = declared;
    this.#policy = policy;
  }

  get state(): TransportState {
    return this.#state;
  }

  /** `idle → connecting`; the promise follows the service's answer. */
  join(request: OpenRequest): Promise<Conversation> {
    this.#request = request;
    this.#resumeToken = request.resumeToken;
    for (const { id, from } of request.delivered ?? []) this.#authors.set(id, from.id);
    this.#opening = createDeferred<Conversation>();
    this.#move({ status: "connecting", attempt: 1 });
    // A listener may have closed us while it heard of `connecting`.
    if (this.#state.status === "connecting") this.#connect();
    return this.#opening.promise;
  }

  /** With what another transport goes on. */
  get resumeToken(): string | undefined {
    const { status } = this.#state;
    return status === "connected" || status === "reconnecting" ? this.#resumeToken : undefined;
  }

  /** Puts a frame on the wire. */
  send(frame: ClientFrame): void {
    this.#link?.send(frame);
  }

  /** Puts a frame on the wire and follows its answer. */
  async ask(
    frame: Exclude<ClientFrame, { type: "hello" }> & { request: string },
    signal: AbortSignal,
    onProgress?: (sentBytes: number) => void,
  ): Promise<Answer> {
    const pending: Pending = { ...createDeferred<Answer>(), onProgress };
    const forget = (): boolean => this.#pending.delete(frame.request);
    this.#pending.set(frame.request, pending);
    signal.addEventListener("abort", forget, { once: true });
    this.send(frame);
    try {
      return await pending.promise;
    } finally {
      signal.removeEventListener("abort", forget);
      forget();
    }
  }

  /** Whether the message was delivered by, read or sent over, this transport. */
  knows(id: string): boolean {
    return this.#authors.has(id);
  }

  /** A message that was asked for. */
  read(wire: WireMessage): ChatMessage {
    this.#authors.set(wire.id, wire.from.id);
    return toChatMessage(wire, true, wire);
  }

  /** What the author of a message has made of it, or anybody's reaction; `undefined` for what nobody may change so. */
  toChange({ id, change, from, at }: ChangedFrame, replayed: boolean, raw: unknown): ChangedMessage | undefined {
    const author = this.#authors.get(id);
    // Only the author edits and retracts; anybody reacts, but only to what is there.
    if (author === undefined || (change.kind !== "reactions" && author !== from.id)) return undefined;
    return { id: messageId(id), change, from, at, replayed, raw };
  }

  /** Does not wait for the policy any longer. */
  retryNow(): void {
    if (this.#state.status !== "reconnecting" || this.#link) return;
    clearTimeout(this.#timer);
    this.#retry();
  }

  /** The link gave no sign of life. */
  giveUpLink(): void {
    if (this.#state.status === "connected")
      this.#onDown(new ChatError("unreachable", "The memory service gave no sign of life."));
  }

  /** Any state `→ closed`. Everything under way is rejected with `failure` first. */
  finish(reason: CloseReason, failure: ChatError, cause?: ChatError): void {
    if (this.#state.status === "closed") return;
    this.#release();
    this.#rejectPending(failure);
    this.#opening?.reject(failure);
    this.#move(cause ? { status: "closed", reason, cause } : { status: "closed", reason });
    this.emitter.clear();
  }

  #connect(): void {
    if (!this.#request) return;
    const link = this.#service.connect({
      onFrame: (frame) => this.#onFrame(frame),
      onDown: () => {
        if (this.#link === link) this.#onDown(new ChatError("unreachable", "The link to the memory service was lost."));
      },
    });
    this.#link = link;
    const token = this.#resumeToken;
    link.send({
      type: "hello",
      request: this.#request,
      lastSeq: this.#lastSeq,
      ...(token === undefined ? {} : { resumeToken: token }),
    });
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#link = undefined;
  }

  #move(current: TransportState): void {
    const previous = this.#state;
    if (!canTransition(previous.status, current.status))
      throw new Error(`A memory transport cannot go from ${previous.status} to ${current.status}.`);
    this.#state = current;
    this.emitter.emit("state", { previous, current });
  }

  #onDown(cause: ChatError): void {
    this.#release();
    this.#rejectPending(cause);
    if (this.#state.status === "connecting") {
      this.finish("connection-lost", cause, cause);
      return;
    }
    if (this.#state.status === "connected") {
      this.#attempt = 0;
      this.#lostAt = Date.now();
    }
    this.#attempt++;
    const delayMs = this.#policy.nextDelayMs({
      attempt: this.#attempt,
      elapsedMs: Date.now() - this.#lostAt,
      cause,
    });
    if (delayMs === null) {
      this.finish("connection-lost", cause, cause);
      return;
    }
    this.#move({ status: "reconnecting", attempt: this.#attempt, retryAt: new Date(Date.now() + delayMs), cause });
    if (this.#state.status === "reconnecting") this.#timer = setTimeout(() => this.#retry(), delayMs);
  }

  #retry(): void {
    this.#timer = setTimeout(() => this.#onDown(timedOutError("Joining again", JOIN_TIMEOUT_MS)), JOIN_TIMEOUT_MS);
    this.#connect();
  }

  #rejectPending(error: ChatError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  #onFrame(raw: unknown): void {
    const frame = decodeServerFrame(raw);
    if (frame) this.#handle(frame, raw);
    else this.emitter.emit("warning", new ChatError("bad-frame", "The service sent a frame that no one knows."));
  }

  #handle(frame: ServerFrame, raw: unknown): void {
    const { emitter } = this;
    switch (frame.type) {
      case "welcome":
        return this.#onWelcome(frame);
      case "message":
        return this.#onMessage(frame.message, frame.replayed, raw);
      case "replay-ended":
        return emitter.emit("replay-ended", { unbroken: frame.resumed || this.#overlapped });
      case "changed":
        return this.#onChanged(frame, raw);
      case "chat-state":
        return frame.from.isSelf
          ? undefined
          : emitter.emit("chat-state", { from: frame.from, state: frame.state, raw });
      case "receipt":
        return emitter.emit("receipt", {
          kind: frame.kind,
          id: messageId(frame.id),
          from: frame.from,
          at: frame.at,
          raw,
        });
      case "participant":
        return emitter.emit("participant", { change: frame.change, participant: frame.participant });
      case "handoff":
        return emitter.emit("handoff", { change: frame.change });
      case "progress":
        return this.#pending.get(frame.request)?.onProgress?.(frame.sentBytes);
      case "answer":
        if (frame.value.kind === "sent" && this.#state.status === "connected")
          this.#authors.set(frame.value.id, this.#state.conversation.self.id);
        return this.#pending.get(frame.request)?.resolve(frame.value);
      case "refused":
        return this.#onRefused(frame);
      case "ended":
        return this.#onEnded(frame, raw);
      case "removed":
        return this.finish(frame.reason, new ChatError("closed", "The service put the customer out of the chat."));
    }
  }

  #onWelcome(frame: Extract<ServerFrame, { type: "welcome" }>): void {
    clearTimeout(this.#timer);
    this.#resumeToken = frame.resumeToken;
    this.#overlapped = false;
    const conversation: Conversation = {
      id: frame.conversationId,
      self: frame.self,
      participants: frame.participants,
      supports: allowed(this.#declared, frame.supports),
      ...(this.#declared.upload ? { maxUploadBytes: frame.maxUploadBytes } : {}),
    };
    this.#move({ status: "connected", conversation });
    if (this.#declared.resume) this.emitter.emit("resume-token", { changed: true });
    this.#opening?.resolve(conversation);
  }

  #onMessage(wire: WireMessage, replayed: boolean, raw: unknown): void {
    this.#lastSeq = Math.max(this.#lastSeq, wire.seq);
    if (this.#seen.has(wire.id)) {
      this.#overlapped ||= replayed;
      return;
    }
    this.#authors.set(wire.id, wire.from.id);
    this.#seen.add(wire.id);
    this.emitter.emit("message", toChatMessage(wire, replayed, raw));
  }

  #onChanged(frame: ChangedFrame, raw: unknown): void {
    this.#lastSeq = Math.max(this.#lastSeq, frame.seq);
    const changed = this.toChange(frame, frame.replayed, raw);
    if (changed) this.emitter.emit("message-changed", changed);
  }

  #onRefused(frame: Extract<ServerFrame, { type: "refused" }>): void {
    const error = new ChatError(frame.code, frame.text, {
      vendor: { name: "memory", code: frame.code },
      ...(frame.limitBytes === undefined ? {} : { limitBytes: frame.limitBytes }),
    });
    if (frame.request === "hello") this.finish("refused", error, error);
    else this.#pending.get(frame.request)?.reject(error);
  }

  #onEnded(frame: Extract<ServerFrame, { type: "ended" }>, raw: unknown): void {
    const { by, interactionId, chatId } = frame;
    this.emitter.emit("ended", {
      by,
      raw,
      ...(interactionId === undefined ? {} : { interactionId }),
      ...(chatId === undefined ? {} : { chatId }),
    });
    this.finish(by === "customer" ? "customer-left" : "agent-ended", new ChatError("closed", "The chat has ended."));
  }
}

/** The service's message in the contract's words. */
function toChatMessage(wire: WireMessage, replayed: boolean, raw: unknown): ChatMessage {
  return {
    id: messageId(wire.id),
    from: wire.from,
    sentAt: wire.sentAt,
    replayed,
    body: wire.body,
    raw,
    ...(wire.clientId === undefined ? {} : { clientId: wire.clientId }),
    ...(wire.replyTo === undefined ? {} : { replyTo: messageId(wire.replyTo) }),
    ...(wire.edited ? { edited: true } : {}),
    ...(wire.whisper ? { whisper: true } : {}),
  };
}

function allowed(declared: Capabilities, offered: Capabilities): Capabilities {
  const both = (key: keyof Capabilities): boolean => declared[key] && offered[key];
  return {
    chatStates: both("chatStates"),
    receivedReceipts: both("receivedReceipts"),
    displayedMarkers: both("displayedMarkers"),
    upload: both("upload"),
    history: both("history"),
    catchUp: both("catchUp"),
    requestAgent: both("requestAgent"),
    resume: both("resume"),
    edit: both("edit"),
    retract: both("retract"),
    react: both("react"),
    replyTo: both("replyTo"),
  };
}
