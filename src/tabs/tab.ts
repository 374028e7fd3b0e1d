// Long because it is one state machine: whoever leads, follows, waits or is put aside is the same tab a moment later.
import { exponentialBackoff } from "../kit/backoff.ts";
import { assertNotAborted, createDeferred, withDeadline, type Deferred } from "../kit/deadline.ts";
import { createEmitter, type Emitter } from "../kit/emitter.ts";
import { randomId } from "../kit/ids.ts";
import type { Call } from "../transport/call.ts";
import type { SharedDelivery } from "../transport/deliveries.ts";
import { ChatError } from "../transport/errors.ts";
import type { TransportEvents } from "../transport/events.ts";
import { canTransition, type CloseReason, type Conversation, type TransportState } from "../transport/states.ts";
import type { ChatTransport, OpenRequest } from "../transport/transport.ts";
import { FrameCodec } from "./codec.ts";
import { Deliveries } from "./deliveries.ts";
import { Follower } from "./follower.ts";
import type { Frame, SharedEvent, SharedEventType, Snapshot } from "./frames.ts";
import { Leader } from "./leader.ts";
import { Membership } from "./membership.ts";
import { NAMES, perform, type AnyCall, type Operation } from "./operations.ts";
import { SharedLog } from "./shared-log.ts";
import type { SharedTransportOptions, TabChannel, TabLocks } from "./shared-options.ts";

const OPEN_TIMEOUT_MS = 30_000;
const GOODBYE_TIMEOUT_MS = 5_000;
const WAKE_TIMEOUT_MS = 5_000;

/** The lock may arrive before the last words of the one who had it. */
const LAST_WORDS_MS = 100;

type Closed = Extract<TransportState, { status: "closed" }>;

/** Options with the platform's parts filled in. */
export interface TabParts extends Omit<SharedTransportOptions, "page"> {
  locks: TabLocks;
  channel: (name: string) => TabChannel;
  page: EventTarget | undefined;
  /** In `idle`: used when this tab leads for the first time. */
  inner: ChatTransport;
}

/** One tab's view of the shared conversation: waits for its turn to lead, and follows until then. */
export class Tab {
  readonly emitter: Emitter<TransportEvents> = createEmitter<TransportEvents>();
  readonly #id: string = randomId();
  readonly #parts: TabParts;
  readonly #codec: FrameCodec;
  readonly #log: SharedLog;
  readonly #follower: Follower;
  /** What all tabs have on its way. */
  readonly deliveries: Deliveries;
  #spare: ChatTransport | undefined;
  #state: TransportState = { status: "idle" };
  #request: OpenRequest | undefined;
  #opening: Deferred<Conversation> | undefined;
  #openSignal: AbortSignal | undefined;
  #membership: Membership | undefined;
  #leader: Leader | undefined;
  /** The tab that leads, as far as it is known. */
  #following: string | undefined;
  /** That tab has said its last words. */
  #handedOver = false;
  #token: string | undefined;
  #tokenDue = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Tries at once what waits for its time. */
  #retry: (() => void) | undefined;
  #lostAt = 0;
  #closing: Promise<void> | undefined;
  #goodbye: Deferred<void> | undefined;
  #parked = false;
  /** The lock is ours. */
  #hasTurn = false;

  constructor(parts: TabParts) {
    this.#parts = parts;
    this.#spare = parts.inner;
    this.#codec = new FrameCodec(parts.raw ?? { encode: () => null, decode: () => null }, parts.inner.supports);
    this.#log = new SharedLog(parts.snapshotMessages ?? 500);
    this.#follower = new Follower(this.#id, this.#codec, this.#post);
    this.deliveries = new Deliveries({
      self: this.#id,
      // What was asked for before this tab was in the conversation is told when it is.
      mayPost: () => this.#state.status === "connected" || this.#state.status === "reconnecting",
      post: this.#post,
      whenGone: (tab, callback) => this.#membership?.whenGone(tab, callback),
      underWay: (clientId) => this.#leader?.underWay(clientId),
    });
  }

  get state(): TransportState {
    return this.#state;
  }

  /** With what another transport goes on. */
  get resumeToken(): string | undefined {
    const { status } = this.#state;
    if (status !== "connected" && status !== "reconnecting") return undefined;
    return this.#leader?.inner.resumeToken?.() ?? this.#token;
  }

  /** As the contract says: until this tab is in the conversation, led by itself or by another. */
  async open(request: OpenRequest, call?: Call): Promise<Conversation> {
    const what = "Opening the chat";
    assertNotAborted(call?.signal, what);
    if (this.#state.status === "closed") throw closedError(what);
    if (this.#state.status !== "idle")
      throw new ChatError("invalid-argument", "This chat is open already; a new chat is a new transport.");
    this.#request = request;
    try {
      return await withDeadline(call, OPEN_TIMEOUT_MS, what, (signal) => {
        this.#openSignal = signal;
        this.#opening = createDeferred<Conversation>();
        this.#move({ status: "connecting", attempt: 1 });
        // A listener may have closed us while it heard of `connecting`.
        if (this.#state.status === "connecting") this.#join();
        return this.#opening.promise;
      });
    } catch (error) {
      const cause = ChatError.from(error, "unreachable", `${what} failed.`);
      const inner = this.#leader?.inner.state;
      const reason = inner?.status === "closed" ? inner.reason : closeReason(cause);
      this.#finish({ status: "closed", reason, cause }, cause);
      await this.#letGo();
      throw cause;
    }
  }

  /** Runs one of the methods that need a connection, here or in the tab that leads. */
  async run(operation: Operation, call?: AnyCall): Promise<unknown> {
    const what = NAMES[operation.method];
    assertNotAborted(call?.signal, what);
    if (this.#state.status === "closed") throw closedError(what);
    const [leader, following] = [this.#leader, this.#following];
    if (this.#state.status !== "connected" || (!leader && following === undefined))
      throw new ChatError("not-connected", `${what} needs a connected chat; it is ${this.#state.status}.`);
    try {
      if (!leader) return await this.#follower.ask(following ?? "", operation, call);
      const value = await perform(leader.inner, operation, call);
      leader.told(operation, this.#id);
      return value;
    } catch (error) {
      const failure = ChatError.from(error, "refused", `${what} failed.`);
      // The connection was handed over; the chat goes on.
      if (failure.code === "closed" && !this.#isClosed()) throw lostError(failure);
      throw failure;
    }
  }

  /** As the contract says; asks the tab that leads, and a tab that does not answer is no link that is alive. */
  async wake(call: Call = {}): Promise<boolean> {
    assertNotAborted(call.signal, NAMES.wake);
    const { status } = this.#state;
    if (status !== "connected" && status !== "reconnecting") return false;
    if (this.#retry) this.#retry();
    else if (this.#leader) return (await this.#leader.inner.wake?.(call)) ?? status === "connected";
    else if (this.#following !== undefined) return this.#askForLife(this.#following, call);
    return false;
  }

  async #askForLife(leader: string, call: Call): Promise<boolean> {
    try {
      const alive = await this.#follower.ask(leader, { method: "wake" }, { timeoutMs: WAKE_TIMEOUT_MS, ...call });
      return alive === true;
    } catch (error) {
      if (call.signal?.aborted) throw error;
      return false;
    }
  }

  /** As the contract says. Ends the chat for every tab when the reason is given, and is that the customer left. */
  close(reason?: CloseReason, call?: Call): Promise<void> {
    this.#closing ??= this.#close(reason ?? "customer-left", reason === "customer-left", call);
    return this.#closing;
  }

  /** As the contract says. What is given up because this tab is through is for the others to go on with. */
  tellDelivery(delivery: SharedDelivery): void {
    if (!this.#isClosed()) this.deliveries.tell(delivery);
  }

  /** As the contract says; another tab goes on, where there is one. */
  detach(): string | undefined {
    const token = this.resumeToken;
    if (this.#isClosed()) return undefined;
    const detached = this.#leader ? this.#handOver(this.#leader) : undefined;
    this.#finish({ status: "closed", reason: "handed-over" }, closedError("What was under way"));
    this.#release();
    return detached ?? token;
  }

  // Joining and leaving

  #join(): void {
    const { key, locks, channel, page } = this.#parts;
    const membership = new Membership({
      name: `switchboard-chat:${key}`,
      self: this.#id,
      locks,
      channel,
      onFrame: (wire) => {
        const frame = this.#codec.decode(wire);
        if (frame) this.#onFrame(frame);
      },
      onTurn: () => this.#onTurn(),
    });
    this.#membership = membership;
    page?.addEventListener("pagehide", this.#onPageHide);
    page?.addEventListener("pageshow", this.#onPageShow);
    this.#post({ type: "hello", from: this.#id });
  }

  readonly #post = (frame: Frame): void => this.#membership?.post(this.#codec.encode(frame));

  #release(): void {
    this.#hasTurn = false;
    this.deliveries.rest();
    clearTimeout(this.#timer);
    this.#retry = undefined;
    this.#leader?.stop();
    this.#leader = undefined;
    this.#following = undefined;
    this.#membership?.leave();
    this.#membership = undefined;
  }

  /** The chat never began here: whoever waits may try. */
  async #letGo(): Promise<void> {
    await this.#leader?.close("customer-left", { timeoutMs: 0 });
    this.#release();
  }

  async #close(reason: CloseReason, ends: boolean, call?: Call): Promise<void> {
    if (this.#isClosed()) return;
    const { status } = this.#state;
    const [leader, joined] = [this.#leader, status === "connected" || status === "reconnecting"];
    this.#finish({ status: "closed", reason }, closedError("What was under way"));
    try {
      if (leader && joined && !ends && (await this.#membership?.hasOthers())) this.#handOver(leader);
      else if (leader) {
        if (joined) this.#tellEnd(reason, ends);
        await leader.close(reason, call);
      } else if (ends && joined) await this.#askToEnd(call);
      await this.#spare?.close();
    } catch {
      // Nobody answered: the goodbye is what was waited for, and there is no more to do.
    } finally {
      this.#release();
    }
  }

  #tellEnd(reason: CloseReason, ends: boolean): void {
    if (ends) this.#post({ type: "event", from: this.#id, shared: { name: "ended", event: { by: "customer" } } });
    this.#post({ type: "closed", from: this.#id, reason });
  }

  async #askToEnd(call?: Call): Promise<void> {
    const goodbye = createDeferred<void>();
    this.#goodbye = goodbye;
    if (this.#hasTurn) void this.#endAlone(goodbye);
    else this.#post({ type: "end", from: this.#id });
    await withDeadline(call, GOODBYE_TIMEOUT_MS, "Ending the chat", () => goodbye.promise);
  }

  /** The tab that was asked to end the chat is gone: this one goes on with it, to say goodbye. */
  async #endAlone(goodbye: Deferred<void>): Promise<void> {
    const [request, resumeToken] = [this.#request, this.#token];
    try {
      // Without a token it would be another chat that is begun only to be ended.
      if (!request || resumeToken === undefined) return;
      const inner = this.#spare ?? this.#parts.make();
      await inner.open({ ...request, resumeToken }, { timeoutMs: GOODBYE_TIMEOUT_MS });
      await inner.close("customer-left");
    } catch {
      // The service cannot be reached: it will notice by itself.
    } finally {
      this.#tellEnd("customer-left", true);
      goodbye.resolve();
    }
  }

  /** Another tab goes on with what this one held. */
  #handOver(leader: Leader): string | undefined {
    const token = leader.detach();
    if (token !== undefined) this.#token = token;
    this.#post({ type: "handover", from: this.#id, ...(token !== undefined && { token }) });
    return token;
  }

  // A page that is put aside, and may come back

  readonly #onPageHide = (): void => {
    if (this.#parked || this.#isClosed()) return;
    const cause = new ChatError("unreachable", "The page was left.");
    if (this.#state.status === "connecting") {
      this.#finish({ status: "closed", reason: "connection-lost", cause }, cause);
      void this.#leader?.close("connection-lost");
      return this.#release();
    }
    this.#parked = true;
    if (this.#leader) this.#handOver(this.#leader);
    this.#lose(cause);
    this.#release();
  };

  readonly #onPageShow = (): void => {
    if (!this.#parked) return;
    this.#parked = false;
    if (!this.#isClosed()) this.#join();
  };

  // Leading

  #onTurn(): void {
    this.#hasTurn = true;
    if (this.#isClosed()) {
      if (this.#goodbye) void this.#endAlone(this.#goodbye);
      else this.#membership?.leave();
      return;
    }
    if (this.#following === undefined || this.#handedOver) return this.#lead();
    this.#timer = setTimeout(() => this.#lead(), LAST_WORDS_MS);
  }

  #lead(): void {
    this.#lose(new ChatError("unreachable", "The tab that held the connection is gone."));
    if (this.#isClosed()) return;
    this.#following = undefined;
    this.#post({ type: "lead", from: this.#id });
    this.deliveries.lead();
    this.#connect(1);
  }

  #connect(attempt: number): void {
    const request = this.#request;
    if (!request) return;
    const continues = this.#state.status === "reconnecting";
    const inner = this.#spare ?? this.#parts.make();
    this.#spare = undefined;
    const leader = new Leader({
      inner,
      self: this.#id,
      continues,
      log: this.#log,
      codec: this.#codec,
      post: this.#post,
      onState: (state) => this.#onInnerState(leader, state),
      onEvent: (shared) => this.#tell(shared),
      onReplayEnded: (unbroken) => this.emitter.emit("replay-ended", { unbroken }),
      onToken: () => this.#onToken(),
      deliveries: () => this.deliveries.all,
    });
    this.#leader = leader;
    const resumeToken = this.#token ?? request.resumeToken;
    const resume = inner.supports.resume && resumeToken !== undefined ? { resumeToken } : {};
    // While opening, the deadline of `open` counts; while taking over, the adapter's own.
    const call = continues || !this.#openSignal ? {} : { signal: this.#openSignal, timeoutMs: Infinity };
    // What was delivered in this tab may be named on any connection.
    const delivered = continues ? { delivered: this.#log.messages } : {};
    inner.open({ ...request, ...resume, ...delivered }, call).then(
      (conversation) => this.#opening?.resolve(conversation),
      (error: unknown) =>
        this.#onLeadFailed(leader, attempt, ChatError.from(error, "unreachable", "Taking over failed.")),
    );
  }

  #onLeadFailed(leader: Leader, attempt: number, cause: ChatError): void {
    if (this.#leader !== leader || leader.wasConnected) return;
    if (this.#state.status !== "reconnecting") {
      this.#opening?.reject(cause);
      return;
    }
    leader.stop();
    const { state } = leader.inner;
    const refused = state.status === "closed" && (state.reason === "refused" || state.reason === "replaced");
    const { reconnect = exponentialBackoff() } = this.#parts;
    const delayMs = refused ? null : reconnect.nextDelayMs({ attempt, elapsedMs: Date.now() - this.#lostAt, cause });
    if (delayMs === null) {
      const reason = state.status === "closed" && refused ? state.reason : "connection-lost";
      return this.#closeForAll({ status: "closed", reason, cause });
    }
    const next = {
      status: "reconnecting" as const,
      attempt: attempt + 1,
      retryAt: new Date(Date.now() + delayMs),
      cause,
    };
    this.#post({ type: "reconnecting", from: this.#id, state: next });
    this.#move(next);
    if (this.#isClosed()) return;
    const retry = (): void => {
      clearTimeout(this.#timer);
      this.#retry = undefined;
      this.#connect(attempt + 1);
    };
    this.#retry = retry;
    this.#timer = setTimeout(retry, delayMs);
  }

  #onInnerState(leader: Leader, state: TransportState): void {
    if (state.status === "closed") {
      // What never got in is told by the rejection of its `open`.
      if (leader.wasConnected) this.#closeForAll(state);
    } else if (state.status !== "connecting" || (this.#state.status === "connecting" && state.attempt > 1)) {
      this.#move(state);
    }
  }

  #closeForAll(state: Closed): void {
    const { reason, cause } = state;
    this.#post({ type: "closed", from: this.#id, reason, ...(cause && { cause }) });
    this.#finish(state, cause ?? closedError("What was under way"));
    this.#release();
  }

  #onToken(): void {
    this.emitter.emit("resume-token", { changed: true });
    if (this.#tokenDue) return;
    this.#tokenDue = true;
    queueMicrotask(() => {
      this.#tokenDue = false;
      const token = this.#leader?.inner.resumeToken?.();
      if (token === undefined) return;
      this.#token = token;
      this.#post({ type: "token", from: this.#id, token });
    });
  }

  // What other tabs say

  #onFrame(frame: Frame): void {
    if ("to" in frame && frame.to !== this.#id) return;
    if (this.#isClosed()) this.#whenClosed(frame);
    else if (this.#leader) this.#whenLeading(this.#leader, frame);
    else this.#whenFollowing(frame);
  }

  /** Only while waiting for the goodbye. */
  #whenClosed({ type }: Frame): void {
    if (type === "closed") this.#goodbye?.resolve();
    else if (type === "lead" && this.#goodbye) this.#post({ type: "end", from: this.#id });
  }

  #whenLeading(leader: Leader, frame: Frame): void {
    if (frame.type === "hello") {
      this.deliveries.isBack(frame.from);
      leader.welcome(frame.from);
    } else if (frame.type === "delivery") this.deliveries.hear(frame.posted);
    else if (frame.type === "request") leader.serve(frame);
    else if (frame.type === "cancel") leader.cancel(frame.id);
    else if (frame.type === "end") {
      this.emitter.emit("ended", { by: "customer" });
      void this.close("customer-left");
    }
  }

  #whenFollowing(frame: Frame): void {
    switch (frame.type) {
      case "hello":
      case "end":
      case "request":
      case "cancel":
        return;
      case "lead":
        return this.#follow(frame.from);
      case "delivery":
        return this.deliveries.hear(frame.posted);
      case "welcome":
        this.#follow(frame.from);
        if (this.#state.status !== "connected") this.#enter(frame.snapshot);
        return;
      case "event":
      case "reconnecting":
      case "closed":
      case "handover":
      case "token":
      case "sent":
      case "progress":
      case "answer":
      case "failed":
        this.#following ??= frame.from;
        if (frame.from === this.#following) this.#fromLeader(frame);
    }
  }

  #fromLeader(
    frame: Exclude<Frame, { type: "hello" | "end" | "request" | "cancel" | "lead" | "delivery" | "welcome" }>,
  ): void {
    switch (frame.type) {
      case "event":
        return this.#onSharedEvent(frame);
      case "reconnecting":
        if (this.#state.status === "connecting") return;
        this.#follower.rejectAll(frame.state.cause, true);
        return this.#move(frame.state);
      case "closed":
        this.#token = undefined;
        // Of the chat before: whoever comes now begins another.
        if (this.#state.status === "connecting") return;
        this.#finish(closedState(frame), closedError("What was under way"));
        return this.#release();
      case "handover":
        this.#token = frame.token ?? this.#token;
        this.#handedOver = true;
        return this.#lose(new ChatError("unreachable", "The tab that held the connection lets go of it."));
      case "token":
        this.#token = frame.token ?? this.#token;
        if (this.#state.status === "connected") this.emitter.emit("resume-token", { changed: true });
        return;
      case "sent":
      case "progress":
      case "answer":
      case "failed":
        return this.#follower.onReply(frame);
    }
  }

  #onSharedEvent({ shared, except }: Extract<Frame, { type: "event" }>): void {
    if (this.#state.status !== "connected" && !(shared.name === "ended" && this.#state.status === "reconnecting"))
      return;
    if (except === this.#id) return;
    if (shared.name === "message" && !this.#log.add(shared.event)) return;
    if (shared.name === "message-changed") this.#log.change(shared.event);
    this.#tell(shared);
  }

  #tell(shared: SharedEvent): void {
    if (shared.name === "message") this.deliveries.settle(shared.event.clientId);
    emitShared(this.emitter, shared);
  }

  #follow(leader: string): void {
    if (this.#following === leader) return;
    if (this.#following !== undefined)
      this.#lose(new ChatError("unreachable", "Another tab holds the connection now."));
    this.#following = leader;
    this.#handedOver = false;
  }

  /** This tab is in the conversation that another one holds. */
  #enter({ conversation, messages, token, deliveries }: Snapshot): void {
    const { news, overlaps } = this.#log.replace(messages);
    if (token !== undefined) this.#token = token;
    // Before anything is sent: some of it may be another tab's by now, or with the service.
    for (const { clientId } of messages) this.deliveries.settle(clientId);
    for (const posted of deliveries) this.deliveries.hear(posted);
    this.#move({ status: "connected", conversation });
    if (token !== undefined) this.emitter.emit("resume-token", { changed: true });
    this.#opening?.resolve(conversation);
    for (const message of news) this.emitter.emit("message", { ...message, replayed: true });
    this.emitter.emit("replay-ended", { unbroken: overlaps });
    this.deliveries.tellAll();
  }

  // States

  /** `connected → reconnecting`: whoever held the connection does not any more. */
  #lose(cause: ChatError): void {
    this.#follower.rejectAll(cause, true);
    if (this.#state.status !== "connected") return;
    this.#lostAt = Date.now();
    this.#move({ status: "reconnecting", attempt: 1, retryAt: new Date(), cause });
  }

  #finish(state: Closed, failure: ChatError): void {
    if (this.#isClosed()) return;
    const { page } = this.#parts;
    page?.removeEventListener("pagehide", this.#onPageHide);
    page?.removeEventListener("pageshow", this.#onPageShow);
    clearTimeout(this.#timer);
    this.#follower.rejectAll(failure, false);
    this.#opening?.reject(failure);
    this.#move(state);
    this.emitter.clear();
  }

  #isClosed(): boolean {
    return this.#state.status === "closed";
  }

  #move(current: TransportState): void {
    const previous = this.#state;
    if (!canTransition(previous.status, current.status)) return;
    this.#state = current;
    this.emitter.emit("state", { previous, current });
  }
}

function emitShared<K extends SharedEventType>(
  emitter: Emitter<TransportEvents>,
  { name, event }: { name: K; event: TransportEvents[K] },
): void {
  emitter.emit(name, event);
}

function closedState({ reason, cause }: Extract<Frame, { type: "closed" }>): Closed {
  return { status: "closed", reason, ...(cause && { cause }) };
}

function closeReason({ code }: ChatError): CloseReason {
  if (code === "aborted" || code === "closed") return "customer-left";
  return code === "timed-out" ? "timed-out" : "connection-lost";
}

function closedError(what: string): ChatError {
  return new ChatError("closed", `${what} is not possible: this chat is over.`, { remedy: "Start a new chat." });
}

function lostError(cause: ChatError): ChatError {
  return new ChatError("unreachable", "The connection was handed to another tab meanwhile.", { cause });
}
