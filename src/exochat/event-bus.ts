import { createEmitter, type Emitter } from "../kit/emitter.ts";
import { ChatError } from "../transport/errors.ts";
import type { ExoChatEvents } from "./api.ts";
import { normalForm } from "./names.ts";

type Callback = (...args: never[]) => void;

/** Events by the normal form of their name, with argument lists. One throwing callback stops no other. */
export class EventBus {
  readonly #emitter: Emitter<Record<string, readonly unknown[]>> = createEmitter();
  readonly #subscriptions = new Map<string, { callback: Callback; off: () => void }[]>();

  on(event: string, callback: Callback): void {
    this.#add(event, callback, (name, listener) => this.#emitter.on(name, listener));
  }

  once(event: string, callback: Callback): void {
    this.#add(event, callback, (name, listener) => this.#emitter.once(name, listener));
  }

  off(event: string, callback?: Callback): void {
    const name = normalForm(event);
    const rest = (this.#subscriptions.get(name) ?? []).filter((subscription) => {
      if (callback !== undefined && subscription.callback !== callback) return true;
      subscription.off();
      return false;
    });
    this.#subscriptions.set(name, rest);
  }

  emit<K extends keyof ExoChatEvents>(event: K, ...args: ExoChatEvents[K]): void {
    this.#emitter.emit(normalForm(event), args);
  }

  /** `triggerEvent`: any name, the arguments as a list. */
  trigger(event: string, args: readonly unknown[]): void {
    if (!Array.isArray(args)) {
      throw new ChatError("invalid-argument", "triggerEvent needs the arguments as a list.", {
        remedy: "Call triggerEvent(name, [argument, …]).",
      });
    }
    this.#emitter.emit(normalForm(event), args);
  }

  /** Whether anybody listens. */
  has(event: keyof ExoChatEvents): boolean {
    return this.#emitter.count(normalForm(event)) > 0;
  }

  clear(): void {
    this.#emitter.clear();
    this.#subscriptions.clear();
  }

  #add(
    event: string,
    callback: Callback,
    subscribe: (name: string, listener: (args: readonly unknown[]) => void) => () => void,
  ): void {
    if (typeof callback !== "function")
      throw new ChatError("invalid-argument", "on needs a function to call.", { remedy: "Call on(name, callback)." });
    const name = normalForm(event);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the event's name decides what its arguments are
    const off = subscribe(name, (args) => callback(...(args as never[])));
    const list = this.#subscriptions.get(name) ?? [];
    this.#subscriptions.set(name, [...list, { callback, off }]);
  }
}
