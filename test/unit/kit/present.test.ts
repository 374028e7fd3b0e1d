import { expect, it } from "vitest";
import { present } from "../../../src/kit/present.ts";

it("leaves out what is undefined, and nothing else", () => {
  const given = { a: undefined, b: null, c: 0, d: "", e: false };
  expect(Object.entries(present(given))).toEqual([
    ["b", null],
    ["c", 0],
    ["d", ""],
    ["e", false],
  ]);
  expect(Object.keys(given)).toHaveLength(5);
});
