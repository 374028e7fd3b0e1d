import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAgent, decodeFloor } from "../../../adapters/expertflow-chat/agent/decode-floor.ts";
import { refusalIn } from "../../../adapters/expertflow-chat/refusals.ts";
import { decodeMessage } from "../../../adapters/expertflow-chat/wire/decode-message.ts";
import {
  encodeActivity,
  encodeBotMessage,
  encodeChatMessage,
  encodeConversation,
  encodeJoin,
} from "../../../adapters/expertflow-chat/wire/encode.ts";
import { decodeCustomer, decodeParticipant } from "../../../adapters/expertflow-chat/wire/people.ts";
import { record } from "../../../src/kit/read.ts";

const AT = "2018-05-07T06:52:21.661Z";
const REQUEST = "99397bf7-a4fb-41c3-8292-a021b44262a6";

/** @source API Developer Guide 3.0, 3.1.2. */
const CHAT_MESSAGE = {
  conversationId: "7g5639ju987g",
  type: "ChatMessage",
  requestId: REQUEST,
  timestamp: AT,
  from: { id: "abcdedf", name: "Kashif Sohail" },
  to: [
    { id: "yferdt5", name: "Alice" },
    { id: "4ty678gu", name: "Bob" },
  ],
  text: "Hello, what is the status of my request",
  attachments: [],
};

/** @source API Developer Guide 3.0, 7.0.9. */
const BOT_MESSAGE = {
  conversationId: "1L3TP8jvJw",
  messageId: "h7VcOjUimR",
  type: "BotMessage",
  from: { id: "ZaWmuxevX", name: "Ali" },
  bot: { id: "bot", name: "EF Rasa Bot", type: "Rasa" },
  timestamp: "2018-08-28T10:47:55.823Z",
  input: " what would be the price of 100 agents",
  intents: [{ confidence: 0.23290375626207, name: "price" }],
  entities: [{ start: 31, end: 34, value: "100", entity: "number", confidence: 0.9, extractor: "ner_crf" }],
  output: [
    { name: "utter_second", confidence: 0.1 },
    { name: "utter_price", confidence: 0.8 },
  ],
};

describe("what comes", () => {
  it("a ChatMessage of the guide", () => {
    expect(decodeMessage(CHAT_MESSAGE)).toMatchObject({
      kind: "chat",
      key: REQUEST,
      conversationId: "7g5639ju987g",
      sentAt: new Date(AT),
      from: { id: "abcdedf", name: "Kashif Sohail", role: "unknown" },
      to: ["yferdt5", "4ty678gu"],
      text: "Hello, what is the status of my request",
      isWhisper: false,
    });
  });

  it("a BotMessage of the guide: the bot speaks, its best answer first", () => {
    expect(decodeMessage(BOT_MESSAGE)).toMatchObject({
      kind: "bot",
      key: "h7VcOjUimR",
      from: { id: "bot", name: "EF Rasa Bot", role: "bot" },
      answersTo: { id: "ZaWmuxevX" },
      text: "utter_price",
      understanding: {
        intents: [{ name: "price", confidence: 0.23290375626207 }],
        entities: [{ entity: "number", value: "100", start: 31, end: 34, confidence: 0.9, extractor: "ner_crf" }],
        output: [
          { text: "utter_price", confidence: 0.8 },
          { text: "utter_second", confidence: 0.1 },
        ],
      },
    });
  });

  it.each([
    ["another case of the type", { ...CHAT_MESSAGE, type: "chatMessage" }],
    ["`reqestId`", { ...CHAT_MESSAGE, requestId: undefined, reqestId: REQUEST }],
    ["`Timestamp`", { ...CHAT_MESSAGE, timestamp: undefined, Timestamp: AT }],
  ])("is read with the guide's misprints: %s", (_name, frame) => {
    const present = Object.fromEntries(Object.entries(frame).filter(([, value]) => value !== undefined));
    expect(decodeMessage(present)).toMatchObject({ key: REQUEST, sentAt: new Date(AT) });
  });

  it("a message without an id is the same again by what it says, who says it and when", () => {
    const { requestId: _requestId, ...without } = CHAT_MESSAGE;
    const key = decodeMessage(without)?.key;
    expect(key).toBe(decodeMessage({ ...without })?.key);
    expect(key).not.toBe(decodeMessage({ ...without, text: "another" })?.key);
  });

  it.each([
    [
      { id: "1", name: "Ali", type: "Customer" },
      { id: "1", name: "Ali", role: "customer", isOwner: undefined },
    ],
    [
      { agentId: "2", displayName: "Asha", type: "Agent", Role: "Owner" },
      { id: "2", name: "Asha", role: "agent", isOwner: true },
    ],
    [
      { participantId: "3", displayName: "Sara", type: "Agent", role: "Participant", team: {} },
      { id: "3", role: "supervisor", isOwner: false },
    ],
  ])("a participant in every shape: %j", (wire, expected) => {
    expect(decodeParticipant(wire)).toMatchObject(expected);
  });

  it("a customer keeps what has no place of its own", () => {
    const wire = {
      accountId: "LK9",
      name: "Ali",
      email: "abc@gmail.com",
      accountBalance: "$350",
      Phone: "12345",
      channel: "web",
    };
    expect(decodeCustomer(wire)).toEqual({
      id: "LK9",
      name: "Ali",
      email: "abc@gmail.com",
      phone: "12345",
      channel: "web",
      details: { accountId: "LK9", accountBalance: "$350" },
    });
  });

  it.each([
    [{ status: "ok" }, undefined],
    [undefined, undefined],
    [{ status: "error", code: "already-accepted" }, "conflict"],
    [{ error: "Conversation not found" }, "not-found"],
    [{ status: 401 }, "unauthorized"],
    [{ success: false }, "refused"],
  ])("an acknowledgement %j is %s", (answer, code) => {
    expect(refusalIn(answer, "It")?.code).toBe(code);
  });
});

describe("what goes", () => {
  const parts = {
    conversationId: "5ae01d346c25be4319a9df95",
    from: { id: "d346c25", name: "Alice" },
    requestId: REQUEST,
    timestamp: new Date(AT),
  };
  const { conversationId, from } = parts;

  it("joinConversation, field by field (3.1.1)", () => {
    expect(encodeJoin(parts)).toEqual({ conversationId, participant: from, requestId: REQUEST, timestamp: AT });
  });

  it("endConversation and requestAgentTransfer, field by field (3.1.4, 3.1.5)", () => {
    expect(encodeConversation(parts)).toEqual({ conversationId, requestId: REQUEST, timestamp: AT });
  });

  it("a ChatMessage, field by field (3.2.1)", () => {
    const url = new URL("https://files.example.org/bill.pdf");
    const body = {
      kind: "attachments" as const,
      attachments: [{ url, name: "bill.pdf", mediaType: "application/pdf" }],
      caption: "here",
    };
    expect(encodeChatMessage(parts, body, { language: "en", channel: "web", isWhisper: true, to: [from] })).toEqual({
      conversationId,
      type: "ChatMessage",
      requestId: REQUEST,
      timestamp: AT,
      from,
      to: [from],
      text: "here",
      attachments: [{ type: "application/pdf", name: "bill.pdf", contentUrl: url.href }],
      language: "en",
      channel: "web",
      tag: "whisper",
    });
  });

  it("an ActivityMessage, field by field (3.2.2)", () => {
    expect(encodeActivity(parts, "typing")).toEqual({
      conversationId,
      type: "ActivityMessage",
      requestId: REQUEST,
      timestamp: AT,
      from,
      to: [],
      activityType: "typing",
      info: {},
    });
  });

  it("a BotMessage is read back as it was", () => {
    const read = decodeMessage(BOT_MESSAGE);
    expect.assert(read?.kind === "bot");
    const { bot, from: asker } = BOT_MESSAGE;
    const frame = encodeBotMessage({ ...parts, from: asker }, bot, read.text, read.understanding);
    expect(frame).toMatchObject({ type: "BotMessage", from: asker, bot, messageId: REQUEST, text: "utter_price" });
    expect(decodeMessage(frame)).toMatchObject({ text: read.text, understanding: read.understanding });
  });
});

describe("frames that nobody would send", () => {
  it("never throw, and pollute nothing", () => {
    const runs = Number(process.env["FC_RUNS"] ?? 20_000);
    const known = fc.constantFrom("ChatMessage", "ActivityMessage", "BotMessage", "__proto__");
    const frame = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          type: known,
          from: fc.jsonValue(),
          text: fc.jsonValue(),
          attachments: fc.jsonValue(),
          info: fc.jsonValue(),
          output: fc.jsonValue(),
          bot: fc.jsonValue(),
          timestamp: fc.jsonValue(),
        },
        { requiredKeys: ["type"] },
      ),
    );
    fc.assert(
      fc.property(frame, (value) => {
        decodeMessage(value);
        decodeParticipant(value);
        decodeCustomer(value);
        refusalIn(value, "It");
        const agent = decodeAgent(record(value), "a");
        decodeFloor(record(value), { ...agent, role: "supervisor" }, new Date(0));
      }),
      { numRuns: runs },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
