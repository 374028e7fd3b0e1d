import { describe, expect, it } from "vitest";
import { mapSelfPing } from "../../../../adapters/xmpp-muc/xep/0410-self-ping.ts";

const room = "room@conference.chat.example";
const service = "conference.chat.example";

/** @source XEP-0410 1.1.0 §4; the `by` cases as Prosody 0.12.3 answers */
describe("self-ping answers", () => {
  it.each([
    { condition: "service-unavailable", nickChanged: false, expected: "joined" },
    { condition: "feature-not-implemented", nickChanged: false, expected: "joined" },
    { condition: "item-not-found", nickChanged: true, expected: "joined" },
    { condition: "item-not-found", nickChanged: true, by: room, expected: "joined" },
    { condition: "item-not-found", nickChanged: true, by: service, expected: "not-joined" },
    { condition: "item-not-found", nickChanged: false, expected: "not-joined" },
    { condition: "not-acceptable", nickChanged: false, expected: "not-joined" },
    { condition: "not-allowed", nickChanged: false, expected: "not-joined" },
    { condition: "bad-request", nickChanged: false, expected: "not-joined" },
    { condition: "remote-server-not-found", nickChanged: false, expected: "unknown" },
    { condition: "remote-server-timeout", nickChanged: false, expected: "unknown" },
    { condition: undefined, nickChanged: false, expected: "unknown" },
  ])("$condition by $by, nick changed: $nickChanged → $expected", ({ condition, by, nickChanged, expected }) => {
    expect(mapSelfPing({ condition, by }, { room, nickChanged })).toBe(expected);
  });

  it("a result means joined", () => {
    expect(mapSelfPing(undefined, { room, nickChanged: false })).toBe("joined");
  });
});
