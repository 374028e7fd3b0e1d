import { describe, expect, it } from "vitest";
import { roleByEvidence, type RoomEvidence } from "../../../../adapters/xmpp-muc/muc/evidence.ts";
import { looksAlike } from "../../../../adapters/xmpp-muc/muc/look-alikes.ts";
import { RoomStanza } from "../../../../adapters/xmpp-muc/muc/room-stanza.ts";
import { Ledger } from "../../../../adapters/xmpp-muc/muc/ledger.ts";
import { xml } from "../../../../adapters/xmpp-muc/xml.ts";

const people = {
  agents: ["Asha@chat.example"],
  bots: ["helper@chat.example", /^bot\b/i],
  hats: { "urn:hat:boss": "supervisor" as const },
};

const nobody: RoomEvidence = { nick: "x", affiliation: "none", role: "participant", jid: undefined, hats: [] };

describe("roles by evidence", () => {
  it.each<[string, Partial<RoomEvidence>, string, boolean]>([
    ["nothing", {}, "unknown", false],
    ["an owner", { affiliation: "owner" }, "agent", true],
    ["an admin", { affiliation: "admin" }, "agent", true],
    ["a moderator", { role: "moderator" }, "agent", true],
    ["a member", { affiliation: "member" }, "unknown", false],
    ["a known agent's JID", { jid: "asha@chat.example/desk" }, "agent", true],
    ["a known bot's JID", { jid: "helper@chat.example/1", affiliation: "owner" }, "bot", true],
    ["a bot's nick alone", { nick: "Bot 7" }, "bot", false],
    ["a moderator with a bot's nick", { nick: "Bot 7", role: "moderator" }, "bot", true],
    ["a hat that is known", { hats: ["urn:hat:boss"], affiliation: "owner" }, "supervisor", true],
    ["a hat that is not", { hats: ["urn:hat:king"] }, "unknown", false],
    ["an agent's nick", { nick: "Asha" }, "unknown", false],
  ])("%s", (_what, evidence, role, trusted) => {
    expect(roleByEvidence({ ...nobody, ...evidence }, people)).toEqual({ role, trusted });
  });
});

describe("look-alikes", () => {
  it.each([
    ["Jane", "jane", true],
    ["Jane", "Jаne", true],
    ["Bill", "BiIl", true],
    ["Zoë", "Zoe", true],
    ["Jane", "Jane", false],
    ["Jane", "June", false],
  ])("%s and %s: %s", (a, b, expected) => expect(looksAlike(a, b)).toBe(expected));
});

describe("the ledger", () => {
  const room = "r@c.example";
  const stanza = (nick: string, msgid: string, stanzaId?: string): RoomStanza => {
    const made = new RoomStanza("live", room, `${room}/${nick}`, xml("message"), 0);
    made.msgid = msgid;
    made.stanzaId = stanzaId;
    return made;
  };
  const author = { visit: 1, isSelf: false };

  it("forgets the oldest, and everything about them", () => {
    const ledger = new Ledger(2);
    for (const n of ["1", "2", "3"]) ledger.add(stanza("a", `m${n}`, `s${n}`), author);
    expect(["s1", "m1"].map((id) => ledger.find(id))).toEqual([undefined, undefined]);
    expect(ledger.find("m3")?.id).toBe("s3");
    expect(ledger.newest?.id).toBe("s3");
  });

  it("tells a repetition by the room's id, or by sender and sender's id", () => {
    const ledger = new Ledger();
    expect(ledger.add(stanza("a", "m", "s"), author)?.id).toBe("s");
    expect(ledger.add(stanza("b", "other", "s"), author)).toBeUndefined();
    expect(ledger.add(stanza("a", "m", "s2"), author)).toBeUndefined();
    expect(ledger.add(stanza("b", "m", "s3"), author)?.id).toBe("s3");
  });
});
