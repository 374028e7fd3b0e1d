import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLIENT_EVENTS as SERVED } from "../../../sandbox/chat-solution/events.ts";
import { ACTIVITY_TYPES as SENT } from "../../../sandbox/chat-solution/wire.ts";
import {
  ACTIVITY_TYPES,
  CLIENT_EVENTS,
  FIELDS,
  REST_CALLS,
  SERVER_EVENTS,
  VALUES,
} from "../../support/chat-solution-documents.ts";
import { ROOT } from "../../support/source-files.ts";

interface Row {
  what: string;
  file: string;
  test: string;
}

const rows: Row[] = readFileSync(join(ROOT, "test/CHAT-SOLUTION.md"), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, what, file, test] = line.split("|").map((cell) => cell.trim());
    return what?.startsWith("`") ? [{ what: what.replaceAll("`", ""), file: file ?? "", test: test ?? "" }] : [];
  });

const named = new Set(rows.map(({ what }) => what));
const sources = new Map<string, string>();

function sourceOf(file: string): string {
  const path = join(ROOT, "test", file);
  const known = sources.get(path) ?? (existsSync(path) ? readFileSync(path, "utf8") : "");
  sources.set(path, known);
  return known;
}

const list = (of: Readonly<Record<string, readonly string[]>>, between: string): string[] =>
  Object.entries(of).flatMap(([object, names]) => names.map((name) => `${object}${between}${name}`));

describe("the table of what is shown", () => {
  it("names a test that exists in every row", () => {
    const empty = rows.filter(({ file, test }) => file === "" || test === "" || !sourceOf(file).includes(test));
    expect(empty).toEqual([]);
    expect(rows.length).toBeGreaterThan(200);
  });

  it.each([
    ["event to the server", CLIENT_EVENTS.map((name) => `${name} (out)`)],
    ["event from the server", SERVER_EVENTS.map((name) => `${name} (in)`)],
    ["REST call", REST_CALLS],
    ["activity type", ACTIVITY_TYPES.map((name) => `${name} (activity)`)],
    ["field", list(FIELDS, ": ")],
    ["word", list(VALUES, " ")],
  ] as const)("has every %s of the guides", (_, names) => {
    expect(names.filter((name) => !named.has(name))).toEqual([]);
  });

  it("is of what the sandbox serves", () => {
    expect(SERVED.toSorted()).toEqual(CLIENT_EVENTS.toSorted());
    expect(SENT).toEqual(ACTIVITY_TYPES);
  });
});
