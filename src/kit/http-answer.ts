/** Longest time to stay away that is believed, milliseconds: a day. */
const MAX_RETRY_AFTER_MS = 86_400_000;

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110 §10.2.3). Pages see it only if the service exposes it (CORS). */
export function retryAfterOf(response: Response, nowMs: number): number | undefined {
  const text = response.headers.get("retry-after")?.trim() ?? "";
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), MAX_RETRY_AFTER_MS);
}

const PHRASES: Readonly<Record<number, string | undefined>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** What the status is called. */
export function statusPhrase({ status, statusText }: { status: number; statusText: string }): string {
  return statusText !== "" ? statusText : (PHRASES[status] ?? `HTTP ${status}`);
}
