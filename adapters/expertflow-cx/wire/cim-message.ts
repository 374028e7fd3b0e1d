import { list, record, text, type Fields } from "../../../src/kit/read.ts";

/** Who sent a CIM message (OM `SenderType`); what is not among them is `UNKNOWN`. */
export type CimSenderType = "AGENT" | "BOT" | "CUSTOMER" | "APP" | "CONNECTOR" | "SYSTEM" | "UNKNOWN";

/** A CIM message, read as far as every kind has it. Types and intents are upper case, whatever the sender wrote. */
export interface CimMessage {
  id: string;
  sender: { id: string; type: CimSenderType; name: string };
  /** Absent when the header has none that can be read. */
  sentAt: Date | undefined;
  conversationId: string;
  channelSessionId: string;
  intent: string;
  /** The message that this one edits or answers; `""` for none. */
  refersTo: string;
  additionalData: Fields;
  /** `body.type`. */
  type: string;
  body: Fields;
  raw: unknown;
}

const SENDERS: ReadonlySet<string> = new Set(["AGENT", "BOT", "CUSTOMER", "APP", "CONNECTOR", "SYSTEM"]);

/**
 * Reads a CIM message (object-model 1.21.1 `CimMessage`, and its earlier layouts: `header.channelSession.conversationId`
 * before 1.12.6, a whole participant as `sender` before 1.12.6, `replyToMessageId` before 1.16.9).
 * @returns `undefined` for what has no body with a type.
 */
export function decodeCimMessage(raw: unknown): CimMessage | undefined {
  const message = record(raw);
  const [header, body] = [record(message["header"]), record(message["body"])];
  const type = text(body["type"]).toUpperCase();
  if (type === "") return undefined;
  const session = record(header["channelSession"]);
  return {
    id: text(message["id"]) || derivedId(header, body),
    sender: decodeSender(header["sender"]),
    sentAt: decodeTime(header["timestamp"]),
    conversationId: text(header["conversationId"]) || text(session["conversationId"]),
    channelSessionId: text(header["channelSessionId"]) || text(session["id"]),
    intent: text(header["intent"]).toUpperCase(),
    refersTo: text(header["originalMessageId"]) || text(header["replyToMessageId"]),
    additionalData: record(header["additionalData"]),
    type,
    body,
    raw,
  };
}

/** A list of messages, as a resume or the transcript gives it; what cannot be read is left out. */
export function decodeCimMessages(value: unknown): CimMessage[] {
  return list(value).flatMap((each) => decodeCimMessage(each) ?? []);
}

function decodeSender(value: unknown): CimMessage["sender"] {
  const sender = record(value);
  const person = record(sender["additionalDetail"] ?? record(sender["participant"])["keycloakUser"]);
  const fullName = `${text(person["firstName"])} ${text(person["lastName"])}`.trim();
  return {
    id: text(sender["id"]) || text(person["id"]),
    type: toSenderType(text(sender["type"]).toUpperCase()),
    name: fullName || text(sender["senderName"]) || text(person["username"]),
  };
}

function toSenderType(type: string): CimSenderType {
  return isSenderType(type) ? type : "UNKNOWN";
}

function isSenderType(type: string): type is CimSenderType {
  return SENDERS.has(type);
}

/** Milliseconds since 1970 or ISO 8601: documents and servers show both. */
function decodeTime(value: unknown): Date | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const time = new Date(typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value);
  return Number.isNaN(time.getTime()) || value === "" ? undefined : time;
}

/** A message without an id: the same again must be recognised, so the id comes from what it says and when. */
function derivedId(header: Fields, body: Fields): string {
  const said = JSON.stringify([header["timestamp"], header["sender"], body]);
  let hash = 5381;
  for (let at = 0; at < said.length; at++) hash = (Math.imul(hash, 33) ^ said.charCodeAt(at)) >>> 0;
  return `no-id-${hash.toString(36)}-${said.length}`;
}
