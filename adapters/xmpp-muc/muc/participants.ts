import type { Participant } from "../../../src/transport/messages.ts";
import { decodeMucUser, type MucItem, type MucUser } from "../xep/0045-muc.ts";
import { decodeHats } from "../xep/0317-hats.ts";
import { decodeOccupantId } from "../xep/0421-occupant-id.ts";
import { NS_MUC_USER, NS_OCCUPANT_ID } from "../xep/namespaces.ts";
import type { XmlElement } from "../xml.ts";
import { mapClaimedRole, roleByEvidence, sameAccount, type KnownPeople, type RoleEvidence } from "./evidence.ts";
import type { Author } from "./ledger.ts";
import type { RoomContext } from "./decode-room-message.ts";
import type { RoomStanza } from "./room-stanza.ts";

/** How many people who left are remembered, so that their history keeps its roles. */
const REMEMBERED = 256;

/** A presence of the room, read. */
export interface RoomPresence {
  nick: string;
  available: boolean;
  occupantId: string | undefined;
  user: MucUser;
  hats: readonly string[];
}

/** Somebody under one nick. */
export interface Occupant {
  readonly nick: string;
  /** Grows with each arrival; kept over a change of nick. What happened in one visit has one author. */
  readonly visit: number;
  readonly occupantId: string | undefined;
  /** What the room says of them: their standing, and where we may see it their real JID. */
  readonly item: MucItem;
  readonly evidence: RoleEvidence;
  readonly participant: Participant;
}

/** A change to tell of. */
export interface ParticipantChange {
  change: "joined" | "left" | "role-changed" | "renamed";
  participant: Participant;
}

/** Who sent a stanza: the participant to show, and what may be believed of it. */
export interface StanzaAuthor extends Author {
  participant: Participant;
  /** Somebody other than the sender vouches for the role. */
  trusted: boolean;
  /** Is in the room now (the room itself always is). */
  present: boolean;
  /** Only of who is there, and where we may see it. */
  realJid?: string | undefined;
}

/** Reads a presence from an occupant; `undefined` for the room's own (avatar hashes), and for errors. */
export function decodeRoomPresence(presence: XmlElement, context: RoomContext): RoomPresence | undefined {
  const { from, type } = presence.attrs;
  if (from === undefined || from.length <= context.room.length + 1) return undefined;
  if (type !== undefined && type !== "unavailable") return undefined;
  const x = presence.getChild("x", NS_MUC_USER);
  const occupantId = context.occupantIds ? presence.getChild("occupant-id", NS_OCCUPANT_ID) : undefined;
  return {
    nick: from.slice(context.room.length + 1),
    available: type === undefined,
    occupantId: occupantId && decodeOccupantId(occupantId),
    user: (x && decodeMucUser(x)) ?? { items: [], statuses: [], invites: [] },
    hats: presence
      .getChildElements()
      .flatMap((child) => decodeHats(child) ?? [])
      .map(({ uri }) => uri),
  };
}

/** Who is in the room, who we are, and who wrote what. Believes the room's presences, never a payload or a nick. */
export class Occupants {
  readonly #room: string;
  readonly #people: KnownPeople;
  readonly #byNick = new Map<string, Occupant>();
  readonly #remembered = new Map<string, Occupant>();
  readonly #sentIds: { has(id: string): boolean };
  readonly #system: Participant;
  #visits = 0;
  #selfNick: string | undefined;
  /** Ours, now and before: Prosody 0.12 gives everybody another one when it comes back after a crash. */
  readonly #selfOccupantIds = new Set<string>();
  #ownJid: string | undefined;
  #seenAgain: Set<string> | undefined;

  /** @param sentIds the `id`s of messages we sent: the last evidence for what is ours. */
  constructor(room: string, people: KnownPeople, sentIds: { has(id: string): boolean }) {
    this.#room = room;
    this.#people = people;
    this.#sentIds = sentIds;
    this.#system = Object.freeze({ id: room, name: "", role: "system", isSelf: false });
  }

  /** Our nick in the room, once we are in it. */
  get selfNick(): string | undefined {
    return this.#selfNick;
  }

  /** Our own occupant, while we are in the room. */
  get self(): Occupant | undefined {
    return this.#selfNick === undefined ? undefined : this.#byNick.get(this.#selfNick);
  }

  /** Everybody who is there, each person once. */
  get participants(): Participant[] {
    const each = new Map<string, Participant>();
    for (const { participant } of this.#byNick.values()) {
      if (!each.has(participant.id) || participant.isSelf) each.set(participant.id, participant);
    }
    return Array.from(each.values());
  }

  /** The occupant of that nick. */
  get(nick: string): Occupant | undefined {
    return this.#byNick.get(nick);
  }

  /** Everybody but us, by nick. */
  get others(): readonly Occupant[] {
    return Array.from(this.#byNick.values()).filter(({ participant }) => !participant.isSelf);
  }

  /** Takes a presence; `isSelf` when the room says that it is ours (status 110), `ownJid` as soon as it is known. */
  apply(presence: RoomPresence, isSelf: boolean, ownJid: string | undefined): ParticipantChange[] {
    this.#ownJid = ownJid ?? this.#ownJid;
    return presence.available ? this.#arrive(presence, isSelf) : this.#leave(presence, isSelf);
  }

  /** We join again: the room will tell who is there, and until it did we do not know who left or gave up a nick. */
  beginAgain(): void {
    this.#seenAgain = new Set();
    for (const [nick, occupant] of this.#byNick) {
      // Without the room's word for it, whoever bears the nick afterwards may be somebody else.
      if (occupant.occupantId === undefined) this.#byNick.set(nick, { ...occupant, visit: ++this.#visits });
    }
  }

  /** We have joined again. @returns who left meanwhile. */
  endAgain(): ParticipantChange[] {
    const seen = this.#seenAgain;
    this.#seenAgain = undefined;
    if (!seen) return [];
    return Array.from(this.#byNick.keys()).flatMap((nick) => (seen.has(nick) ? [] : this.#remove(nick)));
  }

  /** Who wrote it. Cheap for somebody who is present: this runs for each message. */
  authorOf(stanza: RoomStanza): StanzaAuthor {
    if (stanza.nick === null) {
      return { participant: this.#system, trusted: true, present: true, visit: 0, isSelf: false };
    }
    const there = this.#byNick.get(stanza.nick);
    const occupant = there && this.#isSame(there, stanza) ? there : this.#byOccupantId(stanza.occupantId);
    const isSelf = this.#isOurs(stanza, occupant);
    if (!occupant || occupant.participant.isSelf !== isSelf) return this.#stranger(stanza, isSelf);
    const present = occupant === there;
    const participant = this.#refined(occupant, stanza);
    const { item, evidence } = occupant;
    return {
      participant,
      trusted: evidence.trusted,
      present,
      visit: present ? occupant.visit : 0,
      isSelf,
      realJid: item.jid,
    };
  }

  /** Whether that stanza may end the chat: the room, or somebody whose side is vouched for. Never us. */
  mayEnd(author: StanzaAuthor): boolean {
    return !author.isSelf && author.trusted && author.present;
  }

  #arrive(presence: RoomPresence, isSelf: boolean): ParticipantChange[] {
    const { nick } = presence;
    const before = this.#byNick.get(nick);
    if (isSelf) {
      this.#selfNick = nick;
      if (presence.occupantId !== undefined) this.#selfOccupantIds.add(presence.occupantId);
    }
    const occupant = this.#toOccupant(presence, before, isSelf || this.#isOurPresence(presence));
    const wasThere = this.#isThere(occupant.participant.id);
    this.#byNick.set(nick, occupant);
    this.#seenAgain?.add(nick);
    if (!before && !wasThere) return [{ change: "joined", participant: occupant.participant }];
    if (before && before.participant.id !== occupant.participant.id) {
      // Somebody else has the nick now, and nobody told us that the first one left.
      return [
        { change: "left", participant: before.participant },
        { change: "joined", participant: occupant.participant },
      ];
    }
    if (before && before.participant.role !== occupant.participant.role) {
      return [{ change: "role-changed", participant: occupant.participant }];
    }
    return [];
  }

  #leave(presence: RoomPresence, isSelf: boolean): ParticipantChange[] {
    const { nick, user } = presence;
    const newNick = user.statuses.includes(303) ? user.items[0]?.nick : undefined;
    if (newNick === undefined) return this.#remove(nick);
    const before = this.#byNick.get(nick);
    this.#byNick.delete(nick);
    if (isSelf || nick === this.#selfNick) this.#selfNick = newNick;
    if (!before) return [];
    const participant = Object.freeze({ ...before.participant, name: newNick });
    this.#byNick.set(newNick, { ...before, nick: newNick, participant });
    return [{ change: "renamed", participant }];
  }

  #remove(nick: string): ParticipantChange[] {
    const gone = this.#byNick.get(nick);
    if (!gone) return [];
    this.#byNick.delete(nick);
    this.#remember(gone);
    return this.#isThere(gone.participant.id) ? [] : [{ change: "left", participant: gone.participant }];
  }

  #isThere(participantId: string): boolean {
    for (const { participant } of this.#byNick.values()) if (participant.id === participantId) return true;
    return false;
  }

  #toOccupant(presence: RoomPresence, before: Occupant | undefined, isSelf: boolean): Occupant {
    const { nick, occupantId } = presence;
    const item: MucItem = presence.user.items[0] ?? {};
    const evidence: RoleEvidence = isSelf
      ? { role: this.#people.self ?? "customer", trusted: false }
      : roleByEvidence({ ...item, nick, hats: presence.hats }, this.#people);
    const same = before && before.occupantId === occupantId ? before : undefined;
    const id = occupantId ?? same?.participant.id ?? this.#freeId(nick);
    const { role } = evidence;
    const participant =
      same && same.participant.role === role && same.participant.isSelf === isSelf
        ? same.participant
        : Object.freeze({ id, name: nick, role, isSelf });
    return { nick, visit: same?.visit ?? ++this.#visits, occupantId, item, evidence, participant };
  }

  /** An occupant JID, unless its first bearer is still there under another nick. */
  #freeId(nick: string): string {
    const id = `${this.#room}/${nick}`;
    return this.#isThere(id) ? `${id} ${this.#visits + 1}` : id;
  }

  #isOurPresence(presence: RoomPresence): boolean {
    if (presence.occupantId !== undefined && this.#selfOccupantIds.size > 0) {
      return this.#selfOccupantIds.has(presence.occupantId);
    }
    return presence.user.items.some((item) => sameAccount(item.jid, this.#ownJid));
  }

  /** Whether a stanza under an occupant's nick is that occupant's: by the room's id, or live. An old nick proves nothing. */
  #isSame(occupant: Occupant, stanza: RoomStanza): boolean {
    if (occupant.occupantId !== undefined && stanza.occupantId !== undefined) {
      return occupant.occupantId === stanza.occupantId;
    }
    return stanza.kind === "live";
  }

  #byOccupantId(id: string | undefined): Occupant | undefined {
    if (id === undefined) return undefined;
    return Array.from(this.#byNick.values()).find(({ occupantId }) => occupantId === id) ?? this.#remembered.get(id);
  }

  /** Ours by the strongest evidence there is: occupant id, real JID, our nick while we bear it, an id that we gave. */
  #isOurs(stanza: RoomStanza, occupant: Occupant | undefined): boolean {
    if (stanza.occupantId !== undefined && this.#selfOccupantIds.size > 0) {
      return this.#selfOccupantIds.has(stanza.occupantId);
    }
    if (stanza.realJid !== undefined && this.#ownJid !== undefined) return sameAccount(stanza.realJid, this.#ownJid);
    if (occupant && stanza.kind === "live") return occupant.participant.isSelf;
    const id = stanza.originId ?? stanza.msgid;
    return id !== undefined && this.#sentIds.has(id) && stanza.nick === this.#selfNick;
  }

  #stranger(stanza: RoomStanza, isSelf: boolean): StanzaAuthor {
    const self = isSelf ? this.self?.participant : undefined;
    const evidence = roleByEvidence({ nick: "", jid: stanza.realJid, hats: [] }, this.#people);
    const participant = self ?? {
      id: stanza.occupantId ?? stanza.from,
      name: stanza.nick ?? "",
      role: isSelf ? "customer" : evidence.role,
      isSelf,
    };
    return { participant, trusted: !isSelf && evidence.trusted, present: false, visit: 0, isSelf };
  }

  /** A bot of the contact centre may say that it is one; nobody becomes an agent by saying so. */
  #refined(occupant: Occupant, stanza: RoomStanza): Participant {
    const claim = occupant.evidence.trusted ? mapClaimedRole(stanza.payload?.role) : undefined;
    const { participant } = occupant;
    return claim === undefined || claim === participant.role ? participant : { ...participant, role: claim };
  }

  #remember(occupant: Occupant): void {
    if (occupant.occupantId === undefined) return;
    this.#remembered.delete(occupant.occupantId);
    this.#remembered.set(occupant.occupantId, occupant);
    if (this.#remembered.size > REMEMBERED) {
      const oldest = this.#remembered.keys().next().value;
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
  }
}
