/** What of a request's log entry matters here; times of the proxy's `performance.now()`. */
export interface LoggedRequest {
  startedAt: number;
  answeredAt?: number;
}

/** Milliseconds from the proxy to the page: the log is taken behind a delay of 50 ms each way. */
const ONE_WAY_MS = 50;
/** Timers and sockets of a busy machine. */
const TOLERANCE_MS = 5;

/**
 * How many requests a client needed one after another until it was joined: the longest chain in which each was sent
 * after the answer to the one before had come. Requests that were open at the same time count once.
 * @param joinedAt in the proxy's `performance.now()`.
 */
export function sequentialRequests(log: readonly LoggedRequest[], joinedAt: number): number {
  const sentAt = ({ startedAt }: LoggedRequest): number => startedAt - ONE_WAY_MS;
  const depths: number[] = [];
  let deepest = 0;
  for (const [index, request] of log.entries()) {
    // Later than that, its answer cannot have been what the client waited for.
    if (sentAt(request) > joinedAt - 2 * ONE_WAY_MS + TOLERANCE_MS) continue;
    let depth = 1;
    for (let earlier = 0; earlier < index; earlier++) {
      const answered = (log[earlier]?.answeredAt ?? Infinity) + ONE_WAY_MS;
      if (answered <= sentAt(request) + TOLERANCE_MS) depth = Math.max(depth, (depths[earlier] ?? 0) + 1);
    }
    depths[index] = depth;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
