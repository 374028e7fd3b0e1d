import { record } from "../kit/read.ts";
import type { LinkCloseReason, CustomerInfo } from "../transport/link-state.ts";
import type { ChatErrorCode } from "../transport/errors.ts";
import type { CloseReason } from "../transport/states.ts";
import type { AgentIdentity, AgentPart, AgentState, ChatRequest, RequestOutcome } from "./agent-transport.ts";

/** The customer as the CRM gets them: `details` are texts, numbers and yes or no, without anything that is named as a secret. */
export interface CrmCustomer extends Omit<CustomerInfo, "details"> {
  details: Readonly<Record<string, string | number | boolean>>;
}

/**
 * What the desk tells the CRM, beside `switchboard: 1`.
 *
 * - `listening`: the desk hears what the CRM says. Nothing is in it, and it alone goes to every allowed origin.
 * - `desk`: who works here and whether they want chats; first of all after `hello`, and when it changes.
 * - `request`, `request-ended`: what rings.
 * - `screen-pop`: the agent is in a conversation: show the customer's record.
 * - `conversation-ended`: it is off the desk.
 * - `log-activity`: after `conversation-ended`, for the record; not of those that a supervisor only looked into. Times are ISO 8601.
 * - `wrap-up`: what the agent noted. The service has it, where it takes such notes.
 * - `done`, `failed`: what became of the message with that `id`.
 */
export type CrmNotice =
  | { type: "listening" }
  | { type: "desk"; status: AgentState["status"]; reason?: LinkCloseReason; ready: boolean; agent?: AgentIdentity }
  | {
      type: "request";
      requestId: string;
      conversationId: string;
      kind: ChatRequest["kind"];
      customer: CrmCustomer;
      queue?: string;
    }
  | { type: "request-ended"; requestId: string; outcome: RequestOutcome }
  | { type: "screen-pop"; conversationId: string; part: AgentPart; customer: CrmCustomer }
  | { type: "conversation-ended"; conversationId: string; reason: CloseReason }
  | {
      type: "log-activity";
      conversationId: string;
      customer: CrmCustomer;
      startedAt: string;
      endedAt: string;
      /** How many messages there were; whispers are not counted. */
      messages: { fromCustomer: number; fromOthers: number };
    }
  | { type: "wrap-up"; conversationId: string; customer: CrmCustomer; reason: string; note?: string }
  | { type: "done"; id: string }
  | { type: "failed"; id: string; code: ChatErrorCode; message: string };

/**
 * What the CRM asks of the desk, beside `switchboard: 1`. Those with an `id` are answered by `done` or `failed`.
 *
 * - `hello`: the CRM listens. Nothing is told before it; after each, everything that is current.
 * - `accept`, `decline`: what rings.
 * - `open`: show that conversation.
 * - `wrap-up`: noted in the CRM, during a conversation or after it.
 */
export type CrmCommand =
  | { type: "hello" }
  | { type: "accept"; requestId: string; id?: string }
  | { type: "decline"; requestId: string; reason?: string; id?: string }
  | { type: "open"; conversationId: string; id?: string }
  | { type: "wrap-up"; conversationId: string; reason: string; note?: string; id?: string };

/** Names under which services and CRMs keep what is nobody else's. */
const SECRET =
  /pass(word|wd|code|phrase)|token|secret|credential|authori[sz]ation|api[-_ ]?key|cookie|session|jwt|bearer|\bpin\b/i;
const MOST_DETAILS = 50;
const LONGEST_DETAIL = 256;

/** Takes what a CRM may know of a customer. Long texts, lists and whatever is named as a secret stay at the desk. */
export function toCrmCustomer({ id, name, email, phone, channel, details }: CustomerInfo): CrmCustomer {
  const known: [string, string | number | boolean][] = [];
  for (const [key, value] of Object.entries(details)) {
    if (known.length === MOST_DETAILS) break;
    if (SECRET.test(key) || key.length > LONGEST_DETAIL) continue;
    if (typeof value === "number" || typeof value === "boolean") known.push([key, value]);
    if (typeof value === "string" && value.length <= LONGEST_DETAIL) known.push([key, value]);
  }
  return {
    ...(id !== undefined && { id }),
    name,
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone }),
    ...(channel !== undefined && { channel }),
    details: Object.fromEntries(known),
  };
}

/** Reads a message of the CRM: exactly the known fields, everything else of it is left behind. `undefined` for a wrong shape. */
export function decodeCommand(data: unknown): CrmCommand | undefined {
  const { switchboard, type, id, requestId, conversationId, reason, note } = record(data);
  if (switchboard !== 1 || !isTextOrAbsent(id)) return undefined;
  const asked = id === undefined ? {} : { id };
  if (type === "hello") return { type };
  if (type === "accept" && isText(requestId)) return { type, requestId, ...asked };
  if (type === "decline" && isText(requestId) && isTextOrAbsent(reason))
    return { type, requestId, ...(reason !== undefined && { reason }), ...asked };
  if (type === "open" && isText(conversationId)) return { type, conversationId, ...asked };
  if (type === "wrap-up" && isText(conversationId) && isText(reason) && isTextOrAbsent(note))
    return { type, conversationId, reason, ...(note !== undefined && { note }), ...asked };
  return undefined;
}

/**
 * Whether plain data is within that many bytes as JSON in UTF-8, roughly and never less. It looks no further than the
 * limit: data that contains itself is too large. `undefined` for what JSON has no word for.
 */
export function isWithin(data: unknown, maxBytes: number): boolean | undefined {
  const open: unknown[] = [data];
  let bytes = 0;
  while (open.length > 0) {
    const value = open.pop();
    bytes += 2;
    if (typeof value === "string") bytes += bytesOf(value, maxBytes);
    else if (typeof value === "number" || typeof value === "boolean") bytes += String(value).length;
    else if (Array.isArray(value)) {
      if (value.length > maxBytes) return false;
      for (const each of value) open.push(each);
    } else if (typeof value === "object" && value !== null) {
      if (Object.prototype.toString.call(value) !== "[object Object]") return undefined;
      for (const [key, each] of Object.entries(value)) {
        bytes += bytesOf(key, maxBytes) + 2;
        if (bytes > maxBytes) return false;
        open.push(each);
      }
    } else if (value !== null && value !== undefined) return undefined;
    if (bytes > maxBytes) return false;
  }
  return true;
}

function bytesOf(text: string, maxBytes: number): number {
  return text.length > maxBytes ? text.length : new TextEncoder().encode(text).length;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || isText(value);
}
