import type { ChatError } from "../transport/errors.ts";

/** What is known of the chat when `startChat` fails. */
export interface LegacyContext {
  roomJid?: string | undefined;
  customerJid?: string | undefined;
}

/**
 * What `startChat` rejects with: an `Error` that fits all three shapes of the vendor's document at once. Integrations do
 * `err.errorData || err`, or print it: `String(error)` is the HTTP status text where there is one.
 */
export class ExoChatStartError extends Error {
  /** What failed; present when the chat was provisioned but the XMPP server could not be reached. */
  readonly errorData: ChatError | undefined;
  readonly roomJid: string | undefined;
  readonly customerJid: string | undefined;
  /** HTTP status of the REST service, if it was that. */
  readonly status: number | undefined;
  /** The typed error. */
  override readonly cause: ChatError;

  constructor(cause: ChatError, context: LegacyContext = {}) {
    const http = httpStatus(cause);
    super(http?.statusText ?? cause.message, { cause });
    this.name = "ExoChatStartError";
    this.cause = cause;
    this.errorData = context.roomJid === undefined ? undefined : cause;
    this.roomJid = context.roomJid;
    this.customerJid = context.customerJid;
    this.status = http?.status;
  }

  override toString(): string {
    return this.message;
  }
}

/**
 * The value that `startChat` rejects with. `exact` gives the documented shapes: the status text as a string, the three
 * fields, or the fetch error itself. This is the only place where something else than an error is thrown.
 */
export function legacyRejection(cause: ChatError, context: LegacyContext, mode: "error" | "exact"): unknown {
  if (mode === "error") return new ExoChatStartError(cause, context);
  const http = httpStatus(cause);
  if (http) return http.statusText;
  if (context.roomJid !== undefined) {
    return { errorData: cause, roomJid: context.roomJid, customerJid: context.customerJid };
  }
  return cause.info.cause instanceof Error ? cause.info.cause : cause;
}

function httpStatus(error: ChatError): { status: number; statusText: string } | undefined {
  const { cause } = error.info;
  if (typeof cause !== "object" || cause === null || !("status" in cause) || !("statusText" in cause)) return undefined;
  const { status, statusText } = cause;
  return typeof status === "number" && typeof statusText === "string" ? { status, statusText } : undefined;
}
