import { ChatError, type ChatErrorCode } from "../../src/transport/errors.ts";
import type { EndedBy } from "../../src/transport/events.ts";
import type { CloseReason } from "../../src/transport/states.ts";
import { record, text } from "../../src/kit/read.ts";

/** How a chat ended. */
export interface CxEnd {
  by: EndedBy;
  reason: CloseReason;
}

/** By event; what it carries is nowhere documented, so the event alone decides unless a reason code can be read. */
const ENDS: Readonly<Record<string, CxEnd | undefined>> = {
  CHAT_ENDED: { by: "system", reason: "agent-ended" },
  CHANNEL_SESSION_ENDED: { by: "agent", reason: "agent-ended" },
  CHANNEL_SESSION_EXPIRED: { by: "system", reason: "timed-out" },
};

/** OM `ReasonCodeEnum`. */
const REASONS: Readonly<Record<string, CxEnd | undefined>> = {
  CUSTOMER: { by: "customer", reason: "customer-left" },
  AGENT: { by: "agent", reason: "agent-ended" },
  FORCE_CLOSED: { by: "system", reason: "agent-ended" },
  INACTIVITY: { by: "system", reason: "timed-out" },
  NETWORK: { by: "system", reason: "timed-out" },
};

/** The end that an event tells of; `undefined` for events that tell of none. */
export function toEnd(name: string, payload: unknown): CxEnd | undefined {
  const end = ENDS[name];
  if (!end) return undefined;
  const state = record(record(payload)["state"]);
  return REASONS[(text(payload) || text(state["reasonCode"])).toUpperCase()] ?? end;
}

const CODES: Readonly<Record<string, ChatErrorCode | undefined>> = {
  "400": "refused",
  "401": "unauthorized",
  "403": "refused",
  "408": "timed-out",
  "429": "rate-limited",
  "500": "unreachable",
};

/** A refusal with the vendor's number: of `ERRORS`, or of an acknowledgement. */
export function chatError(what: string, code: string, source: "errors" | "ack"): ChatError {
  const remedies: Partial<Record<ChatErrorCode, string>> = {
    refused: "Check serviceIdentifier, channelCustomerIdentifier and the form's data.",
    "timed-out": "The contact centre behind the service did not answer in time: try again in a moment.",
    unreachable: "The contact centre behind the service failed: try again in a moment.",
  };
  const ours = CODES[code] ?? "refused";
  const remedy = remedies[ours];
  return new ChatError(ours, `${what} (${code || "no code"})`, {
    vendor: { name: "expertflow-cx", code: `${source}/${code}` },
    ...(remedy !== undefined && { remedy }),
  });
}

/** The same customer has connected elsewhere (4.10.1). */
export function sessionReplaced(): ChatError {
  return new ChatError("conflict", "The chat goes on in another window.", {
    remedy: "Use the window that was opened last.",
    vendor: { name: "expertflow-cx", code: "SESSION_REPLACED" },
  });
}

/** Something that no document describes. */
export function unreadable(what: string): ChatError {
  return new ChatError("bad-frame", `${what} cannot be read.`, { vendor: { name: "expertflow-cx", code: "frame" } });
}
