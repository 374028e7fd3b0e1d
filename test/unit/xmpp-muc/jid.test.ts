import { describe, expect, it } from "vitest";
import * as jid from "../../../adapters/xmpp-muc/jid.ts";

/** @source RFC 7622 §3 */
describe("JIDs", () => {
  it("splits at the first slash and the first at-sign", () => {
    expect(jid.parseJid("Room_7@Conf.Chat.Example/Jane/Doe@x")).toEqual({
      local: "room_7",
      domain: "conf.chat.example",
      resource: "Jane/Doe@x",
    });
    expect(jid.parseJid("chat.example")).toEqual({ local: undefined, domain: "chat.example", resource: undefined });
  });

  it.each(["", "@chat.example", "a@", "a b@chat.example", "a@chat.example/", "a@b@c", `${"a".repeat(1024)}@x`])(
    "refuses %j",
    (text) => expect(jid.parseJid(text)).toBeUndefined(),
  );

  it("takes bare and resource apart without a copy", () => {
    expect(jid.bareOf("r@c/n/m")).toBe("r@c");
    expect(jid.resourceOf("r@c/n/m")).toBe("n/m");
    expect(jid.resourceOf("r@c")).toBeUndefined();
    expect(jid.domainOf("r@c/n")).toBe("c");
    expect(jid.isBareJid("r@c")).toBe(true);
    expect(jid.isBareJid("c")).toBe(false);
    expect(jid.isBareJid("r@c/n")).toBe(false);
  });

  /** @source XEP-0106 1.1.1 */
  it("undoes node escaping and leaves other backslashes alone", () => {
    expect(jid.unescapeNode("Jane\\20O\\27Hara \\zz")).toBe("Jane O'Hara \\zz");
  });
});
