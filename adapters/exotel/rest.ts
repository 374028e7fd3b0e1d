import { certificateAdvice } from "../../src/kit/certificate-advice.ts";
import { withDeadline } from "../../src/kit/deadline.ts";
import { retryAfterOf, statusPhrase } from "../../src/kit/http-answer.ts";
import type { Call } from "../../src/transport/call.ts";
import { ChatError, type ChatErrorCode } from "../../src/transport/errors.ts";
import type { ExotelOptions } from "./exotel-options.ts";
import { isRecord } from "./names.ts";

/** Largest answer that is read, characters. */
const MAX_ANSWER = 4 * 1024 * 1024;

/** The REST side of one tenant: headers, token, time limit, and every failure as a `ChatError`. */
export class ExotelRest {
  readonly #options: ExotelOptions;

  constructor(options: ExotelOptions) {
    this.#options = options;
  }

  /** Sends and returns the answer unread, whatever its status; asks the token provider again after a 401. */
  async fetch(method: "GET" | "POST", url: string, body: unknown, call?: Call): Promise<Response> {
    return this.#ask(method, url, body, call, (response) => Promise.resolve(response));
  }

  /**
   * Sends and decodes JSON.
   * @throws ChatError by status, with `info.vendor.code` `rest/…`; `bad-frame` when the answer is no JSON.
   */
  async json(method: "GET" | "POST", url: string, body: unknown, call?: Call): Promise<unknown> {
    const text = await this.#ask(method, url, body, call, async (response) => {
      if (!response.ok) throw await statusError(response);
      return readBounded(response, url);
    });
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new ChatError("bad-frame", "The chat service answered with something that is not JSON.", {
        remedy: "Check the address of the chat service: a web page may be answering there.",
        vendor: { name: "exotel", code: "rest/bad-json" },
      });
    }
  }

  /** The time limit covers `read`, too: an answer may begin and never end. */
  #ask<T>(
    method: "GET" | "POST",
    url: string,
    body: unknown,
    call: Call | undefined,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    return withDeadline(call, this.#options.timeoutMs ?? 15_000, "The chat service", async (signal) => {
      const first = await this.#once(method, url, body, signal);
      const again = first.status === 401 && this.#options.tokenProvider;
      return read(again ? await this.#once(method, url, body, signal) : first);
    }).catch(asNetTimeout);
  }

  async #once(method: string, url: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const headers = await this.#headers(body !== undefined, signal);
    try {
      return await (this.#options.fetch ?? fetch)(url, {
        method,
        headers,
        // A redirect would carry the token's headers to whoever is named in it.
        redirect: "error",
        credentials: "omit",
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw networkError(url, cause);
    }
  }

  async #headers(hasBody: boolean, signal: AbortSignal): Promise<Record<string, string>> {
    const { authToken, tokenProvider, contactCenterId, accountId, wire } = this.#options;
    const token = tokenProvider ? await askForToken(tokenProvider, signal) : authToken;
    const account = accountId ?? (wire?.sendNullAccountId ? "null" : "");
    return {
      // The Openfire plugin answers XML unless asked for JSON.
      Accept: "application/json",
      ...(hasBody ? { "Content-Type": "application/json" } : {}),
      ...(token === undefined ? {} : { Authorization: token }),
      contactCenterId: String(contactCenterId),
      ...(account === "" ? {} : { accountId: account }),
    };
  }
}

/** Throws what was thrown; a time-out with the vendor code `net/timeout`. */
export function asNetTimeout(error: unknown): never {
  if (!ChatError.isInstance(error) || error.code !== "timed-out" || error.info.vendor) throw error;
  throw new ChatError("timed-out", error.message, {
    ...error.info,
    vendor: { name: "exotel", code: "net/timeout" },
    cause: error,
  });
}

async function askForToken(
  provider: NonNullable<ExotelOptions["tokenProvider"]>,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await provider({ signal });
  } catch (cause) {
    throw ChatError.from(cause, "unauthorized", "The token provider gave no token.", {
      remedy: "See the cause: it is what the page's own tokenProvider threw.",
    });
  }
}

async function readBounded(response: Response, url: string): Promise<string> {
  const text = await response.text().catch((cause: unknown) => {
    throw networkError(url, cause);
  });
  if (text.length > MAX_ANSWER)
    throw new ChatError("bad-frame", `The chat service answered with ${text.length} characters.`);
  return text;
}

function networkError(url: string, cause: unknown): ChatError {
  const { origin } = new URL(url);
  const crossOrigin = typeof location === "object" && location.origin !== origin;
  return new ChatError("unreachable", `The chat service at ${origin} could not be reached.`, {
    // Browsers do not say why: a missing CORS permission looks like a dead network.
    remedy:
      certificateAdvice(cause) ??
      (crossOrigin
        ? "Check the network, the address, and that the service allows this page by CORS (authorization, contactCenterId, accountId)."
        : "Check the network and the address of the chat service."),
    vendor: { name: "exotel", code: crossOrigin ? "net/cors" : "net/unreachable" },
    cause,
  });
}

type Meaning = [code: ChatErrorCode, vendorCode: string, message: string, remedy: string];

const STATUS: Readonly<Record<number, Meaning | undefined>> = {
  400: [
    "invalid-argument",
    "rest/bad-request",
    "The chat service could not use the request.",
    "Check the configuration against the tenant: campaign, nodeflow and contact centre ids.",
  ],
  401: [
    "unauthorized",
    "rest/unauthorized",
    "The chat service did not accept the token.",
    "Check AUTH_TOKEN: the whole header value, scheme word included, and not expired.",
  ],
  403: [
    "refused",
    "rest/forbidden",
    "The chat service does not allow this.",
    "Check the token's rights and that the chat plugin is enabled.",
  ],
  404: [
    "not-found",
    "rest/not-found",
    "The chat service does not know this address.",
    "Check the service address and the ids in the configuration.",
  ],
  409: ["conflict", "rest/conflict", "The chat service has something of this name already.", "Start the chat again."],
  429: [
    "rate-limited",
    "rest/rate-limited",
    "The chat service is being asked too often.",
    "Wait a moment and try again.",
  ],
};

/** The error for a status that is no success. `statusText` is empty over HTTP/2, so the standard phrase stands in. */
export async function statusError(response: Response): Promise<ChatError> {
  const { status } = response;
  const server: Meaning = ["unreachable", "rest/server", "The chat service failed.", "Try again in a moment."];
  const other: Meaning = ["refused", "rest/status", "The chat service refused.", "Check the configuration."];
  const [code, vendorCode, message, remedy] = STATUS[status] ?? (status >= 500 ? server : other);
  const retryAfterMs = retryAfterOf(response, Date.now());
  return new ChatError(code, `${message} (HTTP ${status} ${statusPhrase(response)})`, {
    remedy,
    vendor: { name: "exotel", code: vendorCode },
    cause: { status, statusText: statusPhrase(response), exception: await exceptionOf(response) },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The error body's exception name (Openfire: `exception`, CMS: `errorCode`); never its text, which may repeat the request. */
async function exceptionOf(response: Response): Promise<string | undefined> {
  try {
    const body: unknown = JSON.parse(await response.text());
    if (!isRecord(body)) return undefined;
    const name = body["exception"] ?? body["errorCode"];
    return typeof name === "string" ? name.slice(0, 100) : undefined;
  } catch {
    return undefined;
  }
}
