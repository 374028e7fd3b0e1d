/** How often the clock is looked at: a jump means that the machine has slept. */
const TICK_MS = 5_000;

/** More than any timer is late on a machine that is awake and a page that is seen. */
const JUMP_MS = 15_000;

/** Calls in quick succession are one: a page that comes back tells so in three ways. */
const QUIET_MS = 1_000;

/** What of a page says that time has passed without it. */
export interface PageEvents {
  window: Pick<EventTarget, "addEventListener" | "removeEventListener">;
  document: Pick<EventTarget, "addEventListener" | "removeEventListener"> & { readonly visibilityState: string };
}

/**
 * Calls `onWake` when the page is seen again, thawed or restored from the back/forward cache, when the network is back, and
 * when the clock has jumped: then a link may be dead without anybody knowing. No answer depends on a timer alone, which
 * a page in the background has stretched. Where there is no page, nothing is watched. @returns how to stop.
 */
export function watchPage(onWake: () => void, page: PageEvents | undefined = thisPage()): () => void {
  if (!page) return () => undefined;
  const { document, window } = page;
  const stop = new AbortController();
  const { signal } = stop;
  let last = 0;
  const wake = (): void => {
    const now = Date.now();
    // A clock that was set back must not silence this.
    if (now >= last && now - last < QUIET_MS) return;
    last = now;
    onWake();
  };
  const seen = (): void => {
    if (document.visibilityState === "visible") wake();
  };
  document.addEventListener("visibilitychange", seen, { signal });
  document.addEventListener("resume", wake, { signal });
  for (const type of ["online", "pageshow"]) window.addEventListener(type, wake, { signal });
  let ticked = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - ticked > JUMP_MS) seen();
    ticked = now;
  }, TICK_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  return () => stop.abort();
}

function thisPage(): PageEvents | undefined {
  return typeof document === "undefined" || typeof window === "undefined" ? undefined : { window, document };
}
