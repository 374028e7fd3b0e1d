import * as v from "valibot";
import { ChatError, type ChatErrorCode } from "../../src/transport/errors.ts";

const CODES: Record<number, ChatErrorCode | undefined> = {
  400: "invalid-argument",
  401: "unauthorized",
  403: "refused",
  404: "not-found",
  409: "conflict",
};

/** How a control API is reached. */
export interface ControlEndpoint {
  /** Address without a slash at the end. */
  url: string;
  /** Bearer token, when the API wants one. */
  token?: string;
  /** Vendor name in errors. */
  name: string;
}

/**
 * One JSON request to a server's control API. Needs only `fetch`, so it works in pages too.
 * @throws ChatError by HTTP status (`invalid-argument`, `unauthorized`, `not-found`, `conflict`, else `refused`),
 * `unreachable` without an answer, `bad-frame` when the answer is not of the expected shape.
 */
export async function controlRequest<T>(
  endpoint: ControlEndpoint,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body: unknown,
  shape: v.GenericSchema<unknown, T>,
): Promise<T> {
  const headers: Record<string, string> = {};
  if (endpoint.token !== undefined) headers["authorization"] = `Bearer ${endpoint.token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  const answer = await fetch(`${endpoint.url}/${path}`, init).catch((cause: unknown) => {
    throw new ChatError("unreachable", `The control API at ${endpoint.url} does not answer.`, { cause });
  });
  const text = await answer.text();
  if (!answer.ok) {
    throw new ChatError(CODES[answer.status] ?? "refused", `${method} ${path}: HTTP ${answer.status} ${text}`.trim(), {
      vendor: { name: endpoint.name, code: String(answer.status) },
    });
  }
  const parsed = v.safeParse(shape, parseJson(text));
  if (!parsed.success) {
    throw new ChatError("bad-frame", `${method} ${path} answered unexpectedly: ${text.slice(0, 200)}`);
  }
  return parsed.output;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
