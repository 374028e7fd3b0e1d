import type { EndedEvent } from "../../src/transport/events.ts";
import type { Participant } from "../../src/transport/messages.ts";
import type { StanzaAuthor } from "./muc/participants.ts";
import type { RoomInvite } from "./muc/invites.ts";
import type { RoomStanza } from "./muc/room-stanza.ts";

/** What a room tells beyond the contract. Each event is one object. */
export type RoomEvents = {
  /** Every message stanza of the room that passed the security rules, before the contract's events made from it. */
  stanza: { stanza: RoomStanza; author: StanzaAuthor };
  /** The room's topic; `""` when it has none. */
  subject: { subject: string; from: Participant; replayed: boolean };
  /** Somebody asks us into a room. Nothing is joined because of it. */
  invite: RoomInvite;
  /** From somebody in the room to us alone (a supervisor's whisper). Never part of the conversation. */
  "private-message": { from: Participant; text: string; at: Date };
  /** Status codes of the room: 100 real JIDs are shown, 170 logged, 172-174 anonymity changed, 104 configuration. */
  "room-status": { statuses: readonly number[] };
  /** While we were away, somebody who may said that the chat is over. The contract never ends a chat from history. */
  "missed-end": EndedEvent;
};
