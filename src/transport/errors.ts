/**
 * What went wrong, in the caller's terms. One code, one meaning, whichever vendor is behind it.
 *
 * | code | meaning | worth repeating |
 * | --- | --- | --- |
 * | `aborted` | the caller's `AbortSignal` fired | no |
 * | `timed-out` | nothing came within `timeoutMs` | yes |
 * | `not-connected` | the operation needs a connected conversation | no |
 * | `closed` | the conversation is over; a new chat is a new transport | no |
 * | `unreachable` | no link, or the link was lost | yes |
 * | `unauthorized` | the credentials were refused | no |
 * | `refused` | the service understood and said no | no |
 * | `conflict` | somebody else holds the name, the session or the resource | no |
 * | `not-found` | the room, archive or transcript does not exist | no |
 * | `rate-limited` | come back after `retryAfterMs` | later |
 * | `too-large` | over a limit, which the message names | no |
 * | `unsupported` | this vendor, server or runtime cannot do it | no |
 * | `invalid-config` | an option of ours is missing or wrong | no |
 * | `invalid-argument` | an argument of this call is missing or wrong | no |
 * | `bad-frame` | the service sent something its document does not allow | no |
 * | `unknown-outcome` | a message was handed over, and nothing can tell whether the service has it | no |
 * | `outbox-full` | too many messages wait to be sent | later |
 */
export const CHAT_ERROR_CODES = [
  "aborted",
  "timed-out",
  "not-connected",
  "closed",
  "unreachable",
  "unauthorized",
  "refused",
  "conflict",
  "not-found",
  "rate-limited",
  "too-large",
  "unsupported",
  "invalid-config",
  "invalid-argument",
  "bad-frame",
  "unknown-outcome",
  "outbox-full",
] as const;

/** One of {@link CHAT_ERROR_CODES}. */
export type ChatErrorCode = (typeof CHAT_ERROR_CODES)[number];

/** What a {@link ChatError} carries beside its code and message. */
export interface ChatErrorInfo {
  /** Whether repeating the same call later may succeed. */
  retryable: boolean;
  /** What the reader should do first, as one sentence. */
  remedy?: string;
  /** The condition as the wire spelled it, for example `{ name: "xmpp", code: "muc/registration-required" }`. */
  vendor?: { name: string; code: string };
  /** Milliseconds until the service wants to be asked again; only with `rate-limited` and `unreachable`. */
  retryAfterMs?: number;
  /** The limit that was exceeded; only with `too-large`. */
  limitBytes?: number;
  /** The error this one was made from. Never holds credentials or message text. */
  cause?: unknown;
}

/** Codes for which repeating is sensible unless the thrower says otherwise. */
const RETRYABLE: ReadonlySet<ChatErrorCode> = new Set(["unreachable", "timed-out", "rate-limited", "outbox-full"]);

// Registered, so that two copies of the package on one page recognise each other's errors.
const MARK: symbol = Symbol.for("switchboard-chat.ChatError");

/**
 * The only thing that Switchboard rejects with. `name` is `"AbortError"` for the code `aborted`, so that callers who
 * test for the platform's own abort find it, and `"ChatError"` otherwise.
 */
export class ChatError extends Error {
  readonly code: ChatErrorCode;
  readonly info: ChatErrorInfo;

  constructor(code: ChatErrorCode, message: string, info: Partial<ChatErrorInfo> = {}) {
    super(message, info.cause === undefined ? undefined : { cause: info.cause });
    this.name = code === "aborted" ? "AbortError" : "ChatError";
    this.code = code;
    this.info = { retryable: RETRYABLE.has(code), ...info };
    Object.defineProperty(this, MARK, { value: true });
  }

  /** Recognises a `ChatError` of any copy of this package. */
  static isInstance(value: unknown): value is ChatError {
    return typeof value === "object" && value !== null && MARK in value;
  }

  /** Returns `value` itself if it is a `ChatError`, else wraps it under `code` and keeps it as `cause`. */
  static from(value: unknown, code: ChatErrorCode, message: string, info: Partial<ChatErrorInfo> = {}): ChatError {
    return ChatError.isInstance(value) ? value : new ChatError(code, message, { ...info, cause: value });
  }
}
