import { isRecord, normalForm, pick, pickText } from "../names.ts";

/** A file as the vendor's message object holds it. */
export interface PayloadFile {
  url: string;
  name?: string;
  mediaType?: string;
  sizeBytes?: number;
}

/** What the vendor adds to a message. Structurally the `MessagePayload` that the XMPP adapter's codec port names. */
export interface ExotelPayload {
  subtype?: string | null;
  files?: readonly PayloadFile[] | null;
  role?: string | null;
  ended?: boolean;
  interaction?: { chatId?: string; interactionId?: string } | null;
  form?: unknown;
}

const KNOWN = new Set(["subtype", "files", "userrole", "chatended", "interactiondata", "form"]);

/** Reads the vendor's fields out of a JSON object by normal form; `null` when it has none of them. */
export function payloadOfRecord(record: unknown): ExotelPayload | null {
  if (!isRecord(record) || !Object.keys(record).some((key) => KNOWN.has(normalForm(key)))) return null;
  const payload: ExotelPayload = {};
  const subtype = pickText(record, "subtype");
  const role = pickText(record, "userRole");
  const files = filesOf(pick(record, "files"));
  const interaction = interactionOf(pick(record, "interaction_data"));
  const form = pick(record, "form");
  if (subtype !== undefined) payload.subtype = subtype;
  if (role !== undefined) payload.role = role;
  if (files) payload.files = files;
  if (isTrue(pick(record, "chatEnded"))) payload.ended = true;
  if (interaction) payload.interaction = interaction;
  if (form !== undefined) payload.form = form;
  return payload;
}

/** `true`, or the text `true`: attributes and properties are text. */
export function isTrue(value: unknown): boolean {
  return value === true || (typeof value === "string" && value.trim().toLowerCase() === "true");
}

/** Reads a list of files, as JSON or as its text; entries without an address are left out. */
export function filesOf(value: unknown): PayloadFile[] | undefined {
  const list = typeof value === "string" ? parseJson(value) : value;
  if (!Array.isArray(list)) return undefined;
  const files = list.flatMap((entry: unknown) => {
    const url = pickText(entry, "url");
    if (url === undefined) return [];
    const type = pickText(entry, "type");
    const size = Number(pick(entry, "size") ?? Number.NaN);
    const name = pickText(entry, "name");
    return [
      {
        url,
        ...(name === undefined ? {} : { name }),
        ...(type === undefined ? {} : { mediaType: type }),
        ...(Number.isFinite(size) ? { sizeBytes: size } : {}),
      },
    ];
  });
  return files.length > 0 ? files : undefined;
}

/** Reads the ids of chat and interaction, as JSON or as its text. */
export function interactionOf(value: unknown): { chatId?: string; interactionId?: string } | undefined {
  const record = typeof value === "string" ? parseJson(value) : value;
  const chatId = idOf(pick(record, "chatId"));
  const interactionId = idOf(pick(record, "interaction_id"));
  if (chatId === undefined && interactionId === undefined) return undefined;
  return { ...(chatId === undefined ? {} : { chatId }), ...(interactionId === undefined ? {} : { interactionId }) };
}

function idOf(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** JSON, or `undefined` for text that is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The payload as one JSON object in the vendor's names, for the dialects that carry JSON. */
export function recordOfPayload(payload: ExotelPayload): Record<string, unknown> {
  const { chatId, interactionId } = payload.interaction ?? {};
  return {
    ...(payload.subtype ? { subtype: payload.subtype } : {}),
    ...(payload.files ? { files: payload.files.map(recordOfFile) } : {}),
    ...(payload.role ? { userRole: payload.role } : {}),
    ...(payload.ended ? { chatEnded: true } : {}),
    ...(payload.interaction ? { interaction_data: { chatId, interaction_id: interactionId } } : {}),
    ...(payload.form === undefined ? {} : { form: payload.form }),
  };
}

/** The vendor's own keys: `{ url, name }`, and what we know besides. */
function recordOfFile({ url, name = "", mediaType, sizeBytes }: PayloadFile): Record<string, unknown> {
  return {
    url,
    name,
    ...(mediaType === undefined ? {} : { type: mediaType }),
    ...(sizeBytes === undefined ? {} : { size: sizeBytes }),
  };
}
