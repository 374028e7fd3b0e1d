import type { ChatError } from "../transport/errors.ts";
import type {
  ChangedMessage,
  ChatMessage,
  MessageId,
  OutgoingMessage,
  Participant,
  Sent,
} from "../transport/messages.ts";
import { STATUS_ORDER, type MessageStatus, type SessionMessage } from "./session-events.ts";

/** A {@link SessionMessage} from the inside, with its place in the service's order. */
export type Entry = { -readonly [K in keyof SessionMessage]: SessionMessage[K] } & { order: number };

/** Every message of the conversation once, in the service's order, own ones with their status. */
export class MessageLog {
  readonly #byId = new Map<string, Entry>();
  readonly #ownByClientId = new Map<string, Entry>();
  /** Own messages that the service has, oldest first. */
  readonly #accepted: Entry[] = [];
  /** Own messages whose reflection has come: a second one is a double. */
  readonly #reflected = new WeakSet<Entry>();
  readonly #expected = new Map<string, MessageStatus>();
  readonly #onStatus: (message: SessionMessage) => void;
  readonly #entries: Entry[] = [];
  #order = 0;
  #newest: Entry | undefined;
  /** How many of an earlier session stand at the beginning. */
  #earlier = 0;

  constructor(onStatus: (message: SessionMessage) => void) {
    this.#onStatus = onStatus;
  }

  /** Service's order; what the service has not got yet comes last. */
  get messages(): readonly SessionMessage[] {
    return this.#entries;
  }

  /** Files an own message as `queued`. */
  addOwn(message: OutgoingMessage, from: Participant): Entry {
    return this.#file(message, from, this.#entries.length);
  }

  /** The same for one of an earlier session, which nothing of the service has followed yet. */
  addEarlier(message: OutgoingMessage, from: Participant): Entry {
    return this.#file(message, from, this.#earlier++);
  }

  #file({ clientId, body, replyTo }: OutgoingMessage, from: Participant, index: number): Entry {
    const entry: Entry = {
      clientId,
      from,
      sentAt: new Date(),
      body,
      replayed: false,
      status: "queued",
      order: Infinity,
    };
    if (replyTo !== undefined) entry.replyTo = replyTo;
    this.#ownByClientId.set(clientId, entry);
    this.#entries.splice(index, 0, entry);
    this.#onStatus(entry);
    return entry;
  }

  /** Files a message of the service. @returns false when it is there already. */
  add(message: ChatMessage): boolean {
    const known = this.#byId.get(message.id);
    if (known && (known.status === undefined || this.#reflected.has(known))) return false;
    const own = known ?? (message.from.isSelf ? this.#ownByClientId.get(message.clientId ?? "") : undefined);
    // Ours, sent twice by somebody in between: shown once.
    if (own && !known && this.#reflected.has(own)) return false;
    if (own) {
      this.#reflect(own, message);
      return true;
    }
    const entry: Entry = toEntry(message, ++this.#order);
    this.#byId.set(message.id, entry);
    // A whisper may be kept nowhere: what was missed cannot be asked for from there.
    if (message.whisper) entry.whisper = true;
    else this.#newest = entry;
    this.#insert(entry);
    if (message.from.isSelf) {
      this.#reflected.add(entry);
      this.#accepted.push(entry);
      const before = this.#expected.get(message.clientId ?? "");
      if (before !== undefined) this.advance(entry, before);
    }
    return true;
  }

  /** The newest message that the service has, by its own order. */
  get newest(): SessionMessage | undefined {
    return this.#newest;
  }

  /** Somebody else has changed an own message that the service does not have. */
  touched(entry: Entry): void {
    this.#onStatus(entry);
  }

  /** What an earlier session knew of an own message that the service has: it will come with the past. */
  expect(clientId: string, status: MessageStatus): void {
    this.#expected.set(clientId, status);
  }

  /** The service has an own message. */
  accept(entry: Entry, { id, acceptedAt }: Sent): void {
    if (entry.order !== Infinity) return;
    this.#place(entry, id, acceptedAt);
    this.advance(entry, "accepted");
  }

  /** Moves an own message forward; backward is ignored. */
  advance(entry: Entry, status: MessageStatus, error?: ChatError): void {
    if (entry.status === undefined || STATUS_ORDER[status] <= STATUS_ORDER[entry.status]) return;
    entry.status = status;
    if (error) entry.error = error;
    else delete entry.error;
    this.#onStatus(entry);
  }

  /** A receipt of somebody else: `displayed` is true of everything up to that message. */
  receipt(kind: "received" | "displayed", id: MessageId): void {
    const target = this.#byId.get(id);
    if (!target) return;
    if (kind === "received") return this.advance(target, "received");
    const seen: Entry[] = [];
    for (let index = this.#accepted.length - 1; index >= 0; index--) {
      const entry = this.#accepted[index];
      // Marks only move forward: what lies before a displayed message is displayed.
      if (!entry || entry.status === "displayed") break;
      if (entry.order <= target.order) seen.push(entry);
    }
    for (const entry of seen.toReversed()) this.advance(entry, "displayed");
  }

  /** Whether a change that was missed makes a difference to a message that is here. */
  lacks({ id, change, from }: ChangedMessage): boolean {
    const entry = this.#byId.get(id);
    if (!entry || entry.body.kind === "retracted") return false;
    if (change.kind === "retracted") return true;
    return change.kind === "edited"
      ? differ(entry.body, change.body)
      : differ(entry.reactions?.get(from.id) ?? [], change.reactions);
  }

  /** Applies an edit, retraction or reaction. */
  change({ id, change, from }: ChangedMessage): void {
    const entry = this.#byId.get(id);
    if (!entry) return;
    if (change.kind === "edited") {
      entry.body = change.body;
      entry.edited = true;
    } else if (change.kind === "retracted") entry.body = { kind: "retracted" };
    else entry.reactions = new Map(entry.reactions).set(from.id, change.reactions);
  }

  find(id: MessageId): SessionMessage | undefined {
    return this.#byId.get(id);
  }

  /** Whether an own message was filed under that id. */
  hasOwn(clientId: string): boolean {
    return this.#ownByClientId.has(clientId);
  }

  /** Whether a message comes after another in the service's order. */
  isAfter({ id }: SessionMessage, other: SessionMessage): boolean {
    const order = (of: MessageId | undefined): number => this.#byId.get(of ?? "")?.order ?? 0;
    return order(id) > order(other.id);
  }

  /** The newest message of somebody else. */
  newestFromOthers(): SessionMessage | undefined {
    return this.#entries.findLast(({ from, id }) => !from.isSelf && id !== undefined);
  }

  #reflect(own: Entry, { id, sentAt, body }: ChatMessage): void {
    this.#reflected.add(own);
    own.body = body;
    if (own.order === Infinity) this.#place(own, id, sentAt);
    this.advance(own, "accepted");
  }

  #place(entry: Entry, id: MessageId, sentAt: Date): void {
    entry.id = id;
    entry.sentAt = sentAt;
    entry.order = ++this.#order;
    this.#newest = entry;
    this.#byId.set(id, entry);
    this.#accepted.push(entry);
    const index = this.#entries.lastIndexOf(entry);
    if (index >= 0) this.#entries.splice(index, 1);
    this.#insert(entry);
  }

  /** Behind everything the service has, before what still waits. */
  #insert(entry: Entry): void {
    let index = this.#entries.length;
    while (index > 0 && this.#entries[index - 1]?.order === Infinity) index--;
    if (index === this.#entries.length) this.#entries.push(entry);
    else this.#entries.splice(index, 0, entry);
  }
}

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

function toEntry(message: ChatMessage, order: number): Entry {
  const { id, from, sentAt, body, replayed, clientId, replyTo, edited, reactions } = message;
  const entry: Entry = { id, from, sentAt, body, replayed, order };
  if (clientId !== undefined) entry.clientId = clientId;
  if (replyTo !== undefined) entry.replyTo = replyTo;
  if (edited) entry.edited = true;
  if (reactions) entry.reactions = reactions;
  if (from.isSelf) entry.status = "accepted";
  return entry;
}
