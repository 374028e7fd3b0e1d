import { describe, expect, it } from "vitest";
import { fixture, json, jsonFixture, rejectionOf, tenantAnswering, TOKEN } from "./fake-rest.ts";

const ENVELOPE = jsonFixture("feedback-config.json") as { response: Record<string, unknown> };
const INNER = ENVELOPE.response;
const PATH =
  "https://omni.example.com:4433/configuration/cc-list/7/process-list/4/campaigns/1/chat-feedback-schemes-configurations/";
const NOT_FOUND = () => new Response(null, { status: 404 });

describe("the feedback configuration", () => {
  it.each([
    ["in its envelope", ENVELOPE],
    ["bare", INNER],
    [
      "spelled otherwise",
      { RESPONSE: Object.fromEntries(Object.entries(INNER).map(([key, value]) => [key.toLowerCase(), value])) },
    ],
  ])("is read %s", async (_, answer) => {
    const { service, calls } = tenantAnswering([json(answer)]);
    await expect(service.feedbackConfig()).resolves.toEqual(INNER);
    expect(calls).toMatchObject([{ method: "GET", url: `${PATH}1_5_webchat`, headers: { authorization: TOKEN } }]);
  });

  it("a 404 is asked again with hyphens, once; then there is none", async () => {
    const found = tenantAnswering([NOT_FOUND, json(INNER)]);
    await expect(found.service.feedbackConfig()).resolves.toMatchObject({ isFeedbackEnabled: true });
    expect(found.calls.map(({ url }) => url)).toEqual([`${PATH}1_5_webchat`, `${PATH}1-5-webchat`]);
    const none = tenantAnswering([NOT_FOUND]);
    await expect(none.service.feedbackConfig()).resolves.toBeNull();
    expect(none.calls).toHaveLength(2);
  });

  it("the channel is what the tenant's wire option says, percent-encoded", async () => {
    const wire = { feedbackChannelIdentifier: () => ["a/b c"] };
    const { service, calls } = tenantAnswering([json(INNER)], { wire });
    await service.feedbackConfig();
    expect(calls[0]?.url).toBe(`${PATH}a%2Fb%20c`);
  });

  it("an error is an error, not an absence", async () => {
    const { service, calls } = tenantAnswering([new Response(null, { status: 500 })]);
    expect(await rejectionOf(service.feedbackConfig())).toMatchObject({ code: "unreachable" });
    expect(calls).toHaveLength(1);
  });

  it.each([[null], [[]], ["x"], [7]])("%j is no configuration (rule 15)", async (answer) => {
    expect(await rejectionOf(tenantAnswering([json(answer)]).service.feedbackConfig())).toMatchObject({
      code: "bad-frame",
    });
  });

  it("only a true enables; wrong types are left out (rule 15)", async () => {
    const answer = {
      isFeedbackEnabled: "true",
      openInNewTab: 1,
      feedbackUrl: { href: "javascript:alert(1)" },
      appId: 7,
      chatFeedbackSchemes: [null, "x", { chatFeedBackSchemeId: "4", maxPayloadValue: "many", name: 5 }],
    };
    await expect(tenantAnswering([json(answer)]).service.feedbackConfig()).resolves.toEqual({
      isFeedbackEnabled: false,
      openInNewTab: false,
      feedbackUrl: null,
      chatFeedbackSchemes: [
        {
          chatFeedBackSchemeId: 4,
          name: "",
          chatFeedbackSchemeType: "",
          feedbackText: "",
          isMandatory: false,
          mandatory: false,
        },
      ],
    });
  });
});

describe("the rating", () => {
  const rating = { interactionId: "IN-5521", chatId: "CH-1009", feedback: { score: 5, comment: "Great support" } };

  it("is the document's body, field by field", async () => {
    const { service, calls } = tenantAnswering([json({})]);
    const answer = await service.submitFeedback(rating);
    expect(answer.ok).toBe(true);
    expect(calls).toMatchObject([
      { method: "POST", url: "https://omni.example.com:4440/plugins/restapi/v1/xtrm/chat-feedback" },
    ]);
    expect(JSON.stringify(calls[0]?.body)).toBe(JSON.stringify(JSON.parse(fixture("feedback-request.json"))));
  });

  it("goes where the tenant's wire option says, and an answer that is no success is given back", async () => {
    const { service, calls } = tenantAnswering([new Response("no", { status: 500 })], {
      wire: { feedbackPath: "chat_feedback" },
    });
    const answer = await service.submitFeedback(rating);
    expect([answer.status, await answer.text()]).toEqual([500, "no"]);
    expect(calls[0]?.url).toMatch(/\/chat_feedback$/);
  });
});
