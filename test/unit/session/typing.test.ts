import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TypingSender, TypingWatch } from "../../../src/session/typing.ts";
import type { Participant } from "../../../src/transport/index.ts";

const ASHA: Participant = { id: "agent-1", name: "Asha", role: "agent", isSelf: false };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** @source XEP-0085 §5, as throttled for rooms */
describe("telling that the customer types", () => {
  it("says composing once, and paused after 5 s without a key", () => {
    const said: string[] = [];
    const typing = new TypingSender((state) => void said.push(state));
    typing.key();
    vi.advanceTimersByTime(4_999);
    typing.key();
    vi.advanceTimersByTime(4_999);
    expect(said).toEqual(["composing"]);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(["composing", "paused"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("says composing again every 10 s while typing goes on", () => {
    const said: string[] = [];
    const typing = new TypingSender((state) => void said.push(state));
    for (let second = 0; second <= 20; second++) {
      typing.key();
      vi.advanceTimersByTime(1_000);
    }
    expect(said).toEqual(["composing", "composing", "composing"]);
  });

  it("says nothing after a message was sent, and starts anew with the next key", () => {
    const said: string[] = [];
    const typing = new TypingSender((state) => void said.push(state));
    typing.key();
    typing.forget();
    vi.advanceTimersByTime(10_000);
    typing.pause();
    expect(said).toEqual(["composing"]);
    typing.key();
    expect(said).toEqual(["composing", "composing"]);
    typing.pause();
    expect(said.at(-1)).toBe("paused");
  });
});

describe("seeing others type", () => {
  it("forgets who said composing and nothing since, after 30 s from the last", () => {
    const seen: number[] = [];
    const watch = new TypingWatch((who) => void seen.push(who.length));
    watch.heard(ASHA, "composing");
    vi.advanceTimersByTime(29_999);
    watch.heard(ASHA, "composing");
    vi.advanceTimersByTime(29_999);
    expect(watch.who).toEqual([ASHA]);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual([1, 0]);
  });

  it.each(["active", "paused", "inactive", "gone"] as const)("forgets who says %s", (state) => {
    const watch = new TypingWatch(() => undefined);
    watch.heard(ASHA, "composing");
    watch.heard(ASHA, state);
    expect(watch.who).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ignores the customer's own, and forgets everybody with the link", () => {
    const watch = new TypingWatch(() => undefined);
    watch.heard({ ...ASHA, isSelf: true }, "composing");
    expect(watch.who).toEqual([]);
    watch.heard(ASHA, "composing");
    watch.clear();
    expect(watch.who).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
