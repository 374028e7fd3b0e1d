import { readStanzaError } from "../connection/iq-tracker.ts";
import { decodeMucUser } from "../xep/0045-muc.ts";
import { decodeOob } from "../xep/0066-oob.ts";
import { mapChatState } from "../xep/0085-chat-states.ts";
import type { ArchiveResult } from "../xep/0313-mam.ts";
import { decodeRetraction, decodeTombstone } from "../xep/0424-retraction.ts";
import { decodeModeration } from "../xep/0425-moderation.ts";
import { decodeMarker } from "../xep/0333-displayed-markers.ts";
import { decodeReceipt } from "../xep/0184-receipts.ts";
import { decodeOccupantId } from "../xep/0421-occupant-id.ts";
import { decodeFallback } from "../xep/0428-fallback.ts";
import { decodeReactions } from "../xep/0444-reactions.ts";
import { decodeFileSharing, decodeMediaSharing } from "../xep/0447-file-sharing.ts";
import { decodeReply } from "../xep/0461-replies.ts";
import * as ns from "../xep/namespaces.ts";
import { parseStamp } from "../xep/read.ts";
import type { XmlElement } from "../xml.ts";
import type { MessageCodec } from "./codec.ts";
import { RoomStanza } from "./room-stanza.ts";

/** What decoding must know of the room. */
export interface RoomContext {
  /** Bare JID, in lower case. */
  readonly room: string;
  /** Domain of our own server, which may stamp delays too. */
  readonly domain: string;
  /** The room announced `urn:xmpp:sid:0`. */
  readonly stanzaIds: boolean;
  /** The room announced `urn:xmpp:occupant-id:0`. */
  readonly occupantIds: boolean;
  /** Between our self-presence and the subject: what is delayed now is history. */
  readonly joining: boolean;
  readonly codec: MessageCodec | undefined;
  /** `xml:lang` to prefer when a body comes in several. */
  readonly locale: string | undefined;
}

/**
 * Reads a message of the room in one pass over its children.
 *
 * Believed is only what the sender cannot forge: the sender itself must be the room or in it (rule 1 of the security
 * rules); `x[muc#user]` counts from the room alone (4); a delay makes history only while we are joining, and sets the
 * time later only when the room or our server stamped it (5); stanza and occupant ids count only where the room
 * announced them, and with the right `by` (7).
 * @returns `undefined` when it is no groupchat or error message of this room.
 */
export function decodeRoomMessage(
  message: XmlElement,
  context: RoomContext,
  nowMs: number = Date.now(),
): RoomStanza | undefined {
  const { from, type } = message.attrs;
  if (from === undefined || (type !== "groupchat" && type !== "error") || !isFromRoom(from, context.room)) {
    return undefined;
  }
  const stanza = new RoomStanza("live", context.room, from, message, nowMs);
  if (type === "error") readError(stanza, message);
  readChildren(stanza, message, context);
  return finish(stanza, context);
}

/**
 * Reads one archived message. That its result came from the room's bare JID for an open query is the caller's to check.
 * The time is the archive's, the id the result's; of several `x[muc#user]` only the last is the room's own.
 */
export function decodeArchivedMessage(
  result: ArchiveResult,
  context: RoomContext,
  nowMs: number = Date.now(),
): RoomStanza | undefined {
  const { message } = result;
  const { from, type } = message.attrs;
  if (from === undefined || type !== "groupchat" || !isFromRoom(from, context.room)) return undefined;
  const stanza = new RoomStanza("archive", context.room, from, message, nowMs);
  readChildren(stanza, message, context);
  stanza.stanzaId = result.id;
  stanza.delayed = true;
  stanza.timeMs = Math.min(result.stamp.getTime(), nowMs);
  return finish(stanza, context);
}

/** Whether the JID is the room's or an occupant's. No copies: this is asked for each stanza. */
export function isFromRoom(from: string, room: string): boolean {
  return from.startsWith(room) && (from.length === room.length || from[room.length] === "/");
}

function readError(stanza: RoomStanza, message: XmlElement): void {
  const error = readStanzaError(message);
  stanza.type = "error";
  stanza.condition = error.condition;
  stanza.errorText = error.text;
  stanza.errorType = error.type;
}

function readChildren(stanza: RoomStanza, message: XmlElement, context: RoomContext): void {
  stanza.msgid = message.attrs["id"] === "" ? undefined : message.attrs["id"];
  stanza.to = message.attrs["to"];
  for (const child of message.children) {
    if (typeof child !== "string") readChild(stanza, child, context);
  }
}

function finish(stanza: RoomStanza, context: RoomContext): RoomStanza {
  if (context.codec && stanza.type === "groupchat") stanza.payload = decodePayload(stanza, context.codec);
  stanza.hasContent = hasContent(stanza);
  return stanza;
}

function decodePayload(stanza: RoomStanza, codec: MessageCodec): RoomStanza["payload"] {
  try {
    return codec.decode(stanza.element, { archived: stanza.kind !== "live", fromRoom: stanza.nick === null });
  } catch {
    // A vendor's codec that fails on a stranger's payload must not cost the customer the message.
    return null;
  }
}

function hasContent(stanza: RoomStanza): boolean {
  if (stanza.type === "error" || stanza.retraction || stanza.moderation || stanza.reactions) return false;
  if (stanza.body !== undefined && stanza.body !== "") return true;
  if (stanza.sharedFiles.length > 0 || stanza.oob || stanza.tombstone) return true;
  const { payload } = stanza;
  return (
    payload !== null && ((payload.files?.length ?? 0) > 0 || (payload.form !== undefined && payload.form !== null))
  );
}

// Long because it is one switch: this is the path of every message, and a table of functions measured slower.
function readChild(stanza: RoomStanza, child: XmlElement, context: RoomContext): void {
  switch (child.attrs["xmlns"] ?? ns.NS_CLIENT) {
    case ns.NS_CLIENT:
      readOwnChild(stanza, child, context);
      break;
    case ns.NS_CHAT_STATES:
      stanza.chatState = mapChatState(child.name);
      break;
    case ns.NS_SID:
      readStableId(stanza, child, context);
      break;
    case ns.NS_OCCUPANT_ID:
      if (context.occupantIds) stanza.occupantId = decodeOccupantId(child) ?? stanza.occupantId;
      break;
    case ns.NS_MARKERS:
      readMarker(stanza, child);
      break;
    case ns.NS_DELAY:
      if (stanza.kind !== "archive") readDelay(stanza, child, context);
      break;
    case ns.NS_MUC_USER:
      readMucUser(stanza, child);
      break;
    case ns.NS_RECEIPTS:
      readReceipt(stanza, child);
      break;
    case ns.NS_CORRECT:
      if (child.name === "replace") stanza.replaceId = child.attrs["id"];
      break;
    case ns.NS_RETRACT:
    case ns.NS_RETRACT_OLD:
    case ns.NS_FASTEN:
      readRetraction(stanza, child);
      break;
    case ns.NS_REACTIONS:
      stanza.reactions = decodeReactions(child);
      break;
    case ns.NS_REPLY:
      stanza.reply = decodeReply(child);
      break;
    case ns.NS_FALLBACK:
      stanza.fallbacks = added(stanza.fallbacks, decodeFallback(child));
      break;
    case ns.NS_OOB:
      stanza.oob = decodeOob(child) ?? stanza.oob;
      break;
    case ns.NS_SFS:
      stanza.sharedFiles = added(stanza.sharedFiles, decodeFileSharing(child));
      break;
    case ns.NS_REFERENCE:
      stanza.sharedFiles = added(stanza.sharedFiles, decodeMediaSharing(child));
      break;
    case "urn:xmpp:styling:0":
      stanza.unstyled = true;
      break;
    case ns.NS_HINTS:
    case ns.NS_CONFERENCE:
    case "jabber:x:delay":
      break;
    default:
      stanza.unknown = added(stanza.unknown, child);
  }
}

function readOwnChild(stanza: RoomStanza, child: XmlElement, context: RoomContext): void {
  switch (child.name) {
    case "body":
      if (stanza.body === undefined || fitsLocale(child, context.locale)) stanza.body = textOf(child);
      break;
    case "subject":
      stanza.subject ??= textOf(child);
      break;
    case "thread":
      stanza.thread = textOf(child);
      break;
    case "error":
      break;
    default:
      stanza.unknown = added(stanza.unknown, child);
  }
}

/** Most bodies are one string; joining is for those with entities. */
function textOf(element: XmlElement): string {
  const [first] = element.children;
  return element.children.length === 1 && typeof first === "string" ? first : element.getText();
}

function fitsLocale(body: XmlElement, locale: string | undefined): boolean {
  const lang = body.attrs["xml:lang"];
  return lang !== undefined && locale !== undefined && lang.split("-")[0] === locale.split("-")[0];
}

function readStableId(stanza: RoomStanza, child: XmlElement, context: RoomContext): void {
  const id = child.attrs["id"];
  if (id === undefined || id === "") return;
  if (child.name === "origin-id") stanza.originId = id;
  else if (child.name === "stanza-id" && context.stanzaIds && child.attrs["by"] === context.room) stanza.stanzaId = id;
}

function readMarker(stanza: RoomStanza, child: XmlElement): void {
  const marker = decodeMarker(child);
  if (marker?.kind === "markable") stanza.markable = true;
  else if (marker) stanza.marker = marker;
}

function readReceipt(stanza: RoomStanza, child: XmlElement): void {
  const receipt = decodeReceipt(child);
  if (receipt?.kind === "request") stanza.receiptRequested = true;
  else if (receipt) stanza.receiptId = receipt.id;
}

function readDelay(stanza: RoomStanza, child: XmlElement, context: RoomContext): void {
  const { from } = child.attrs;
  const authentic = from === context.room || (from !== undefined && from === context.domain);
  if (!context.joining && !authentic) return;
  const stamp = parseStamp(child.attrs["stamp"]);
  if (!stamp) return;
  if (context.joining && stanza.type === "groupchat") stanza.kind = "history";
  // The room's own word beats another delay beside it (Openfire stamps history with the occupant's JID).
  if (stanza.delayed && !authentic) return;
  stanza.delayed = true;
  stanza.timeMs = Math.min(stamp.getTime(), stanza.receivedMs);
}

function readMucUser(stanza: RoomStanza, child: XmlElement): void {
  if (stanza.kind === "archive") stanza.realJid = decodeMucUser(child)?.items[0]?.jid;
  else if (stanza.nick === null) stanza.mucUser = decodeMucUser(child);
}

function readRetraction(stanza: RoomStanza, child: XmlElement): void {
  if (stanza.nick === null) stanza.moderation ??= decodeModeration(child);
  stanza.retraction ??= decodeRetraction(child);
  stanza.tombstone ??= decodeTombstone(child);
}

function added<T>(list: readonly T[], item: T | undefined): readonly T[] {
  return item === undefined ? list : list.length === 0 ? [item] : [...list, item];
}
