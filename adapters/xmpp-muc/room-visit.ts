// Long because it is the one owner of a room's state; what it decides upon is decided elsewhere.
import { createDeferred, withDeadline, type Deferred } from "../../src/kit/deadline.ts";
import { randomId } from "../../src/kit/ids.ts";
import { silentLogger, type Logger } from "../../src/kit/logger.ts";
import { wait } from "../../src/kit/wait.ts";
import type { Call, Unsubscribe } from "../../src/transport/call.ts";
import type { Capabilities } from "../../src/transport/capabilities.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { EndedEvent, TransportEvents } from "../../src/transport/events.ts";
import type { DeliveredMessage } from "../../src/transport/messages.ts";
import type { CloseReason, Conversation } from "../../src/transport/states.ts";
import type { StanzaLink, StreamEvent } from "./connection/link.ts";
import { isFromRoom } from "./muc/decode-room-message.ts";
import { encodeReceiptMessage } from "./muc/encode-room-message.ts";
import { shareInitialPresence, type InitialPresence } from "./muc/initial-presence.ts";
import { createdByUs, isRoomGone } from "./muc/join-errors.ts";
import type { RoomPresence } from "./muc/participants.ts";
import { mapRemoval } from "./muc/removal.ts";
import { toRoomInfo, type RoomInfo } from "./muc/room-info.ts";
import { createRoomCore, type RoomCore } from "./room-core.ts";
import { linkLost, noNick, notJoined, openReason } from "./room-errors.ts";
import type { RoomEvents } from "./room-events.ts";
import { RoomJoin } from "./room-join.ts";
import { roomTimes, type RoomTimes, type XmppRoomOptions } from "./room-options.ts";
import { pingRoom } from "./room-ping.ts";
import { conversationClosed, RoomState } from "./room-state.ts";
import { SilenceWatch } from "./room-watch.ts";
import { discoverUpload } from "./upload/discover-upload.ts";
import type { Membership } from "./xep/0410-self-ping.ts";
import { encodeInstantRoom, type HistoryRequest, type MucUser } from "./xep/0045-muc.ts";
import { xml, type XmlElement } from "./xml.ts";

/** How often a rejoin that got no answer is tried again, and the longest wait between two tries. */
const REJOINS = 6;
const REJOIN_MAX_MS = 30_000;

/** More than what the clocks of a page and of a server usually differ while a message is under way, seconds. */
const OVERLAP_SECONDS = 10;

/** What a visit tells and is told. */
export interface VisitParts {
  options: XmppRoomOptions;
  room: string;
  /** What the adapter declares. */
  supports: Readonly<Capabilities>;
  emit<K extends keyof TransportEvents>(type: K, event: TransportEvents[K]): void;
  emitExtra<K extends keyof RoomEvents>(type: K, event: RoomEvents[K]): void;
  /** After the last event. */
  onClosed(): void;
}

/**
 * One visit of a room from the first join to the end: joins, joins again when the link or the room lost us, notices the
 * end, says goodbye.
 */
export class RoomVisit {
  readonly state: RoomState;
  readonly core: RoomCore;
  /** Everything lasts as long as this. */
  readonly #life: AbortController = new AbortController();
  /** By another transport, before this one was opened. */
  delivered: readonly DeliveredMessage[] = [];
  readonly #parts: VisitParts;
  readonly #link: StanzaLink;
  readonly #times: RoomTimes;
  readonly #logger: Logger;
  readonly #join: RoomJoin;
  readonly #watch: SilenceWatch;
  readonly #detach: Unsubscribe[] = [];
  #presence: InitialPresence | undefined;
  #interruption: AbortController = new AbortController();
  #info: RoomInfo = toRoomInfo(undefined);
  #nick = "";
  #lostCause: ChatError | undefined;
  #resumed = false;
  #wasIn = false;
  #nickChanged = false;
  #recovering = false;
  #checking = false;
  #lastHeardMs = 0;
  #leaving: Deferred<void> | undefined;
  #releaseLink: (() => Promise<void>) | undefined;
  #released: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(parts: VisitParts) {
    const { options } = parts;
    this.#parts = parts;
    this.#link = options.link;
    this.#times = roomTimes(options);
    this.#logger = options.logger ?? silentLogger;
    this.state = new RoomState((change) => this.#parts.emit("state", change));
    this.core = this.#newCore();
    this.#join = this.#newJoin();
    this.#watch = new SilenceWatch({
      silenceMs: this.#times.silenceMs,
      lastHeardMs: () => this.#lastHeardMs,
      check: () => this.checkMembership(),
    });
  }

  /** What the room announced. */
  get info(): RoomInfo {
    return this.#info;
  }

  /** Fires with a `ChatError` when the link is lost or the conversation closes. */
  get interruption(): AbortSignal {
    return this.#interruption.signal;
  }

  /** From idle to connected, or to closed and a rejection. */
  async open(nick: string, call: Call | undefined): Promise<Conversation> {
    this.#nick = nick;
    this.#attach();
    this.state.moveTo({ status: "connecting", attempt: 1 });
    try {
      if (nick === "") throw noNick();
      return await withDeadline(call, 30_000, "Opening the chat", async () => {
        await this.#joinUntilIn();
        return this.state.assertConnected();
      });
    } catch (error) {
      const cause = ChatError.from(error, "unreachable", "The room could not be joined.");
      if (this.#closing || this.state.current.status === "closed") throw this.#openClosed(cause);
      this.#sayLeave();
      this.#finish(openReason(cause), cause);
      await this.#released;
      throw cause;
    }
  }

  /** Says goodbye where that makes sense, and resolves when everything is released. */
  close(reason: CloseReason, call: Call | undefined): Promise<void> {
    this.#closing ??= this.#close(reason, call);
    return this.#closing;
  }

  /** Asks the room, and joins again if it lost us. Never rejects. */
  checkMembership(): void {
    if (this.#checking || this.state.current.status !== "connected") return;
    this.#checking = true;
    void this.ping({ signal: this.interruption })
      .then((membership) => {
        if (membership === "not-joined") this.#loseRoom(notJoined());
      })
      // The link or the conversation went away meanwhile: others deal with that.
      .catch(() => undefined)
      .finally(() => {
        this.#checking = false;
      });
  }

  /** XEP-0410. @throws ChatError `aborted`. */
  ping(call?: Call): Promise<Membership> {
    const nick = this.core.occupants.selfNick ?? this.#nick;
    return pingRoom(this.#link, { room: this.#parts.room, nick, nickChanged: this.#nickChanged }, call);
  }

  /** Asks for another nick (XEP-0045 §7.6); `participant` events tell of it. */
  async changeNick(nick: string): Promise<void> {
    this.state.assertConnected();
    this.#nickChanged = true;
    await this.#link.send(xml("presence", { to: `${this.#parts.room}/${nick}`, id: randomId() }));
  }

  /** Accepts the default configuration of a room that our join made (XEP-0045 §10.1.2). */
  async configureInstant(call?: Call): Promise<void> {
    await this.#link.request(xml("iq", { type: "set", to: this.#parts.room }, encodeInstantRoom()), call);
  }

  #attach(): void {
    const { room } = this.#parts;
    this.#presence = shareInitialPresence(this.#link);
    this.#releaseLink = this.#link.retain();
    this.#detach.push(
      this.#link.onStream((event) => this.#onStream(event)),
      this.#link.onStanza((stanza) => this.#onStanza(stanza), room),
    );
  }

  #onStanza(stanza: XmlElement): void {
    const { from } = stanza.attrs;
    if (from === undefined || !isFromRoom(from, this.#parts.room)) return;
    this.#lastHeardMs = Date.now();
    this.core.inbox.take(stanza);
  }

  #onStream(event: StreamEvent): void {
    if (event.kind === "sendable") this.#resumed = event.resumed;
    else if (event.kind === "lost") this.#loseRoom(event.cause, event);
    else if (event.kind === "closed") this.#onLinkClosed(event);
    else if (this.state.current.status === "connected") {
      this.#parts.emit("link", event.kind === "steady" ? { steady: true } : { steady: false, cause: event.cause });
    }
  }

  #onLinkClosed({ reason, cause }: Extract<StreamEvent, { kind: "closed" }>): void {
    const why = cause ?? new ChatError("closed", "The connection to the chat server was closed.");
    if (this.state.current.status === "connecting") return this.#finish(cause ? openReason(why) : "customer-left", why);
    this.#finish(reason === "local" ? "customer-left" : reason, why);
  }

  /** Joins, on this stream or on the next one. The link decides when there is one. */
  async #joinUntilIn(): Promise<void> {
    const { signal } = this.#life;
    for (let failures = 0; ;) {
      await this.#link.sendable({ signal, timeoutMs: Infinity });
      if (this.#resumed && this.#wasIn) {
        this.#becomeConnected();
        return this.#awaitReflections();
      }
      try {
        // No await between sendable and the join's writes: on BOSH they travel with the bind.
        return await this.#join.join(this.core.occupants.selfNick ?? this.#nick, this.#historyToAsk(), signal);
      } catch (error) {
        const vanished = ChatError.isInstance(error) && error.code === "not-connected" && ++failures < REJOINS;
        if (error !== this.#lostCause && !vanished) throw error;
      }
    }
  }

  /** First the newest; later by age, which needs no common clock, and what is known already is told apart by its ids. */
  #historyToAsk(): HistoryRequest {
    const { history = 50 } = this.#parts.options;
    if (this.state.current.status === "connecting") return history === 0 ? { maxChars: 0 } : { maxStanzas: history };
    return { seconds: Math.ceil((Date.now() - this.#lastHeardMs) / 1_000) + OVERLAP_SECONDS };
  }

  #onSelfPresent(presence: RoomPresence): void {
    if (!this.#join.isWaiting) return;
    const { statuses } = presence.user;
    const created = statuses.includes(201);
    if (created && this.#parts.options.createRoom !== true) {
      this.#sayLeave();
      this.#join.fail(createdByUs());
      return;
    }
    if (created) this.configureInstant().catch((error: unknown) => this.#warn(error));
    if (statuses.includes(210)) this.#nickChanged = true;
    if (statuses.length > 0) this.#parts.emitExtra("room-status", { statuses });
    this.#lastHeardMs = Date.now();
    this.#becomeConnected();
    this.#join.succeed();
  }

  #becomeConnected(): void {
    const rejoined = this.state.current.status === "reconnecting" && !this.#resumed;
    this.#wasIn = true;
    this.#resumed = false;
    this.#recovering = false;
    const left = this.core.occupants.endAgain();
    const conversation = this.#newConversation();
    this.state.moveTo({ status: "connected", conversation });
    for (const change of left) this.#parts.emit("participant", change);
    // A listener may have closed the chat meanwhile.
    if (this.#life.signal.aborted) return;
    if (rejoined) this.#awaitReplay();
    this.#watch.start();
    this.#learnUploadLimit(conversation);
  }

  /** Some services send no subject, which would end the replay: an answer from after the join ends it, too. */
  #awaitReplay(): void {
    this.ping({ signal: this.interruption })
      .then(() => this.core.inbox.endReplay())
      // Lost again: the next join has a replay of its own.
      .catch(() => undefined);
  }

  /**
   * The server kept our place, and nothing is missing. What we had said just before may still be on its way to the room: an
   * answer from after it says that it has arrived.
   */
  #awaitReflections(): void {
    this.ping({ signal: this.interruption })
      .then((membership) => {
        if (membership === "not-joined") this.#loseRoom(notJoined());
        else this.#parts.emit("replay-ended", { unbroken: membership === "joined" });
      })
      // Lost again: the next connection says how it stands.
      .catch(() => undefined);
  }

  #newConversation(): Conversation {
    const { supports, room } = this.#parts;
    const { stanzaIds, archive } = this.#info;
    const self = this.core.occupants.self?.participant ?? {
      id: `${room}/${this.#nick}`,
      name: this.#nick,
      role: "customer",
      isSelf: true,
    };
    return {
      id: room,
      self,
      participants: this.core.occupants.participants,
      supports: {
        ...supports,
        history: archive,
        catchUp: archive && stanzaIds,
        retract: stanzaIds,
        react: stanzaIds,
        replyTo: stanzaIds,
      },
    };
  }

  /** Not waited for: it would cost the join a round trip. Until it is known, `upload` finds out for itself. */
  #learnUploadLimit(conversation: Conversation): void {
    discoverUpload(this.#link, this.#parts.options.uploadService)
      .then((service) => {
        if (!service) conversation.supports = { ...conversation.supports, upload: false };
        else if (service.maxFileSizeBytes !== undefined) conversation.maxUploadBytes = service.maxFileSizeBytes;
      })
      .catch(() => undefined);
  }

  /** The link went, or the room lost us. What is under way fails, and we join again. */
  #loseRoom(cause: ChatError, link?: { attempt: number; retryAt: Date }): void {
    const { current } = this.state;
    if (current.status === "closed" || this.#leaving) return this.#leaving?.resolve();
    if (!link) this.#wasIn = false;
    this.#lostCause = cause;
    this.#join.fail(cause);
    const attempt = link?.attempt ?? 1;
    if (current.status === "connecting") {
      this.state.moveTo({ status: "connecting", attempt: current.attempt + 1 });
      return;
    }
    this.#interrupt(linkLost(cause));
    this.#watch.stop();
    this.state.moveTo({ status: "reconnecting", attempt, retryAt: link?.retryAt ?? new Date(), cause });
    if (!this.#recovering) void this.#recover();
  }

  async #recover(): Promise<void> {
    this.#recovering = true;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#joinUntilIn();
        return;
      } catch (error) {
        if (this.#life.signal.aborted) return;
        const cause = ChatError.from(error, "unreachable", "The room could not be joined again.");
        if (isRoomGone(cause)) return this.#onRoomGone(cause);
        if (!cause.info.retryable || attempt >= REJOINS) return this.#finish(openReason(cause), cause);
        const delayMs = Math.min(REJOIN_MAX_MS, 1_000 * 2 ** (attempt - 1));
        const retryAt = new Date(Date.now() + delayMs);
        this.state.moveTo({ status: "reconnecting", attempt: attempt + 1, retryAt, cause });
        const over = await wait(delayMs, this.#life.signal, "Joining the room").then(
          () => false,
          () => true,
        );
        if (over) return;
      }
    }
  }

  #onSelfGone(user: MucUser): void {
    if (this.#leaving) return this.#leaving.resolve();
    // While we join, this is the end of an earlier session of ours.
    if (this.#join.isWaiting || this.state.current.status !== "connected") return;
    const removal = mapRemoval(user);
    this.#logger.warn("The room let us go", { vendor: removal.cause.info.vendor?.code });
    if (removal.kind === "lost") return this.#loseRoom(removal.cause);
    if (removal.ended) this.#parts.emit("ended", removal.ended);
    this.#finish(removal.reason, removal.cause);
  }

  /** The room was there, and is not any more: the chat ended while we were away. */
  #onRoomGone(cause: ChatError): void {
    this.#parts.emit("ended", { by: "system" });
    this.#finish("agent-ended", cause);
  }

  #onEnded(event: EndedEvent): void {
    this.#parts.emit("ended", event);
    this.#sayLeave();
    this.#finish("agent-ended");
  }

  #onReceiptWanted(msgid: string): void {
    if (this.#parts.options.autoReceipts !== true) return;
    this.#link
      .send(encodeReceiptMessage(this.#parts.room, randomId(), msgid))
      .catch((error: unknown) => this.#warn(error));
  }

  async #close(reason: CloseReason, call: Call | undefined): Promise<void> {
    const { status } = this.state.current;
    if (status === "connected" && call?.signal?.aborted !== true) {
      this.state.beginLeaving();
      this.#interrupt(conversationClosed());
      const leaving = createDeferred<void>();
      this.#leaving = leaving;
      this.#sayLeave();
      const timeoutMs = Math.min(this.#times.leaveMs, call?.timeoutMs ?? Infinity);
      // Whatever comes of it, we are gone.
      await withDeadline({ ...call, timeoutMs }, timeoutMs, "Leaving", () => leaving.promise).catch(() => undefined);
    } else if (status !== "idle" && status !== "closed") this.#sayLeave();
    this.#finish(reason);
    await this.#released;
  }

  #sayLeave(): void {
    const to = `${this.#parts.room}/${this.core.occupants.selfNick ?? this.#join.expectedNick ?? this.#nick}`;
    if (this.#nick === "") return;
    this.#link.send(xml("presence", { to, type: "unavailable" })).catch(() => undefined);
  }

  #interrupt(cause: ChatError): void {
    const { signal } = this.#interruption;
    if (!signal.aborted) this.#interruption.abort(cause);
    this.core.confirmations.rejectAll(cause);
    if (this.state.current.status !== "closed") this.#interruption = new AbortController();
  }

  #finish(reason: CloseReason, cause?: ChatError): void {
    if (this.state.current.status === "closed") return;
    this.#interrupt(conversationClosed(cause));
    this.#watch.stop();
    this.#join.fail(conversationClosed(cause));
    for (const off of this.#detach) off();
    this.#presence?.release();
    this.#life.abort(conversationClosed(cause));
    this.state.moveTo(cause ? { status: "closed", reason, cause } : { status: "closed", reason });
    this.#parts.onClosed();
    // The link may close itself now; how that goes is no longer the conversation's business.
    this.#released = (this.#releaseLink?.() ?? Promise.resolve()).catch(() => undefined);
  }

  #openClosed(cause: ChatError): ChatError {
    const { current } = this.state;
    const why = current.status === "closed" ? current.cause : undefined;
    return why ?? (cause.code === "closed" ? cause : conversationClosed(cause));
  }

  #warn(error: unknown): void {
    this.#parts.emit("warning", ChatError.from(error, "unreachable", "A request to the room failed."));
  }

  #newJoin(): RoomJoin {
    return new RoomJoin({
      link: this.#link,
      room: this.#parts.room,
      password: this.#parts.options.password,
      initialPresence: { send: () => this.#presence?.send(), release: () => undefined },
      joinMs: this.#times.joinMs,
      firstJoinMs: this.#times.firstJoinMs,
      roomRetryMs: this.#times.roomRetryMs,
      onAttempt: () => {
        this.core.inbox.beginReplay();
        this.core.occupants.beginAgain();
        this.core.inbox.hold();
      },
      onInfo: (info) => {
        this.#info = info;
        this.core.context.stanzaIds = info.stanzaIds;
        this.core.context.occupantIds = info.occupantIds;
        this.core.recall(this.delivered);
        this.core.inbox.release();
      },
    });
  }

  #newCore(): RoomCore {
    return createRoomCore(this.#parts.options, this.#parts.room, {
      expectedNick: () => this.#join.expectedNick,
      emit: (type, event) => this.#emitWhileIn(type, event),
      emitExtra: (type, event) => this.#parts.emitExtra(type, event),
      onSelfPresent: (presence) => this.#onSelfPresent(presence),
      onSelfGone: (user) => this.#onSelfGone(user),
      onJoinError: (presence) => this.#join.refuse(presence),
      onNotJoined: (cause) => this.#loseRoom(cause),
      onEnded: (event) => this.#onEnded(event),
      onReplayEnded: (unbroken) => this.#parts.emit("replay-ended", { unbroken }),
      onReceiptWanted: (msgid) => this.#onReceiptWanted(msgid),
    });
  }

  /** Before we are in, the conversation's snapshot will say who is there; while we leave, nothing is said any more. */
  #emitWhileIn<K extends keyof TransportEvents>(type: K, event: TransportEvents[K]): void {
    const { status } = this.state.current;
    if (this.#leaving || status === "connecting" || status === "closed") return;
    this.#parts.emit(type, event);
  }
}
