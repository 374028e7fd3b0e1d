import { derivedSeed, oneOf, seededRandom } from "./seeded-random.ts";

/** What an HTTP fault proxy can do to one exchange. */
export const HTTP_FAULT_KINDS = [
  /** The connection is closed; the server never sees the request. */
  "drop-request",
  /** The server handles the request; the connection is closed instead of an answer. */
  "drop-answer",
  /** The request is forwarded later, so that others overtake it. */
  "delay-request",
  /** The answer comes later. */
  "delay-answer",
  /** The answer waits until another one has been given. */
  "reorder-answers",
  /** The server gets the request twice, as from a proxy that repeats; the answer to the second copy counts. */
  "duplicate-request",
  /** A part of the answer, then a regular end of the connection. */
  "truncate-answer",
  /** A part of the answer, then a reset (RST). */
  "reset-answer",
  /** Accepted, and never answered; the server never sees it. */
  "half-open",
  /** 500, 502, 503 or 504 with a web page; the server never sees the request. */
  "server-error",
  /** The answer drips: single bytes while it is short. */
  "slow-answer",
] as const;

/** What can happen to a file on its way to a store, beside {@link HTTP_FAULT_KINDS}. */
export const UPLOAD_FAULT_KINDS = [
  ...HTTP_FAULT_KINDS,
  /** The server gets a part of the request and a reset (RST), the client a reset. */
  "cut-request",
  /** The request drips into the server: single bytes while it is short. */
  "slow-request",
] as const;

/** What a TCP fault proxy can do to one piece of a stream. */
export const TCP_FAULT_KINDS = [
  /** This direction stands still for a while. */
  "delay",
  /** A part of the piece, then a reset (RST) of both sides: in the middle of a frame. */
  "reset",
  /** A part of the piece, then a regular end (FIN) of both sides. */
  "truncate",
  /** Nothing moves any more, and nobody is told. */
  "half-open",
  /** The piece drips: single bytes while it is short. */
  "slow",
  /** Reset, and new connections are reset for a while, too. */
  "outage",
] as const;

/** One of {@link UPLOAD_FAULT_KINDS}, which include {@link HTTP_FAULT_KINDS}. */
export type HttpFaultKind = (typeof UPLOAD_FAULT_KINDS)[number];
/** One of {@link TCP_FAULT_KINDS}. */
export type TcpFaultKind = (typeof TCP_FAULT_KINDS)[number];

/** One fault of a plan. */
export interface PlannedFault<K extends string = string> {
  kind: K;
  /** How far behind the fault before it, in the unit of the schedule's clock. */
  after: number;
  /** Which part of a body or piece gets through, [0, 1); also decides between variants of a kind. */
  part: number;
  /** For how long, milliseconds, where the kind has a duration. */
  ms: number;
}

/** What decides a plan. */
export interface FaultPlanOptions<K extends string> {
  /** A 32-bit number. Same seed, same plan. */
  seed: number;
  /** Mean distance of two faults: exchanges or pieces, or milliseconds with a clock in {@link createFaultSchedule}. */
  mean: number;
  /** What may happen; all with the same frequency. A kind named twice comes twice as often. */
  kinds: readonly K[];
  /** Shortest and longest duration, milliseconds. Default 20 and 400. */
  durationMs?: readonly [shortest: number, longest: number];
}

/** An endless list of faults that its seed decides alone. */
export interface FaultPlan<K extends string = string> {
  readonly seed: number;
  /** The fault number `index`, from 0. Pure. */
  fault(index: number): PlannedFault<K>;
}

/**
 * Draws the faults of a seed: distances exponential around `mean`, so that faults come in bursts and gaps as real ones
 * do.
 * @throws RangeError for a mean that is not positive, or no kinds.
 */
export function createFaultPlan<K extends string>(options: FaultPlanOptions<K>): FaultPlan<K> {
  const { seed, mean, kinds, durationMs: [shortest, longest] = [20, 400] } = options;
  if (!(mean > 0) || kinds.length === 0) throw new RangeError("A fault plan needs a positive mean and some kinds.");
  return {
    seed,
    fault(index) {
      const random = seededRandom(derivedSeed(seed, index));
      return {
        after: -Math.log(1 - random()) * mean,
        kind: oneOf(random, kinds),
        part: random(),
        ms: Math.round(shortest + random() * (longest - shortest)),
      };
    },
  };
}

/** A fault that was done to something. */
export interface InjectedFault<K extends string = string> {
  kind: K;
  /** Number of the fault in its plan, from 0. */
  fault: number;
  /** What it hit: number of the exchange or piece, from 0. */
  index: number;
  /** The same in words. */
  what: string;
}

/** Walks through a plan beside the traffic. */
export interface FaultSchedule<K extends string = string> {
  /** Call it once for each exchange or piece; what comes back is to be done to it. */
  next(what: string): PlannedFault<K> | undefined;
  /** Faults so far, oldest first. */
  readonly injected: readonly InjectedFault<K>[];
  /** While true `next` has nothing. */
  quiet: boolean;
}

/**
 * Makes a schedule. Without a clock the unit is calls of `next`: a replay is as deterministic as the traffic is. With one
 * (for instance `() => performance.now()`) the order of faults is the seed's and their moments are the clock's: for long
 * runs at a rate of faults per second.
 */
export function createFaultSchedule<K extends string>(
  plan: FaultPlan<K> | undefined,
  clock?: () => number,
): FaultSchedule<K> {
  const injected: InjectedFault<K>[] = [];
  let calls = 0;
  let number = 0;
  let planned = plan?.fault(0);
  let dueAt = (clock?.() ?? 0) + (planned?.after ?? 0);
  const schedule: FaultSchedule<K> = {
    injected,
    quiet: false,
    next(what) {
      const index = calls++;
      const now = clock?.() ?? calls;
      if (!plan || !planned || schedule.quiet || now < dueAt) return undefined;
      const fault = planned;
      injected.push({ kind: fault.kind, fault: number, index, what });
      planned = plan.fault(++number);
      // From now, not from when it was due: what no traffic met is not made up for in a volley.
      dueAt = now + planned.after;
      return fault;
    },
  };
  return schedule;
}
