import { expect, it } from "vitest";
import { cleanNick } from "../../../src/kit/clean-nick.ts";

/** @source RFC 7622 §3.4 */
it("cleans a nick and keeps it within 1023 bytes", () => {
  expect(cleanNick("  Jane\u0007\n Smith ")).toBe("Jane Smith");
  expect(cleanNick("\u0001")).toBe("");
  expect(cleanNick("\u007f\u0085\ufffe")).toBe("");
  expect(new TextEncoder().encode(cleanNick("é".repeat(600))).length).toBe(1022);
});
