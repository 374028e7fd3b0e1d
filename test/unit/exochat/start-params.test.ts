import { describe, expect, it } from "vitest";
import { readStartParams } from "../../../src/exochat/start-params.ts";
import { JANE } from "./fake-backend.ts";

describe("startChat's parameters", () => {
  it("reads the vendor's own example: ids of the bot, and unknown keys as additionalInfo", () => {
    const given = {
      ...JANE,
      user_id: "bot-user-id-123",
      session_id: "bot-session-abc",
      intent: "billing_issue",
      language: "en",
    };
    expect(readStartParams(given)).toEqual({
      customer: { name: "Jane Smith", email: "jane@shop.example", phone: "+15550100200" },
      handoff: {
        botUserId: "bot-user-id-123",
        botSessionId: "bot-session-abc",
        attributes: { intent: "billing_issue", language: "en" },
      },
    });
  });

  it.each([
    { fullname: "J", EMAIL: "j@x", Phone: 15550100200, userId: 7, sessionID: "s" },
    { full_name: "J", "e-mail": "j@x", phone: "15550100200", "user-id": "7", SESSION_ID: "s" },
  ])("takes any spelling: %j", (given) => {
    expect(readStartParams(given)).toEqual({
      customer: { name: "J", email: "j@x", phone: "15550100200" },
      handoff: { botUserId: "7", botSessionId: "s", attributes: {} },
    });
  });

  it("starts with additionalInfo and adds what is unknown; JSON keeps its shape", () => {
    const { handoff } = readStartParams({
      ...JANE,
      additionalInfo: { crm: { id: 7 }, a: 1 },
      a: 2,
      tags: ["x"],
      gone: undefined,
    });
    expect(handoff).toEqual({ attributes: { crm: { id: 7 }, a: 2, tags: ["x"] } });
  });

  it("no bot: null and absent are the same", () => {
    expect(readStartParams({ ...JANE, user_id: null, session_id: null }).handoff).toEqual({ attributes: {} });
  });

  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["a text", "Jane"],
    ["no name", { email: "j@x", phone: "1" }],
    ["an empty name", { ...JANE, fullName: "  " }],
    ["no email", { fullName: "J", phone: "1" }],
    ["no phone", { fullName: "J", email: "j@x" }],
    ["a bot that is an object", { ...JANE, user_id: {} }],
    ["a list as additionalInfo", { ...JANE, additionalInfo: [] }],
    ["a cycle", { ...JANE, cycle }],
    ["more than 16 KiB", { ...JANE, transcript: "x".repeat(17_000) }],
  ])("refuses %s", (_, given) => {
    expect(() => readStartParams(given)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});
