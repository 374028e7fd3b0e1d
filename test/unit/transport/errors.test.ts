import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { CHAT_ERROR_CODES, ChatError } from "../../../src/transport/index.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** Codes in the first column of a Markdown table. */
function codesOf(text: string): string[] {
  return [...text.matchAll(/^[ *]*\| `([a-z-]+)` +\|/gm)].map(([, code]) => code ?? "");
}

function sources(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => read(`${folder}/${path}`));
}

describe("the table of error codes", () => {
  it("names each code once", () => {
    expect(new Set(CHAT_ERROR_CODES).size).toBe(CHAT_ERROR_CODES.length);
  });

  it("is the same in the code, its doc comment and the documentation", () => {
    expect(codesOf(read("src/transport/errors.ts"))).toEqual([...CHAT_ERROR_CODES]);
    expect(codesOf(read("docs/errors.md"))).toEqual([...CHAT_ERROR_CODES]);
  });

  it("says in the documentation what the error's own flag says", () => {
    const rows = new Map(
      [...read("docs/errors.md").matchAll(/^\| `([a-z-]+)` +\|[^|]+\| (\w+) +\|/gm)].map((row) => [row[1], row[2]]),
    );
    const said = CHAT_ERROR_CODES.filter((code) => rows.get(code) !== "no");
    expect(said).toEqual(CHAT_ERROR_CODES.filter((code) => new ChatError(code, "Why.").info.retryable));
  });

  it.each(CHAT_ERROR_CODES)("has a place in the sources that says %s", (code) => {
    const all = [...sources("src"), ...sources("adapters")].filter((text) => !text.includes("CHAT_ERROR_CODES = ["));
    expect(all.some((text) => text.includes(`"${code}"`))).toBe(true);
  });
});

describe("ChatError", () => {
  it("keeps what the thrower knows", () => {
    const cause = new Error("socket");
    const error = new ChatError("too-large", "Too large.", { limitBytes: 10, cause, remedy: "Send a smaller one." });
    expect(error).toMatchObject({ name: "ChatError", code: "too-large", message: "Too large.", cause });
    expect(error.info).toMatchObject({ limitBytes: 10, retryable: false, remedy: "Send a smaller one." });
    expect(new ChatError("refused", "Full.", { retryable: true }).info.retryable).toBe(true);
  });

  it("is the platform's own AbortError where the caller aborted", () => {
    expect(new ChatError("aborted", "Aborted.").name).toBe("AbortError");
  });

  it("is recognised by its mark, also from another copy of the package", async () => {
    vi.resetModules();
    const copy = await import("../../../src/transport/errors.ts");
    expect(copy.ChatError).not.toBe(ChatError);
    const foreign = new copy.ChatError("closed", "Over.");
    expect(foreign).not.toBeInstanceOf(ChatError);
    expect(ChatError.isInstance(foreign)).toBe(true);
    for (const other of [null, undefined, "closed", {}, new Error("closed")])
      expect(ChatError.isInstance(other)).toBe(false);
  });

  it("wraps what is no ChatError, and leaves what is one", () => {
    const own = new ChatError("closed", "Over.");
    expect(ChatError.from(own, "refused", "No.")).toBe(own);
    const cause = new TypeError("fetch failed");
    expect(ChatError.from(cause, "unreachable", "Gone.")).toMatchObject({ code: "unreachable", cause });
  });
});
