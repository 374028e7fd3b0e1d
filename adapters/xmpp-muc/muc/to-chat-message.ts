import type { Attachment, Body, ChatMessage, MessageId } from "../../../src/transport/messages.ts";
import { NS_REPLY, NS_SFS } from "../xep/namespaces.ts";
import { stripFallback } from "../xep/0428-fallback.ts";
import type { SharedFile } from "../xep/0447-file-sharing.ts";
import type { PayloadFile } from "./codec.ts";
import type { StanzaAuthor } from "./participants.ts";
import type { RoomStanza } from "./room-stanza.ts";

const UNKNOWN_TYPE = "application/octet-stream";

/** How bodies are read. */
export interface BodySettings {
  /** Take a body that is nothing but the address of a media or document file for that file. */
  filesFromUrls: boolean;
}

/** The message as the contract has it. `replyTo` is what the sender's reference was resolved to. */
export function toChatMessage(
  stanza: RoomStanza,
  id: MessageId,
  author: StanzaAuthor,
  replyTo: MessageId | undefined,
  settings: BodySettings,
): ChatMessage {
  const message: ChatMessage = {
    id,
    from: author.participant,
    sentAt: stanza.time,
    replayed: stanza.kind !== "live",
    body: toBody(stanza, settings),
    raw: stanza,
  };
  const clientId = author.isSelf ? (stanza.originId ?? stanza.msgid) : undefined;
  if (clientId !== undefined) message.clientId = clientId;
  if (replyTo !== undefined) message.replyTo = replyTo;
  if (stanza.replaceId !== undefined) message.edited = true;
  return message;
}

/** What a stanza with content says. */
export function toBody(stanza: RoomStanza, settings: BodySettings): Body {
  const { payload } = stanza;
  if (stanza.tombstone) return { kind: "retracted" };
  if (payload && payload.form !== undefined && payload.form !== null) {
    // The vendor's own shape, which nobody has documented.
    return { kind: "custom", type: "form", text: stanza.body ?? "", data: payload.form };
  }
  const attachments = toAttachments(filesOf(stanza, settings));
  const text = textOf(stanza);
  if (attachments.length === 0) return { kind: "text", text };
  const caption = withoutAddresses(text, stanza, attachments);
  return caption === "" ? { kind: "attachments", attachments } : { kind: "attachments", attachments, caption };
}

function textOf(stanza: RoomStanza): string {
  const body = stanza.body ?? "";
  return stanza.reply && stanza.fallbacks.length > 0 ? stripFallback(body, stanza.fallbacks, NS_REPLY) : body;
}

/** The vendor's own list first, then XEP-0447 or 0385, XEP-0066, and a body that is one address. */
function filesOf(stanza: RoomStanza, settings: BodySettings): readonly PayloadFile[] {
  const { payload, sharedFiles, oob, body } = stanza;
  if (payload?.files && payload.files.length > 0) return payload.files;
  if (sharedFiles.length > 0) return sharedFiles.map(toPayloadFile);
  if (oob) return [oob.desc === undefined ? { url: oob.url } : { url: oob.url, name: oob.desc }];
  return settings.filesFromUrls && body !== undefined && isFileAddress(body) ? [{ url: body.trim() }] : [];
}

function toPayloadFile({ file, urls }: SharedFile): PayloadFile {
  const { name, mediaType, sizeBytes } = file;
  return {
    url: urls[0] ?? "",
    ...(name !== undefined && { name }),
    ...(mediaType !== undefined && { mediaType }),
    ...(sizeBytes !== undefined && { sizeBytes }),
  };
}

function toAttachments(files: readonly PayloadFile[]): Attachment[] {
  return files.flatMap((file) => {
    const url = safeUrl(file.url);
    if (!url) return [];
    const attachment: Attachment = {
      url,
      name: file.name === undefined || file.name === "" ? nameOf(url) : file.name,
      mediaType: file.mediaType ?? UNKNOWN_TYPE,
    };
    return file.sizeBytes === undefined ? [attachment] : [{ ...attachment, sizeBytes: file.sizeBytes }];
  });
}

/** Links of strangers: http and https only (rule 12). */
function safeUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : undefined;
}

function nameOf(url: URL): string {
  const last = url.pathname.split("/").pop() ?? "";
  try {
    return decodeURIComponent(last) || url.hostname;
  } catch {
    return last;
  }
}

/** What is said beside the files: not their addresses, which old clients show in the body. */
function withoutAddresses(text: string, stanza: RoomStanza, attachments: readonly Attachment[]): string {
  const rest = stanza.fallbacks.length > 0 ? stripFallback(text, stanza.fallbacks, NS_SFS) : text;
  const addresses = new Set(attachments.map(({ url }) => url.href));
  const isAddress = (line: string): boolean => URL.canParse(line) && addresses.has(new URL(line).href);
  const lines = rest.split("\n").filter((line) => !isAddress(line.trim()));
  return lines.join("\n").trim();
}

const FILE_ENDING =
  /\.(?:jpe?g|png|gif|webp|avif|bmp|svg|mp3|ogg|wav|m4a|aac|opus|mp4|webm|mov|m4v|ogv|pdf|docx?|xlsx?|pptx?|txt|csv|zip)$/i;

function isFileAddress(body: string): boolean {
  const text = body.trim();
  if (!text.startsWith("http") || /\s/.test(text)) return false;
  const url = safeUrl(text);
  return url !== undefined && FILE_ENDING.test(url.pathname);
}
