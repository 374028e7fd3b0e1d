import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/source-files.ts";

/** Rows of the tables that name a test: `| case | \`file\` | \`test\` |`. */
const rows = readFileSync(join(ROOT, "test/CASES.md"), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, name = "", file = "", test = ""] = /^\| (.+?) +\| `([^`]+)` +\| `(.+)` +\|$/.exec(line) ?? [];
    return file === "" ? [] : [{ name, file, test }];
  });

describe("the table of cases", () => {
  it("names every BOSH case, every security rule, and the scenarios", () => {
    const numbers = (from: number, to: number): string[] =>
      Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
    const names = new Set(rows.map(({ name }) => name));
    expect(numbers(1, 30).filter((number) => !names.has(number))).toEqual([]);
    const rules = new Set(rows.flatMap(({ name }) => /^(\d+) \D/.exec(name)?.[1] ?? []));
    expect(numbers(1, 16).filter((number) => !rules.has(number))).toEqual([]);
    expect(rows.length).toBeGreaterThan(90);
  });

  it("names only tests that are there", () => {
    const missing = rows.filter(({ file, test }) => {
      const path = join(ROOT, file);
      return !existsSync(path) || !readFileSync(path, "utf8").includes(test);
    });
    expect(missing).toEqual([]);
  });
});
