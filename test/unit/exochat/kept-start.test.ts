import { describe, expect, it, vi } from "vitest";
import { KeptStart } from "../../../src/exochat/kept-start.ts";

const PARAMS = { fullName: "Jane Smith", email: "jane@shop.example", phone: "+15550100200", orderId: 7 };

function pageStorage(): { items: Map<string, string> } & ConstructorParameters<typeof KeptStart>[0] {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

describe("what startChat was asked", () => {
  it("is kept until it is forgotten", () => {
    const storage = pageStorage();
    new KeptStart(storage).save(PARAMS);
    const next = new KeptStart(storage);
    expect(next.load()).toEqual(PARAMS);
    next.forget();
    expect(next.load()).toBeUndefined();
    expect(storage.items.size).toBe(0);
  });

  it.each(["{", "null", "7", "[]", '{"fullName":"Jane"}'])("is nothing when the storage holds %s", (text) => {
    const storage = pageStorage();
    storage.setItem("switchboard-chat:exochat-start", text);
    expect(new KeptStart(storage).load()).toBeUndefined();
  });

  it("costs nothing when the storage refuses", () => {
    const refuse = vi.fn<() => never>(() => {
      throw new DOMException("denied", "SecurityError");
    });
    const kept = new KeptStart({ getItem: refuse, setItem: refuse, removeItem: refuse });
    kept.save(PARAMS);
    expect(kept.load()).toBeUndefined();
    kept.forget();
    expect(refuse).toHaveBeenCalledTimes(3);
  });
});
