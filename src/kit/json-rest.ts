import type { Call } from "../transport/call.ts";
import { ChatError, type ChatErrorCode } from "../transport/errors.ts";
import { certificateAdvice } from "./certificate-advice.ts";
import { withDeadline } from "./deadline.ts";
import { retryAfterOf, statusPhrase } from "./http-answer.ts";
import { secureUrl } from "./secure-url.ts";

/** Largest answer that is read, characters. */
const MAX_ANSWER = 8 * 1024 * 1024;

const TIMEOUT_MS = 15_000;

/** What {@link JsonRest} is made of. */
export interface JsonRestParts {
  /** `info.vendor.name` of its errors. */
  vendor: string;
  /** Default: the platform's. */
  fetch?: typeof fetch | undefined;
  /** Milliseconds for one call. Default 15_000. */
  timeoutMs?: number | undefined;
  /** Also plain http to other machines. Default false. */
  allowInsecure?: boolean | undefined;
}

/** Answers of a REST service: a time limit, JSON that is checked to be some, and every failure as a `ChatError`. */
export class JsonRest {
  readonly #parts: JsonRestParts;

  constructor(parts: JsonRestParts) {
    this.#parts = parts;
  }

  /**
   * Sends and reads JSON; an empty answer is `undefined`.
   * @param url absolute; https, or this machine.
   * @throws ChatError by status (`info.vendor.code` is `rest/<status>`), `bad-frame` for what is not JSON, `unreachable`,
   * `timed-out`, `aborted`, `invalid-config`.
   */
  async json(method: "GET" | "POST", url: string, body?: unknown, call?: Call): Promise<unknown> {
    return this.parse(await this.text(method, url, body, call));
  }

  /** Reads what `text` gave. @throws ChatError `bad-frame`. */
  parse(answer: string): unknown {
    if (answer.trim() === "") return undefined;
    try {
      return JSON.parse(answer) as unknown;
    } catch {
      throw this.notJson();
    }
  }

  /** Sends and reads whatever the answer is. @throws ChatError as `json`, without `bad-frame`. */
  text(method: "GET" | "POST", url: string, body?: unknown, call?: Call): Promise<string> {
    return this.ask(method, url, body, call, async (response) => {
      const answer = await response.text();
      if (answer.length > MAX_ANSWER)
        throw new ChatError("bad-frame", `The service answered ${answer.length} characters.`);
      return answer;
    });
  }

  /** Sends, and reads a good answer as `read` does; the time limit covers both. @throws ChatError as `json`, without `bad-frame`. */
  ask<T>(
    method: "GET" | "POST",
    url: string,
    body: unknown,
    call: Call | undefined,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    return withDeadline(call, this.#parts.timeoutMs ?? TIMEOUT_MS, "The chat service", async (signal) =>
      read(await this.#send(method, url, body, signal)),
    );
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
    return hasBody ? [["Content-Type", "application/json"]] : [];
  }

  /** The error for a status that is no success. */
  statusError(status: number, phrase: string, retryAfterMs?: number): ChatError {
    const fallback: [ChatErrorCode, string] =
      status >= 500 ? ["unreachable", "Try again in a moment."] : ["refused", "Check the configuration."];
    const [code, remedy] = CODES[status] ?? fallback;
    return new ChatError(code, `The chat service answered ${status} ${phrase}.`, {
      remedy,
      vendor: { name: this.#parts.vendor, code: `rest/${status}` },
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }

  /** The answer is something else, a web page most likely. */
  notJson(): ChatError {
    return new ChatError("bad-frame", "The chat service answered with something that is not JSON.", {
      remedy: "Check the address of the service: a web page may be answering there.",
      vendor: { name: this.#parts.vendor, code: "rest/bad-json" },
    });
  }

  /** Nothing answered. */
  unreachable(origin: string, cause: unknown): ChatError {
    return new ChatError("unreachable", `The chat service at ${origin} could not be reached.`, {
      remedy:
        certificateAdvice(cause) ?? "Check the network, the address and, in a page, that the service allows it (CORS).",
      vendor: { name: this.#parts.vendor, code: "rest/unreachable" },
      cause,
    });
  }

  async #send(method: string, url: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const plain = this.#parts.allowInsecure === true ? url.replace(/^http:/i, "https:") : url;
    const { origin } = secureUrl(plain, ["https:", "http:"], "The address of the service");
    let response: Response;
    try {
      response = await (this.#parts.fetch ?? fetch)(new URL(url).href, {
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
      throw this.unreachable(origin, cause);
    }
    if (response.ok) return response;
    throw this.statusError(response.status, statusPhrase(response), retryAfterOf(response, Date.now()));
  }
}

/** A path of encoded segments behind a base address. */
export function under(base: string, ...segments: string[]): string {
  return [base.replace(/\/+$/, ""), ...segments.map(encodeURIComponent)].join("/");
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
