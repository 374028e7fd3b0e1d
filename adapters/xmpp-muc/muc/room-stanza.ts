import type { XmlElement } from "../xml.ts";
import type { RoomChatState } from "../xep/0085-chat-states.ts";
import type { MucUser } from "../xep/0045-muc.ts";
import type { OutOfBand } from "../xep/0066-oob.ts";
import type { Retraction, Tombstone } from "../xep/0424-retraction.ts";
import type { Moderation } from "../xep/0425-moderation.ts";
import type { Fallback } from "../xep/0428-fallback.ts";
import type { Reactions } from "../xep/0444-reactions.ts";
import type { SharedFile } from "../xep/0447-file-sharing.ts";
import type { Reply } from "../xep/0461-replies.ts";
import type { MessagePayload } from "./codec.ts";

/** `history` came between our join and the subject, `archive` was asked for (MAM), `live` is everything else. */
export type StanzaKind = "live" | "history" | "archive";

const NOTHING: readonly never[] = Object.freeze([]);

/**
 * One `groupchat` (or error) message of the room, after the security rules: what is set here may be believed as its
 * comment says. It is the `raw` of the events made from it. All fields exist from the start, so that every record has
 * one shape: decoding runs for each message.
 */
export class RoomStanza {
  kind: StanzaKind;
  type: "groupchat" | "error" = "groupchat";
  /** Bare JID of the room. */
  readonly room: string;
  /** The room, or somebody in it: full occupant JID. */
  readonly from: string;
  /** `null` for the room itself. Chosen by whoever bears it. */
  readonly nick: string | null;
  to: string | undefined = undefined;
  /** The `id` attribute: the sender's choice, unique for that sender at best. */
  msgid: string | undefined = undefined;
  /** The sender's too. */
  originId: string | undefined = undefined;
  /** Given by the room: only if it announces stanza ids, and with `by` the room; in archives the result's id. */
  stanzaId: string | undefined = undefined;
  /** Given by the room: only if it announces occupant ids. */
  occupantId: string | undefined = undefined;
  /** Real JID: in archives from the last `x` (the room's own), live from the sender's presence where we may see it. */
  realJid: string | undefined = undefined;
  body: string | undefined = undefined;
  subject: string | undefined = undefined;
  thread: string | undefined = undefined;
  chatState: RoomChatState | undefined = undefined;
  markable = false;
  /** A receipt for this message was asked for (XEP-0184). */
  receiptRequested = false;
  /** This stanza is a marker for that message. */
  marker: { kind: "displayed" | "received" | "acknowledged"; id: string } | undefined = undefined;
  /** This stanza is a receipt for the message with that `id` attribute. */
  receiptId: string | undefined = undefined;
  /** This message corrects the one with that `id` attribute. */
  replaceId: string | undefined = undefined;
  retraction: Retraction | undefined = undefined;
  /** Only from the room itself. */
  moderation: Moderation | undefined = undefined;
  tombstone: Tombstone | undefined = undefined;
  reactions: Reactions | undefined = undefined;
  reply: Reply | undefined = undefined;
  fallbacks: readonly Fallback[] = NOTHING;
  oob: OutOfBand | undefined = undefined;
  sharedFiles: readonly SharedFile[] = NOTHING;
  /** `x[muc#user]`, only from the room itself. */
  mucUser: MucUser | undefined = undefined;
  unstyled = false;
  /** Stamp of an authentic delay. */
  delayed = false;
  /** Milliseconds since the epoch: an authentic delay's, else the arrival. Never in the future. */
  timeMs: number;
  /** When it arrived, milliseconds since the epoch. */
  readonly receivedMs: number;
  /** With `type` error. */
  condition: string | undefined = undefined;
  errorText: string | undefined = undefined;
  errorType: string | undefined = undefined;
  /** Its sender says that the chat is over, and may say so. Decided by the room, not by the stanza. */
  endsChat = false;
  /** From the vendor's codec; the sender's claims. */
  payload: MessagePayload | null = null;
  /** Children nobody here knows. */
  unknown: readonly XmlElement[] = NOTHING;
  /** There is something to show. */
  hasContent = false;
  /** The stanza itself (in archives the inner one). */
  readonly element: XmlElement;
  #time: Date | undefined;

  constructor(kind: StanzaKind, room: string, from: string, element: XmlElement, receivedMs: number) {
    this.kind = kind;
    this.room = room;
    this.from = from;
    this.nick = from.length > room.length ? from.slice(room.length + 1) : null;
    this.element = element;
    this.receivedMs = receivedMs;
    this.timeMs = receivedMs;
  }

  /** `timeMs` as a date, made once. */
  get time(): Date {
    return (this.#time ??= new Date(this.timeMs));
  }

  /** The room's id if it gave one, else the sender's; `undefined` when there is neither. */
  get id(): string | undefined {
    return this.stanzaId ?? this.msgid;
  }

  /** From history or an archive. */
  get replayed(): boolean {
    return this.kind !== "live";
  }
}
