/** How often and how long a request is repeated (XEP-0124 §14.3). */
export interface BoshRetryOptions {
  /** Tries of one request when the server named no `inactivity`. Default 6. */
  maxAttempts?: number;
  /** First delay, milliseconds, doubled each time. Default 250. */
  baseMs?: number;
  /** Longest delay, milliseconds. Default 8_000. */
  maxMs?: number;
}

/** Options of the BOSH transport. */
export interface BoshOptions {
  /** Seconds the server may hold a request. Default 30: proxies cut idle answers at 30 to 60 s. */
  wait?: number;
  /** Requests the server may hold. Default 1; 0 means polling. */
  hold?: number;
  /** `text/plain; charset=utf-8` avoids the CORS preflight. Default `text/xml; charset=utf-8`: some proxies filter. */
  contentType?: string;
  /** Sends cookies, for load balancers that need them. Cannot work with a server that allows every origin. */
  withCredentials?: boolean;
  /** More request headers. Each one needs the server's permission by CORS. */
  headers?: Record<string, string>;
  /** `route` of the session request (XEP-0124 §9). */
  route?: string;
  /** Bytes of one request body. Default 131_072; ejabberd refuses more than 262_144 with an empty HTTP 403. */
  maxBodyBytes?: number;
  /** UTF-16 code units of one answer. Default 16 Mi. */
  maxAnswerLength?: number;
  /** Milliseconds beyond `wait` after which an unanswered request is repeated. Default 15_000. */
  graceMs?: number;
  retry?: BoshRetryOptions;
  /** Milliseconds that repeats have to fail until the connection tells that it is `faltering`. Default 3_000. */
  falterMs?: number;
  /** Default: the platform's. */
  fetch?: typeof fetch;
  /** Ends the session when the page goes away, with a request that outlives it. Default true. */
  terminateOnPageHide?: boolean;
}

/** {@link BoshOptions} with every default filled in. */
export interface ResolvedBoshOptions {
  wait: number;
  hold: number;
  contentType: string;
  withCredentials: boolean;
  headers: Record<string, string>;
  route: string | undefined;
  maxBodyBytes: number;
  maxAnswerLength: number;
  graceMs: number;
  retry: Required<BoshRetryOptions>;
  falterMs: number;
  fetch: typeof fetch;
  terminateOnPageHide: boolean;
}

/** Fills in the defaults. */
export function resolveBoshOptions(options: BoshOptions = {}): ResolvedBoshOptions {
  return {
    wait: options.wait ?? 30,
    hold: options.hold ?? 1,
    contentType: options.contentType ?? "text/xml; charset=utf-8",
    withCredentials: options.withCredentials ?? false,
    headers: options.headers ?? {},
    route: options.route,
    maxBodyBytes: options.maxBodyBytes ?? 131_072,
    maxAnswerLength: options.maxAnswerLength ?? 16 * 1024 * 1024,
    graceMs: options.graceMs ?? 15_000,
    retry: { maxAttempts: 6, baseMs: 250, maxMs: 8_000, ...options.retry },
    falterMs: options.falterMs ?? 3_000,
    // Called through a closure: the platform's fetch insists on its own `this`.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    terminateOnPageHide: options.terminateOnPageHide ?? true,
  };
}
