import { certificateAdvice } from "../../../src/kit/certificate-advice.ts";
import { ChatError, type ChatErrorCode, type ChatErrorInfo } from "../../../src/transport/errors.ts";
import { lookUp } from "../xep/read.ts";
import type { XmlElement } from "../xml.ts";
import { BoshError } from "./bosh/bosh-error.ts";

/** A `<stream:error/>` (RFC 6120 §4.9). */
export class StreamFailure extends Error {
  readonly condition: string;
  readonly text: string | undefined;

  constructor(element: XmlElement) {
    // By name, not by place: servers put application conditions first.
    const conditions = element.getChildElements().filter(({ name }) => name !== "text");
    const condition = conditions.find((child) => child.getNS() === NS_STREAM_ERRORS)?.name ?? conditions[0]?.name;
    super(`stream error: ${condition ?? "undefined-condition"}`);
    this.name = "StreamFailure";
    this.condition = condition ?? "undefined-condition";
    this.text = element.getChildText("text") ?? undefined;
  }
}

const NS_STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams";

type Meaning = [code: ChatErrorCode, message: string, remedy?: string | undefined, retryable?: boolean];

const ADDRESS = "Check the domain and the address of the chat server.";

const STREAM: Readonly<Record<string, Meaning | undefined>> = {
  conflict: ["conflict", "The same customer connected elsewhere, and the chat server keeps only one connection."],
  "not-authorized": ["unauthorized", "The chat server ended the connection: not authorized.", "Start the chat anew."],
  "policy-violation": [
    "refused",
    "The chat server ended the connection for breaking a rule of its own.",
    undefined,
    true,
  ],
  "host-unknown": ["invalid-config", "The chat server does not serve this domain.", ADDRESS],
  "host-gone": ["invalid-config", "The chat server does not serve this domain any more.", ADDRESS],
  "improper-addressing": ["invalid-config", "The chat server could not make sense of the address.", ADDRESS],
  "see-other-host": ["refused", "The chat server sent us to another host, which is not followed.", ADDRESS],
  "system-shutdown": ["unreachable", "The chat server is shutting down."],
  reset: ["unreachable", "The chat server reset the connection."],
  "resource-constraint": ["unreachable", "The chat server is overloaded."],
};

const BOSH: Readonly<Record<string, Meaning | undefined>> = {
  "item-not-found": ["unreachable", "The chat server has forgotten this connection."],
  "remote-connection-failed": ["unreachable", "The BOSH service cannot reach the chat server."],
  "system-shutdown": ["unreachable", "The BOSH service is shutting down."],
  "internal-server-error": ["unreachable", "The BOSH service failed."],
  "policy-violation": [
    "refused",
    "The BOSH service ended the connection for breaking a rule of its own.",
    undefined,
    true,
  ],
  "bad-request": ["bad-frame", "The BOSH service could not read what was sent.", undefined, true],
  // A new session is tried once: what did not fit was perhaps of that moment.
  "answer-too-long": [
    "too-large",
    "The chat server sent more at once than is taken.",
    "Raise the option bosh.maxAnswerLength, or ask for less history.",
    true,
  ],
  "host-unknown": STREAM["host-unknown"],
  "host-gone": STREAM["host-gone"],
  "improper-addressing": STREAM["host-unknown"],
  "see-other-uri": ["unreachable", "The BOSH service has moved."],
};

const HTTP: Readonly<Record<number, Meaning | undefined>> = {
  401: ["unauthorized", "The BOSH address asks for a login of its own.", "Check the BOSH address."],
  403: ["refused", "The BOSH address is forbidden.", "Check the BOSH address and what its proxy allows."],
  404: [
    "not-found",
    "There is no BOSH service at this address.",
    "Check the path of the BOSH address, often /http-bind/.",
  ],
};

/** Turns whatever ended a stream into the error that the caller sees. `info.vendor.code` is `bosh/…` or `xmpp/…`. */
export function streamError(reason: unknown): ChatError {
  if (ChatError.isInstance(reason)) return reason;
  if (reason instanceof StreamFailure) {
    const meaning = lookUp(STREAM, reason.condition) ?? [
      "unreachable",
      `The chat server ended the connection: ${reason.condition}.`,
    ];
    return toError(meaning, { vendor: { name: "xmpp", code: `xmpp/${reason.condition}` }, cause: reason });
  }
  if (reason instanceof BoshError) return boshError(reason);
  if (reason instanceof Error && reason.name === "TimeoutError") {
    return new ChatError("timed-out", "The chat server did not answer.", { cause: reason, remedy: REACH });
  }
  return new ChatError("unreachable", "The connection to the chat server was lost.", {
    cause: reason,
    remedy: certificateAdvice(reason) ?? REACH,
  });
}

const REACH = "Check the network, and that the chat server's address can be reached from here.";

function boshError(error: BoshError): ChatError {
  const vendor = { name: "xmpp", code: `bosh/${error.condition}` };
  if (error.condition === "no-session" || error.status !== undefined) {
    const meaning = (error.status === undefined ? undefined : HTTP[error.status]) ?? [
      "unreachable",
      `The chat server could not be reached over BOSH. ${error.message}`,
    ];
    // In a session these statuses are how older managers spell a lost session (XEP-0124 §17.1): worth a new one.
    const lost = error.condition !== "no-session" && lookUp(BOSH, error.condition);
    return toError(lost || meaning, { vendor, cause: error });
  }
  return toError(lookUp(BOSH, error.condition) ?? ["unreachable", error.message], { vendor, cause: error });
}

function toError([code, message, remedy, retryable]: Meaning, info: Partial<ChatErrorInfo>): ChatError {
  const unreachable = code === "unreachable" ? (certificateAdvice(info.cause) ?? REACH) : undefined;
  const advice = remedy ?? unreachable;
  return new ChatError(code, message, {
    ...info,
    ...(advice === undefined ? {} : { remedy: advice }),
    ...(retryable === undefined ? {} : { retryable }),
  });
}

/** A link that did not answer when it was asked for a sign of life. */
export function silentLink(timeoutMs: number): ChatError {
  return new ChatError("unreachable", `The chat server gave no sign of life within ${timeoutMs} ms.`, {
    remedy: "Check the network.",
  });
}

/** A stanza that is not even tried. */
export function stanzaTooLarge(limitBytes: number): ChatError {
  return new ChatError("too-large", `A message may have at most ${limitBytes} bytes.`, {
    limitBytes,
    remedy: "Send it in parts, or as a file.",
  });
}
