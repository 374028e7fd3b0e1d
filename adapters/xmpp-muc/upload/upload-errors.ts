import { ChatError, type ChatErrorInfo } from "../../../src/transport/errors.ts";
import type { IqError } from "../connection/link.ts";
import { decodeSlotError } from "../xep/0363-http-upload.ts";

const vendor = (code: string): Pick<ChatErrorInfo, "vendor"> => ({ vendor: { name: "xmpp", code: `upload/${code}` } });

/** The server has no upload service. */
export function uploadUnsupported(): ChatError {
  return new ChatError("unsupported", "This chat server cannot store files.", {
    ...vendor("unsupported"),
    remedy: "Send a link to the file instead.",
  });
}

/** The file is over the service's limit. */
export function fileTooLarge(sizeBytes: number, limitBytes: number | undefined): ChatError {
  const limit = limitBytes === undefined ? "more than the service takes" : `the limit is ${limitBytes} bytes`;
  return new ChatError("too-large", `The file has ${sizeBytes} bytes, ${limit}.`, {
    ...vendor("too-large"),
    ...(limitBytes !== undefined && { limitBytes }),
    remedy: "Send a smaller file.",
  });
}

/** There is nothing to store, or not as much as was said. */
export function emptyFile(message: string): ChatError {
  return new ChatError("invalid-argument", message, { remedy: "Pass the file's exact size in bytes." });
}

/** The error of a slot request (XEP-0363 §4.2), by its condition and by what stands beside it. */
export function mapSlotError(error: ChatError, sizeBytes: number, nowMs: number): ChatError {
  const answer = readIqError(error);
  if (!answer) return error;
  const element = answer.stanza.getChild("error");
  const detail = element ? decodeSlotError(element) : {};
  const tooLarge = detail.maxFileSizeBytes !== undefined || element?.getChild("file-too-large") !== undefined;
  if (tooLarge) return fileTooLarge(sizeBytes, detail.maxFileSizeBytes);
  switch (answer.condition) {
    case "not-acceptable":
      return fileTooLarge(sizeBytes, undefined);
    case "resource-constraint":
      return overQuota(error, detail.retryAt, nowMs);
    case "forbidden":
    case "not-allowed":
    case "not-authorized":
      return refused("The customer may not store files here.", "forbidden", error);
    case "bad-request":
    case "jid-malformed":
      return new ChatError("invalid-argument", "The service cannot take a file of that name or size.", {
        ...vendor("bad-request"),
        cause: error,
      });
    case "service-unavailable":
    case "item-not-found":
    case "feature-not-implemented":
      return uploadUnsupported();
    default:
      return error;
  }
}

/** The answer to the PUT, when it is no 2xx. */
export function mapPutStatus(status: number, sizeBytes: number): ChatError {
  const info = { ...vendor("http"), cause: new Error(`HTTP ${status}`) };
  if (status === 413) return fileTooLarge(sizeBytes, undefined);
  if (status === 429) return new ChatError("rate-limited", "The file store takes no more files for now.", info);
  if (status === 408 || status === 504)
    return new ChatError("timed-out", `The file store did not answer (${status}).`, info);
  if (status >= 500) return new ChatError("unreachable", `The file store failed (HTTP ${status}).`, info);
  return new ChatError("refused", `The file store refused the file (HTTP ${status}).`, info);
}

/** The PUT got no answer at all. */
export function putUnreachable(cause: unknown): ChatError {
  return new ChatError("unreachable", "The file store cannot be reached.", {
    ...vendor("http"),
    cause,
    remedy: "Check the connection; in a browser also that the store allows this page's origin (CORS).",
  });
}

/** The caller's abort, in the words of the other upload errors; everything else as it is. */
export function asUploadError(error: unknown): unknown {
  if (!ChatError.isInstance(error) || error.code !== "aborted" || error.info.vendor) return error;
  return new ChatError("aborted", error.message, { ...error.info, ...vendor("aborted") });
}

/** The service gave a slot that must not or cannot be used. */
export function badSlot(what: string): ChatError {
  return new ChatError("bad-frame", `The upload service gave a slot that cannot be used: ${what}.`, vendor("slot"));
}

/** A slot that wants a cookie, in a page, which cannot set one. */
export function cookieSlot(): ChatError {
  return new ChatError("unsupported", "The file store wants a cookie that a page cannot set.", vendor("cookie"));
}

function overQuota(cause: ChatError, retryAt: Date | undefined, nowMs: number): ChatError {
  return new ChatError("rate-limited", "The customer has stored as much as the service allows for now.", {
    ...vendor("quota"),
    ...(retryAt && { retryAfterMs: Math.max(0, retryAt.getTime() - nowMs) }),
    cause,
  });
}

function refused(message: string, code: string, cause: ChatError): ChatError {
  return new ChatError("refused", message, { ...vendor(code), cause });
}

/** What the server answered, if it answered: the link keeps it as the error's cause. */
export function readIqError(error: ChatError): IqError | undefined {
  const { cause } = error.info;
  return isIqError(cause) ? cause : undefined;
}

function isIqError(value: unknown): value is IqError {
  return typeof value === "object" && value !== null && "condition" in value && "stanza" in value;
}
