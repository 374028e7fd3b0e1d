import type { Attachment, MessageId, OutgoingBody } from "../transport/messages.ts";
import type { Answer } from "../transport/rich-bodies.ts";
import { messageId } from "../kit/ids.ts";
import { STATUS_ORDER, type MessageStatus } from "./session-events.ts";

/** What is kept of an own message. The body only while it may be needed again. */
export interface SavedDelivery {
  clientId: string;
  status: MessageStatus;
  /** Milliseconds since 1970. */
  queuedAt: number;
  body?: OutgoingBody | undefined;
  replyTo?: MessageId | undefined;
  /** It has failed, and yet the service may have it. */
  doubtful?: true | undefined;
}

/** Where a chat is, as it is kept over a reload. Its messages are {@link SavedRecord}s. */
export interface SavedChat {
  version: 2;
  /** Which records belong to it. */
  chat: string;
  savedAt: number;
  /** Whose messages these are; absent before the first connection. */
  conversation?: string | undefined;
  /** A secret: whoever has it continues the chat. */
  resumeToken?: string | undefined;
  /** Where what may be missed begins: the newest message that was known, or only its time where none was. */
  last?: { id?: MessageId | undefined; at: number } | undefined;
}

/** One own message as a record of its own. */
export interface SavedRecord {
  /** Of whose chat it is. */
  chat: string;
  /** Its place among the records. */
  order: number;
  delivery: SavedDelivery;
}

const MAX_ATTACHMENTS = 100;

type Fields = Record<string, unknown>;

/**
 * Reads what a storage gave back, a string or what it says as JSON. `undefined` for anything that is no saved chat, or
 * one of another version.
 */
export function decodeSavedChat(value: unknown): SavedChat | undefined {
  const saved = fields(typeof value === "string" ? parse(value) : value);
  const { version, chat, savedAt, conversation, resumeToken } = saved ?? {};
  if (version !== 2 || !isText(chat) || !isAmount(savedAt)) return undefined;
  return {
    version,
    chat,
    savedAt,
    conversation: optionalText(conversation),
    resumeToken: optionalText(resumeToken),
    last: decodeLast(saved?.["last"]),
  };
}

/** Reads a record as {@link decodeSavedChat} reads a chat. `undefined` for anything that is none. */
export function decodeSavedRecord(value: unknown): SavedRecord | undefined {
  const saved = fields(typeof value === "string" ? parse(value) : value);
  const delivery = decodeDelivery(saved);
  const { chat, order } = saved ?? {};
  return delivery && isText(chat) && isAmount(order) ? { chat, order, delivery } : undefined;
}

function decodeLast(value: unknown): SavedChat["last"] {
  const { id, at } = fields(value) ?? {};
  if (!isAmount(at)) return undefined;
  if (id === undefined) return { at };
  return isText(id) ? { id: messageId(id), at } : undefined;
}

function decodeDelivery(saved: Fields | undefined): SavedDelivery | undefined {
  if (!saved) return undefined;
  const { clientId, status, queuedAt, replyTo } = saved;
  if (!isText(clientId) || !isStatus(status) || !isAmount(queuedAt)) return undefined;
  return {
    clientId,
    status,
    queuedAt,
    body: decodeBody(saved["body"]),
    replyTo: isText(replyTo) ? messageId(replyTo) : undefined,
    doubtful: saved["doubtful"] === true || undefined,
  };
}

function decodeBody(value: unknown): OutgoingBody | undefined {
  const body = fields(value);
  if (body?.["kind"] === "text" && isText(body["text"])) {
    const answer = decodeAnswer(body["answer"]);
    return { kind: "text", text: body["text"], ...(answer && { answer }) };
  }
  if (body?.["kind"] !== "attachments" || !Array.isArray(body["attachments"])) return undefined;
  const attachments = body["attachments"].slice(0, MAX_ATTACHMENTS).flatMap((each) => decodeAttachment(each) ?? []);
  const { caption } = body;
  return attachments.length === 0
    ? undefined
    : { kind: "attachments", attachments, ...(isText(caption) && { caption }) };
}

function decodeAnswer(answer: unknown): Answer | undefined {
  const { to, id } = fields(answer) ?? {};
  if (to === "choice" && isText(id)) return { to, id };
  return isFormAnswer(answer) ? answer : undefined;
}

/** As much as an adapter relies on. The whole schema of a form would be a quarter of what the outbox may weigh. */
function isFormAnswer(answer: unknown): answer is Extract<Answer, { to: "form" }> {
  const { to, form, outcome, values } = fields(answer) ?? {};
  const { id, sections, actions } = fields(form) ?? {};
  return (
    to === "form" &&
    isText(outcome) &&
    isFields(values) &&
    isText(id) &&
    isList(actions, isFields) &&
    isList(sections, (each) => isFields(each) && isList(each["fields"], isFields))
  );
}

function isList(value: unknown, check: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(check);
}

function decodeAttachment(value: unknown): Attachment | undefined {
  const file = fields(value);
  if (!file) return undefined;
  const { url, name, mediaType, sizeBytes } = file;
  if (!isText(url) || typeof name !== "string" || typeof mediaType !== "string" || !URL.canParse(url)) return undefined;
  return { url: new URL(url), name, mediaType, ...(isAmount(sizeBytes) && { sizeBytes }) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fields(value: unknown): Fields | undefined {
  return isFields(value) ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function optionalText(value: unknown): string | undefined {
  return isText(value) ? value : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isStatus(value: unknown): value is MessageStatus {
  return typeof value === "string" && Object.hasOwn(STATUS_ORDER, value);
}
