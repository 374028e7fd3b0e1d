import { ArchiveFolder } from "./muc/fold-archive.ts";
import { countUp, Ledger, type LedgerEntry } from "./muc/ledger.ts";
import { Occupants } from "./muc/participants.ts";
import { recallDelivered } from "./muc/recall-delivered.ts";
import type { BodySettings } from "./muc/to-chat-message.ts";
import { RoomArchive } from "./room-archive.ts";
import { RoomConfirmations } from "./room-confirmations.ts";
import { RoomInbox, type InboxParts, type MutableRoomContext } from "./room-inbox.ts";
import type { XmppRoomOptions } from "./room-options.ts";
import type { DeliveredMessage, Sent } from "../../src/transport/messages.ts";

/** What a room knows, and what reads its stanzas. */
export interface RoomCore {
  readonly context: MutableRoomContext;
  readonly confirmations: RoomConfirmations<Sent>;
  readonly occupants: Occupants;
  readonly archive: RoomArchive;
  readonly folder: ArchiveFolder;
  readonly inbox: RoomInbox;
  /** A message that was delivered, or read from the archive. */
  find(id: string): LedgerEntry | undefined;
  /** What another transport has delivered. Once it is known whether the room gives ids. */
  recall(messages: readonly DeliveredMessage[]): void;
}

/** What the inbox tells that the core cannot know. */
export type CoreHandlers = Pick<
  InboxParts,
  | "expectedNick"
  | "emit"
  | "emitExtra"
  | "onSelfPresent"
  | "onSelfGone"
  | "onJoinError"
  | "onNotJoined"
  | "onEnded"
  | "onReplayEnded"
  | "onReceiptWanted"
>;

/** Puts the parts of a room together. @param room its bare JID, in lower case. */
export function createRoomCore(options: XmppRoomOptions, room: string, handlers: CoreHandlers): RoomCore {
  const context = newContext(options, room);
  const settings: BodySettings = { filesFromUrls: options.filesFromUrls ?? false };
  const confirmations = new RoomConfirmations<Sent>();
  const occupants = new Occupants(room, options.people ?? {}, confirmations);
  const archive = new RoomArchive(options.link, context);
  // One count for both: what was read after an outage comes after what was told before it.
  const nextOrder = countUp();
  const ledger = new Ledger(undefined, nextOrder);
  // What was only read from the archive may still arrive live, and is then to be told.
  const archived = new Ledger(undefined, nextOrder);
  const find = (id: string): LedgerEntry | undefined => ledger.find(id) ?? archived.find(id);
  const folder = new ArchiveFolder({
    authorOf: (stanza) => occupants.authorOf(stanza),
    idOf: (stanza, author) => {
      const entry = ledger.known(stanza) ?? archived.add(stanza, author) ?? archived.known(stanza);
      return entry?.id ?? archived.newId(stanza);
    },
    resolve: (reference) => find(reference)?.id ?? archived.asId(reference),
    settings,
  });
  const inbox = new RoomInbox({
    ...handlers,
    context,
    occupants,
    ledger,
    archived,
    archive,
    confirmations,
    settings,
    find,
    ownJid: () => options.link.jid,
  });
  return {
    context,
    confirmations,
    occupants,
    archive,
    folder,
    inbox,
    find,
    recall: (messages) => recallDelivered(messages, context, archived),
  };
}

function newContext(options: XmppRoomOptions, room: string): MutableRoomContext {
  return {
    room,
    domain: options.link.domain,
    stanzaIds: false,
    occupantIds: false,
    joining: true,
    codec: options.codec,
    locale: options.locale,
  };
}
