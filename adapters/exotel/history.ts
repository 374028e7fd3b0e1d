import { present } from "../../src/kit/present.ts";
import type { Call } from "../../src/transport/call.ts";
import { resolveWire, type ExotelOptions } from "./exotel-options.ts";
import { isRecord, pick, pickText } from "./names.ts";
import { trimSlash } from "./provision.ts";
import { ExotelRest } from "./rest.ts";

/** One message of the REST archive, as far as it could be read. */
export interface ArchivedEntry {
  /** The whole stanza as text, when the service keeps it. Untrusted: parse and check it like any other. */
  stanza?: string;
  /** The entry itself, fields by any spelling. */
  fields: Record<string, unknown>;
  from?: string;
  body?: string;
  sentAt?: Date;
}

/**
 * Reads a room's history (`GET …/xtrm/chatrooms/{room}/messages`). The answer's shape is not documented: a list, or one
 * under `messages`, `message` or `response`.
 * @throws ChatError by status; `not-found` when there is no such archive.
 */
export async function fetchArchive(options: ExotelOptions, roomJid: string, call?: Call): Promise<ArchivedEntry[]> {
  const key = resolveWire(options.wire).historyRoomKey === "name" ? (roomJid.split("@")[0] ?? roomJid) : roomJid;
  const url = `${trimSlash(options.chatServiceUrl)}/plugins/restapi/v1/xtrm/chatrooms/${encodeURIComponent(key)}/messages`;
  return listOf(await new ExotelRest(options).json("GET", url, undefined, call)).flatMap(readEntry);
}

function listOf(answer: unknown, depth = 0): unknown[] {
  if (Array.isArray(answer)) return answer;
  if (!isRecord(answer) || depth > 2) return [];
  const inner = pick(answer, "messages") ?? pick(answer, "message") ?? pick(answer, "response");
  // The stock plugin writes a single entry without a list around it.
  if (isRecord(inner) && pick(inner, "body") !== undefined) return [inner];
  return listOf(inner, depth + 1);
}

function readEntry(entry: unknown): ArchivedEntry[] {
  if (!isRecord(entry)) return [];
  const stanza = pickText(entry, "stanza") ?? pickText(entry, "xml");
  const from = pickText(entry, "from");
  const body = pickText(entry, "body") ?? (stanza === undefined ? pickText(entry, "message") : undefined);
  const sentAt = readTime(pick(entry, "time") ?? pick(entry, "delay_stamp") ?? pick(entry, "timestamp"));
  if (stanza === undefined && body === undefined) return [];
  return [
    {
      fields: entry,
      ...present({ stanza, from, body, sentAt }),
    },
  ];
}

/** ISO 8601, or epoch milliseconds as number or text. */
function readTime(value: unknown): Date | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string") return undefined;
  const date = new Date(/^\d{10,16}$/.test(text) ? Number(text) : text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
