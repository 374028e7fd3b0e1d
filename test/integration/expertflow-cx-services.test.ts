import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  expertflowCx,
  expertflowFeedback,
  expertflowPreChat,
  expertflowServices,
  isOpenAt,
  opensNext,
  surveyLinkIn,
} from "../../adapters/expertflow-cx/index.ts";
import { CX_BOT, startExpertflowCxSandbox, type ExpertflowCxSandbox } from "../../sandbox/expertflow-cx/index.ts";
import { sampleSurvey } from "../../sandbox/expertflow-cx/samples.ts";
import { checkForm, createCsat, fillForm, type ChatError, type ChatMessage } from "../../src/index.ts";

let cx: ExpertflowCxSandbox;

beforeAll(async () => {
  cx = await startExpertflowCxSandbox();
});

afterAll(() => cx.stop());

beforeEach(() => cx.centre.faults.rest.clear());

const failure = (promise: Promise<unknown>): Promise<ChatError> =>
  promise.then(
    () => Promise.reject(new Error("It did not fail.")),
    (error: ChatError) => error,
  );

describe("the REST services", () => {
  it("the widget's configuration is read", async () => {
    const config = await expertflowServices(cx).widgetConfig("Web");
    expect(config).toMatchObject({
      title: "Demo",
      theme: "#2889e9",
      language: "en",
      form: "66f000000000000000fd0000",
      enableFileTransfer: true,
      customerReconnectTime: 100,
      callback: undefined,
      webhookUrl: undefined,
      webRtc: undefined,
    });
  });

  it("an unknown widget is not-found", async () => {
    const error = await failure(expertflowServices(cx).widgetConfig("web"));
    expect([error.code, error.info.vendor?.code]).toEqual(["not-found", "rest/404"]);
  });

  it("identifiers are encoded into paths", async () => {
    const services = expertflowServices(cx);
    const key = { channelCustomerIdentifier: "a/b?c#d é" };
    await services.setConversationData(key, { topic: "Billing" });
    expect(await services.conversationData(key)).toEqual({ topic: "Billing" });
    expect(cx.centre.data.get("a/b?c#d é")).toEqual({ topic: "Billing" });
  });

  it("conversation data goes by conversation or by customer, to the address of the release", async () => {
    for (const release of ["4.9", "5.5"] as const) {
      const services = expertflowServices({ ...cx, release });
      for (const key of [{ conversationId: `c-${release}` }, { channelCustomerIdentifier: `u-${release}` }]) {
        expect(await services.conversationData(key)).toEqual({});
        await services.setConversationData(key, { a: "1" });
        await services.setConversationData(key, { b: "2" });
        expect(await services.conversationData(key)).toEqual({ a: "1", b: "2" });
      }
    }
    const { conversationUrl: _, ...withoutManager } = cx;
    const key = { channelCustomerIdentifier: "u" };
    await expertflowServices(withoutManager).setConversationData(key, { a: "1" });
    const error = await failure(expertflowServices({ ...withoutManager, release: "4.9" }).conversationData(key));
    expect([error.code, error.message.includes("conversationUrl")]).toEqual(["invalid-config", true]);
  });

  it("opening hours say whether it is open, and when next", async () => {
    const services = expertflowServices(cx);
    const id = await services.calendarId("1218");
    const day = new Date();
    day.setUTCHours(0, 0, 0, 0);
    const at = (hours: number): Date => new Date(day.getTime() + hours * 3_600_000);
    const shifts = await services.businessHours(id ?? "", at(-24), at(48));
    expect([isOpenAt(shifts, at(9)), isOpenAt(shifts, at(7)), isOpenAt(shifts, at(20))]).toEqual([true, false, false]);
    expect(opensNext(shifts, at(21))).toEqual(at(32));
    const holiday = { name: "Eid", start: at(0), end: at(24), open: false };
    expect(isOpenAt([...shifts, holiday], at(9))).toBe(false);
    expect(await services.isOpenNow("1218")).toBe(isOpenAt(shifts, new Date()));
  });

  it("a file is stored and read back, with progress", async () => {
    const services = expertflowServices(cx);
    const data = new Blob(["hello ".repeat(50_000)]);
    const steps: number[] = [];
    const file = { name: 'a "b"\r\n.txt', mediaType: "text/plain", sizeBytes: data.size, data };
    const stored = await services.upload(file, { onProgress: (sent) => void steps.push(sent) });
    expect(stored).toMatchObject({ name: "a b.txt", mediaType: "text/plain", sizeBytes: data.size });
    expect(steps.at(-1)).toBe(data.size);
    expect(await (await services.download(stored.url)).text()).toBe(await data.text());
  });

  it("a call-back is asked for, an activity filed, a team told", async () => {
    const services = expertflowServices(cx);
    cx.centre.received.length = 0;
    expect(await services.requestCallback(cx.callbackUrl, { campaignId: 1, phone1: "5550100" })).toBe("SCHEDULED");
    await services.pushActivity({ id: "1", header: {}, body: { type: "FORM_DATA" } });
    const card = { agentUrl: "https://cx.example.test/x", iconUrl: "https://cx.example.test/i.png" };
    await services.notifyWebhook(cx.webhookUrl, card, { first_name: "Mina", phone: "" });
    expect(cx.centre.received.map(({ name }) => name)).toEqual([
      "POST /campaigns/callback",
      "POST /conversation-manager/activities",
      "POST /webhook",
    ]);
    expect(cx.centre.received[2]?.payload).toEqual({
      cards: [
        {
          header: { title: "Mina started a new chat", imageUrl: card.iconUrl, imageStyle: "IMAGE" },
          sections: [
            {
              widgets: [
                {
                  textParagraph: {
                    text: "First name: Mina\nPhone: N/A\nhttps://cx.example.test/unified-agent/",
                  },
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it("a secure link is verified", async () => {
    const link = { agentExtension: "1001", customerId: "c-1", agentName: "Asha" };
    expect(await expertflowServices(cx).verifySecureLink("good-key")).toEqual(link);
  });

  it.each([
    ["bad-key", "secure-link/400"],
    ["expired", "secure-link/410"],
  ])("the secure link %s is refused", async (key, code) => {
    const error = await failure(expertflowServices(cx).verifySecureLink(key));
    expect([error.code, error.info.vendor?.code]).toEqual(["refused", code]);
  });

  it.each([
    [{ status: 200, body: "<html>", contentType: "text/html" }, "bad-frame"],
    [{ status: 403, body: "", contentType: "text/plain" }, "refused"],
    [{ status: 429, body: "", contentType: "text/plain" }, "rate-limited"],
    [{ status: 503, body: "", contentType: "text/plain" }, "unreachable"],
  ] as const)("%o settles once, as %s", async (fault, code) => {
    cx.centre.faults.rest.set("/ccm", [fault]);
    expect((await failure(expertflowServices(cx).widgetConfig("Web"))).code).toBe(code);
  });

  it("no answer is timed-out, nobody there is unreachable, an abort is aborted", async () => {
    cx.centre.faults.rest.set("/ccm", ["hang", "hang"]);
    const services = expertflowServices(cx);
    expect((await failure(services.widgetConfig("Web", { timeoutMs: 50 }))).code).toBe("timed-out");
    const abort = new AbortController();
    const aborted = failure(services.widgetConfig("Web", { signal: abort.signal }));
    abort.abort();
    expect((await aborted).code).toBe("aborted");
    expect((await failure(expertflowServices({ ccmUrl: "http://127.0.0.1:9/ccm" }).widgetConfig("Web"))).code).toBe(
      "unreachable",
    );
  });
});

describe("the form before the chat", () => {
  it("comes with the rules of each field, which are checked before anything is sent", async () => {
    const form = await expertflowPreChat(expertflowServices(cx), "Web").form();
    if (!form) throw new Error("There is no form.");
    const fields = form.sections.flatMap((section) => section.fields);
    expect(fields.map(({ key, type, required }) => [key, type, required])).toEqual([
      ["first_name", "short-answer", true],
      ["phone", "phone", true],
      ["topic", "dropdown", false],
    ]);
    const values = { "attribute-first_name": "Mina", "attribute-phone": "abc", "attribute-topic": "Weather" };
    expect([...checkForm(form, values)]).toEqual([
      ["attribute-phone", "pattern"],
      ["attribute-topic", "option"],
    ]);
    expect([...checkForm(form, {})].map(([, problem]) => problem)).toEqual(["required", "required"]);
    expect(() => fillForm(form, values)).toThrow("check Phone, Topic");
    const preChat = fillForm(form, { "attribute-first_name": "Mina", "attribute-phone": "5550100" });
    const chat = expertflowCx({ ...cx, serviceIdentifier: "1218", channelCustomerIdentifier: "5550100" });
    cx.centre.received.length = 0;
    await chat.open({ customer: { name: "Mina" }, preChat });
    expect(cx.centre.received[0]?.payload).toMatchObject({
      additionalAttributes: [
        {
          value: {
            formData: {
              formId: form.id,
              attributes: [
                { value: "Mina", key: "first_name", type: "string" },
                { value: "5550100", key: "phone", type: "string" },
              ],
            },
          },
        },
      ],
    });
    await chat.close();
  });
});

describe("rating", () => {
  async function chatThatHears(count: number, say: () => void): Promise<ReturnType<typeof expertflowCx>> {
    const chat = expertflowCx({ ...cx, serviceIdentifier: "1218", channelCustomerIdentifier: "5550100" });
    const messages: ChatMessage[] = [];
    chat.on("message", (message) => void messages.push(message));
    const feedback = expertflowFeedback(chat);
    gateways.set(chat, feedback);
    await chat.open({ customer: { name: "Mina" } });
    say();
    await expect.poll(() => messages.length).toBe(count);
    return chat;
  }
  const gateways = new Map<object, ReturnType<typeof expertflowFeedback>>();
  const gatewayOf = (chat: object): ReturnType<typeof expertflowFeedback> => {
    const gateway = gateways.get(chat);
    if (!gateway) throw new Error("No gateway.");
    return gateway;
  };

  it("a survey's link in a text is what the customer is asked with", async () => {
    const link = "https://cx.example.test/survey?type=survey&id=7";
    const chat = await chatThatHears(1, () => cx.centre.say(`Please rate us: ${link} Thanks!`));
    const request = await createCsat(gatewayOf(chat)).request({ chatId: "c-1" });
    expect(request?.kind === "link" && request.url.href).toBe(link);
    await chat.close();
  });

  it.each([
    ["no link", undefined],
    ["https://cx.example.test/x?type=other", undefined],
    ["(https://cx.example.test/s?type=survey)", "https://cx.example.test/s?type=survey"],
    ["javascript:alert(1)//type=survey", undefined],
  ])("in %s", (text, expected) => {
    expect(surveyLinkIn(text)?.href).toBe(expected);
  });

  it("a form in the chat is collected here, and answered once", async () => {
    const chat = await chatThatHears(1, () => cx.centre.say(sampleSurvey(), { sender: CX_BOT }));
    const csat = createCsat(gatewayOf(chat));
    const request = await csat.request({ chatId: "c-2" });
    expect(
      request?.kind === "collect" && request.schemes.map(({ name, max, mandatory }) => [name, max, mandatory]),
    ).toEqual([
      ["csat", 5, true],
      ["why", undefined, false],
    ]);
    const answers = [
      { schemeId: "attribute-csat", value: 5 },
      { schemeId: "attribute-why", value: "Fast" },
    ];
    cx.centre.received.length = 0;
    expect(await csat.submit({ chatId: "c-2" }, { answers })).toBe("submitted");
    expect(await csat.submit({ chatId: "c-2" }, { answers })).toBe("already-submitted");
    expect(cx.centre.received).toHaveLength(1);
    expect(cx.centre.received[0]?.payload).toMatchObject({
      body: {
        type: "FORM_DATA",
        sections: [{ attributes: [{ valueType: "5-star-rating", answer: ["5"] }, { answer: ["Fast"] }] }],
      },
    });
    await chat.close();
  });

  it("without either, a rating can be stored as conversation data; without that nobody is asked", async () => {
    const chat = expertflowCx({ ...cx, serviceIdentifier: "1218", channelCustomerIdentifier: "5550100" });
    expect(await createCsat(expertflowFeedback(chat)).request({ chatId: "c-3" })).toBeNull();
    const store = { services: expertflowServices(cx), scoreKey: "csat", commentKey: "csat_comment" };
    const csat = createCsat(expertflowFeedback(chat, { store }));
    expect((await csat.request({ chatId: "c-3" }))?.kind).toBe("collect");
    await csat.submit({ chatId: "c-3" }, { score: 4, comment: "Good" });
    expect(cx.centre.data.get("c-3")).toEqual({ csat: "4", csat_comment: "Good" });
  });
});
