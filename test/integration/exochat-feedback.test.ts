import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startExotelSandbox, type ExotelSandbox, type FeedbackVariant } from "../../sandbox/index.ts";
import { headlessCustomer, rejectionOf, type HeadlessCustomer } from "./headless-customer.ts";

let exotel: ExotelSandbox;
let defaults: ReturnType<ExotelSandbox["control"]["settings"]>;
const customers: HeadlessCustomer[] = [];

beforeAll(async () => {
  exotel = await startExotelSandbox({ settings: { agentJoin: "before" } });
  defaults = exotel.control.settings();
});
beforeEach(() => void exotel.control.configure(defaults));
afterEach(async () => {
  await Promise.all(customers.splice(0).map(({ exoChat }) => exoChat.dispose()));
});
afterAll(() => exotel.stop());

const configReads = () => exotel.control.requests().filter(({ path }) => path.includes("chat-feedback-schemes")).length;

async function endedChat(feedback: FeedbackVariant, extra: Parameters<typeof headlessCustomer>[1] = {}) {
  exotel.control.configure({ feedback });
  const jane = headlessCustomer(exotel, extra);
  customers.push(jane);
  const room = await jane.start();
  const agent = await exotel.control.seat(room.jid);
  const ids = await agent.endChat();
  await jane.until("chatEnded");
  return { jane, ids };
}

describe("feedback", () => {
  it("on: the configuration is fetched once at the end, the rating is stored once", async () => {
    const before = configReads();
    const { jane, ids } = await endedChat("schemes", { feedback: "host" });
    const config = await jane.exoChat.getFeedbackConfig();
    expect(config).toMatchObject({
      isFeedbackEnabled: true,
      openInNewTab: false,
      chatFeedbackSchemes: [{ maxPayloadValue: 5 }],
    });
    expect(configReads() - before).toBe(1);
    const rating = { score: 5, comment: "Great support!" };
    const answers = [
      await jane.exoChat.submitFeedbackResponse(ids.interactionId, ids.chatId, rating),
      await jane.exoChat.submitFeedbackResponse(ids.interactionId, ids.chatId, { score: 1 }),
    ];
    expect(answers.map(({ ok }) => ok)).toEqual([true, true]);
    const stored = exotel.control.feedback().filter(({ chatId }) => chatId === ids.chatId);
    expect(stored).toMatchObject([{ ...ids, campaignId: 1, feedback: rating, attempt: 1 }]);
  });

  it.each<[FeedbackVariant, Record<string, unknown>]>([
    ["disabled", { isFeedbackEnabled: false }],
    ["url", { isFeedbackEnabled: true, openInNewTab: false, feedbackUrl: expect.stringMatching(/\/survey$/) }],
    ["new-tab", { isFeedbackEnabled: true, openInNewTab: true, feedbackUrl: expect.stringMatching(/\/survey$/) }],
    ["bare", { isFeedbackEnabled: true }],
  ])("off, URL, new tab: %s", async (variant, expected) => {
    const { jane } = await endedChat(variant);
    expect(await jane.exoChat.getFeedbackConfig()).toMatchObject(expected);
    expect(jane.errors).toEqual([]);
  });

  it("none: the CMS knows no channel, in either spelling", async () => {
    const before = configReads();
    const { jane } = await endedChat("not-found");
    expect(await jane.exoChat.getFeedbackConfig()).toBeNull();
    expect(configReads() - before).toBe(2);
    expect(jane.errors).toEqual([]);
  });

  it("the other separator of the channel is found", async () => {
    exotel.control.configure({ channelSeparator: "-" });
    const { jane } = await endedChat("schemes");
    expect(await jane.exoChat.getFeedbackConfig()).toMatchObject({ channelIdentifier: "1-5-webchat" });
  });

  it.each<[FeedbackVariant, string]>([
    ["error", "unreachable rest/server"],
    ["malformed", "bad-frame rest/bad-json"],
  ])("error: %s is null and an error event", async (variant, code) => {
    const { jane } = await endedChat(variant);
    expect(await jane.exoChat.getFeedbackConfig()).toBeNull();
    expect(new Set(jane.errors)).toEqual(new Set([code]));
  });

  it("after a reload the stored mark keeps a second rating away", async () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const { jane, ids } = await endedChat("schemes", { storage });
    await jane.exoChat.submitFeedbackResponse(ids.interactionId, ids.chatId, { score: 5 });
    const reloaded = headlessCustomer(exotel, { storage });
    customers.push(reloaded);
    const again = reloaded.exoChat.submitFeedbackResponse(ids.interactionId, ids.chatId, { score: 1 });
    expect(await rejectionOf(again)).toMatchObject({ code: "conflict" });
    expect(exotel.control.feedback().filter(({ chatId }) => chatId === ids.chatId)).toHaveLength(1);
  });

  it("the other spelling of the path, where the tenant has it", async () => {
    exotel.control.configure({ feedbackPath: "chat_feedback" });
    const { jane, ids } = await endedChat("schemes", { wire: { feedbackPath: "chat_feedback" } });
    expect((await jane.exoChat.submitFeedbackResponse(ids.interactionId, ids.chatId, { score: 3 })).ok).toBe(true);
  });
});
