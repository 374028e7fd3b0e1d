import { ChatError } from "../../../../src/transport/errors.ts";
import { parseXml, type XmlElement } from "../../xml.ts";
import { BoshError, LEGACY_STATUS } from "./bosh-error.ts";
import { NS_HTTPBIND } from "./bosh-body.ts";
import type { ResolvedBoshOptions } from "./bosh-options.ts";

/** An exchange that failed in a way that the same request may be sent again. */
export class RepeatableFailure extends Error {
  readonly status: number | undefined;
  constructor(message: string, facts: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: facts.cause });
    this.name = "RepeatableFailure";
    this.status = facts.status;
  }
}

/**
 * One POST. Resolves with the `<body/>` of the answer, whatever its type.
 * @throws RepeatableFailure network error, 5xx, 429, or a 200 that is no httpbind body (a proxy's page).
 * @throws BoshError 400, 403, 404 and any other status that ends the session; an answer over the limits, which would be as
 * long when asked for again.
 */
export async function postBody(
  url: string,
  body: string,
  options: ResolvedBoshOptions,
  signal: AbortSignal,
): Promise<XmlElement> {
  let status: number;
  let text: string;
  try {
    const response = await options.fetch(url, {
      method: "POST",
      headers: { ...options.headers, "Content-Type": options.contentType },
      body,
      credentials: options.withCredentials ? "include" : "same-origin",
      // A redirect would carry sid and rid, which are a login, to whoever is named in it.
      redirect: "error",
      // No `cache: "no-store"`: with it Chromium skips its preflight cache, and each request costs an OPTIONS.
      signal,
    });
    status = response.status;
    text = await readText(response, options.maxAnswerLength);
  } catch (cause) {
    if (cause instanceof BoshError) throw cause;
    throw new RepeatableFailure("The BOSH request failed.", { cause });
  }
  if (status >= 500 || status === 429) throw new RepeatableFailure(`HTTP ${status}.`, { status });
  if (status !== 200) {
    throw new BoshError(LEGACY_STATUS[status] ?? "undefined-condition", `The BOSH service answered HTTP ${status}.`, {
      status,
    });
  }
  return asBody(text, status);
}

function asBody(text: string, status: number): XmlElement {
  let root: XmlElement;
  try {
    root = parseXml(text);
  } catch (cause) {
    if (ChatError.isInstance(cause) && cause.code === "too-large") throw tooLong(cause.message);
    throw new RepeatableFailure("The answer is not XML.", { status, cause });
  }
  if (root.name !== "body" || root.attrs["xmlns"] !== NS_HTTPBIND) {
    throw new RepeatableFailure("The answer is not a BOSH body.", { status });
  }
  return root;
}

async function readText(response: Response, maxLength: number): Promise<string> {
  const declared = Number(response.headers.get("content-length") ?? Number.NaN);
  if (declared > maxLength * 4) throw tooLong(`The answer is longer than ${maxLength} characters.`);
  // A declared length bounds the memory; without one the stream is counted as it comes.
  if (!Number.isNaN(declared) || !response.body) return response.text();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (text.length > maxLength) {
      await reader.cancel();
      throw tooLong(`The answer is longer than ${maxLength} characters.`);
    }
  }
}

function tooLong(message: string): BoshError {
  return new BoshError("answer-too-long", message);
}
