import { describe, expect, it } from "vitest";
import { toMessageObject } from "../../../src/exochat/message-object.ts";
import type { LegacyStanza } from "../../../src/exochat/ports.ts";
import { ROOM, stanza } from "./fake-backend.ts";

const NOW = new Date("2026-07-01T10:00:01.500Z");
const make = (facts: Partial<LegacyStanza> = {}, subtypeCase: "upper" | "lower" = "upper") =>
  toMessageObject(stanza(facts), { subtypeCase, now: () => NOW });

/** Every documented field, and ours. */
const PLAIN = {
  id: "s-1",
  msgid: "m-1",
  body: "Hello",
  message: "Hello",
  from: `${ROOM}/Asha`,
  from_muc: ROOM,
  from_real_jid: undefined,
  to: "u-140a@chat.example/exo-9",
  nick: "Asha",
  occupant_id: "occ-1",
  sender: "agent",
  type: "groupchat",
  chat_state: undefined,
  time: "2026-07-01T10:00:00.000Z",
  received: "2026-07-01T10:00:01.500Z",
  subtype: "NORMAL_TEXT_MSG",
  files: null,
  userRole: null,
  is_markable: false,
  is_marker: false,
  marker_id: undefined,
  receipt_id: undefined,
  displayed: false,
  interaction_data: null,
  chatEnded: false,
  is_system: false,
  is_archived: false,
};

describe("the message object", () => {
  it("has every key, null and false where the stanza has nothing", () => {
    expect(Object.keys(make()).toSorted()).toEqual(Object.keys(PLAIN).toSorted());
    expect({ ...make() }).toStrictEqual(PLAIN);
  });

  it.each<[Partial<LegacyStanza>, Record<string, unknown>]>([
    [{ isMine: true }, { sender: "me" }],
    [{ isError: true }, { type: "error" }],
    [{ nick: null }, { nick: null, is_system: true, sender: "agent" }],
    [{ fromRealJid: "asha@chat.example" }, { from_real_jid: "asha@chat.example" }],
    [
      { body: undefined, chatState: "composing" },
      { body: undefined, chat_state: "composing", subtype: null },
    ],
    [
      { body: undefined, markerId: "m-9" },
      { is_marker: true, marker_id: "m-9" },
    ],
    [{ body: undefined, receiptId: "m-9" }, { receipt_id: "m-9" }],
    [{ isMarkable: true }, { is_markable: true }],
    [{ userRole: "supervisor" }, { userRole: "supervisor" }],
    [{ isArchived: true }, { is_archived: true }],
    [{ subtype: "form-msg" }, { subtype: "form-msg" }],
    [
      { files: [{ url: "https://f.example/a.pdf", name: "a.pdf" }] },
      { subtype: "MEDIA_MSG", files: [{ url: "https://f.example/a.pdf", name: "a.pdf" }] },
    ],
    [{ chatEnded: true, interaction: { chatId: "C", interactionId: "I" } }, { chatEnded: true }],
  ])("%j", (facts, expected) => {
    expect(make(facts)).toMatchObject(expected);
  });

  it("spells an implied subtype as the tenant does, a received one verbatim", () => {
    expect(make({}, "lower").subtype).toBe("normal_text_msg");
    expect(make({ subtype: "Media_Msg" }, "lower").subtype).toBe("Media_Msg");
  });

  it("gives interaction data only with the end, under both spellings", () => {
    expect(make({ interaction: { chatId: "C" } }).interaction_data).toBeNull();
    const { interaction_data: data } = make({ chatEnded: true, interaction: { chatId: "C", interactionId: "I" } });
    expect({ ...data }).toStrictEqual({ chatId: "C", interaction_id: "I" });
    expect(data).toMatchObject({ chatid: "C", interactionId: "I" });
    expect(make({ chatEnded: true, interaction: {} }).interaction_data).toEqual({ chatId: "", interaction_id: "" });
  });

  it.each([
    ["userrole", "userRole", "bot"],
    ["user_role", "userRole", "agent"],
    ["interactionData", "interaction_data", { chatId: "a", interaction_id: "b" }],
    ["chatended", "chatEnded", true],
    ["chat_ended", "chatEnded", true],
  ])("%s reads and writes %s", (alias, field, value) => {
    const object = make({ userRole: "supervisor" });
    expect(Reflect.get(object, alias)).toBe(Reflect.get(object, field));
    Reflect.set(object, alias, value);
    expect(Reflect.get(object, field)).toBe(value);
  });

  it("shows aliases neither in JSON, nor spread, nor to deepEqual", () => {
    const ended = make({ chatEnded: true, interaction: { chatId: "C", interactionId: "I" } });
    const json = JSON.stringify(ended);
    for (const alias of [
      "userrole",
      "user_role",
      "interactionData",
      "chatended",
      "chat_ended",
      "chatid",
      "interactionId",
    ])
      expect(json).not.toContain(`"${alias}"`);
    expect(structuredClone({ ...ended })).toEqual({ ...ended });
  });

  it("lets no extra field of Converse's override a documented one", () => {
    const object = make({ extras: { origin_id: "o-1", body: "forged", chatEnded: true, chatended: true } });
    expect(object).toMatchObject({ origin_id: "o-1", body: "Hello", chatEnded: false });
  });
});
