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
  /** A client whose runs have taken so long together gets no further one; its line then says how many it had. */
  cpuLimitMs: number;
  cpuMessages: number;
  heapMessages: number;
}

export const FULL: Counts = {
  starts: 15,
  latencyRounds: 2,
  echoes: 40,
  steadyMs: 4_000,
  cpuRuns: 5,
  cpuLimitMs: 300_000,
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
  cpuLimitMs: 30_000,
  cpuMessages: 1_000,
  heapMessages: 1_000,
};

/**
 * Reads `starts=5,cpuRuns=3` over the given counts.
 * @throws Error naming what is not a count.
 */
export function withCounts(base: Counts, text: string): Counts {
  const counts: Counts = { ...base };
  for (const part of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = part.split("=");
    if (!(name in base) || !/^[1-9]\d*$/.test(value)) {
      throw new Error(`"${part}" is no count. There are: ${Object.keys(base).join(", ")}.`);
    }
    Object.assign(counts, { [name]: Number(value) });
  }
  return counts;
}
