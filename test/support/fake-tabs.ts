import { nextTask } from "../../src/kit/tasks.ts";
import type { TabChannel, TabLocks } from "../../src/tabs/index.ts";

/** What one tab has of its browser. */
export interface FakeTab {
  locks: TabLocks;
  channel: (name: string) => TabChannel;
  page: EventTarget;
  /** Channels that are open, locks that are held or waited for. */
  readonly handles: number;
  /** The tab's process dies: its lock goes to the next, and nothing it says arrives any more. */
  crash(): void;
}

/** A browser whose tabs share locks and channels; every frame takes a task of its own, in order, as a copy. */
export interface FakeBrowser {
  newTab(): FakeTab;
  /** Something of another page's arrives on every channel. */
  forge(frame: unknown): void;
  /** Everything that was said, oldest first. */
  readonly said: readonly unknown[];
}

interface End {
  name: string;
  listener: ((event: { data: unknown }) => void) | undefined;
  tab: object;
}

interface Waiter {
  name: string;
  tab: object;
  grant(): void;
}

/** Makes a {@link FakeBrowser}. */
export function fakeBrowser(): FakeBrowser {
  const ends = new Set<End>();
  const held = new Map<string, Waiter>();
  const queue: Waiter[] = [];
  const said: unknown[] = [];

  function deliver(frame: unknown, fits: (end: End) => boolean): void {
    const data: unknown = structuredClone(frame);
    said.push(data);
    for (const end of ends) if (fits(end)) nextTask(() => ends.has(end) && end.listener?.({ data }));
  }

  function grantNext(name: string): void {
    if (held.has(name)) return;
    const index = queue.findIndex((waiter) => waiter.name === name);
    const [next] = index < 0 ? [] : queue.splice(index, 1);
    if (!next) return;
    held.set(name, next);
    nextTask(() => next.grant());
  }

  function drop(waiter: Waiter): void {
    if (held.get(waiter.name) === waiter) held.delete(waiter.name);
    const index = queue.indexOf(waiter);
    if (index >= 0) queue.splice(index, 1);
    grantNext(waiter.name);
  }

  function newTab(): FakeTab {
    const tab = {};
    let dead = false;
    return {
      page: new EventTarget(),
      get handles() {
        const waiters = [...held.values(), ...queue].filter((waiter) => waiter.tab === tab);
        return waiters.length + [...ends].filter((end) => end.tab === tab).length;
      },
      crash() {
        dead = true;
        for (const end of ends) if (end.tab === tab) ends.delete(end);
        for (const waiter of [...queue, ...held.values()]) if (waiter.tab === tab) drop(waiter);
      },
      channel(name) {
        const end: End = { name, listener: undefined, tab };
        if (!dead) ends.add(end);
        return {
          postMessage: (frame) => dead || deliver(frame, (other) => other !== end && other.name === name),
          addEventListener: (_type, listener) => void (end.listener = listener),
          close: () => void ends.delete(end),
        };
      },
      locks: {
        query: () => Promise.resolve({ pending: queue.map(({ name }) => ({ name })) }),
        request: (name, { signal }, hold) =>
          new Promise<void>((resolve, reject) => {
            if (dead) return;
            const waiter: Waiter = {
              name,
              tab,
              grant: () => {
                signal.removeEventListener("abort", onAbort);
                if (dead) return;
                void hold()
                  .then(resolve, reject)
                  .finally(() => drop(waiter));
              },
            };
            const onAbort = (): void => {
              if (held.get(name) === waiter) return;
              drop(waiter);
              reject(new DOMException("The request was aborted.", "AbortError"));
            };
            signal.addEventListener("abort", onAbort, { once: true });
            queue.push(waiter);
            grantNext(name);
          }),
      },
    };
  }

  return { newTab, said, forge: (frame) => deliver(frame, () => true) };
}
