import type { FakeClock } from "./harness.ts";

/** Options of {@link controlTimers}. */
export interface TimerControlOptions {
  /** Parts of file names whose timers are not the adapter's: the far end in the same process. */
  ignore?: readonly string[];
}

/** The platform's timers while a harness watches them. */
export interface TimerControl {
  /** How many time-outs and intervals were set through the globals and are neither cleared nor run. */
  open(): number;
  /** Holds time-outs back from now on: only `advance` runs them. */
  useClock(): FakeClock;
  /** Gives the globals back. */
  restore(): void;
}

/** Taken before anybody can replace it: the suite's own waiting must not depend on a fake clock. */
export const realSetTimeout: typeof setTimeout = globalThis.setTimeout.bind(globalThis);
/** The partner of {@link realSetTimeout}. */
export const realClearTimeout: typeof clearTimeout = globalThis.clearTimeout.bind(globalThis);

/** Lets everything run that is due now: a few turns of the event loop. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => void realSetTimeout(resolve, 0));
}

/** Node's `fetch` keeps connections open by the global timers too: its own affair, and seconds long. */
function isCallFrom(places: readonly string[]): boolean {
  // The lines: the message, this function, the timer function, its caller.
  const caller = new Error().stack?.split("\n")[3];
  return places.some((place) => caller?.includes(place) ?? false);
}

/**
 * Puts itself between the code under test and `setTimeout`, `setInterval` and their clearing, so that a harness can tell
 * what an adapter left behind (`openHandles`) and move its time (`useClock`). Call `restore` in `dispose`.
 */
export function controlTimers({ ignore = [] }: TimerControlOptions = {}): TimerControl {
  const foreign = ["node:internal/", ...ignore];
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const running = new Set<unknown>();
  const held = new Map<number, { dueMs: number; run: () => void }>();
  let frozen = false;
  let nowMs = 0;
  let lastId = 0;

  function hold(run: () => void, delayMs: number): number {
    held.set(++lastId, { dueMs: nowMs + delayMs, run });
    return lastId;
  }

  function forget(id: unknown): void {
    running.delete(id);
    if (typeof id === "number" && held.delete(id)) return;
    Reflect.apply(clearTimeout, globalThis, [id]);
  }

  Object.assign(globalThis, {
    setTimeout(run: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]): unknown {
      if (isCallFrom(foreign)) return Reflect.apply(setTimeout, globalThis, [run, delayMs, ...args]);
      if (frozen) return hold(() => run(...args), delayMs);
      const id: unknown = Reflect.apply(setTimeout, globalThis, [
        () => {
          running.delete(id);
          run(...args);
        },
        delayMs,
      ]);
      running.add(id);
      return id;
    },
    clearTimeout: forget,
    setInterval(run: () => void, delayMs: number, ...args: unknown[]): unknown {
      const id: unknown = Reflect.apply(setInterval, globalThis, [run, delayMs, ...args]);
      running.add(id);
      return id;
    },
    clearInterval(id: unknown): void {
      running.delete(id);
      Reflect.apply(clearInterval, globalThis, [id]);
    },
  });

  async function advance(ms: number): Promise<void> {
    const endMs = nowMs + ms;
    for (;;) {
      await turns();
      const next = [...held]
        .filter(([, timer]) => timer.dueMs <= endMs)
        .toSorted(([, a], [, b]) => a.dueMs - b.dueMs)[0];
      if (!next) break;
      held.delete(next[0]);
      nowMs = next[1].dueMs;
      next[1].run();
    }
    nowMs = endMs;
    await turns();
  }

  return {
    open: () => running.size + held.size,
    useClock() {
      frozen = true;
      return { advance };
    },
    restore() {
      Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    },
  };
}
