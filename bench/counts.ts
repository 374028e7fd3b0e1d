/** How much is measured. */
export interface Counts {
  /** Starts of each client, per wire and delay; one more before, which is not counted. */
  starts: number;
  /** Fresh sessions in which echo and delivery are measured. */
  latencyRounds: number;
  /** Echoes of each round. */
  echoes: number;
  /** Length of each steady stream, milliseconds. */
  steadyMs: number;
  cpuRuns: number;
  cpuMessages: number;
  heapMessages: number;
}

export const FULL: Counts = {
  starts: 15,
  latencyRounds: 2,
  echoes: 40,
  steadyMs: 4_000,
  cpuRuns: 5,
  cpuMessages: 5_000,
  heapMessages: 10_000,
};

/** About two minutes: to see whether everything works, not to quote. */
export const QUICK: Counts = {
  starts: 3,
  latencyRounds: 1,
  echoes: 5,
  steadyMs: 1_000,
  cpuRuns: 2,
  cpuMessages: 1_000,
  heapMessages: 1_000,
};
