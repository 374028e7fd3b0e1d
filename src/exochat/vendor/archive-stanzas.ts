import type { ArchivedEntry } from "../../../adapters/exotel/index.ts";
import { decodeRoomMessage, parseXml, type MessageCodec } from "../../../adapters/xmpp-muc/index.ts";
import { toLegacyStanza } from "./legacy-stanza.ts";
import type { LegacyStanza } from "../ports.ts";

/** Who reads: what they said themselves is told by it. */
type Self = { customerJid: string; nick: string } | undefined;

/**
 * Entries of the REST archive as stanzas, oldest first. What is not of this room, or cannot be read, is left out; nobody
 * vouches for roles in it, and none of it ends a chat.
 */
export function archivedStanzas(
  entries: readonly ArchivedEntry[],
  roomJid: string,
  self: Self,
  codec: MessageCodec,
): LegacyStanza[] {
  const room = roomJid.toLowerCase();
  return entries
    .flatMap((entry) => {
      const stanza = entry.stanza === undefined ? fromFields(entry, room, self) : fromStanza(entry, room, self, codec);
      return stanza ? [stanza] : [];
    })
    .sort((a, b) => a.time.getTime() - b.time.getTime());
}

function fromStanza(
  { stanza = "", sentAt }: ArchivedEntry,
  room: string,
  self: Self,
  codec: MessageCodec,
): LegacyStanza | undefined {
  const context = { room, domain: "", stanzaIds: false, occupantIds: false, joining: false, codec, locale: undefined };
  try {
    const decoded = decodeRoomMessage(parseXml(stanza), context);
    if (!decoded?.hasContent) return undefined;
    const legacy = toLegacyStanza(decoded, undefined);
    return {
      ...legacy,
      isMine: isMine(legacy.nick, undefined, self),
      isArchived: true,
      time: sentAt ?? legacy.time,
    };
  } catch {
    return undefined;
  }
}

function fromFields({ from, body, sentAt, fields }: ArchivedEntry, room: string, self: Self): LegacyStanza | undefined {
  if (body === undefined) return undefined;
  const sender = from ?? "";
  const isOccupant = sender.toLowerCase().startsWith(`${room}/`);
  const nick = isOccupant ? sender.slice(room.length + 1) : null;
  const id = typeof fields["id"] === "string" ? fields["id"] : `${sender} ${sentAt?.toISOString() ?? ""}`;
  return {
    id,
    msgid: typeof fields["msgid"] === "string" ? fields["msgid"] : id,
    body,
    from: isOccupant ? sender : room,
    fromMuc: room,
    fromRealJid: isOccupant || sender === "" ? undefined : sender,
    to: "",
    nick,
    occupantId: undefined,
    isMine: isMine(nick, isOccupant ? undefined : sender, self),
    isError: false,
    chatState: undefined,
    time: sentAt ?? new Date(0),
    subtype: null,
    files: null,
    userRole: null,
    isMarkable: false,
    markerId: undefined,
    receiptId: undefined,
    interaction: null,
    chatEnded: false,
    carriesPayload: false,
    isArchived: true,
    extras: {},
  };
}

function isMine(nick: string | null, realJid: string | undefined, self: Self): boolean {
  if (!self) return false;
  return realJid === undefined ? nick === self.nick : realJid.split("/")[0]?.toLowerCase() === self.customerJid;
}
