import { historyCursor } from "../kit/ids.ts";
import type { Handoff, JsonValue, OutgoingMessage, UploadFile } from "../transport/messages.ts";
import type { Operation } from "./operations.ts";
import {
  cloneable,
  decodeOutgoingBody,
  encodeBody,
  fields,
  id,
  listOf,
  oneOf,
  text,
  time,
  type Fields,
} from "./values.ts";

const MAX_DEPTH = 16;

/** A call as something that structured clone can copy. */
export function encodeOperation(operation: Operation): Fields {
  switch (operation.method) {
    case "send":
      return { ...operation, message: { ...operation.message, body: encodeBody(operation.message.body) } };
    case "edit":
      return { ...operation, body: encodeBody(operation.body) };
    case "requestAgent":
      return { ...operation, handoff: cloneable(operation.handoff) };
    case "upload": {
      const { name, mediaType, sizeBytes, data } = operation.file;
      return { method: "upload", file: { name, mediaType, sizeBytes, data } };
    }
    case "sendChatState":
    case "mark":
    case "history":
    case "catchUp":
    case "retract":
    case "react":
    case "wake":
      break;
  }
  return { ...operation };
}

/** The reverse of {@link encodeOperation}; `undefined` for what is none. */
export function decodeOperation(value: unknown): Operation | undefined {
  const from = fields(value);
  if (!from) return undefined;
  const { method } = from;
  switch (method) {
    case "send": {
      const message = decodeOutgoing(fields(from["message"]));
      return message && { method, message };
    }
    case "sendChatState": {
      const state = oneOf(["composing", "paused"] as const, from["state"]);
      return state && { method, state };
    }
    case "upload": {
      const file = decodeFile(fields(from["file"]));
      return file && { method, file };
    }
    case "history":
    case "catchUp":
      return decodeReading(method, fields(from["page"]));
    case "requestAgent": {
      const handoff = decodeHandoff(fields(from["handoff"]));
      return handoff && { method, handoff };
    }
    case "wake":
      return { method };
    default:
      return decodeChanging(from);
  }
}

/** The calls that name a message. */
function decodeChanging(from: Fields): Operation | undefined {
  const { method } = from;
  const target = id(from["id"]);
  if (target === undefined) return undefined;
  switch (method) {
    case "mark": {
      const kind = oneOf(["received", "displayed"] as const, from["kind"]);
      return kind && { method, kind, id: target };
    }
    case "edit": {
      const body = decodeOutgoingBody(from["body"]);
      return body && { method, id: target, body };
    }
    case "retract":
      return { method, id: target };
    case "react": {
      const reactions = listOf(from["reactions"], text);
      return reactions && { method, id: target, reactions };
    }
    default:
      return undefined;
  }
}

function decodeReading(method: "history" | "catchUp", page: Fields | undefined): Operation | undefined {
  const limit = page?.["limit"];
  // Whether it is a sensible number is for the transport to say.
  if (typeof limit !== "number") return undefined;
  const [before, cursor] = [text(page?.["before"]), text(page?.["cursor"])];
  if (method === "history")
    return { method, page: { limit, ...(before !== undefined && { before: historyCursor(before) }) } };
  const [since, after] = [time(page?.["since"]), id(page?.["after"])];
  if (!since) return undefined;
  const rest = {
    ...(after !== undefined && { after }),
    ...(cursor !== undefined && { cursor: historyCursor(cursor) }),
  };
  return { method, page: { since, limit, ...rest } };
}

/** A message to send, as another tab wrote it. */
export function decodeOutgoing(from: Fields | undefined): OutgoingMessage | undefined {
  const [clientId, body, replyTo] = [
    text(from?.["clientId"]),
    decodeOutgoingBody(from?.["body"]),
    id(from?.["replyTo"]),
  ];
  if (clientId === undefined || !body) return undefined;
  return { clientId, body, ...(replyTo !== undefined && { replyTo }) };
}

function decodeFile(from: Fields | undefined): UploadFile | undefined {
  const [name, mediaType, sizeBytes] = [text(from?.["name"]), text(from?.["mediaType"]), from?.["sizeBytes"]];
  const data = from?.["data"];
  if (name === undefined || mediaType === undefined || typeof sizeBytes !== "number") return undefined;
  return data instanceof Blob ? { name, mediaType, sizeBytes, data } : undefined;
}

function decodeHandoff(from: Fields | undefined): Handoff | undefined {
  if (!from) return undefined;
  const [botUserId, botSessionId, given] = [
    text(from["botUserId"]),
    text(from["botSessionId"]),
    fields(from["attributes"]),
  ];
  const attributes: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(given ?? {}))
    if (key !== "__proto__" && isJson(value, 0)) attributes[key] = value;
  return {
    ...(botUserId !== undefined && { botUserId }),
    ...(botSessionId !== undefined && { botSessionId }),
    ...(given && { attributes }),
  };
}

function isJson(value: unknown, depth: number): value is JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth > MAX_DEPTH) return false;
  return Object.values(value).every((each) => isJson(each, depth + 1));
}
