import mitt from "mitt";
import type { Unsubscribe } from "../transport/call.ts";

/** How a subscription may be limited. */
export interface ListenOptions {
  /** Unsubscribes when it fires. */
  signal?: AbortSignal;
}

/** A typed emitter on which one throwing listener harms nobody. */
export interface Emitter<Events extends Record<string, unknown>> {
  /** Calls `listener` for each event until the returned function is called or `signal` fires. */
  on<K extends keyof Events>(type: K, listener: (event: Events[K]) => void, options?: ListenOptions): Unsubscribe;
  /** Calls `listener` for the next event only. */
  once<K extends keyof Events>(type: K, listener: (event: Events[K]) => void, options?: ListenOptions): Unsubscribe;
  /** Calls the listeners there are now, in order of subscription. */
  emit<K extends keyof Events>(type: K, event: Events[K]): void;
  /** Forgets every listener. */
  clear(): void;
  /** How many listeners there are, of one type or of all. */
  count(type?: keyof Events): number;
}

/**
 * mitt stops at the first handler that throws, and throws into the caller of `emit` (its source, `emit`). An
 * application's bug must not break the wire, so each listener runs on its own and its error goes to `onListenerError`
 * (default: reported as an unhandled error of the platform, in a later task).
 */
export function createEmitter<Events extends Record<string, unknown>>(
  onListenerError: (error: unknown, type: keyof Events) => void = reportLater,
): Emitter<Events> {
  const bus = mitt<Events>();

  function on<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
    options?: ListenOptions,
  ): Unsubscribe {
    const { signal } = options ?? {};
    if (signal?.aborted) return () => undefined;
    let live = true;
    const guarded = (event: Events[K]): void => {
      // mitt walks a copy of its list: one that was removed a moment ago is still in it.
      if (!live) return;
      try {
        listener(event);
      } catch (error) {
        onListenerError(error, type);
      }
    };
    const off = (): void => {
      live = false;
      bus.off(type, guarded);
      signal?.removeEventListener("abort", off);
    };
    bus.on(type, guarded);
    signal?.addEventListener("abort", off, { once: true });
    return off;
  }

  return {
    on,
    once(type, listener, options) {
      const off = on(
        type,
        (event) => {
          off();
          listener(event);
        },
        options,
      );
      return off;
    },
    emit: (type, event) => bus.emit(type, event),
    clear: () => bus.all.clear(),
    count: (type) =>
      type === undefined
        ? [...bus.all.values()].reduce((sum, list) => sum + list.length, 0)
        : (bus.all.get(type)?.length ?? 0),
  };
}

/** Lets the platform report it (`window.onerror`, Node's `uncaughtException`) without unwinding the emitter's caller. */
function reportLater(error: unknown): void {
  queueMicrotask(() => {
    if (typeof reportError === "function") reportError(error);
    else throw error;
  });
}
