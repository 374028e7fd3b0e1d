import { createDeferred, timedOutError, withDeadline, type Deferred } from "../../../src/kit/deadline.ts";
import { createEmitter, type Emitter } from "../../../src/kit/emitter.ts";
import { randomId } from "../../../src/kit/ids.ts";
import { assertOnline, signedOut } from "../../../src/kit/sign-in.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { LinkCloseReason } from "../../../src/transport/link-state.ts";
import { canTransition, type ReconnectPolicy, type TransportStatus } from "../../../src/transport/states.ts";
import type { Call } from "../../../src/transport/call.ts";
import type {
  AgentCapabilities,
  AgentEvents,
  AgentIdentity,
  AgentState,
  Availability,
  ChatRequest,
  RequestOutcome,
} from "../../../src/agent/agent-transport.ts";
import { decodeAgentFrame, type AgentClientFrame, type AgentServerFrame } from "./agent-frames.ts";
import type { MemoryAgentCredentials, MemoryCentre, MemoryCentreLink } from "./memory-centre.ts";

const SIGN_IN_TIMEOUT_MS = 30_000;

/** What a conversation hears of its agent's link. */
export interface ChannelEvents {
  onFrame(frame: unknown): void;
  onPart(part: Extract<AgentServerFrame, { type: "part" }>["part"]): void;
  onDown(): void;
}

/** What an answer brings. */
export type AgentAnswer = Extract<AgentServerFrame, { type: "answer" }>;

/** A question without the id that pairs it with its answer. */
export type Question<T = AgentClientFrame> = T extends { request: string } ? Omit<T, "request"> : never;

/** What the link is made of. */
export interface AgentLinkParts {
  service: MemoryCentre;
  supports: AgentCapabilities;
  policy: ReconnectPolicy;
  credentialsProvider: (call: Call) => Promise<MemoryAgentCredentials>;
  /** Before the last event: the conversations go first. */
  onFinish(reason: LinkCloseReason): void;
}

/** The machine behind the memory agent: link, states, signing in again, and frames to events. */
export class MemoryAgentLink {
  readonly emitter: Emitter<AgentEvents> = createEmitter<AgentEvents>();
  readonly #parts: AgentLinkParts;
  readonly #pending = new Map<string, Deferred<AgentAnswer>>();
  readonly #channels = new Map<string, ChannelEvents>();
  /** Of channels that were opened while the link was lost. */
  readonly #waiting = new Map<string, AgentClientFrame[]>();
  readonly #ringing = new Map<string, ChatRequest>();
  readonly #told = new Set<string>();
  #state: AgentState = { status: "idle" };
  #link: MemoryCentreLink | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #signingIn: Deferred<AgentIdentity> | undefined;
  #domains: readonly string[] = [];
  #availability: Availability = { ready: false };
  #attempt = 0;
  #lostAt = 0;
  #life = new AbortController();

  constructor(parts: AgentLinkParts) {
    this.#parts = parts;
  }

  get state(): AgentState {
    return this.#state;
  }

  /** `idle → connecting`; the promise follows the service's answer. */
  join(domains: readonly string[], availability: Availability): Promise<AgentIdentity> {
    this.#domains = domains;
    this.#availability = availability;
    this.#signingIn = createDeferred<AgentIdentity>();
    this.#move({ status: "connecting", attempt: 1 });
    // A listener may have closed us while it heard of `connecting`.
    if (this.#state.status === "connecting") void this.#connect();
    return this.#signingIn.promise;
  }

  /** Whether that request was told. */
  knows(request: string): boolean {
    return this.#told.has(request);
  }

  /** Asks the service. @throws ChatError as every method; what the service refuses with. */
  async ask(question: Question, call: Call | undefined, what: string, defaultMs = 20_000): Promise<AgentAnswer> {
    assertOnline(this.#state, call, what);
    const request = randomId();
    return withDeadline(call, defaultMs, what, async () => {
      const pending = createDeferred<AgentAnswer>();
      this.#pending.set(request, pending);
      this.#link?.send({ ...question, request });
      return pending.promise;
    }).finally(() => this.#pending.delete(request));
  }

  /** Puts a frame on the wire, now or when the link is back. */
  send(frame: AgentClientFrame): void {
    const waiting = "channel" in frame ? this.#waiting.get(frame.channel) : undefined;
    if (waiting) waiting.push(frame);
    else if (this.#state.status === "online") this.#link?.send(frame);
  }

  /** A conversation's own way to the service. It begins as soon as the agent is signed in. */
  openChannel(enter: Extract<AgentClientFrame, { type: "enter" }>, events: ChannelEvents): void {
    this.#channels.set(enter.channel, events);
    if (this.#state.status === "online") this.#link?.send(enter);
    else this.#waiting.set(enter.channel, [enter]);
  }

  closeChannel(channel: string): void {
    this.#channels.delete(channel);
    this.#waiting.delete(channel);
  }

  /** Does not wait for the policy any longer. */
  retryNow(): void {
    if (this.#state.status !== "reconnecting" || this.#link) return;
    clearTimeout(this.#timer);
    this.#retry();
  }

  /** The link gave no sign of life. */
  giveUpLink(): void {
    if (this.#state.status === "online")
      this.#onDown(new ChatError("unreachable", "The memory service gave no sign of life."));
  }

  /** Any state `→ closed`. Everything under way is rejected with `failure` first. */
  finish(reason: LinkCloseReason, failure: ChatError, cause?: ChatError): void {
    if (this.#state.status === "closed") return;
    this.#life.abort(failure);
    this.#rejectPending(failure);
    this.#signingIn?.reject(failure);
    this.#endRings("link-lost");
    this.#parts.onFinish(reason);
    this.#release();
    this.#channels.clear();
    this.#waiting.clear();
    this.#move(cause ? { status: "closed", reason, cause } : { status: "closed", reason });
    this.emitter.clear();
  }

  async #connect(): Promise<void> {
    const { signal } = this.#life;
    try {
      const credentials = await this.#parts.credentialsProvider({ signal });
      if (signal.aborted || this.#link) return;
      const link = this.#parts.service.connect({
        onFrame: (frame) => this.#onFrame(frame),
        onDown: () => {
          if (this.#link === link) this.#onDown(new ChatError("unreachable", "The link to the service was lost."));
        },
      });
      this.#link = link;
      const availability = this.#parts.supports.availability ? this.#availability : { ready: true };
      link.send({ type: "sign-in", ...credentials, domains: this.#domains, availability });
    } catch (error) {
      if (!signal.aborted) this.#onDown(ChatError.from(error, "unauthorized", "Nobody gave credentials."));
    }
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#link = undefined;
  }

  #move(current: AgentState): void {
    const previous = this.#state;
    if (!canTransition(asTransport(previous), asTransport(current)))
      throw new Error(`A memory agent cannot go from ${previous.status} to ${current.status}.`);
    this.#state = current;
    this.emitter.emit("state", { previous, current });
  }

  #onDown(cause: ChatError): void {
    this.#release();
    this.#rejectPending(cause);
    const { status } = this.#state;
    if (status === "connecting") return this.finish("connection-lost", cause, cause);
    if (status === "online") {
      this.#attempt = 0;
      this.#lostAt = Date.now();
    }
    const elapsedMs = Date.now() - this.#lostAt;
    const delayMs = this.#parts.policy.nextDelayMs({ attempt: ++this.#attempt, elapsedMs, cause });
    if (delayMs === null) return this.finish("connection-lost", cause, cause);
    this.#move({
      status: "reconnecting",
      attempt: this.#attempt,
      retryAt: new Date(Date.now() + delayMs),
      cause,
    });
    this.#loseWhatWasOpen();
    if (this.#state.status === "reconnecting") this.#timer = setTimeout(() => this.#retry(), delayMs);
  }

  #loseWhatWasOpen(): void {
    this.#endRings("link-lost");
    const channels = [...this.#channels].filter(([channel]) => !this.#waiting.has(channel));
    for (const [channel] of channels) this.#channels.delete(channel);
    for (const [, events] of channels) events.onDown();
  }

  #retry(): void {
    const tooLate = (): void => this.#onDown(timedOutError("Signing in again", SIGN_IN_TIMEOUT_MS));
    this.#timer = setTimeout(tooLate, SIGN_IN_TIMEOUT_MS);
    void this.#connect();
  }

  #rejectPending(error: ChatError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  #endRings(outcome: RequestOutcome): void {
    for (const id of this.#ringing.keys()) this.#endRing(id, outcome);
  }

  #endRing(id: string, outcome: RequestOutcome): void {
    const request = this.#ringing.get(id);
    if (!request || !this.#ringing.delete(id)) return;
    this.emitter.emit("request-ended", { request, outcome });
  }

  #onFrame(raw: unknown): void {
    const frame = decodeAgentFrame(raw);
    if (frame) this.#handle(frame, raw);
    else this.emitter.emit("warning", new ChatError("bad-frame", "The service sent a frame that no one knows."));
  }

  #handle(frame: AgentServerFrame, raw: unknown): void {
    const { emitter } = this;
    switch (frame.type) {
      case "welcome":
        return this.#onWelcome(frame);
      case "turned-away": {
        const error = new ChatError(frame.code, frame.text, { vendor: { name: "memory", code: frame.code } });
        return this.finish("refused", error, error);
      }
      case "replaced":
        return this.finish("replaced", signedOut("What was under way"));
      case "answer":
        return this.#pending.get(frame.request)?.resolve(frame);
      case "refused":
        return this.#pending
          .get(frame.request)
          ?.reject(new ChatError(frame.code, frame.text, { vendor: { name: "memory", code: frame.code } }));
      case "availability":
        this.#availability = frame.availability;
        return emitter.emit("availability", frame.availability);
      case "request":
        return this.#onRequest({ ...frame.ring, raw });
      case "request-ended":
        return this.#endRing(frame.id, frame.outcome);
      case "floor":
        return emitter.emit("floor", frame.floor);
      case "suggestion":
        return this.#parts.supports.suggestions ? emitter.emit("suggestion", { ...frame, raw }) : undefined;
      case "part":
        return this.#channels.get(frame.channel)?.onPart(frame.part);
      case "chat":
        return this.#channels.get(frame.channel)?.onFrame(frame.frame);
      case "channel-down": {
        const channel = this.#channels.get(frame.channel);
        this.closeChannel(frame.channel);
        return channel?.onDown();
      }
    }
  }

  #onWelcome({ agent, availability }: Extract<AgentServerFrame, { type: "welcome" }>): void {
    clearTimeout(this.#timer);
    this.#availability = availability;
    this.#move({ status: "online", who: agent });
    if (this.#parts.supports.availability) this.emitter.emit("availability", availability);
    this.#signingIn?.resolve(agent);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const frame of waiting.flat()) this.#link?.send(frame);
  }

  #onRequest(request: ChatRequest): void {
    this.#told.add(request.id);
    this.#ringing.set(request.id, request);
    this.emitter.emit("request", request);
  }
}

function asTransport({ status }: AgentState): TransportStatus {
  return status === "online" ? "connected" : status;
}
