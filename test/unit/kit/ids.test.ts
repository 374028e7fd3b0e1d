import { afterEach, describe, expect, it, vi } from "vitest";
import { randomId } from "../../../src/kit/ids.ts";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

afterEach(() => void vi.unstubAllGlobals());

/** @source RFC 9562 §5.4 */
describe("randomId", () => {
  it("is a UUID of version 4, another each time", () => {
    expect(randomId()).toMatch(UUID_V4);
    expect(new Set(Array.from({ length: 1_000 }, randomId)).size).toBe(1_000);
  });

  it("works on plain http, where crypto.randomUUID is missing", () => {
    const { crypto } = globalThis;
    vi.stubGlobal("crypto", { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) });
    const ids = Array.from({ length: 1_000 }, randomId);
    for (const id of ids) expect(id).toMatch(UUID_V4);
    expect(new Set(ids).size).toBe(1_000);
  });
});
