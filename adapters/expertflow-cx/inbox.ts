import type { Emitter } from "../../src/kit/emitter.ts";
import { messageId } from "../../src/kit/ids.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { TransportEvents } from "../../src/transport/events.ts";
import type {
  ChangedMessage,
  ChatMessage,
  DeliveredMessage,
  MessageChange,
  Participant,
  ParticipantRole,
} from "../../src/transport/messages.ts";
import type { Echoes } from "./echoes.ts";
import type { CimMessage } from "./wire/cim-message.ts";
import { decodeNotification, type CxNotice } from "./wire/notification.ts";
import { text } from "../../src/kit/read.ts";
import { isKnownType, toBody } from "./wire/to-body.ts";

/** How long somebody is shown as typing; the vendor sends no end of it. */
const TYPING_MS = 5_000;

/** Who wrote a message: type and id, because ids of different types may be equal. */
type Author = string;

/** Turns CIM messages into events, each message once. */
export class Inbox {
  readonly #emitter: Emitter<TransportEvents>;
  readonly #echoes: Echoes;
  readonly #authors = new Map<string, Author>();
  /** The same for what was only read, and may still arrive. */
  readonly #read = new Map<string, Author>();
  /** Changes that were told. */
  readonly #told = new Set<string>();
  /** Own messages: the id that the application gave. */
  readonly #clientIds = new Map<string, string>();
  readonly #typing = new Map<string, { from: Participant; timer: ReturnType<typeof setTimeout> }>();
  readonly participants: Map<string, Participant> = new Map();
  self: Participant;

  constructor(emitter: Emitter<TransportEvents>, echoes: Echoes, self: Participant) {
    this.#emitter = emitter;
    this.#echoes = echoes;
    this.self = self;
  }

  /** Whether that message was delivered or read here. */
  knows(id: string): boolean {
    return this.#authorOf(id) !== undefined;
  }

  #authorOf(id: string): Author | undefined {
    return this.#authors.get(id) ?? this.#read.get(id);
  }

  /** What another transport has delivered. */
  recall(messages: readonly DeliveredMessage[]): void {
    for (const { id, from } of messages)
      this.#read.set(id, from.isSelf ? "CUSTOMER" : `${SENDERS[from.role]} ${from.id}`);
  }

  /** Tells of a message, of whatever kind. @returns whether it was known already. */
  take(message: CimMessage, replayed: boolean): boolean {
    const claim = toClaim(message);
    if (claim) {
      const changed = this.#toChange(message, claim, replayed);
      const key = `${message.id} ${message.sentAt?.getTime()}`;
      // A resume tells of all of them again.
      if (changed && !this.#told.has(key)) {
        this.#told.add(key);
        this.#emitter.emit("message-changed", changed);
      }
      return false;
    }
    switch (message.type) {
      case "NOTIFICATION":
        this.#takeNotice(message, replayed);
        return false;
      case "DELIVERYNOTIFICATION":
        this.#takeDelivery(message);
        return false;
      default:
        return this.#takeContent(message, replayed);
    }
  }

  /** What a message says, without telling of it: for history. `undefined` for what is none. */
  toChatMessage(message: CimMessage, replayed: boolean): ChatMessage | undefined {
    if (NO_CONTENT.has(message.type) || toClaim(message)) return undefined;
    const own = message.sender.type === "CUSTOMER";
    const pending = own && !this.#clientIds.has(message.id) ? this.#echoes.take(message) : undefined;
    if (pending) {
      this.#clientIds.set(message.id, pending.clientId);
      this.#remember(message);
      pending.answered.resolve({ id: messageId(message.id), acceptedAt: arrivedAt(message) });
    }
    const told: ChatMessage = {
      id: messageId(message.id),
      from: this.#toParticipant(message),
      sentAt: arrivedAt(message),
      replayed,
      body: pending?.body ?? toBody(message),
      raw: message.raw,
    };
    const clientId = own ? this.#clientIds.get(message.id) : undefined;
    if (clientId !== undefined) told.clientId = clientId;
    if (message.refersTo !== "") told.replyTo = messageId(message.refersTo);
    return told;
  }

  /** A conversation as it is now: what was edited or deleted later is shown so. For history; nothing is told. */
  fold(messages: readonly CimMessage[]): ChatMessage[] {
    const folded = new Map<string, { message: ChatMessage; author: Author }>();
    for (const each of messages) {
      const claim = toClaim(each);
      const target = claim && folded.get(claim.target);
      if (target && mayChange(each, claim.change, target.author)) apply(claim.change, target.message);
      const message = folded.has(each.id) ? undefined : this.toChatMessage(each, true);
      if (!message) continue;
      const author = authorOf(each.sender);
      folded.set(each.id, { message, author });
      this.#read.set(each.id, author);
    }
    return Array.from(folded.values(), ({ message }) => message);
  }

  /** What a conversation says of messages that are known: edits and deletions, oldest first. Nothing is told. */
  changesIn(messages: readonly CimMessage[]): ChangedMessage[] {
    return messages.flatMap((each) => this.#toChange(each, toClaim(each), true) ?? []);
  }

  #toChange(message: CimMessage, claim: Claim | undefined, replayed: boolean): ChangedMessage | undefined {
    if (!claim || !mayChange(message, claim.change, this.#authorOf(claim.target))) return undefined;
    const { target, change } = claim;
    const from = this.#toParticipant(message);
    return { id: messageId(target), change, from, at: arrivedAt(message), replayed, raw: message.raw };
  }

  /** Ends all waiting. */
  stop(): void {
    for (const { timer } of this.#typing.values()) clearTimeout(timer);
    this.#typing.clear();
  }

  #takeContent(message: CimMessage, replayed: boolean): boolean {
    if (this.#authors.has(message.id)) return true;
    if (!isKnownType(message.type)) this.#warnOfUnknown(message.type);
    const told = this.toChatMessage(message, replayed);
    this.#remember(message);
    this.#stopTyping(message.sender.id);
    if (told) this.#emitter.emit("message", told);
    return false;
  }

  #remember({ id, sender }: CimMessage): void {
    this.#authors.set(id, authorOf(sender));
  }

  #warnOfUnknown(type: string): void {
    this.#emitter.emit(
      "warning",
      new ChatError(
        "bad-frame",
        `A message of the kind ${type.slice(0, 40)} has arrived, which nobody has documented.`,
        {
          remedy: "It is delivered as custom: show its text, or read its data.",
          vendor: { name: "expertflow-cx", code: "body-type" },
        },
      ),
    );
  }

  /** Agents and bots acknowledge; what the server says of the customer's own notifications is nobody's news. */
  #takeDelivery(message: CimMessage): void {
    const { body, sender, raw } = message;
    if (sender.type !== "AGENT" && sender.type !== "BOT") return;
    const id = messageId(text(body["messageId"]));
    const status = text(body["status"]).toUpperCase();
    const [from, at] = [this.#toParticipant(message), arrivedAt(message)];
    if (status === "READ") this.#emitter.emit("receipt", { kind: "displayed", id, from, at, raw });
    if (status === "DELIVERED") this.#emitter.emit("receipt", { kind: "received", id, from, at, raw });
    if (status === "FAILED") this.#emitter.emit("warning", notDelivered(id, text(body["reasonCode"])));
  }

  #takeNotice(message: CimMessage, replayed: boolean): void {
    const notice = decodeNotification(message.body);
    if (!notice) {
      const type = text(message.body["notificationType"]).slice(0, 40);
      this.#emitter.emit("warning", new ChatError("bad-frame", `The notification ${type} is not documented.`));
    } else if (notice.kind === "typing") {
      if (!replayed && message.sender.type !== "CUSTOMER") this.#setTyping(this.#toParticipant(message), notice.state);
    } else this.#tell(notice, replayed);
  }

  #tell(notice: CxNotice, replayed: boolean): void {
    if (notice.kind === "handoff") {
      if (!replayed) this.#emitter.emit("handoff", { change: notice.change });
    } else if (notice.kind === "joined" || notice.kind === "left")
      this.#move(notice.kind, notice.participant, replayed);
  }

  #move(change: "joined" | "left", participant: Participant, replayed: boolean): void {
    const known = this.participants.has(participant.id);
    if (known === (change === "joined")) return;
    if (change === "joined") this.participants.set(participant.id, participant);
    else this.participants.delete(participant.id);
    this.#emitter.emit("participant", { change, participant });
    if (change === "joined" && !replayed) this.#emitter.emit("handoff", { change: "accepted" });
  }

  #setTyping(from: Participant, state: "composing" | "paused"): void {
    clearTimeout(this.#typing.get(from.id)?.timer);
    this.#typing.delete(from.id);
    if (state === "composing") {
      const timer = setTimeout(() => this.#setTyping(from, "paused"), TYPING_MS);
      this.#typing.set(from.id, { from, timer });
    }
    this.#emitter.emit("chat-state", { from, state });
  }

  #stopTyping(id: string): void {
    clearTimeout(this.#typing.get(id)?.timer);
    this.#typing.delete(id);
  }

  #toParticipant({ sender }: CimMessage): Participant {
    if (sender.type === "CUSTOMER") return this.self;
    const known = this.participants.get(sender.id);
    const role = ROLES[sender.type];
    return known ?? { id: sender.id || role, name: sender.name || NAMES[role], role, isSelf: false };
  }
}

type OtherRole = "agent" | "bot" | "system" | "unknown";

const ROLES: Readonly<Record<Exclude<CimMessage["sender"]["type"], "CUSTOMER">, OtherRole>> = {
  AGENT: "agent",
  BOT: "bot",
  APP: "system",
  CONNECTOR: "system",
  SYSTEM: "system",
  UNKNOWN: "unknown",
};

/** As {@link ROLES}, the other way: the customer aside, only agents and bots write what they may change. */
const SENDERS: Readonly<Record<ParticipantRole, CimMessage["sender"]["type"]>> = {
  customer: "CUSTOMER",
  agent: "AGENT",
  supervisor: "AGENT",
  bot: "BOT",
  system: "SYSTEM",
  unknown: "UNKNOWN",
};

const NAMES: Readonly<Record<OtherRole, string>> = { agent: "Agent", bot: "Bot", system: "System", unknown: "" };

const NO_CONTENT: ReadonlySet<string> = new Set(["NOTIFICATION", "DELIVERYNOTIFICATION"]);

type Change = Extract<MessageChange, { kind: "edited" | "retracted" }>;

/** What a message says that another one is to be. */
interface Claim {
  target: string;
  change: Change;
}

function toClaim(message: CimMessage): Claim | undefined {
  const { type, intent, refersTo, body } = message;
  if (type === "DELETEDNOTIFICATION") return { target: text(body["messageId"]), change: { kind: "retracted" } };
  if (intent !== "UPDATE" || refersTo === "" || NO_CONTENT.has(type)) return undefined;
  return { target: refersTo, change: { kind: "edited", body: toBody(message) } };
}

/** Edits are the author's; deletions also the system's, on the author's behalf. */
function mayChange({ sender }: CimMessage, { kind }: Change, author: Author | undefined): boolean {
  if (author === undefined) return false;
  return author === authorOf(sender) || (kind === "retracted" && sender.type === "SYSTEM");
}

function apply(change: Change, message: ChatMessage): void {
  message.body = change.kind === "edited" ? change.body : { kind: "retracted" };
  if (change.kind === "edited") message.edited = true;
}

function authorOf({ type, id }: CimMessage["sender"]): Author {
  // The customer is one, whatever id the envelope had.
  return type === "CUSTOMER" ? type : `${type} ${id}`;
}

/** The service's time, which is never later than now: clocks differ. */
function arrivedAt({ sentAt }: CimMessage): Date {
  return sentAt && sentAt.getTime() <= Date.now() ? sentAt : new Date();
}

function notDelivered(id: string, reasonCode: string): ChatError {
  return new ChatError("refused", `The service could not deliver the message ${id}.`, {
    vendor: { name: "expertflow-cx", code: `delivery/${reasonCode}` },
  });
}
