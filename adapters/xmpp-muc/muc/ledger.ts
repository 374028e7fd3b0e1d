import { messageId, randomId } from "../../../src/kit/ids.ts";
import type { MessageId } from "../../../src/transport/messages.ts";
import { sameAccount } from "./evidence.ts";
import type { RoomStanza } from "./room-stanza.ts";

/** How many messages are remembered. */
const DEFAULT_CAPACITY = 4_096;

/** What is kept of a delivered message. */
export interface LedgerEntry {
  readonly id: MessageId;
  readonly stanzaId: string | undefined;
  readonly msgid: string | undefined;
  readonly originId: string | undefined;
  /** Occupant JID of the author. */
  readonly from: string;
  /** Given by the room. */
  readonly occupantId: string | undefined;
  /** The author's visit (see `Occupants`); 0 when it is not known to be going on. */
  readonly visit: number;
  /** Only where we may see it. */
  readonly realJid: string | undefined;
  readonly isSelf: boolean;
  readonly replayed: boolean;
  /** Grows with each message, over all ledgers of a room. */
  readonly order: number;
  /** Server's time, milliseconds. */
  readonly timeMs: number;
  /** The next older message with the same `id` attribute, from another author. */
  readonly sameMsgid: LedgerEntry | undefined;
}

/** A message that has no place yet. */
export type UnfiledEntry = Omit<LedgerEntry, "order" | "sameMsgid">;

/** Gives each message its place. */
export type NextOrder = () => number;

/** Who sent a stanza, as far as the ledger cares. */
export interface Author {
  visit: number;
  isSelf: boolean;
}

/**
 * The messages that were delivered, newest {@link DEFAULT_CAPACITY}: for telling repetitions, and for what markers, receipts,
 * corrections and retractions refer to. A sender's `id` attribute is only unique together with the sender (rule 8).
 */
export class Ledger {
  readonly #byId = new Map<string, LedgerEntry>();
  readonly #byMsgid = new Map<string, LedgerEntry>();
  readonly #byOriginId = new Map<string, LedgerEntry>();
  readonly #capacity: number;
  readonly #nextOrder: NextOrder;
  #order = 0;
  #newest: LedgerEntry | undefined;

  constructor(capacity: number = DEFAULT_CAPACITY, nextOrder: NextOrder = countUp()) {
    this.#capacity = capacity;
    this.#nextOrder = nextOrder;
  }

  /** The newest delivered message. */
  get newest(): LedgerEntry | undefined {
    return this.#newest;
  }

  /** The entry of the very same message, however it came before: live, by join history, from the archive. */
  known(stanza: RoomStanza): LedgerEntry | undefined {
    const byRoom = stanza.stanzaId === undefined ? undefined : this.#byId.get(stanza.stanzaId);
    if (byRoom || stanza.msgid === undefined) return byRoom;
    return this.#chain(stanza.msgid, (entry) => sameSender(entry, stanza));
  }

  /** Remembers a message; `undefined` when it is known already. */
  add(stanza: RoomStanza, author: Author): LedgerEntry | undefined {
    if (this.known(stanza)) return undefined;
    const entry: UnfiledEntry = {
      id: this.newId(stanza),
      stanzaId: stanza.stanzaId,
      msgid: stanza.msgid,
      originId: stanza.originId,
      from: stanza.from,
      occupantId: stanza.occupantId,
      realJid: stanza.realJid,
      visit: author.visit,
      isSelf: author.isSelf,
      replayed: stanza.kind !== "live",
      timeMs: stanza.timeMs,
    };
    return this.file(entry);
  }

  /** Files what is not in here yet, at its place. */
  file(unfiled: UnfiledEntry): LedgerEntry {
    const { msgid } = unfiled;
    const order = (this.#order = this.#nextOrder());
    const entry = { ...unfiled, order, sameMsgid: msgid === undefined ? undefined : this.#byMsgid.get(msgid) };
    this.#byId.set(entry.id, entry);
    if (entry.msgid !== undefined) this.#byMsgid.set(entry.msgid, entry);
    if (entry.originId !== undefined && entry.originId !== entry.msgid) this.#byOriginId.set(entry.originId, entry);
    this.#newest = entry;
    if (this.#byId.size > this.#capacity) this.#forgetOldest();
    return entry;
  }

  /** By our id. */
  get(id: string): LedgerEntry | undefined {
    return this.#byId.get(id);
  }

  /** What a marker or reaction means: the room's id first, then a sender's, the newest if several have it. */
  find(id: string): LedgerEntry | undefined {
    return this.#byId.get(id) ?? this.#byMsgid.get(id);
  }

  /** A message that we sent, by the `id` we gave it: what receipts refer to. */
  findOwn(msgid: string): LedgerEntry | undefined {
    return this.#chain(msgid, (entry) => entry.isSelf);
  }

  /** The message with that `id` attribute that this stanza's sender may correct; `"foreign"` when it is somebody else's. */
  findCorrectable(msgid: string, by: RoomStanza, author: Author): LedgerEntry | "foreign" | undefined {
    const mine = this.#chain(msgid, (entry) => mayChange(entry, by, author));
    return mine ?? (this.#byMsgid.has(msgid) ? "foreign" : undefined);
  }

  /** The message that this stanza's sender may withdraw, by the room's id or (old form) the sender's origin id. */
  findRetractable(
    refersTo: "stanza-id" | "origin-id",
    id: string,
    by: RoomStanza,
    author: Author,
  ): LedgerEntry | "foreign" | undefined {
    const entry =
      refersTo === "stanza-id"
        ? this.find(id)
        : (this.#chain(id, (found) => mayChange(found, by, author)) ?? this.#byOriginId.get(id) ?? this.find(id));
    if (!entry) return undefined;
    return mayChange(entry, by, author) ? entry : "foreign";
  }

  #chain(msgid: string, test: (entry: LedgerEntry) => boolean): LedgerEntry | undefined {
    for (let entry = this.#byMsgid.get(msgid); entry; entry = entry.sameMsgid) if (test(entry)) return entry;
    return undefined;
  }

  /** The id for a message that is not in here yet. */
  newId(stanza: RoomStanza): MessageId {
    const wanted = stanza.id ?? randomId();
    // Two people may use one id where the room gives none: the second gets its sender's name added.
    if (!this.#byId.has(wanted)) return messageId(wanted);
    return messageId(`${wanted} ${stanza.from} ${this.#order}`);
  }

  /** What somebody refers to and nobody knows: the room's id, by XEP-0461 §3. */
  asId(reference: string): MessageId {
    return this.find(reference)?.id ?? messageId(reference);
  }

  #forgetOldest(): void {
    const oldest = this.#byId.values().next().value;
    if (!oldest) return;
    this.#byId.delete(oldest.id);
    if (oldest.msgid !== undefined && this.#byMsgid.get(oldest.msgid) === oldest) this.#byMsgid.delete(oldest.msgid);
    if (oldest.originId !== undefined && this.#byOriginId.get(oldest.originId) === oldest) {
      this.#byOriginId.delete(oldest.originId);
    }
  }
}

/** The same sender, for telling repetitions: the room's word if it gave it both times, else the nick. */
function sameSender(entry: LedgerEntry, stanza: RoomStanza): boolean {
  if (entry.occupantId !== undefined && stanza.occupantId !== undefined) return entry.occupantId === stanza.occupantId;
  return entry.from === stanza.from;
}

/** Orders from 1 on. */
export function countUp(): NextOrder {
  let order = 0;
  return () => ++order;
}

/** The same author, for changing: the room's word, or the same visit (no leave in between). A nick is no proof. */
function mayChange(entry: LedgerEntry, by: RoomStanza, author: Author): boolean {
  if (entry.occupantId !== undefined && by.occupantId !== undefined) return entry.occupantId === by.occupantId;
  if (entry.isSelf && author.isSelf) return true;
  // An archive knows no visits, but may name its people.
  return (entry.visit !== 0 && entry.visit === author.visit) || sameAccount(entry.realJid, by.realJid);
}
