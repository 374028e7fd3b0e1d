import { ChatError, type ChatErrorCode } from "../../../src/transport/errors.ts";
import { readStanzaError } from "../connection/iq-tracker.ts";
import { lookUp } from "../xep/read.ts";
import type { XmlElement } from "../xml.ts";

/** What to do about a refused join. */
export type JoinRemedy = "fail" | "wait-for-room" | "other-nick" | "reserved-nick";

/** A refused join: what to tell, and what to try before telling it. */
export interface JoinRefusal {
  error: ChatError;
  remedy: JoinRemedy;
}

interface Row {
  code: ChatErrorCode;
  vendor: string;
  message: string;
  advice?: string;
  remedy?: JoinRemedy;
}

// XEP-0045 §7.2 and what servers make of it.
const ROWS: Readonly<Record<string, Row | undefined>> = {
  "not-authorized": {
    code: "unauthorized",
    vendor: "muc/password-required",
    message: "The room wants a password, or another one.",
    advice: "Give the room's password.",
  },
  "registration-required": {
    code: "refused",
    vendor: "muc/members-only",
    message: "The room is for members only and this customer is none.",
    advice: "Check that the provisioning adds the customer to the room.",
    remedy: "wait-for-room",
  },
  forbidden: {
    code: "refused",
    vendor: "muc/banned",
    message: "The room has banned this customer.",
    advice: "Start a new chat, or ask the contact centre to lift the ban.",
  },
  conflict: {
    code: "conflict",
    vendor: "muc/nick-conflict",
    message: "Somebody in the room has that name, and the next ones.",
    advice: "Choose another name.",
    remedy: "other-nick",
  },
  "item-not-found": {
    code: "not-found",
    vendor: "muc/not-found",
    message: "There is no such room.",
    advice: "Check the room's address, and that it was created.",
    remedy: "wait-for-room",
  },
  "not-allowed": {
    code: "refused",
    vendor: "muc/not-allowed",
    message: "There is no such room and the service does not let customers create one.",
    advice: "Check the room's address, and that it was created before the customer joins.",
  },
  "not-acceptable": {
    code: "conflict",
    vendor: "muc/nick-reserved",
    message: "The room has another name reserved for this customer.",
    advice: "Join with the reserved name.",
    remedy: "reserved-nick",
  },
  "service-unavailable": {
    code: "refused",
    vendor: "muc/full",
    message: "The room is full.",
    advice: "Try again later.",
  },
  "jid-malformed": {
    code: "invalid-argument",
    vendor: "muc/nick-malformed",
    message: "The room cannot take that name.",
    advice: "Choose a plain name.",
  },
  gone: {
    code: "not-found",
    vendor: "muc/gone",
    message: "The room has moved.",
    advice: "Check the room's address.",
  },
  "remote-server-not-found": {
    code: "unreachable",
    vendor: "muc/unreachable",
    message: "The room's server cannot be reached.",
  },
  "remote-server-timeout": {
    code: "unreachable",
    vendor: "muc/unreachable",
    message: "The room's server does not answer.",
  },
};

/** Reads a join's error presence. Conditions nobody knows mean: refused. */
export function mapJoinError(presence: XmlElement): JoinRefusal {
  const { condition, text } = readStanzaError(presence);
  const row = lookUp(ROWS, condition) ?? {
    code: "refused",
    vendor: `muc/${condition}`,
    message: "The room refused the join.",
  };
  const said = text === undefined || text === "" ? "" : ` It says: ${text.slice(0, 200)}`;
  return {
    remedy: row.remedy ?? "fail",
    error: new ChatError(row.code, row.message + said, {
      vendor: { name: "xmpp", code: row.vendor },
      ...(row.vendor === "muc/full" && { retryable: true }),
      ...(row.advice !== undefined && { remedy: row.advice }),
    }),
  };
}

/** Status 201: the join made the room, so nobody else is or will be in it (rule 11). */
export function createdByUs(): ChatError {
  return new ChatError("not-found", "The room did not exist; joining created an empty one.", {
    vendor: { name: "xmpp", code: "muc/not-found" },
    remedy: "Check the room's address, and that it was created before the customer joins.",
  });
}

/** Whether a refused join says that there is no such room. */
export function isRoomGone({ info: { vendor } }: ChatError): boolean {
  return vendor?.code === "muc/not-found" || vendor?.code === "muc/gone" || vendor?.code === "muc/not-allowed";
}
