import { exponentialBackoff } from "../../src/kit/backoff.ts";
import { abortedError, createDeferred, timedOutError, type Deferred } from "../../src/kit/deadline.ts";
import { record } from "../../src/kit/read.ts";
import { secureUrl } from "../../src/kit/secure-url.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { LinkCloseReason, LinkState } from "../../src/transport/link-state.ts";
import type { ReconnectPolicy } from "../../src/transport/states.ts";
import { dialSocket, otherGeneration, type IoFactory, type IoLink } from "../socket-io/dial-socket.ts";
import { serverGeneration } from "./detect-generation.ts";
import type { SolutionServerOptions } from "./options.ts";
import { recordField, textField } from "./wire/fields.ts";
import { SERVER_EVENTS } from "./server-events.ts";

const JOIN_TIMEOUT_MS = 30_000;
/** How long beyond its own interval a server may be silent. */
const GRACE_MS = 5_000;

/** So many unanswered questions say that a server does not acknowledge. An acknowledgement may come after the proof. */
const MAX_UNANSWERED = 5;

/** `io server disconnect`, as it is told. */
const PUT_OUT = "disconnect/by-server";

/** What is about a conversation and not for it. */
const TO_OWNER: ReadonlySet<string> = new Set(["receiveChatRequest", "initConversation"]);

/** A conversation on a link. */
export interface LinkMember {
  /** The link is up (again). */
  onUp(): void;
  /** The link is gone; it is tried again at that time. */
  onDown(cause: ChatError, attempt: number, retryAt: Date): void;
  /** An event that names this conversation. */
  onEvent(name: string, payload: unknown, acknowledge?: (answer?: unknown) => void): void;
  /** The link is over. */
  onLinkClosed(reason: LinkCloseReason, cause: ChatError): void;
}

/** What announcing and conversations need of a link. */
export interface Wire {
  /** Aborted with the reason when the link is lost or closed. */
  readonly interruption: AbortSignal;
  /** Hands an event to the wire, also while it is being announced who connects. Without a link it is dropped. */
  emit(name: string, payload: unknown): void;
  /**
   * The same for what a server may acknowledge. No guide says that one does: where acknowledgements were never seen and other
   * proof came instead, they are not asked for any more, because the library would keep each question for ever.
   */
  ask(name: string, payload: unknown, onAck: (answer: unknown) => void): void;
  /** Something that was asked for has proven itself without an acknowledgement. */
  provenOtherwise(): void;
}

/** What conversations need of a link. */
export interface MemberLink extends Wire {
  /** From now on the conversation's events are its own, and it hears of the link. */
  attach(conversationId: string, member: LinkMember): void;
  detach(conversationId: string, member: LinkMember): void;
  /** Does not wait for the policy any longer. */
  retryNow(): void;
  /** Whether the server was heard within the time in which it always speaks; else the link is replaced. */
  checkLink(): boolean;
}

/** What a link does for whoever it belongs to. */
export interface LinkOwner<Who> {
  /** Says who connects, and waits until the service has heard it. Once per connection. */
  announce(wire: Wire, signal: AbortSignal): Promise<Who>;
  /** What it means when the server puts this identity out. */
  readonly putOut: "replaced" | "refused";
  /** Events beside those of the guides. */
  readonly moreEvents?: readonly string[];
  onState(previous: LinkState<Who>, current: LinkState<Who>): void;
  /** An event that belongs to no conversation here. */
  onEvent(name: string, payload: unknown, acknowledge?: (answer?: unknown) => void): void;
}

/** The socket of one identity, and the conversations that live on it. There is one owner of reconnecting, and it is this. */
export class SolutionLink<Who> implements MemberLink {
  readonly #options: SolutionServerOptions;
  readonly #owner: LinkOwner<Who>;
  readonly #policy: ReconnectPolicy;
  readonly #members = new Map<string, LinkMember>();
  #state: LinkState<Who> = { status: "idle" };
  #opening: Deferred<Who> | undefined;
  /** The connection under way or at hand; aborted when it is given up. */
  #current = new AbortController();
  #interruption = new AbortController();
  #io: IoLink | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #lostAt = 0;
  /** Whether the server acknowledges; unknown until it did, or did not for a while. */
  #acknowledges: boolean | undefined;
  #unanswered = 0;
  /** How it ended, for who comes late. */
  #closed: [LinkCloseReason, ChatError] | undefined;

  constructor(options: SolutionServerOptions, owner: LinkOwner<Who>) {
    this.#options = options;
    this.#owner = owner;
    this.#policy = options.reconnect ?? exponentialBackoff();
  }

  get state(): LinkState<Who> {
    return this.#state;
  }

  get interruption(): AbortSignal {
    return this.#interruption.signal;
  }

  /** `idle → connecting → online`. @throws ChatError as `dialSocket`, and what announcing throws. */
  open(): Promise<Who> {
    if (this.#opening) return this.#opening.promise;
    this.#opening = createDeferred<Who>();
    this.#opening.promise.catch(() => undefined);
    this.#move({ status: "connecting", attempt: 1 });
    if (this.#state.status === "connecting") void this.#connect();
    return this.#opening.promise;
  }

  attach(conversationId: string, member: LinkMember): void {
    if (this.#closed) return member.onLinkClosed(...this.#closed);
    this.#members.set(conversationId, member);
    if (this.#state.status === "online") member.onUp();
  }

  detach(conversationId: string, member: LinkMember): void {
    if (this.#members.get(conversationId) === member) this.#members.delete(conversationId);
  }

  /** Whether a conversation lives here. */
  has(conversationId: string): boolean {
    return this.#members.has(conversationId);
  }

  emit(name: string, payload: unknown): void {
    this.#io?.emit(name, payload);
  }

  ask(name: string, payload: unknown, onAck: (answer: unknown) => void): void {
    if (this.#acknowledges === false) return this.emit(name, payload);
    this.#io?.emit(name, payload, (answer) => {
      this.#acknowledges = true;
      onAck(answer);
    });
  }

  provenOtherwise(): void {
    if (this.#acknowledges === undefined && ++this.#unanswered >= MAX_UNANSWERED) this.#acknowledges = false;
  }

  retryNow(): void {
    if (this.#state.status !== "reconnecting" || this.#io) return;
    clearTimeout(this.#timer);
    this.#retry();
  }

  checkLink(): boolean {
    if (this.#state.status !== "online" || !this.#io) return false;
    const { heardAt, silenceMs } = this.#io;
    if (Date.now() - heardAt <= silenceMs + GRACE_MS) return true;
    this.#onDown(new ChatError("unreachable", "The chat service gave no sign of life."));
    return false;
  }

  /** Any state `→ closed`; conversations first. Whatever is under way rejects with `failure`. */
  finish(reason: LinkCloseReason, failure: ChatError, cause?: ChatError): void {
    if (this.#state.status === "closed") return;
    this.#release(failure);
    this.#closed = [reason, failure];
    const members = [...this.#members.values()];
    this.#members.clear();
    for (const member of members) member.onLinkClosed(reason, failure);
    this.#opening?.reject(failure);
    this.#move(cause ? { status: "closed", reason, cause } : { status: "closed", reason });
  }

  async #connect(): Promise<void> {
    const current = new AbortController();
    this.#current = current;
    const isCurrent = (): boolean => this.#current === current && !current.signal.aborted;
    try {
      const io = await this.#dial(current.signal, isCurrent);
      if (!isCurrent()) return io.close();
      this.#io = io;
      const who = await this.#owner.announce(this, current.signal);
      if (isCurrent()) this.#onOnline(who);
    } catch (error) {
      if (isCurrent()) this.#onDown(ChatError.from(error, "unreachable", "The chat service could not be reached."));
    }
  }

  async #dial(signal: AbortSignal, isCurrent: () => boolean): Promise<IoLink> {
    const { url, transports, allowInsecure = false } = this.#options;
    secureUrl(allowInsecure ? url.replace(/^http:/i, "https:") : url, ["https:", "http:"], "url");
    const io = this.#options.io ?? (await defaultIo());
    const dial = {
      io,
      origin: new URL(url).origin,
      options: transports ? { transports: [...transports] } : {},
      events: [...SERVER_EVENTS, ...(this.#owner.moreEvents ?? [])],
      vendor: "expertflow-chat",
      refusedRemedy: "Check with the contact centre who may connect.",
      addressOption: "url",
    };
    const handlers = {
      onEvent: (name: string, payload: unknown, acknowledge?: (answer?: unknown) => void) => {
        if (isCurrent()) this.#onEvent(name, payload, acknowledge);
      },
      onDown: (cause: ChatError, byServer: boolean) => {
        if (isCurrent()) this.#onDown(byServer ? this.#putOut(cause) : cause);
      },
    };
    try {
      return await dialSocket(dial, handlers, signal);
    } catch (error) {
      // Another generation's first packet looks like a refusal, or like nothing at all.
      const unexplained =
        ChatError.isInstance(error) && (error.code === "unreachable" || error.code === "unauthorized");
      const generation = unexplained ? await serverGeneration(url, signal, this.#options.fetch) : undefined;
      const ours = "protocol" in io && io.protocol === 4 ? 3 : 4;
      throw generation !== undefined && generation !== ours ? otherGeneration("expertflow-chat", error) : error;
    }
  }

  #onOnline(who: Who): void {
    clearTimeout(this.#timer);
    this.#interruption = new AbortController();
    this.#move({ status: "online", who });
    this.#opening?.resolve(who);
    for (const member of this.#members.values()) member.onUp();
  }

  #onEvent(name: string, payload: unknown, acknowledge?: (answer?: unknown) => void): void {
    const member = TO_OWNER.has(name) ? undefined : this.#members.get(conversationOf(payload));
    if (member) member.onEvent(name, payload, acknowledge);
    else this.#owner.onEvent(name, payload, acknowledge);
  }

  #onDown(cause: ChatError): void {
    const { status } = this.#state;
    this.#release(cause);
    if (status === "connecting" || status === "idle") return this.finish(closeReason(cause), cause, cause);
    if (cause.info.vendor?.code === PUT_OUT) return this.finish(this.#owner.putOut, cause, cause);
    if (status === "online") {
      this.#attempt = 0;
      this.#lostAt = Date.now();
    }
    this.#attempt++;
    const elapsedMs = Date.now() - this.#lostAt;
    const delayMs = this.#policy.nextDelayMs({ attempt: this.#attempt, elapsedMs, cause });
    if (delayMs === null) return this.finish(closeReason(cause), cause, cause);
    const retryAt = new Date(Date.now() + delayMs);
    this.#timer = setTimeout(() => this.#retry(), delayMs);
    this.#move({ status: "reconnecting", attempt: this.#attempt, retryAt, cause });
    for (const member of this.#members.values()) member.onDown(cause, this.#attempt, retryAt);
  }

  /** On purpose, and without a word: who comes back would only be put out again, or put out whoever came instead. */
  #putOut({ info }: ChatError): ChatError {
    const said =
      this.#owner.putOut === "replaced" ? "The same identity has signed in elsewhere." : "The chat service put us out.";
    const code = this.#owner.putOut === "replaced" ? "conflict" : "refused";
    return new ChatError(code, said, { ...info, retryable: false, vendor: { name: "expertflow-chat", code: PUT_OUT } });
  }

  #retry(): void {
    this.#timer = setTimeout(() => this.#onDown(timedOutError("Connecting again", JOIN_TIMEOUT_MS)), JOIN_TIMEOUT_MS);
    void this.#connect();
  }

  #release(cause: ChatError): void {
    clearTimeout(this.#timer);
    this.#current.abort(abortedError("Connecting"));
    this.#interruption.abort(cause);
    this.#io?.close();
    this.#io = undefined;
  }

  #move(current: LinkState<Who>): void {
    const previous = this.#state;
    this.#state = current;
    this.#owner.onState(previous, current);
  }
}

/** `conversationInfo` has it inside the conversation, everything else at its root. */
function conversationOf(payload: unknown): string {
  const fields = record(payload);
  const conversation = recordField(fields, "conversation");
  return (
    textField(fields, "conversationId") || textField(conversation, "id") || textField(conversation, "conversationId")
  );
}

async function defaultIo(): Promise<IoFactory> {
  const { io } = await import("socket.io-client");
  return (origin, options) => io(origin, options);
}

function closeReason({ code }: ChatError): LinkCloseReason {
  return code === "refused" || code === "unauthorized" || code === "conflict" || code === "unsupported"
    ? "refused"
    : "connection-lost";
}
