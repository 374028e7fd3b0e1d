import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FUNCTION_NAMES } from "../../../adapters/expertflow-cx/dropin/names.ts";
import { NOTIFICATION_TYPES } from "../../../adapters/expertflow-cx/wire/notification.ts";
import { BODY_TYPES } from "../../../adapters/expertflow-cx/wire/to-body.ts";
import { ROOT } from "../../support/source-files.ts";

interface Row {
  what: string;
  file: string;
  test: string;
}

const rows: Row[] = readFileSync(join(ROOT, "test/EXPERTFLOW-CX.md"), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, what, file, test] = line.split("|").map((cell) => cell.trim());
    return what?.startsWith("`") ? [{ what: what.replaceAll("`", ""), file: file ?? "", test: test ?? "" }] : [];
  });

const named = new Set(rows.map(({ what }) => what.replace(/ \(.*\)$/, "")));

describe("the table of what is shown", () => {
  it.each(rows)("$what: its test exists", ({ file, test }) => {
    const path = join(ROOT, "test", file);
    expect(test).not.toBe("");
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, "utf8")).toContain(test);
  });

  it.each([
    ["function", FUNCTION_NAMES],
    ["body", BODY_TYPES],
    ["notification", NOTIFICATION_TYPES],
  ] as const)("every %s is in it", (_, names) => {
    expect(names.filter((name) => !named.has(name))).toEqual([]);
  });
});
