import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { derivedSeed, seededRandom } from "../../../../sandbox/faults/seeded-random.ts";
import { mutate, specimenOf } from "./mutate.ts";

/** What a run found out. Everything but the heap is decided by the seed. */
export interface FuzzReport {
  frames: number;
  /** How many were read, and not refused. */
  read: number;
  /** The first frames that broke something. */
  failures: FuzzFailure[];
  /** Bytes of heap, collected, that the run left behind. */
  heapGrowth: number;
}

/** A frame that broke something, and how. */
export interface FuzzFailure {
  seed: number;
  index: number;
  frame: string;
  what: string;
}

/** What to do with a frame. Returns whether it could be read; throwing is a failure unless `mayThrow` says otherwise. */
export interface FuzzTarget {
  read(frame: string): boolean | Promise<boolean>;
  /** The documented ways to refuse a frame. */
  mayThrow(error: unknown): boolean;
}

/** How long one frame may take, milliseconds. A slow one is tried again: only what is slow each time counts. */
const FRAME_LIMIT_MS = 1_000;
const MAX_FAILURES = 5;

/** Everything that a decoder must leave alone. */
const PROTOTYPES: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Number.prototype,
  Map.prototype,
  Error.prototype,
  Date.prototype,
];

/** Runs `count` mutated frames of the corpus through the target. */
export async function fuzz(
  seed: number,
  count: number,
  texts: readonly string[],
  target: FuzzTarget,
  frameLimitMs: number = FRAME_LIMIT_MS,
): Promise<FuzzReport> {
  const corpus = texts.map(specimenOf);
  const pristine = keysOfPrototypes();
  const failures: FuzzFailure[] = [];
  let read = 0;
  let index = 0;
  const heapBefore = collectedHeap();
  // Most refusals are errors, and writing down where they were made takes longer than the decoding.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  for (; index < count && failures.length < MAX_FAILURES; index++) {
    const frame = mutate(seededRandom(derivedSeed(seed, index)), corpus);
    const startedAt = performance.now();
    let what: string | undefined;
    try {
      const result = target.read(frame);
      if (typeof result === "boolean" ? result : await result) read++;
    } catch (error) {
      if (!target.mayThrow(error)) what = await howItFails(frame, target, error);
    }
    if (performance.now() - startedAt > frameLimitMs && (await isSlow(frame, target, frameLimitMs))) what ??= "slow";
    // A look at what for-in sees is cheap; the rest is looked at now and then.
    for (const key in {}) what ??= `Object.prototype has got ${key}`;
    if (index % 5_000 === 0 && keysOfPrototypes() !== pristine) what ??= "a prototype was changed";
    if (what !== undefined) failures.push({ seed, index, frame: shown(frame), what });
  }
  Error.stackTraceLimit = stackTraceLimit;
  if (keysOfPrototypes() !== pristine) {
    failures.push({ seed, index, frame: "", what: "a prototype was changed, within the last 5,000 frames" });
  }
  return { frames: index, read, failures, heapGrowth: collectedHeap() - heapBefore };
}

/** Once more, with the stack. */
async function howItFails(frame: string, target: FuzzTarget, first: unknown): Promise<string> {
  Error.stackTraceLimit = 20;
  try {
    await target.read(frame);
    return `only the first time: ${String(first)}`;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    Error.stackTraceLimit = 0;
  }
}

async function isSlow(frame: string, target: FuzzTarget, frameLimitMs: number): Promise<boolean> {
  for (let again = 0; again < 3; again++) {
    const startedAt = performance.now();
    try {
      await target.read(frame);
    } catch {
      // What it throws was seen the first time.
    }
    if (performance.now() - startedAt < frameLimitMs) return false;
  }
  return true;
}

function keysOfPrototypes(): string {
  return PROTOTYPES.map((each) => Reflect.ownKeys(each).map(String).join()).join(";");
}

function shown(frame: string): string {
  const text = JSON.stringify(frame);
  return text.length > 4_000 ? `${text.slice(0, 4_000)}… (${text.length} characters)` : text;
}

function collectedHeap(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
