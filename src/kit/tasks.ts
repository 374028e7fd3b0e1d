/**
 * Runs a function in a task of its own, as soon as possible and without a timer: `setImmediate` in Node,
 * a `MessageChannel` in browsers. `setTimeout(0)` costs 4 ms once nested, and throttled tabs delay it by a second.
 */
export function nextTask(run: () => void): void {
  schedule ??= createScheduler();
  schedule(run);
}

let schedule: ((run: () => void) => void) | undefined;

function createScheduler(): (run: () => void) => void {
  const immediate = (globalThis as { setImmediate?: (run: () => void) => unknown }).setImmediate;
  if (typeof immediate === "function") return (run) => void immediate(run);
  const waiting: (() => void)[] = [];
  const channel = new MessageChannel();
  channel.port1.onmessage = (): void => waiting.shift()?.();
  return (run) => {
    waiting.push(run);
    channel.port2.postMessage(null);
  };
}
