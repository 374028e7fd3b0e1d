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
  body?: OutgoingBody;
  replyTo?: MessageId;
  /** It has failed, and yet the service may have it. */
  doubtful?: true;
}

/** A chat as it is kept over a reload. */
export interface SavedChat {
  version: 1;
  savedAt: number;
  /** Whose messages these are; absent before the first connection. */
  conversation?: string;
  /** A secret: whoever has it continues the chat. */
  resumeToken?: string;
  /** Where what may be missed begins: the newest message that was known, or only its time where none was. */
  last?: { id?: MessageId; at: number };
  /** Oldest first. */
  deliveries: SavedDelivery[];
}

/** How much a stored chat may hold: what is longer was not written by us. */
const MAX_DELIVERIES = 10_000;
const MAX_ATTACHMENTS = 100;

type Fields = Record<string, unknown>;

/** Reads what a storage gave back, a string or what it says as JSON. `undefined` for anything that is no saved chat. */
export function decodeSavedChat(value: unknown): SavedChat | undefined {
  const chat = fields(typeof value === "string" ? parse(value) : value);
  if (!chat || chat["version"] !== 1 || !isAmount(chat["savedAt"])) return undefined;
  const { savedAt, deliveries } = chat;
  if (!Array.isArray(deliveries) || deliveries.length > MAX_DELIVERIES) return undefined;
  const last = decodeLast(chat["last"]);
  return {
    version: 1,
    savedAt,
    ...(isText(chat["conversation"]) && { conversation: chat["conversation"] }),
    ...(isText(chat["resumeToken"]) && { resumeToken: chat["resumeToken"] }),
    ...(last && { last }),
    deliveries: deliveries.flatMap((each) => decodeDelivery(each) ?? []),
  };
}

function decodeLast(value: unknown): SavedChat["last"] {
  const { id, at } = fields(value) ?? {};
  if (!isAmount(at)) return undefined;
  if (id === undefined) return { at };
  return isText(id) ? { id: messageId(id), at } : undefined;
}

function decodeDelivery(value: unknown): SavedDelivery | undefined {
  const saved = fields(value);
  if (!saved) return undefined;
  const { clientId, status, queuedAt, replyTo } = saved;
  if (!isText(clientId) || !isStatus(status) || !isAmount(queuedAt)) return undefined;
  const body = decodeBody(saved["body"]);
  return {
    clientId,
    status,
    queuedAt,
    ...(body && { body }),
    ...(isText(replyTo) && { replyTo: messageId(replyTo) }),
    ...(saved["doubtful"] === true && { doubtful: true }),
  };
}

function decodeBody(value: unknown): OutgoingBody | undefined {
  const body = fields(value);
  if (body?.["kind"] === "text" && isText(body["text"])) {
    const answer = decodeAnswer(fields(body["answer"]));
    return { kind: "text", text: body["text"], ...(answer && { answer }) };
  }
  if (body?.["kind"] !== "attachments" || !Array.isArray(body["attachments"])) return undefined;
  const attachments = body["attachments"].slice(0, MAX_ATTACHMENTS).flatMap((each) => decodeAttachment(each) ?? []);
  const { caption } = body;
  return attachments.length === 0
    ? undefined
    : { kind: "attachments", attachments, ...(isText(caption) && { caption }) };
}

/** A form's own shape is for its adapter to judge, when it is sent. */
function decodeAnswer(answer: Fields | undefined): Answer | undefined {
  if (answer?.["to"] === "choice" && isText(answer["id"])) return { to: "choice", id: answer["id"] };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- said above: adapters decode what they are given
  return answer?.["to"] === "form" && fields(answer["form"]) ? (answer as unknown as Answer) : undefined;
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

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isStatus(value: unknown): value is MessageStatus {
  return typeof value === "string" && Object.hasOwn(STATUS_ORDER, value);
}
