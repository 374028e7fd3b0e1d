// Long because the states, the way in, the replay and the way out are one machine: each looks at what the others know.
import { createDeferred, withDeadline, type Deferred } from "../../src/kit/deadline.ts";
import { createEmitter, type Emitter } from "../../src/kit/emitter.ts";
import { randomId } from "../../src/kit/ids.ts";
import { record } from "../../src/kit/read.ts";
import type { Call } from "../../src/transport/call.ts";
import type { Capabilities } from "../../src/transport/capabilities.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { EndedBy, TransportEvents } from "../../src/transport/events.ts";
import type { LinkCloseReason } from "../../src/transport/link-state.ts";
import type { OutgoingMessage, Sent } from "../../src/transport/messages.ts";
import { canTransition, type CloseReason, type Conversation, type TransportState } from "../../src/transport/states.ts";
import type { OpenRequest } from "../../src/transport/transport.ts";
import { Deliveries } from "./deliveries.ts";
import type { Doorway, Entry } from "./doorway.ts";
import { Inbox, type Said } from "./inbox.ts";
import type { SolutionServerOptions } from "./options.ts";
import { refusalIn, refused } from "./refusals.ts";
import { encodeResumeToken } from "./resume-token.ts";
import { inOrder, type SolutionRest } from "./rest/solution-rest.ts";
import type { LinkMember, MemberLink } from "./solution-link.ts";
import { decodeMessage, type SolutionActivity, type SolutionMessage } from "./wire/decode-message.ts";
import { encodeActivity, encodeConversation, type FrameParts } from "./wire/encode.ts";
import { hasListField, listField, recordField, textField } from "./wire/fields.ts";
import { decodeParticipant } from "./wire/people.ts";

/** So long the join may go unanswered until the past messages are asked whether there is such a conversation. */
const JOIN_PROOF_MS = 2_000;
/** So long what is live waits for what the service says of the past after a join. */
const REPLAY_MS = 1_000;
const GOODBYE_MS = 2_000;
/** So many of the newest past messages are read after a join that brings none. What lies further back is `catchUp`'s. */
const PAST_MESSAGES = 100;
/** How far our clock may be behind the service's. */
const CLOCK_SKEW_MS = 600_000;

/** What a conversation is made of. */
export interface ConversationParts {
  link: MemberLink;
  rest: SolutionRest;
  options: SolutionServerOptions;
  supports: Capabilities;
  doorway: Doorway;
  /** Whether the service says by itself what was said before; where not, what is live need not wait for it. */
  expectsInfo: boolean;
  /** The conversation is over, and its goodbye said: the link may go, where it was there for nothing else. */
  onClosed?(): void;
}

/** One conversation on a link, whoever takes part in it: states, join, replay, messages, end. */
export class SolutionConversation implements LinkMember {
  readonly emitter: Emitter<TransportEvents> = createEmitter<TransportEvents>();
  readonly inbox: Inbox;
  readonly #parts: ConversationParts;
  readonly #deliveries: Deliveries;
  #state: TransportState = { status: "idle" };
  #entry: Entry | undefined;
  #opening: Deferred<Conversation> | undefined;
  /** The way in, while it is being gone: what proves that it is done. */
  #entering = false;
  /** How often it was entered. */
  #entered = 0;
  /** By the service's clock, where it has told: from then on everything comes by itself. */
  #liveFrom: Date | undefined;
  #proof: ReturnType<typeof setTimeout> | undefined;
  /** What is live waits in here for what was before it. */
  #held: (() => void)[] | undefined;
  #replay: ReturnType<typeof setTimeout> | undefined;
  #preparing = new AbortController();
  #interruption = new AbortController();
  #goodbye: Promise<void> | undefined;
  #goodbyeHeard: (() => void) | undefined;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.inbox = new Inbox(this.emitter, parts.doorway);
    this.#deliveries = new Deliveries(() => this.#lookForOwn(), parts.options.confirmAfterMs ?? 1_000);
  }

  get state(): TransportState {
    return this.#state;
  }

  /** The vendor's id; `""` before there is one. */
  get conversationId(): string {
    return this.#entry?.conversationId ?? "";
  }

  get hearsWhispers(): boolean {
    return this.#parts.doorway.hearsWhispers;
  }

  /** Aborted with the reason when the link is lost or the conversation closes. */
  get interruption(): AbortSignal {
    return this.#interruption.signal;
  }

  get resumeToken(): string | undefined {
    const { status } = this.#state;
    return this.#entry && (status === "connected" || status === "reconnecting")
      ? encodeResumeToken(this.#entry)
      : undefined;
  }

  /** `idle → connecting`; the promise follows the service's answer. */
  join(request: OpenRequest): Promise<Conversation> {
    this.#opening = createDeferred<Conversation>();
    this.#opening.promise.catch(() => undefined);
    this.#move({ status: "connecting", attempt: 1 });
    // A listener may have closed us while it heard of `connecting`.
    if (this.#state.status === "connecting") void this.#prepare(request);
    return this.#opening.promise;
  }

  /** Puts a message on the wire, and resolves when the service is known to have it. */
  send(message: OutgoingMessage, onSent: () => void): Promise<Sent> {
    const frame = this.#parts.doorway.encode(message, this.frame(message.clientId));
    return this.sendFrame(message.clientId, frame, onSent);
  }

  /** The same for a frame of the caller's. */
  sendFrame(requestId: string, frame: unknown, onSent?: () => void): Promise<Sent> {
    const sent = this.#deliveries.expect(requestId);
    this.#parts.link.ask("sendMessage", frame, (answer) => {
      const no = refusalIn(answer, "The message");
      if (no) this.#deliveries.refuse(requestId, no);
      else this.#deliveries.confirm(requestId, new Date());
    });
    onSent?.();
    return sent;
  }

  /** Whoever sent it waits no longer: an answer that comes yet is nobody's. */
  forget(requestId: string, error: ChatError): void {
    this.#deliveries.refuse(requestId, error);
  }

  /** Tells that this participant is composing. */
  types(): void {
    this.#parts.link.emit("sendMessage", encodeActivity(this.frame(randomId()), "typing"));
  }

  /** Asks for a human. */
  requestAgent(extras: Record<string, unknown>): void {
    this.#parts.link.emit("requestAgentTransfer", { ...encodeConversation(this.frame(randomId())), ...extras });
  }

  /** What a frame of ours about this conversation carries. */
  frame(requestId: string): FrameParts {
    if (!this.#entry) throw new ChatError("not-connected", "There is no conversation yet.");
    const { conversationId, self } = this.#entry;
    return { conversationId, from: self, requestId, timestamp: new Date() };
  }

  /** Any state `→ closed`, with a goodbye where there is a link; resolves when everything is released. */
  leave(reason: CloseReason, call?: Call): Promise<void> {
    if (this.#state.status === "closed") return this.#goodbye ?? Promise.resolve();
    const knock =
      this.#state.status === "connected" && this.#entry ? this.#parts.doorway.goodbye(this.#entry, reason) : undefined;
    this.#goodbye = knock ? this.#sayGoodbye(knock.event, knock.payload, call) : this.#finished();
    this.finish(reason, chatClosed());
    return this.#goodbye;
  }

  /** Any state `→ closed`. Everything under way is rejected with `failure` first. */
  finish(reason: CloseReason, failure: ChatError, cause?: ChatError): void {
    if (this.#state.status === "closed") return;
    this.#release(failure);
    this.#preparing.abort(failure);
    this.inbox.stop();
    this.#opening?.reject(failure);
    if (!this.#goodbye) this.#letGo();
    this.#move(cause ? { status: "closed", reason, cause } : { status: "closed", reason });
    this.emitter.clear();
  }

  onUp(): void {
    const { status } = this.#state;
    if (!this.#entry || (status !== "connecting" && status !== "reconnecting")) return;
    this.#entering = true;
    this.#liveFrom = undefined;
    this.#interruption = new AbortController();
    const { event, payload } = this.#parts.doorway.knock(this.#entry, this.#entered > 0);
    this.#proof = setTimeout(() => void this.#prove(), JOIN_PROOF_MS);
    this.#parts.link.ask(event, payload, (answer) => {
      const no = refusalIn(answer, "Joining the conversation");
      if (no) this.#refuse(no);
      else {
        this.#enter();
        void this.#replayPast();
      }
    });
  }

  onDown(cause: ChatError, attempt: number, retryAt: Date): void {
    this.#release(cause);
    const { status } = this.#state;
    if (status === "connecting") this.finish("connection-lost", cause, cause);
    else if (status !== "idle") this.#move({ status: "reconnecting", attempt, retryAt, cause });
  }

  onLinkClosed(reason: LinkCloseReason, cause: ChatError): void {
    if (reason === "signed-out") return this.finish("left", chatClosed());
    if (reason === "refused" && this.#state.status === "connected")
      this.emitter.emit("ended", { by: "system", chatId: this.conversationId });
    this.finish(reason, cause, cause);
  }

  onEvent(name: string, payload: unknown): void {
    switch (name) {
      case "messageArrived":
        return this.#onMessage(payload);
      case "conversationInfo":
        return this.#onInfo(payload);
      case "endConversation":
        return this.#end("system", payload);
      default:
        this.#warn(unreadable(`The event ${name.slice(0, 40)}`));
    }
  }

  async #prepare(request: OpenRequest): Promise<void> {
    try {
      const entry = await this.#parts.doorway.prepare(request, this.#preparing.signal);
      if (this.#state.status !== "connecting") return;
      this.#entry = entry;
      this.inbox.become(entry.self);
      this.#parts.link.attach(entry.conversationId, this);
    } catch (error) {
      const cause = ChatError.from(error, "unreachable", "The chat could not be started.");
      this.finish(isRefusal(cause) ? "refused" : "connection-lost", cause, cause);
    }
  }

  /** No answer to the join: that there is such a conversation, and this participant in it, is proof enough. */
  async #prove(): Promise<void> {
    try {
      await this.#lookForOwn();
      this.#enter();
      void this.#replayPast();
    } catch (error) {
      if (ChatError.isInstance(error) && error.code === "not-found") return this.#refuse(error);
      // Who comes back knocks again until somebody answers; a first join has its caller's time limit.
      if (this.#entering && this.#state.status === "reconnecting")
        this.#proof = setTimeout(() => this.onUp(), JOIN_PROOF_MS);
    }
  }

  #refuse(error: ChatError): void {
    if (this.#entering) this.finish(error.code === "closed" ? "timed-out" : "refused", error, error);
  }

  /** The service has let us in. What was before comes next; what is live waits for it. */
  #enter(): void {
    if (!this.#entering || !this.#entry) return;
    this.#entering = false;
    clearTimeout(this.#proof);
    // Something live may have come before the proof.
    this.#held ??= [];
    const { conversationId: id } = this.#entry;
    const participants = [...this.inbox.participants.values()];
    const conversation: Conversation = { id, self: this.inbox.self, participants, supports: this.#parts.supports };
    const { expectsInfo } = this.#parts;
    if (expectsInfo) this.#replay = setTimeout(() => void this.#replayPast(), REPLAY_MS);
    this.#entered++;
    this.#move({ status: "connected", conversation });
    this.emitter.emit("resume-token", { changed: true });
    this.#opening?.resolve(conversation);
    if (!expectsInfo) void this.#replayPast();
  }

  /** The service says nothing of the past by itself. Where there is one, it is read: of who comes back, or goes on. */
  async #replayPast(): Promise<void> {
    const held = this.#held;
    if (!held) return;
    const hasPast = this.#entered > 1 || this.#parts.doorway.goesOn?.() === true;
    const messages = hasPast ? await this.#readPast().catch(() => []) : [];
    const until = this.#liveFrom;
    const past = until ? messages.filter(({ sentAt }) => sentAt && sentAt <= until) : messages;
    // Lost again, over, or told by the service itself after all.
    if (this.#held === held) this.#tellPast(past);
  }

  #tellPast(messages: readonly SolutionMessage[]): void {
    let overlaps = false;
    for (const message of messages) {
      if (message.kind !== "activity") overlaps = this.#say(message, true) || overlaps;
    }
    this.#endReplay(overlaps);
  }

  #endReplay(unbroken: boolean): void {
    const held = this.#held;
    if (!held || this.#state.status !== "connected") return;
    clearTimeout(this.#replay);
    this.emitter.emit("replay-ended", { unbroken });
    // What comes while a listener runs queues up behind.
    for (let next = held.shift(); next; next = held.shift()) next();
    this.#held = undefined;
  }

  /** `conversationInfo`: who is there, and what was said before. */
  #onInfo(payload: unknown): void {
    const info = record(payload);
    const isWhole = hasListField(info, "messages") && hasListField(info, "participant");
    if (!isWhole || Object.keys(info).length === 0) this.#warn(unreadable("A conversationInfo"));
    const inside = recordField(info, "conversation");
    const people = [...listField(info, "participant"), ...listField(inside, "participants")].map(decodeParticipant);
    this.inbox.learn(people);
    this.#parts.doorway.onInfo?.(info);
    this.#enter();
    if (!this.#held) return;
    const raw = listField(info, "messages");
    const messages = inOrder(
      (raw.length > 0 ? raw : listField(inside, "messages")).flatMap((m) => decodeMessage(m) ?? []),
    );
    this.#tellPast(messages);
  }

  #onMessage(payload: unknown): void {
    const message = decodeMessage(payload);
    if (!message) return this.#warn(unreadable("A message"));
    if (message.kind === "activity") this.#onActivity(message);
    else this.#whenLive(() => this.#say(message, false));
  }

  /** An own message that comes back confirms its send. @returns whether it was known already. */
  #say(message: Said, replayed: boolean): boolean {
    const known = this.inbox.say(message, replayed);
    if (message.from.id === this.inbox.self.id && this.#deliveries.has(message.key)) {
      this.#parts.link.provenOtherwise();
      this.#deliveries.confirm(message.key, message.sentAt ?? new Date());
    }
    return known;
  }

  #onActivity(activity: SolutionActivity): void {
    const type = activity.activityType.toLowerCase();
    if (type === "error") return this.#onRefusal(activity);
    if (type === "endofconversation") return this.#onEnd(activity);
    this.inbox.people(activity);
    // Whatever the service says of this conversation, it says to who is in it.
    if (this.#entering && (type === "greetings" || this.#isAboutSelf(activity))) {
      this.#liveFrom = activity.sentAt;
      this.#enter();
    }
    this.#parts.doorway.onActivity?.(activity);
    this.#whenLive(() => this.#tell(type, activity));
  }

  #tell(type: string, activity: SolutionActivity): void {
    if (type === "greetings") this.inbox.greet(activity);
    else if (type === "typing") this.inbox.types(activity.from);
    else if (type === "handoff") this.emitter.emit("handoff", { change: "requested" });
    else if (type === "noagentavailable") this.emitter.emit("handoff", { change: "no-agent" });
    else if (type === "participantjoined") this.#tellAccepted(activity);
    else if (!PEOPLE.has(type)) {
      this.#warn(unknownActivity(activity.activityType));
      this.inbox.unknown(activity);
    }
  }

  /** A human has come: what was asked for is there. */
  #tellAccepted({ info, from }: SolutionActivity): void {
    const about = decodeParticipant(info["participant"]);
    const { role, id } = this.inbox.participants.get(about.id || from.id) ?? about;
    if (id !== this.inbox.self.id && (role === "agent" || role === "supervisor"))
      this.emitter.emit("handoff", { change: "accepted" });
  }

  #isAboutSelf({ info, from }: SolutionActivity): boolean {
    const { id } = this.inbox.self;
    return from.id === id || decodeParticipant(recordField(info, "participant")).id === id;
  }

  /** An activity of the type `error`: no guide has one, and a server that refuses has to say so somehow. */
  #onRefusal({ info }: SolutionActivity): void {
    const requestId = textField(info, "requestId");
    const event = textField(info, "event");
    if (this.#parts.doorway.onRefusal?.(event, refused(info, "The request")) === true) return;
    if (this.#entering && event !== "sendMessage") return this.#refuse(refused(info, "Joining the conversation"));
    if (requestId !== "" && this.#deliveries.has(requestId))
      return this.#deliveries.refuse(requestId, refused(info, "The message"));
    this.#warn(refused(info, event === "" ? "A request" : `The event ${event.slice(0, 40)}`));
  }

  #onEnd(activity: SolutionActivity): void {
    const { role, isSelf } = this.inbox.participants.get(activity.from.id) ?? {
      role: activity.from.role,
      isSelf: false,
    };
    const by: EndedBy =
      role === "agent" || role === "supervisor" ? "agent" : isSelf || role === "customer" ? "customer" : "system";
    this.#end(by, activity.raw);
  }

  #end(by: EndedBy, raw: unknown): void {
    this.#goodbyeHeard?.();
    const { status } = this.#state;
    if (status === "closed") return;
    if (status === "connected" || this.#entered > 0) {
      this.#endReplay(false);
      this.emitter.emit("ended", { by, chatId: this.conversationId, raw });
      return this.finish("agent-ended", chatClosed());
    }
    const over = new ChatError("closed", "This conversation is over.", { remedy: "Start a new chat." });
    this.finish("refused", over, over);
  }

  /** The newest of what the service has: own messages among it have arrived. @throws ChatError where it cannot be read. */
  async #lookForOwn(): Promise<void> {
    for (const message of await this.#readPast())
      if (message.from.id === this.inbox.self.id) this.#deliveries.confirm(message.key, message.sentAt ?? new Date());
  }

  async #readPast(): Promise<SolutionMessage[]> {
    const { rest, options } = this.#parts;
    if (options.pastMessages === false) throw new ChatError("unsupported", "This service shows no past messages.");
    const until = new Date(Date.now() + CLOCK_SKEW_MS);
    const call = { signal: this.#interruption.signal };
    return (await rest.pastMessages(this.conversationId, PAST_MESSAGES, until, call)).messages;
  }

  async #sayGoodbye(event: string, payload: unknown, call: Call = {}): Promise<void> {
    const { link } = this.#parts;
    try {
      await withDeadline({ timeoutMs: GOODBYE_MS, ...call }, GOODBYE_MS, "The goodbye", () => {
        const heard = createDeferred<void>();
        this.#goodbyeHeard = () => heard.resolve();
        link.ask(event, payload, () => heard.resolve());
        link.interruption.addEventListener("abort", () => heard.resolve(), { once: true });
        return heard.promise;
      });
    } catch {
      // The service may be silent, and whoever leaves may not want to wait for it.
    } finally {
      this.#letGo();
    }
  }

  async #finished(): Promise<void> {
    this.#letGo();
  }

  #letGo(): void {
    this.#parts.link.detach(this.conversationId, this);
    this.#parts.onClosed?.();
  }

  #whenLive(tell: () => void): void {
    if (this.#state.status === "closed") return;
    if (this.#entering || this.#held) (this.#held ??= []).push(tell);
    else tell();
  }

  /** Lets go of the link; whoever waits for something on it hears `cause`. */
  #release(cause: ChatError): void {
    clearTimeout(this.#proof);
    clearTimeout(this.#replay);
    this.#entering = false;
    this.#held = undefined;
    this.#interruption.abort(cause);
    this.#deliveries.refuseAll(cause);
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

const PEOPLE: ReadonlySet<string> = new Set(["participantadded", "participantremoved", "participantleft"]);

/** What everything rejects with once the chat is over. */
export function chatClosed(): ChatError {
  return new ChatError("closed", "The chat is over.", { remedy: "Start a new chat." });
}

/** Something came that cannot be read. */
export function unreadable(what: string): ChatError {
  return new ChatError("bad-frame", `${what} could not be read.`, {
    vendor: { name: "expertflow-chat", code: "unreadable" },
  });
}

function unknownActivity(type: string): ChatError {
  return new ChatError("bad-frame", `An activity of the type ${type.slice(0, 40)} came, which no guide documents.`, {
    remedy: "It is delivered as custom: show its text, or read its data.",
    vendor: { name: "expertflow-chat", code: "activity/unknown" },
  });
}

function isRefusal({ code }: ChatError): boolean {
  return code === "refused" || code === "unauthorized" || code === "conflict" || code === "not-found";
}
