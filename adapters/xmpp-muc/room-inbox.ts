import { RecentKeys } from "./muc/recent-keys.ts";
import type { EndedEvent, TransportEvents } from "../../src/transport/events.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { ChangedMessage, MessageChange, MessageId, Sent } from "../../src/transport/messages.ts";
import { messageId } from "../../src/kit/ids.ts";
import { decodeRoomMessage, isFromRoom, type RoomContext } from "./muc/decode-room-message.ts";
import { decodeInvite } from "./muc/invites.ts";
import type { Ledger, LedgerEntry } from "./muc/ledger.ts";
import { looksAlike } from "./muc/look-alikes.ts";
import { mapMessageError, meansNotJoined } from "./muc/message-errors.ts";
import { decodeRoomPresence, type Occupants, type RoomPresence, type StanzaAuthor } from "./muc/participants.ts";
import type { RoomStanza } from "./muc/room-stanza.ts";
import { toBody, toChatMessage, type BodySettings } from "./muc/to-chat-message.ts";
import type { RoomArchive } from "./room-archive.ts";
import type { RoomConfirmations } from "./room-confirmations.ts";
import type { RoomEvents } from "./room-events.ts";
import type { MucUser } from "./xep/0045-muc.ts";
import { parseJid } from "./jid.ts";
import type { XmlElement } from "./xml.ts";

/** What of the room changes with each join. */
export type MutableRoomContext = { -readonly [K in keyof RoomContext]: RoomContext[K] };

/** What the inbox works on and whom it tells. */
export interface InboxParts {
  context: MutableRoomContext;
  occupants: Occupants;
  /** What was delivered, and what was read from the archive. */
  ledger: Ledger;
  archived: Ledger;
  archive: RoomArchive;
  confirmations: RoomConfirmations<Sent>;
  settings: BodySettings;
  /** The id of a message that was delivered or read from the archive. */
  find(id: string): LedgerEntry | undefined;
  ownJid(): string | undefined;
  /** The nick that an unanswered join asked for. */
  expectedNick(): string | undefined;
  emit<K extends keyof TransportEvents>(type: K, event: TransportEvents[K]): void;
  emitExtra<K extends keyof RoomEvents>(type: K, event: RoomEvents[K]): void;
  /** Our own presence came: we are in. */
  onSelfPresent(presence: RoomPresence): void;
  /** Our own presence went. */
  onSelfGone(user: MucUser): void;
  /** The join was answered with an error. */
  onJoinError(presence: XmlElement): void;
  /** The room does not know us any more. */
  onNotJoined(cause: ChatError): void;
  onEnded(event: EndedEvent): void;
  /** The room has said all that it says of the past to who joins; `overlaps`: some of it was delivered before. */
  onReplayEnded(overlaps: boolean): void;
  /** Somebody asked for a receipt of that message. */
  onReceiptWanted(msgid: string): void;
}

/** Turns the room's stanzas, in their order, into events. Every trust decision about a stanza is made here or below. */
export class RoomInbox {
  readonly #parts: InboxParts;
  readonly #changes: RecentKeys = new RecentKeys(1_024);
  readonly #lastDisplayed = new Map<string, number>();
  #held: XmlElement[] | undefined;
  #replaying = false;
  /** The room has said that we are in. */
  #present = false;
  #overlaps = false;
  /** The end of the chat, after what was delivered before the outage. */
  #missedEnd: EndedEvent | undefined;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** Keeps what arrives: before the room's features are known, nobody can say which ids to believe (rule 7). */
  hold(): void {
    this.#held ??= [];
  }

  /** A join is being written: the room will say what was before. */
  beginReplay(): void {
    this.#parts.context.joining = true;
    this.#replaying = true;
    this.#present = false;
    this.#overlaps = false;
  }

  /** Nothing of the past comes any more: its subject has come, or something live, or an answer from after the join. */
  endReplay(): void {
    this.#parts.context.joining = false;
    if (!this.#replaying) return;
    this.#replaying = false;
    this.#parts.onReplayEnded(this.#overlaps);
    const end = this.#missedEnd;
    this.#missedEnd = undefined;
    if (end) this.#parts.onEnded(end);
  }

  /** Takes what was kept, in order. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const stanza of held) this.#take(stanza);
  }

  /** A stanza whose bare `from` is the room. */
  take(stanza: XmlElement): void {
    if (stanza.name === "presence" && stanza.attrs["type"] === "error") return this.#parts.onJoinError(stanza);
    if (this.#held) this.#held.push(stanza);
    else this.#take(stanza);
  }

  #take(stanza: XmlElement): void {
    if (stanza.name === "presence") this.#takePresence(stanza);
    else if (stanza.name === "message") this.#takeMessage(stanza);
  }

  #takePresence(stanza: XmlElement): void {
    const { context, occupants } = this.#parts;
    const presence = decodeRoomPresence(stanza, context);
    if (!presence) return;
    const ours = this.#parts.expectedNick() ?? occupants.selfNick;
    const isSelf = presence.user.statuses.includes(110) || presence.nick === ours;
    const renamed = presence.user.statuses.includes(303);
    if (isSelf && !presence.available && !renamed) return this.#parts.onSelfGone(presence.user);
    const changes = occupants.apply(presence, isSelf, this.#parts.ownJid());
    // Before we count as in: the conversation's snapshot has us already.
    for (const change of changes) this.#parts.emit("participant", change);
    if (isSelf && presence.available) {
      this.#present = true;
      this.#parts.onSelfPresent(presence);
    }
    if (presence.available && !isSelf && changes.some(({ change }) => change === "joined"))
      this.#warnOfLookAlike(presence.nick);
  }

  /** Rule 9: a service lets `jane` in beside `Jane`. */
  #warnOfLookAlike(nick: string): void {
    const { occupants } = this.#parts;
    const newcomer = occupants.get(nick);
    if (!newcomer || newcomer.evidence.trusted) return;
    const guarded = [occupants.self, ...occupants.others.filter(({ evidence }) => evidence.trusted)];
    const original = guarded.find(
      (one) => one && one.participant.id !== newcomer.participant.id && looksAlike(one.nick, nick),
    );
    if (!original) return;
    const message = `Somebody joined as "${nick}", which is easily taken for "${original.nick}".`;
    this.#warn("conflict", message, "muc/nick-look-alike");
  }

  #takeMessage(message: XmlElement): void {
    const { context, archive } = this.#parts;
    if (archive.take(message)) return;
    const stanza = decodeRoomMessage(message, context);
    if (stanza) this.#takeRoomMessage(stanza);
    else this.#takeOther(message);
  }

  /** Not a groupchat: an invitation into this room (already in it: nothing to do), or a private message. */
  #takeOther(message: XmlElement): void {
    const { from = "", type } = message.attrs;
    const { context, occupants } = this.#parts;
    if (decodeInvite(message) || type !== "chat" || !isFromRoom(from, context.room)) return;
    const occupant = occupants.get(parseJid(from)?.resource ?? "");
    const text = message.getChildText("body");
    if (!occupant || text === null) return;
    this.#parts.emitExtra("private-message", { from: occupant.participant, text, at: new Date() });
  }

  #takeRoomMessage(stanza: RoomStanza): void {
    const { occupants, confirmations } = this.#parts;
    if (stanza.type === "error") return this.#takeError(stanza);
    // On a resumed stream the room goes on speaking before our join is answered; its history will say that again.
    if (!this.#present) return;
    const author = occupants.authorOf(stanza);
    stanza.endsChat = stanza.payload?.ended === true && occupants.mayEnd(author);
    stanza.realJid ??= author.realJid;
    this.#parts.emitExtra("stanza", { stanza, author });
    const entry = this.#dispatch(stanza, author);
    if (!author.isSelf || stanza.kind !== "live") return;
    const acceptedAt = stanza.time;
    for (const id of [stanza.msgid, stanza.originId]) {
      if (id !== undefined && confirmations.isWaiting(id)) {
        confirmations.resolve(id, { id: entry?.id ?? messageId(stanza.id ?? id), acceptedAt });
      }
    }
  }

  #takeError(stanza: RoomStanza): void {
    const error = mapMessageError(stanza);
    if (stanza.msgid !== undefined) this.#parts.confirmations.reject(stanza.msgid, error);
    if (meansNotJoined(stanza)) this.#parts.onNotJoined(error);
  }

  #dispatch(stanza: RoomStanza, author: StanzaAuthor): LedgerEntry | undefined {
    if (stanza.mucUser && stanza.mucUser.statuses.length > 0) {
      this.#parts.emitExtra("room-status", { statuses: stanza.mucUser.statuses });
    }
    if (stanza.subject !== undefined && !stanza.hasContent) {
      this.endReplay();
      const { participant: from } = author;
      this.#parts.emitExtra("subject", { subject: stanza.subject, from, replayed: stanza.delayed });
      return undefined;
    }
    // A service that never sends the subject: what is not delayed is live, and history comes before it.
    if (stanza.kind === "live" && stanza.hasContent) this.endReplay();
    const { target, change } = this.#claimOf(stanza, author) ?? {};
    if (target === "foreign") this.#warnOfForgery(change?.kind);
    else if (target && change) {
      this.#change(stanza, author, target.id, change);
      if (change.kind === "edited") return target;
    } else if (stanza.hasContent) return this.#takeContent(stanza, author);
    else if (!change) this.#takeSignals(stanza, author);
    this.#takeEnd(stanza, author);
    return undefined;
  }

  /** What a stanza says that another message is to be, and which, if it is known and the sender may say so. */
  #claimOf(stanza: RoomStanza, author: StanzaAuthor): Claim | undefined {
    const find = (id: string): LedgerEntry | undefined => this.#parts.find(id);
    const { moderation, retraction, reactions, replaceId } = stanza;
    if (moderation) return { target: find(moderation.id), change: retracted(moderation.reason) };
    if (retraction) {
      const { refersTo, id, reason } = retraction;
      const target = this.#search((ledger) => ledger.findRetractable(refersTo, id, stanza, author));
      return { target, change: retracted(reason) };
    }
    if (reactions) {
      const target = author.participant.role === "system" ? undefined : find(reactions.id);
      return { target, change: { kind: "reactions", reactions: reactions.reactions } };
    }
    if (replaceId === undefined || !stanza.hasContent) return undefined;
    const target = this.#search((ledger) => ledger.findCorrectable(replaceId, stanza, author));
    return { target, change: { kind: "edited", body: toBody(stanza, this.#parts.settings) } };
  }

  /** Among what was delivered, then among what was read. */
  #search(look: (ledger: Ledger) => Claim["target"]): Claim["target"] {
    const { ledger, archived } = this.#parts;
    const delivered = look(ledger);
    return delivered && delivered !== "foreign" ? delivered : (look(archived) ?? delivered);
  }

  /** The changes among archived stanzas, of messages that are known. Nothing is told. */
  changesIn(stanzas: readonly RoomStanza[]): ChangedMessage[] {
    return stanzas.flatMap((stanza) => {
      const author = this.#parts.occupants.authorOf(stanza);
      const { target, change } = this.#claimOf(stanza, author) ?? {};
      if (!target || target === "foreign" || !change) return [];
      return [{ id: target.id, change, from: author.participant, at: stanza.time, replayed: true, raw: stanza }];
    });
  }

  #takeContent(stanza: RoomStanza, author: StanzaAuthor): LedgerEntry | undefined {
    const { ledger } = this.#parts;
    const entry = ledger.add(stanza, author);
    if (!entry) {
      this.#overlaps ||= stanza.replayed;
      // Of the chat before.
      this.#missedEnd = undefined;
      return ledger.known(stanza);
    }
    this.#emitMessage(stanza, author, entry.id);
    if (stanza.receiptRequested && stanza.kind === "live" && !author.isSelf && stanza.msgid !== undefined) {
      this.#parts.onReceiptWanted(stanza.msgid);
    }
    this.#takeEnd(stanza, author);
    return entry;
  }

  #emitMessage(stanza: RoomStanza, author: StanzaAuthor, id: MessageId): void {
    const replyTo = stanza.reply && (this.#parts.find(stanza.reply.id)?.id ?? messageId(stanza.reply.id));
    this.#parts.emit("message", toChatMessage(stanza, id, author, replyTo, this.#parts.settings));
  }

  /** A change is told once, however often history repeats it. */
  #change(stanza: RoomStanza, author: StanzaAuthor, id: MessageId, change: MessageChange): void {
    const key = stanza.stanzaId ?? (stanza.msgid === undefined ? undefined : `${stanza.from} ${stanza.msgid}`);
    if (key !== undefined && !this.#changes.add(key)) return;
    const { participant: from } = author;
    this.#parts.emit("message-changed", { id, change, from, at: stanza.time, replayed: stanza.replayed, raw: stanza });
  }

  /** States, markers and receipts: only from who is in the room now, and never our own reflected (rule 10). */
  #takeSignals(stanza: RoomStanza, author: StanzaAuthor): void {
    const understood = stanza.chatState ?? stanza.marker ?? stanza.receiptId ?? stanza.mucUser ?? stanza.payload;
    if (!understood && stanza.unknown.length > 0) {
      const names = stanza.unknown.map(({ name }) => `<${name}>`).join(", ");
      return this.#warn("bad-frame", `The room sent a message that only has ${names}.`, "muc/unknown-message");
    }
    if (author.isSelf || !author.present || stanza.nick === null) return;
    const { participant: from } = author;
    if (stanza.chatState && stanza.kind === "live" && !stanza.delayed) {
      this.#parts.emit("chat-state", { from, state: stanza.chatState, raw: stanza });
    }
    if (stanza.marker) this.#takeMarker(stanza, author, stanza.marker);
    if (stanza.receiptId !== undefined && stanza.kind === "live") {
      const own = this.#parts.ledger.findOwn(stanza.receiptId);
      if (own) this.#parts.emit("receipt", { kind: "received", id: own.id, from, at: stanza.time, raw: stanza });
    }
  }

  #takeMarker(stanza: RoomStanza, author: StanzaAuthor, marker: NonNullable<RoomStanza["marker"]>): void {
    const entry = this.#parts.find(marker.id);
    if (!entry) return;
    const { participant: from } = author;
    if (marker.kind === "received") {
      if (entry.isSelf)
        this.#parts.emit("receipt", { kind: "received", id: entry.id, from, at: stanza.time, raw: stanza });
      return;
    }
    // Everything up to here was displayed: markers only move forward (XEP-0333 §4).
    if (entry.order <= (this.#lastDisplayed.get(from.id) ?? 0)) return;
    this.#lastDisplayed.set(from.id, entry.order);
    this.#parts.emit("receipt", { kind: "displayed", id: entry.id, from, at: stanza.time, raw: stanza });
  }

  #takeEnd(stanza: RoomStanza, author: StanzaAuthor): void {
    const { payload } = stanza;
    if (payload?.ended !== true || author.isSelf) return;
    if (!stanza.endsChat) {
      return this.#warn("refused", "Somebody who may not end the chat said that it is over.", "muc/forged-end");
    }
    const { chatId, interactionId } = payload.interaction ?? {};
    const event: EndedEvent = {
      by: stanza.nick === null ? "system" : "agent",
      ...(chatId !== undefined && { chatId }),
      ...(interactionId !== undefined && { interactionId }),
      raw: stanza,
    };
    if (stanza.kind === "live") return this.#parts.onEnded(event);
    this.#parts.emitExtra("missed-end", event);
    // Only behind what was delivered before: else it may be that of another chat.
    if (this.#overlaps) this.#missedEnd = event;
  }

  #warnOfForgery(kind: MessageChange["kind"] | undefined): void {
    const [verb, word] = kind === "edited" ? ["change", "correction"] : ["withdraw", "retraction"];
    this.#warn("refused", `Somebody tried to ${verb} a message of somebody else.`, `muc/forged-${word}`);
  }

  #warn(code: "bad-frame" | "refused" | "conflict", message: string, vendorCode: string): void {
    this.#parts.emit("warning", new ChatError(code, message, { vendor: { name: "xmpp", code: vendorCode } }));
  }
}

interface Claim {
  /** The message; `"foreign"` when its author is somebody else. */
  target: LedgerEntry | "foreign" | undefined;
  change: MessageChange;
}

function retracted(reason: string | undefined): MessageChange {
  return reason === undefined ? { kind: "retracted" } : { kind: "retracted", reason };
}
