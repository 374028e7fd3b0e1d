import type { JsonRest } from "../../../src/kit/json-rest.ts";
import { statusPhrase } from "../../../src/kit/http-answer.ts";
import { withDeadline } from "../../../src/kit/deadline.ts";
import type { Call } from "../../../src/transport/call.ts";
import { ChatError } from "../../../src/transport/errors.ts";

/** What is used of Node's `http`. */
interface NodeHttp {
  request(
    url: string,
    options: { method: string; headers: Record<string, string>; signal: AbortSignal },
    onResponse: (response: NodeResponse) => void,
  ): { on(event: "error", listener: (error: Error) => void): unknown; end(body: string): void };
}

interface NodeResponse extends AsyncIterable<Uint8Array> {
  statusCode?: number;
}

const MAX_BYTES = 8 * 1024 * 1024;

/**
 * A GET with a JSON body, as the guide prints it (7.0.11). No `fetch` sends one; Node's own client does.
 * @throws ChatError `unsupported` outside Node, and as `JsonRest.json`.
 */
export async function getWithBody(url: string, body: string, rest: JsonRest, call?: Call): Promise<string> {
  const { origin, protocol } = new URL(url);
  const http = nodeHttp(protocol === "https:" ? "node:https" : "node:http");
  return withDeadline(call, 15_000, "The chat service", async (signal) => {
    const response = await new Promise<NodeResponse>((resolve, reject) => {
      const headers = { "Content-Type": "application/json", "Content-Length": String(new Blob([body]).size) };
      const request = http.request(url, { method: "GET", headers, signal }, resolve);
      request.on("error", (error) => reject(signal.aborted ? error : rest.unreachable(origin, error)));
      request.end(body);
    });
    const answer = await readAll(response);
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw rest.statusError(status, statusPhrase({ status, statusText: "" }));
    return answer;
  });
}

async function readAll(response: NodeResponse): Promise<string> {
  const decoder = new TextDecoder();
  let answer = "";
  for await (const chunk of response) {
    answer += decoder.decode(chunk, { stream: true });
    if (answer.length > MAX_BYTES) throw new ChatError("bad-frame", "The service answered more than can be read.");
  }
  return answer + decoder.decode();
}

/** Found rather than imported: a page's bundle must not ask for it. */
function nodeHttp(name: "node:http" | "node:https"): NodeHttp {
  const found: unknown = Reflect.get(globalThis, "process");
  const builtin: unknown = typeof found === "object" && found ? Reflect.get(found, "getBuiltinModule") : undefined;
  const http: unknown = typeof builtin === "function" ? Reflect.apply(builtin, found, [name]) : undefined;
  if (isHttp(http)) return http;
  throw new ChatError("unsupported", "Past messages by a GET with a body can be read in Node only.", {
    remedy: 'Set pastMessages to "query", or to false.',
  });
}

function isHttp(value: unknown): value is NodeHttp {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "request") === "function";
}
