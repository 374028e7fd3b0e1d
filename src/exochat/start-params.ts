import { present } from "../kit/present.ts";
import { ChatError } from "../transport/errors.ts";
import type { Handoff, JsonValue } from "../transport/messages.ts";
import type { OpenRequest } from "../transport/transport.ts";
import { normalForm } from "./names.ts";

const NAMED: Readonly<Record<string, string>> = {
  fullname: "fullName",
  email: "email",
  phone: "phone",
  userid: "user_id",
  sessionid: "session_id",
  additionalinfo: "additionalInfo",
};

/** Largest `additionalInfo`, characters of its JSON: a bot's transcript fits, a mistake does not. */
const MAX_INFO = 16_384;

/**
 * Reads the parameters of `startChat`: names by normal form, unknown keys folded into `additionalInfo`, as the vendor's
 * own example passes them.
 * @throws ChatError `invalid-argument`, naming the parameter.
 */
export function readStartParams(params: unknown): OpenRequest {
  if (typeof params !== "object" || params === null) throw missing("fullName, email and phone");
  const named: Record<string, unknown> = {};
  const extra: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(params) as [string, unknown][]) {
    const name = NAMED[normalForm(key)];
    if (name !== undefined) named[name] = value;
    else if (value !== undefined) extra[key] = jsonValue(key, value);
  }
  const info = { ...jsonObject(named["additionalInfo"]), ...extra };
  if (JSON.stringify(info).length > MAX_INFO) {
    throw new ChatError("invalid-argument", `additionalInfo is longer than ${MAX_INFO} characters.`, {
      remedy: "Send a summary, and the rest as messages or by a link for agents.",
    });
  }
  return {
    customer: { name: text(named, "fullName"), email: text(named, "email"), phone: text(named, "phone") },
    handoff: handoffOf(named, info),
  };
}

function handoffOf(named: Record<string, unknown>, attributes: Record<string, JsonValue>): Handoff {
  const botUserId = optionalId(named, "user_id");
  const botSessionId = optionalId(named, "session_id");
  return {
    attributes,
    ...present({ botUserId, botSessionId }),
  };
}

function text(named: Record<string, unknown>, name: string): string {
  const value = named[name];
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  if (typeof value === "number") return String(value);
  throw missing(name);
}

function optionalId(named: Record<string, unknown>, name: string): string | undefined {
  const value = named[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new ChatError("invalid-argument", `${name} must be a text.`);
}

function jsonObject(value: unknown): Record<string, JsonValue> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value))
    throw new ChatError("invalid-argument", "additionalInfo must be an object.");
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]: [string, unknown]) => [key, jsonValue(key, inner)]),
  );
}

/** Only what JSON can say leaves the page: a function or a cycle is a mistake to hear of at once. */
function jsonValue(key: string, value: unknown): JsonValue {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JSON.parse returns is a JSON value
    return JSON.parse(JSON.stringify(value)) as JsonValue;
  } catch (cause) {
    throw new ChatError("invalid-argument", `${key} cannot be written as JSON.`, { cause });
  }
}

function missing(what: string): ChatError {
  return new ChatError("invalid-argument", `startChat needs ${what}.`, {
    remedy: "Call startChat({ fullName, email, phone }).",
  });
}
