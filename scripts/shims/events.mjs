// Stands in for the package `events` in the script build: what xmpp.js uses of it, in a tenth of the size.
export class EventEmitter {
  #listeners = new Map();

  on(type, listener) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
    return this;
  }

  once(type, listener) {
    const once = (...args) => {
      this.off(type, once);
      listener.apply(this, args);
    };
    once.listener = listener;
    return this.on(type, once);
  }

  off(type, listener) {
    const rest = (this.#listeners.get(type) ?? []).filter((each) => each !== listener && each.listener !== listener);
    this.#listeners.set(type, rest);
    return this;
  }

  addListener(type, listener) {
    return this.on(type, listener);
  }

  removeListener(type, listener) {
    return this.off(type, listener);
  }

  emit(type, ...args) {
    const listeners = this.#listeners.get(type) ?? [];
    // As in Node: an error that nobody hears is thrown.
    if (type === "error" && listeners.length === 0) throw args[0];
    for (const listener of listeners) listener.apply(this, args);
    return listeners.length > 0;
  }
}

export default EventEmitter;
