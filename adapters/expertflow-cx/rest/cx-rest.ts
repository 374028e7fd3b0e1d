import { certificateAdvice } from "../../../src/kit/certificate-advice.ts";
import { withDeadline } from "../../../src/kit/deadline.ts";
import { retryAfterOf, statusPhrase } from "../../../src/kit/http-answer.ts";
import { secureUrl } from "../../../src/kit/secure-url.ts";
import type { Call } from "../../../src/transport/call.ts";
import { ChatError, type ChatErrorCode } from "../../../src/transport/errors.ts";
import type { CxRestOptions } from "../cx-options.ts";

/** Largest answer that is read, characters. */
const MAX_ANSWER = 8 * 1024 * 1024;

const TIMEOUT_MS = 15_000;

/** The REST side: the token, a time limit, and every failure as a `ChatError`. */
export class CxRest {
  /** What `TOKEN_GENERATED` brought; sent along where there is one (4.9.2). */
  token: string | undefined;
  readonly #options: CxRestOptions;

  constructor(options: CxRestOptions = {}) {
    this.#options = options;
  }

  /**
   * Sends and reads JSON; an empty answer is `undefined`.
   * @param url absolute; https, or this machine.
   * @throws ChatError by status (`info.vendor.code` is `rest/<status>`), `bad-frame` for what is not JSON, `unreachable`,
   * `timed-out`, `aborted`, `invalid-config`.
   */
  async json(method: "GET" | "POST", url: string, body?: unknown, call?: Call): Promise<unknown> {
    const answer = await this.text(method, url, body, call);
    if (answer.trim() === "") return undefined;
    try {
      return JSON.parse(answer) as unknown;
    } catch {
      throw notJson();
    }
  }

  /** Sends and reads whatever the answer is. @throws ChatError as `json`, without `bad-frame`. */
  text(method: "GET" | "POST", url: string, body?: unknown, call?: Call): Promise<string> {
    return withDeadline(call, this.#options.timeoutMs ?? TIMEOUT_MS, "The chat service", async (signal) => {
      const response = await this.#send(method, url, body, signal);
      const answer = await response.text();
      if (answer.length > MAX_ANSWER)
        throw new ChatError("bad-frame", `The service answered ${answer.length} characters.`);
      return answer;
    });
  }

  /** Reads a file. @throws ChatError as `json`, without `bad-frame`. */
  blob(url: string, call?: Call): Promise<Blob> {
    return withDeadline(call, 60_000, "The download", async (signal) => {
      const response = await this.#send("GET", url, undefined, signal);
      return response.blob();
    });
  }

  /** What a request of ours carries. */
  headers(hasBody: boolean): [string, string][] {
    return [
      ...(hasBody ? ([["Content-Type", "application/json"]] as [string, string][]) : []),
      ...(this.token === undefined ? [] : ([["Authorization", `Bearer ${this.token}`]] as [string, string][])),
    ];
  }

  async #send(method: string, url: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const { href, origin } = secureUrl(url, ["https:", "http:"], "The address of the service");
    let response: Response;
    try {
      response = await (this.#options.fetch ?? fetch)(href, {
        method,
        headers: this.headers(body !== undefined),
        // A redirect would carry the token to whoever is named in it.
        redirect: "error",
        credentials: "omit",
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw unreachable(origin, cause);
    }
    if (response.ok) return response;
    throw statusError(response.status, statusPhrase(response), retryAfterOf(response, Date.now()));
  }
}

/** A path of encoded segments behind a base address. */
export function under(base: string, ...segments: string[]): string {
  return [base.replace(/\/+$/, ""), ...segments.map(encodeURIComponent)].join("/");
}

/** An option that a call needs. @throws ChatError `invalid-config`. */
export function needed(value: string | undefined, option: string): string {
  if (value !== undefined && value !== "") return value;
  throw new ChatError("invalid-config", `${option} is not set.`, { remedy: `Set ${option} in the options.` });
}

const CODES: Readonly<Record<number, [ChatErrorCode, string] | undefined>> = {
  400: ["invalid-argument", "Check the ids in the configuration."],
  401: ["unauthorized", "The token has expired or is missing: connect again, then repeat."],
  403: ["refused", "Check that this customer may do this."],
  404: ["not-found", "Check the address and the ids in the configuration."],
  408: ["timed-out", "Try again in a moment."],
  409: ["conflict", "Read it again, then repeat."],
  413: ["too-large", "Send something smaller."],
  429: ["rate-limited", "Wait a moment and try again."],
  504: ["timed-out", "Try again in a moment."],
};

/** The error for a status that is no success. */
export function statusError(status: number, phrase: string, retryAfterMs?: number): ChatError {
  const fallback: [ChatErrorCode, string] =
    status >= 500 ? ["unreachable", "Try again in a moment."] : ["refused", "Check the configuration."];
  const [code, remedy] = CODES[status] ?? fallback;
  return new ChatError(code, `The chat service answered ${status} ${phrase}.`, {
    remedy,
    vendor: { name: "expertflow-cx", code: `rest/${status}` },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** The answer is something else, a web page most likely. */
export function notJson(): ChatError {
  return new ChatError("bad-frame", "The chat service answered with something that is not JSON.", {
    remedy: "Check the address of the service: a web page may be answering there.",
    vendor: { name: "expertflow-cx", code: "rest/bad-json" },
  });
}

/** Nothing answered. */
export function unreachable(origin: string, cause: unknown): ChatError {
  return new ChatError("unreachable", `The chat service at ${origin} could not be reached.`, {
    remedy:
      certificateAdvice(cause) ?? "Check the network, the address and, in a page, that the service allows it (CORS).",
    vendor: { name: "expertflow-cx", code: "rest/unreachable" },
    cause,
  });
}
