import { ChatError } from "../../../src/transport/errors.ts";
import type { Attachment, OutgoingBody } from "../../../src/transport/messages.ts";
import { encodeOob } from "../xep/0066-oob.ts";
import { encodeChatState, type RoomChatState } from "../xep/0085-chat-states.ts";
import { encodeReceipt } from "../xep/0184-receipts.ts";
import { encodeCorrection } from "../xep/0308-correction.ts";
import { encodeMarker } from "../xep/0333-displayed-markers.ts";
import { encodeHint } from "../xep/0334-hints.ts";
import { encodeStableId } from "../xep/0359-stanza-ids.ts";
import { encodeRetraction } from "../xep/0424-retraction.ts";
import { encodeFallback } from "../xep/0428-fallback.ts";
import { encodeReactions } from "../xep/0444-reactions.ts";
import { encodeFileSharing } from "../xep/0447-file-sharing.ts";
import { encodeReply, type Reply } from "../xep/0461-replies.ts";
import { NS_RETRACT, NS_SFS } from "../xep/namespaces.ts";
import { fromXmlNode, stripForbidden, xml, type XmlElement } from "../xml.ts";
import type { MessageCodec, MessagePayload } from "./codec.ts";

/** A message with something to say. */
export interface ContentMessage {
  room: string;
  id: string;
  body: OutgoingBody;
  reply?: Reply | undefined;
  /** The `id` attribute of the own message that this one corrects. */
  replaces?: string | undefined;
  markable: boolean;
  codec: MessageCodec | undefined;
  /** What the vendor's layer wants said beside the body. */
  payload?: MessagePayload | undefined;
}

/** Writes it. @throws ChatError `invalid-argument` when there is nothing to say. */
export function encodeContent(message: ContentMessage): XmlElement {
  const { body, id } = message;
  const content = body.kind === "text" ? encodeText(body.text) : encodeFiles(body.attachments, body.caption);
  const stanza = groupchat(
    message.room,
    id,
    ...content,
    encodeChatState("active"),
    encodeStableId({ kind: "origin", id }),
    message.replaces !== undefined && encodeCorrection({ id: message.replaces }),
    message.reply && encodeReply(message.reply),
    message.markable && encodeMarker({ kind: "markable" }),
  );
  addPayload(stanza, message);
  return stanza;
}

/** A chat state on its own: not to be stored. */
export function encodeStateMessage(room: string, id: string, state: RoomChatState): XmlElement {
  return groupchat(room, id, encodeChatState(state), encodeHint("no-store"));
}

/** A receipt (XEP-0184) for the message with that `id` attribute; in rooms to the room's bare JID (§7). */
export function encodeReceiptMessage(room: string, id: string, msgid: string): XmlElement {
  return groupchat(room, id, encodeReceipt({ kind: "received", id: msgid }));
}

/** A displayed marker (XEP-0333). */
export function encodeMarkerMessage(room: string, id: string, refersTo: string): XmlElement {
  return groupchat(room, id, encodeMarker({ kind: "displayed", id: refersTo }), encodeHint("store"));
}

/** Withdraws the own message with that stanza-id; old clients show the body. */
export function encodeRetractMessage(room: string, id: string, stanzaId: string): XmlElement {
  return groupchat(
    room,
    id,
    xml("body", {}, "A message was withdrawn."),
    encodeRetraction({ refersTo: "stanza-id", id: stanzaId }),
    encodeFallback({ for: NS_RETRACT, ranges: [], wholeBody: true }),
    encodeHint("store"),
  );
}

/** Replaces our reactions to the message with that stanza-id. */
export function encodeReactMessage(room: string, id: string, stanzaId: string, reactions: string[]): XmlElement {
  return groupchat(room, id, encodeReactions({ id: stanzaId, reactions }), encodeHint("store"));
}

/** Whether XML could not carry the body as it is. */
export function losesCharacters(body: OutgoingBody): boolean {
  const text = body.kind === "text" ? body.text : (body.caption ?? "");
  return stripForbidden(text) !== text;
}

function groupchat(room: string, id: string, ...children: (XmlElement | undefined | false)[]): XmlElement {
  return xml("message", { type: "groupchat", to: room, id }, ...children);
}

function encodeText(text: string): XmlElement[] {
  const clean = stripForbidden(text);
  if (clean === "") {
    throw new ChatError("invalid-argument", "The message has no text that could be sent.", {
      remedy: "Send at least one visible character.",
    });
  }
  return [xml("body", {}, clean)];
}

function encodeFiles(attachments: readonly Attachment[], caption: string | undefined): XmlElement[] {
  const [first] = attachments;
  if (!first) throw new ChatError("invalid-argument", "The message has no attachment.");
  const text = stripForbidden(caption ?? "");
  const addresses = attachments.map(({ url }) => url.href).join("\n");
  const body = text === "" ? addresses : `${text}\n${addresses}`;
  // Positions count code points (XEP-0428 §2), and the line break before the addresses goes with them.
  const start = text === "" ? 0 : Array.from(text).length;
  const ranges = text === "" ? [] : [{ start, end: Array.from(body).length }];
  return [
    xml("body", {}, body),
    ...attachments.map(encodeFile),
    encodeFallback({ for: NS_SFS, ranges, wholeBody: ranges.length === 0 }),
    // Other clients take it for an attachment only when it is the whole body.
    ...(body === first.url.href ? [encodeOob({ url: body })] : []),
  ];
}

function encodeFile({ url, name, mediaType, sizeBytes }: Attachment): XmlElement {
  const file = { name: stripForbidden(name), mediaType, hashes: [] };
  return encodeFileSharing({
    disposition: mediaType.startsWith("image/") ? "inline" : "attachment",
    file: sizeBytes === undefined ? file : { ...file, sizeBytes },
    urls: [url.href],
  });
}

function addPayload(stanza: XmlElement, { body, codec, payload }: ContentMessage): void {
  if (!codec?.encode) return;
  const files =
    body.kind === "attachments"
      ? body.attachments.map(({ url, name, mediaType, sizeBytes }) => ({
          url: url.href,
          name: stripForbidden(name),
          mediaType,
          ...(sizeBytes !== undefined && { sizeBytes }),
        }))
      : undefined;
  const { children, attrs } = codec.encode({ ...(files && { files }), ...payload });
  for (const child of children) stanza.append(fromXmlNode(child));
  for (const [name, value] of Object.entries(attrs ?? {})) stanza.attrs[name] ??= value;
}
