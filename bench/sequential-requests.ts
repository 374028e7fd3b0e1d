/** What of a request's log entry matters here; times of the proxy's `performance.now()`. */
export interface LoggedRequest {
  /** When the whole request had come. */
  startedAt: number;
  answeredAt?: number;
}

/** Milliseconds from the proxy to the page: the log is taken behind a delay of 50 ms each way. */
const ONE_WAY_MS = 50;
/** Timers and sockets of a busy machine. */
const TOLERANCE_MS = 5;

/**
 * How many requests a client needed one after another until it was joined: the longest chain in which each was sent
 * after an answer to the one before had come. Requests that were open at the same time count once.
 *
 * On BOSH an answer travels in the response to the oldest open request, so what a response holds may be the answer to
 * any request that the server had by then. It counts as deep as the deepest of those.
 * @param joinedAt in the proxy's `performance.now()`.
 */
export function sequentialRequests(log: readonly LoggedRequest[], joinedAt: number): number {
  const inOrder = [...log].sort((a, b) => a.startedAt - b.startedAt);
  const depths = new Map<LoggedRequest, number>();
  /** The deepest request that the server had when it wrote the last answer that the page had at a moment. */
  const deepestAnsweredAt = (moment: number): number => {
    const written = inOrder.map(({ answeredAt = Infinity }) => answeredAt).filter((at) => at + ONE_WAY_MS <= moment);
    const last = Math.max(...written);
    return Math.max(0, ...inOrder.filter(({ startedAt }) => startedAt <= last).map((each) => depths.get(each) ?? 0));
  };
  for (const request of inOrder) {
    depths.set(request, 1 + deepestAnsweredAt(request.startedAt - ONE_WAY_MS + TOLERANCE_MS));
  }
  return deepestAnsweredAt(joinedAt + TOLERANCE_MS);
}
