import { afterEach, describe, expect, it, vi } from "vitest";
import { KeptStart } from "../../../src/exochat/kept-start.ts";
import { exoChatOn, FakeTenant, JANE } from "./fake-backend.ts";

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

describe("the tab's storage", () => {
  afterEach(() => void Reflect.deleteProperty(globalThis, "sessionStorage"));

  /** As in a page without an origin: looking is what throws. */
  function forbidden() {
    const look = vi.fn<() => never>(() => {
      throw new DOMException("denied", "SecurityError");
    });
    Object.defineProperty(globalThis, "sessionStorage", { configurable: true, get: look });
    return look;
  }

  it("is not looked at unless the chat is to be kept", () => {
    const look = forbidden();
    exoChatOn(new FakeTenant());
    expect(look).not.toHaveBeenCalled();
  });

  it("may be forbidden: then the chat is not kept, and starts all the same", async () => {
    const look = forbidden();
    await expect(exoChatOn(new FakeTenant(), { keepChat: true }).startChat(JANE)).resolves.toBeDefined();
    expect(look).toHaveBeenCalled();
  });
});
