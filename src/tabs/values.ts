import { messageId } from "../kit/ids.ts";
import { decodeAnswer, decodeRichBody } from "../kit/rich-body.ts";
import { NO_CAPABILITIES, type Capabilities } from "../transport/capabilities.ts";
import { CHAT_ERROR_CODES, ChatError, type ChatErrorCode, type ChatErrorInfo } from "../transport/errors.ts";
import type {
  Attachment,
  Body,
  ChatMessage,
  MessageChange,
  MessageId,
  OutgoingBody,
  Participant,
  ParticipantRole,
} from "../transport/messages.ts";
import type { Conversation } from "../transport/states.ts";
import type { RawCodec } from "./shared-options.ts";

/** The most of anything that is read out of one frame. */
const MAX_ITEMS = 10_000;

const ROLES: readonly ParticipantRole[] = ["customer", "agent", "bot", "supervisor", "system", "unknown"];

/** What is not known yet. */
export type Fields = Record<string, unknown>;

/** An object that is no array. */
export function fields(value: unknown): Fields | undefined {
  return isFields(value) ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text, also an empty one. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A number that is neither NaN nor infinite. */
export function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A point in time. */
export function time(value: unknown): Date | undefined {
  return value instanceof Date && Number.isFinite(value.getTime()) ? value : undefined;
}

/** One of `words`. */
export function oneOf<T extends string>(words: readonly T[], value: unknown): T | undefined {
  return words.find((word) => word === value);
}

/** What `read` makes of each; `undefined` when it is no list, or one of them cannot be read. */
export function listOf<T>(value: unknown, read: (each: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_ITEMS) return undefined;
  const items: T[] = [];
  for (const each of value) {
    const item = read(each);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

/** An id that a service gave. */
export function id(value: unknown): MessageId | undefined {
  return typeof value === "string" && value !== "" ? messageId(value) : undefined;
}

/** `value` if structured clone can copy it, else `null`. */
export function cloneable(value: unknown): unknown {
  try {
    structuredClone(value);
    return value;
  } catch {
    return null;
  }
}

/** An error as something that can be cloned; its cause stays behind. */
export function encodeError({ code, message, info }: ChatError): Fields {
  const { retryable, remedy, vendor, retryAfterMs, limitBytes } = info;
  return { code, message, retryable, remedy, vendor: vendor && { ...vendor }, retryAfterMs, limitBytes };
}

/** The reverse of {@link encodeError}. */
export function decodeError(value: unknown): ChatError | undefined {
  const from = fields(value);
  const code: ChatErrorCode | undefined = oneOf(CHAT_ERROR_CODES, from?.["code"]);
  const message = text(from?.["message"]);
  if (!from || code === undefined || message === undefined) return undefined;
  const info: Partial<ChatErrorInfo> = {};
  if (typeof from["retryable"] === "boolean") info.retryable = from["retryable"];
  const remedy = text(from["remedy"]);
  if (remedy !== undefined) info.remedy = remedy;
  const vendor = fields(from["vendor"]);
  const [name, vendorCode] = [text(vendor?.["name"]), text(vendor?.["code"])];
  if (name !== undefined && vendorCode !== undefined) info.vendor = { name, code: vendorCode };
  const [retryAfterMs, limitBytes] = [finite(from["retryAfterMs"]), finite(from["limitBytes"])];
  if (retryAfterMs !== undefined) info.retryAfterMs = retryAfterMs;
  if (limitBytes !== undefined) info.limitBytes = limitBytes;
  return new ChatError(code, message, info);
}

/** Somebody in the conversation. */
export function decodeParticipant(value: unknown): Participant | undefined {
  const from = fields(value);
  const [participantId, name] = [text(from?.["id"]), text(from?.["name"])];
  const role = oneOf(ROLES, from?.["role"]);
  if (participantId === undefined || name === undefined || role === undefined) return undefined;
  return { id: participantId, name, role, isSelf: from?.["isSelf"] === true };
}

/** A file as something that can be cloned. */
export function encodeAttachment({ url, ...rest }: Attachment): Fields {
  return { ...rest, url: url.href };
}

/** The reverse of {@link encodeAttachment}. */
export function decodeAttachment(value: unknown): Attachment | undefined {
  const from = fields(value);
  const [url, name, mediaType] = [text(from?.["url"]), text(from?.["name"]), text(from?.["mediaType"])];
  const sizeBytes = finite(from?.["sizeBytes"]);
  if (url === undefined || !URL.canParse(url) || name === undefined || mediaType === undefined) return undefined;
  return { url: new URL(url), name, mediaType, ...(sizeBytes !== undefined && { sizeBytes }) };
}

/** What a message says as something that can be cloned. */
export function encodeBody(body: Body): Fields {
  if (body.kind === "attachments") return { ...body, attachments: body.attachments.map(encodeAttachment) };
  return body.kind === "custom" ? { ...body, data: cloneable(body.data) } : { ...body };
}

/** The reverse of {@link encodeBody}. */
export function decodeBody(value: unknown): Body | undefined {
  const from = fields(value);
  if (from?.["kind"] === "retracted") return { kind: "retracted" };
  return decodeRichBody(value) ?? decodeOutgoingBody(value);
}

/** What a customer sends. That it is not empty is for the transport to say. */
export function decodeOutgoingBody(value: unknown): OutgoingBody | undefined {
  const from = fields(value);
  const [said, caption] = [text(from?.["text"]), text(from?.["caption"])];
  if (from?.["kind"] === "text") {
    const answer = decodeAnswer(from["answer"]);
    return said === undefined ? undefined : { kind: "text", text: said, ...(answer && { answer }) };
  }
  const attachments = listOf(from?.["attachments"], decodeAttachment);
  if (from?.["kind"] !== "attachments" || !attachments) return undefined;
  return { kind: "attachments", attachments, ...(caption !== undefined && { caption }) };
}

/** A message as something that can be cloned. */
export function encodeMessage(message: ChatMessage, raw: RawCodec): Fields {
  return { ...message, body: encodeBody(message.body), raw: raw.encode(message.raw) };
}

/** The reverse of {@link encodeMessage}. */
export function decodeMessage(value: unknown, raw: RawCodec): ChatMessage | undefined {
  const from = fields(value);
  const [messageId, author, body, sentAt] = [
    id(from?.["id"]),
    decodeParticipant(from?.["from"]),
    decodeBody(from?.["body"]),
    time(from?.["sentAt"]),
  ];
  if (!from || messageId === undefined || !author || !body || !sentAt) return undefined;
  const [clientId, replyTo, reactions] = [
    text(from["clientId"]),
    id(from["replyTo"]),
    decodeReactions(from["reactions"]),
  ];
  return {
    id: messageId,
    from: author,
    sentAt,
    replayed: from["replayed"] === true,
    body,
    raw: raw.decode(from["raw"]),
    ...(clientId !== undefined && author.isSelf && { clientId }),
    ...(replyTo !== undefined && { replyTo }),
    ...(from["edited"] === true && { edited: true }),
    ...(reactions && { reactions }),
  };
}

function decodeReactions(value: unknown): Map<string, readonly string[]> | undefined {
  if (!(value instanceof Map) || value.size > MAX_ITEMS) return undefined;
  const reactions = new Map<string, readonly string[]>();
  for (const [who, what] of value) {
    const words = listOf(what, text);
    if (typeof who === "string" && words) reactions.set(who, words);
  }
  return reactions;
}

/** A change as something that can be cloned. */
export function encodeChange(change: MessageChange): Fields {
  return change.kind === "edited" ? { ...change, body: encodeBody(change.body) } : { ...change };
}

/** The reverse of {@link encodeChange}. */
export function decodeChange(value: unknown): MessageChange | undefined {
  const from = fields(value);
  const [body, reason, reactions] = [
    decodeBody(from?.["body"]),
    text(from?.["reason"]),
    listOf(from?.["reactions"], text),
  ];
  switch (from?.["kind"]) {
    case "edited":
      return body && { kind: "edited", body };
    case "retracted":
      return { kind: "retracted", ...(reason !== undefined && { reason }) };
    case "reactions":
      return reactions && { kind: "reactions", reactions };
    default:
      return undefined;
  }
}

/** A conversation that may do no more than `declared`. */
export function decodeConversation(value: unknown, declared: Capabilities): Conversation | undefined {
  const from = fields(value);
  const [conversationId, self, participants] = [
    text(from?.["id"]),
    decodeParticipant(from?.["self"]),
    listOf(from?.["participants"], decodeParticipant),
  ];
  const [supports, maxUploadBytes] = [fields(from?.["supports"]), finite(from?.["maxUploadBytes"])];
  if (conversationId === undefined || !self || !participants || !supports) return undefined;
  const allowed: Capabilities = { ...NO_CAPABILITIES };
  for (const key of capabilityNames()) allowed[key] = declared[key] && supports[key] === true;
  return {
    id: conversationId,
    self,
    participants,
    supports: allowed,
    ...(maxUploadBytes !== undefined && { maxUploadBytes }),
  };
}

function capabilityNames(): (keyof Capabilities)[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a frozen constant
  return Object.keys(NO_CAPABILITIES) as (keyof Capabilities)[];
}
