import { describe, expect, it } from "vitest";
import { createExpertflow, type ExpertflowInstance } from "../../../adapters/expertflow-cx/dropin/index.ts";
import { expertflowServices, type ExpertflowServices } from "../../../adapters/expertflow-cx/index.ts";
import { CxRest } from "../../../adapters/expertflow-cx/rest/cx-rest.ts";
import { readTranscript } from "../../../adapters/expertflow-cx/rest/transcript.ts";

/** A request as it left: what the reference documents of each call. */
interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}

const HOST = "https://cx.example.test";
const ADDRESSES = {
  socketUrl: `${HOST}/web-channel-manager`,
  ccmUrl: `${HOST}/ccm`,
  formUrl: `${HOST}/unified-admin`,
  conversationUrl: `${HOST}/conversation-manager/customer-topics`,
  activityUrl: `${HOST}/conversation-manager/activities`,
  authenticatorUrl: `${HOST}/secure-link`,
  calendarUrl: `${HOST}/business-calendar`,
};
const JSON_TYPE = { "content-type": "application/json" };

/** Answers everything with an empty object, and writes it down. */
function recorder(): { sent: Sent[]; fetch: typeof fetch } {
  const sent: Sent[] = [];
  return {
    sent,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const text = await request.clone().text();
      const isJson = request.headers.get("content-type") === "application/json";
      const { method, url } = request;
      sent.push({ method, url, headers: Object.fromEntries(request.headers), body: isJson ? JSON.parse(text) : text });
      return Response.json({ agentExtension: "1", customerId: "2" });
    },
  };
}

const get = (path: string): Sent => ({ method: "GET", url: `${HOST}${path}`, headers: {}, body: "" });
const post = (path: string, body: unknown): Sent => ({
  method: "POST",
  url: `${HOST}${path}`,
  headers: JSON_TYPE,
  body,
});

const from = new Date("2030-01-01T00:00:00.000Z");
const to = new Date("2030-01-02T00:00:00.000Z");
const events =
  "/business-calendar/calendars/events?calendarId=cal&startTime=2030-01-01T00%3A00%3A00.000Z&endTime=2030-01-02T00%3A00%3A00.000Z";

describe("the services' requests are those of the vendor's SDK, with identifiers encoded", () => {
  const calls: [name: string, call: (services: ExpertflowServices) => Promise<unknown>, expected: Sent[]][] = [
    ["widgetConfig", (it) => it.widgetConfig("Web 1"), [get("/ccm/widget-configs/Web%201")]],
    ["form", (it) => it.form("f/1"), [get("/unified-admin/forms/f%2F1"), get("/unified-admin/formValidation")]],
    [
      "conversationData by conversation",
      (it) => it.conversationData({ conversationId: "c1" }),
      [get("/conversation-manager/customer-topics/c1/conversation-data")],
    ],
    [
      "setConversationData by conversation",
      (it) => it.setConversationData({ conversationId: "c1" }, { a: "1" }),
      [post("/conversation-manager/customer-topics/c1/conversation-data", { a: "1" })],
    ],
    [
      "conversationData by customer, 4.10.1",
      (it) => it.conversationData({ channelCustomerIdentifier: "+1 555" }),
      [get("/web-channel-manager/get/%2B1%20555")],
    ],
    [
      "setConversationData by customer, 4.10.1",
      (it) => it.setConversationData({ channelCustomerIdentifier: "u" }, { a: "1" }),
      [post("/web-channel-manager/u/conversation-data-by-identifier", { a: "1" })],
    ],
    ["calendarId", (it) => it.calendarId("1218"), [get("/ccm/channels/service-identifier/1218")]],
    ["businessHours", (it) => it.businessHours("cal", from, to), [get(events)]],
    [
      "requestCallback",
      (it) => it.requestCallback(`${HOST}/campaigns`, { campaignId: 1, phone1: "5550100" }),
      [post("/campaigns", { campaignId: 1, phone1: "5550100" })],
    ],
    [
      "verifySecureLink",
      (it) => it.verifySecureLink("key"),
      [post("/secure-link/verifySecureLink", { roomId: "key" })],
    ],
    ["pushActivity", (it) => it.pushActivity({ id: "1" }), [post("/conversation-manager/activities", { id: "1" })]],
  ];

  it.each(calls)("%s", async (_, call, expected) => {
    const { sent, fetch } = recorder();
    await call(expertflowServices({ ...ADDRESSES, fetch }));
    expect(sent).toEqual(expected);
  });

  it("the transcript", async () => {
    const { sent, fetch } = recorder();
    await readTranscript(new CxRest({ fetch }), ADDRESSES.ccmUrl, "c 1");
    expect(sent).toEqual([
      get("/ccm/message?customerChannelIdentifier=null&serviceIdentifier=null&conversationId=c%201"),
    ]);
  });

  it("with the token that the server gave, as a bearer, and to nobody else's host", async () => {
    const { sent, fetch } = recorder();
    const rest = new CxRest({ fetch });
    rest.token = "secret";
    const services = expertflowServices({ ...ADDRESSES, fetch }, rest);
    await services.calendarId("1218");
    await services.notifyWebhook("https://chat.example.test/hook", { agentUrl: HOST, iconUrl: "" }, {});
    expect(sent.map(({ headers }) => headers["authorization"])).toEqual(["Bearer secret", undefined]);
  });
});

describe("the published functions send the same", () => {
  const done = (): void => undefined;
  const { ccmUrl, formUrl, conversationUrl, authenticatorUrl, calendarUrl, activityUrl } = ADDRESSES;
  const calls: [name: string, call: (ef: ExpertflowInstance) => unknown, expected: Sent][] = [
    ["widgetConfigs", (it) => it.widgetConfigs(ccmUrl, "Web", done), get("/ccm/widget-configs/Web")],
    ["getPreChatForm", (it) => it.getPreChatForm(formUrl, "f1", done), get("/unified-admin/forms/f1")],
    ["formValidation", (it) => it.formValidation(formUrl, done), get("/unified-admin/formValidation")],
    [
      "setConversationData",
      (it) => it.setConversationData(conversationUrl, "c1", { a: "1" }),
      post("/conversation-manager/customer-topics/c1/conversation-data", { a: "1" }),
    ],
    [
      "getConversationData",
      (it) => it.getConversationData(conversationUrl, "c1"),
      get("/conversation-manager/customer-topics/c1/conversation-data"),
    ],
    [
      "setConversationDataByCustomerIdentifier",
      (it) => it.setConversationDataByCustomerIdentifier(conversationUrl, "u", { a: "1" }, done),
      post("/conversation-manager/customer-topics/u/conversation-data-by-identifier", { a: "1" }),
    ],
    [
      "getConversationDataByCustomerIdentifier",
      (it) => it.getConversationDataByCustomerIdentifier(conversationUrl, "u", done),
      get("/conversation-manager/customer-topics/get/u"),
    ],
    [
      "authenticateRequest",
      (it) => it.authenticateRequest(authenticatorUrl, { roomId: "key" }, done),
      post("/secure-link/verifySecureLink", { roomId: "key" }),
    ],
    [
      "callbackRequest",
      (it) => it.callbackRequest(`${HOST}/campaigns`, { phone1: "1" }, done),
      post("/campaigns", { phone1: "1" }),
    ],
    ["getCalendarId", (it) => it.getCalendarId(ccmUrl, "1218", done), get("/ccm/channels/service-identifier/1218")],
    [
      "getCalendarEvents",
      (it) => it.getCalendarEvents("cal", calendarUrl, from.toISOString(), to.toISOString(), done),
      get(events),
    ],
    [
      "pushFormDataAsActivity",
      (it) => it.pushFormDataAsActivity(activityUrl, { id: "1" }, done),
      post("/conversation-manager/activities", { id: "1" }),
    ],
  ];

  it.each(calls)("%s", async (_, call, expected) => {
    const { sent, fetch } = recorder();
    call(createExpertflow({ fetch }));
    await expect.poll(() => sent).toEqual([expected]);
  });
});
