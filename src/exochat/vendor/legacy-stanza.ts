import type { RoomStanza } from "../../../adapters/xmpp-muc/index.ts";
import type { Participant } from "../../transport/messages.ts";
import type { FileAttachment, LegacyStanza } from "../ports.ts";

/**
 * The facts of a room's stanza in the terms of the vendor's message object.
 * @param from who sent it, by the room's own evidence; absent for what nobody vouches for.
 */
export function toLegacyStanza(stanza: RoomStanza, from: Participant | undefined): LegacyStanza {
  const { payload, marker, kind } = stanza;
  return {
    id: stanza.id ?? "",
    msgid: stanza.msgid ?? stanza.id ?? "",
    body: stanza.body,
    from: stanza.from,
    fromMuc: stanza.room,
    fromRealJid: stanza.realJid,
    to: stanza.to ?? "",
    nick: stanza.nick,
    occupantId: stanza.occupantId,
    isMine: from?.isSelf ?? false,
    isError: stanza.type === "error",
    chatState: stanza.chatState,
    time: stanza.time,
    subtype: payload?.subtype ?? null,
    files: filesOf(stanza),
    userRole: roleOf(from),
    isMarkable: stanza.markable,
    markerId: marker?.id,
    receiptId: stanza.receiptId,
    interaction: payload?.interaction ?? null,
    chatEnded: stanza.endsChat,
    carriesPayload: payload !== null,
    isArchived: kind !== "live",
    extras: extrasOf(stanza),
  };
}

/** `agent` only on trusted evidence; a sender's own claim is not. */
function roleOf(from: Participant | undefined): LegacyStanza["userRole"] {
  return from?.role === "agent" || from?.role === "bot" || from?.role === "supervisor" ? from.role : null;
}

/** Host pages make links of these: addresses that are no web addresses are left out (rule 12 of the security rules). */
function filesOf(stanza: RoomStanza): FileAttachment[] | null {
  const files = namedFiles(stanza).filter(({ url }) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol));
  return files.length > 0 ? files : null;
}

function namedFiles({ payload, sharedFiles, oob }: RoomStanza): FileAttachment[] {
  if (payload?.files && payload.files.length > 0) {
    return payload.files.map(({ url, name, mediaType, sizeBytes }) => toFile(url, name, mediaType, sizeBytes));
  }
  if (sharedFiles.length > 0) {
    return sharedFiles.flatMap(({ file, urls: [url] }) =>
      url === undefined ? [] : [toFile(url, file.name, file.mediaType, file.sizeBytes)],
    );
  }
  return oob ? [toFile(oob.url, undefined, undefined, undefined)] : [];
}

function toFile(
  url: string,
  name: string | undefined,
  type: string | undefined,
  size: number | undefined,
): FileAttachment {
  const file: FileAttachment = { url, name: name ?? lastSegment(url) };
  if (type !== undefined) file.type = type;
  if (size !== undefined) file.size = size;
  return file;
}

function lastSegment(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  return path.slice(path.lastIndexOf("/") + 1);
}

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});

/** What Converse's own object has besides, for integrations that read it by accident. Most stanzas have none of it. */
function extrasOf(stanza: RoomStanza): Readonly<Record<string, unknown>> {
  const { originId, replaceId, retraction, moderation, oob, reply, thread, condition } = stanza;
  if (!(originId ?? replaceId ?? retraction ?? moderation ?? oob ?? reply ?? thread ?? condition)) return NOTHING;
  return {
    ...(originId === undefined ? {} : { origin_id: originId }),
    ...(replaceId === undefined ? {} : { replace_id: replaceId, edited: true }),
    ...(retraction ? { retracted: true, retracted_id: retraction.id } : {}),
    ...(moderation ? { moderated: true, retracted_id: moderation.id, moderation_reason: moderation.reason } : {}),
    ...(oob ? { oob_url: oob.url, oob_desc: oob.desc } : {}),
    ...(thread === undefined ? {} : { thread }),
    ...(condition === undefined ? {} : { is_error: true, error_condition: condition, error_text: stanza.errorText }),
  };
}
