import { describe, expect, it } from "vitest";
import { VendorWords } from "../../../src/exochat/vendor-words.ts";
import { stanza } from "./fake-backend.ts";

const wordsOf = (...stanzas: Parameters<typeof stanza>[0][]): VendorWords => {
  const words = new VendorWords();
  for (const facts of stanzas) words.take(stanza({ carriesPayload: false, ...facts }));
  return words;
};

describe("the last ids of chat and interaction", () => {
  it("are kept of whoever may say them, each by itself", () => {
    const words = wordsOf(
      { userRole: "agent", interaction: { chatId: "CH-1", interactionId: "IN-1" } },
      { nick: null, interaction: { interactionId: "IN-2" } },
      { userRole: "bot" },
    );
    expect(words.interaction).toEqual({ chatId: "CH-1", interactionId: "IN-2" });
  });

  it("are not kept of others, nor of ourselves", () => {
    const interaction = { chatId: "forged", interactionId: "forged" };
    expect(wordsOf({ userRole: null, interaction }, { isMine: true, interaction }).interaction).toBeNull();
  });
});

describe("a chat without anything of the vendor's", () => {
  it("is told of, once somebody said something", () => {
    expect(wordsOf({}).silence()).toMatchObject({
      code: "bad-frame",
      info: { vendor: { code: "message/no-payload" }, remedy: expect.stringContaining("readDialects") as string },
    });
  });

  it.each([
    ["nobody said anything", []],
    ["only we did, or the room", [{ isMine: true }, { nick: null }]],
    ["only history did", [{ isArchived: true }]],
    ["only typing was seen", [{ body: undefined, chatState: "composing" as const }]],
    ["one message had it", [{}, { carriesPayload: true }, {}]],
  ])("is not told of when %s", (_, stanzas) => {
    expect(wordsOf(...stanzas).silence()).toBeUndefined();
  });
});
