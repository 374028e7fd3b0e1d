import { describe, expect, it } from "vitest";
import { decodeResumeToken, encodeResumeToken, type ResumeToken } from "../../../adapters/xmpp-muc/resume-token.ts";

const token: ResumeToken = {
  room: "room@conference.chat.example",
  nick: "Ravi",
  agents: ["asha@chat.example"],
  resource: "switchboard-1",
  link: {
    version: 1,
    kind: "bosh",
    url: "https://chat.example/http-bind",
    jid: "ravi@chat.example/switchboard-1",
    sid: "s-1",
    rid: 7,
    requests: 2,
    wait: 60,
    hold: 1,
    polling: 5,
    savedAt: 1,
    pending: [],
  },
};

describe("a resume token", () => {
  it("is read as it was written, and holds no password", () => {
    expect(decodeResumeToken(encodeResumeToken(token))).toEqual(token);
    expect(encodeResumeToken(token)).not.toContain("password");
  });

  it("without a stream that can be resumed still says who was where", () => {
    const { link: _, ...rest } = token;
    expect(decodeResumeToken(encodeResumeToken(rest))).toEqual(rest);
    expect(decodeResumeToken(JSON.stringify({ version: 1, ...token, link: { kind: "carrier pigeon" } }))).toEqual(rest);
  });

  it.each<[string, string | undefined]>([
    ["nothing", undefined],
    ["an empty text", ""],
    ["half a text", "{"],
    ["null", "null"],
    ["another version", JSON.stringify({ ...token, version: 2 })],
    ["no room", JSON.stringify({ version: 1, ...token, room: "nowhere" })],
    ["no nick", JSON.stringify({ version: 1, ...token, nick: "" })],
    ["no resource", JSON.stringify({ version: 1, ...token, resource: 7 })],
    ["no list of agents", JSON.stringify({ version: 1, ...token, agents: "all" })],
    ["too many agents", JSON.stringify({ version: 1, ...token, agents: Array.from({ length: 1_001 }, () => "a@b") })],
  ])("is none: %s", (_, text) => {
    expect(decodeResumeToken(text)).toBeUndefined();
  });
});
