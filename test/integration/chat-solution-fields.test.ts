import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  startChatSolutionSandbox,
  startFakeBotServer,
  type ChatSolutionSandbox,
} from "../../sandbox/chat-solution/index.ts";
import { FIELDS, missingFields } from "../support/chat-solution-documents.ts";
import {
  Cast,
  chatMessage,
  post,
  SAMPLE_INIT,
  stamps,
  type Json,
  type RawSolutionClient,
} from "./chat-solution-raw.ts";

// Every object of the guides goes over the wire once with every field that it has there.

let sandbox: ChatSolutionSandbox;
let cast: Cast;

beforeEach(async () => {
  sandbox = await startChatSolutionSandbox({ switches: { conversationInfo: "arrays" } });
  cast = new Cast(sandbox, { version: 4 });
});

afterEach(async () => {
  cast.closeAll();
  await sandbox.stop();
});

/** Emits a payload that has every field of its event. */
function emitWhole(client: RawSolutionClient, name: string, payload: Json): void {
  expect(missingFields(name, payload)).toEqual([]);
  client.emit(name, payload);
}

/** The payload of the newest such event, once there is one that has every field of `what`. */
async function whole(payloads: () => unknown[], what: string): Promise<Json> {
  await expect
    .poll(() =>
      payloads()
        .map((each) => missingFields(what, each))
        .at(-1),
    )
    .toEqual([]);
  return payloads().at(-1) as Json;
}

describe("the customer's objects", () => {
  it.each([
    ["init request v3", { name: "Kashif", email: "k@ef.example.test", phone: "1", channel: "web", ...stamps() }],
    ["init request", SAMPLE_INIT],
  ])("%s has every field, and so has the answer", async (what, body: Json) => {
    expect(missingFields(what, body)).toEqual([]);
    const answer = (await (await post(`${sandbox.url}/api/customer/init`, body)).json()) as Json;
    expect(missingFields("init response", answer)).toEqual([]);
    expect(answer["requestId"]).toBe(body["requestId"]);
    expect(sandbox.centre.conversation()?.info).toEqual(body);
  });

  it("events and messages have every field of both editions", async () => {
    const asha = await cast.agent("asha");
    const customer = await cast.customer();
    const { conversationId, participant } = customer.begun;
    emitWhole(customer, "joinConversation", { ...customer.begun, ...stamps() });
    const info = await whole(() => customer.of("conversationInfo"), "conversationInfo");
    expect(missingFields("Conversation", info["conversation"])).toEqual([]);
    expect(missingFields("ActivityMessage", customer.activities("greetings")[0])).toEqual([]);
    emitWhole(customer, "requestAgentTransfer", { conversationId, ...stamps() });
    sandbox.centre.agentJoins();
    const attachment = {
      type: "image/png",
      name: "a.png",
      contentUrl: "https://x.example.test/a",
      thumbnailUrl: "https://x.example.test/t",
    };
    expect(missingFields("Attachment", attachment)).toEqual([]);
    const everything = { refId: "00923011234567", language: "en", attachments: [attachment], to: [participant] };
    asha.emit(
      "sendMessage",
      chatMessage({ conversationId, participant: { id: "asha", name: "" } }, "hi", { ...everything, tag: "whisper" }),
    );
    const message = await whole(() => asha.messages("ChatMessage"), "ChatMessage");
    expect(message["attachments"]).toEqual([attachment]);
    emitWhole(customer, "endConversation", { conversationId, ...stamps() });
    await expect.poll(() => customer.activities("endOfConversation").length).toBe(1);
    expect(cast.refusals()).toEqual([]);
  });
});

describe("the third party's objects", () => {
  it("a message has every field on its way to the connector, and its answer the header", async () => {
    const connector = await cast.client();
    emitWhole(connector, "registerConnector", { id: "sms", name: "ExpertFlow SMS Connector", channel: "sms" });
    await expect.poll(() => sandbox.centre.connectors.size).toBe(1);
    const from = { id: "sales_2018_winter", name: "Sale Campaign", app: "Expertflow Campaign Manager" };
    const message = {
      channel: "sms",
      messageId: "abbcd323",
      destination: "3015642191",
      from,
      text: "hi",
      timestamp: "2018-11-23T08:51:28.255",
    };
    const response = await post(`${sandbox.url}/api/external/message`, message);
    expect(await whole(() => connector.of("messageArrived"), "external message")).toEqual(message);
    expect((FIELDS["external response header"] ?? []).map((name) => response.headers.has(name))).toEqual([true]);
  });
});

describe("the bot's objects", () => {
  it("have every field", async () => {
    const bot = await cast.client();
    emitWhole(bot, "registerBot", { id: "bot", name: "EF Rasa Bot", type: "Rasa" });
    await expect.poll(() => sandbox.centre.bots.size).toBe(1);
    const customer = await cast.customer({ ...SAMPLE_INIT, accountBalance: "$350" });
    const { conversationId, participant } = customer.begun;
    const given = await whole(() => bot.of("initConversation"), "initConversation");
    expect(missingFields("initContext", given)).toEqual([]);
    const server = await startFakeBotServer();
    expect((await post(`${server.url}api/initContext`, given)).status).toBe(200);
    await server.stop();
    bot.emit("joinConversation", { conversationId, participant: { id: "bot", name: "EF Rasa Bot" }, ...stamps() });
    sandbox.centre.switches.botAnswersAs = "BotMessage";
    const answer = {
      conversationId,
      messageId: "h7VcOjUimR",
      type: "BotMessage",
      from: participant,
      bot: { id: "bot", name: "EF Rasa Bot", type: "Rasa" },
      timestamp: "2018-08-28T10:47:55.823Z",
      input: "what would be the price of 100 agents",
      text: "Ten each",
      intents: [{ confidence: 0.23290375626207, name: "offer_requested" }],
      entities: [{ confidence: 0.54, end: 31, entity: "NbrAgents", extractor: "ner_crf", start: 28, value: "100" }],
      output: [{ name: "Ten each", confidence: 0.99 }],
    };
    expect(missingFields("BotMessage", answer)).toEqual([]);
    bot.emit("sendMessage", answer);
    expect(await whole(() => customer.messages("BotMessage"), "BotMessage")).toMatchObject({
      ...answer,
      timestamp: expect.any(String) as string,
    });
    customer.emit("endConversation", { conversationId, ...stamps() });
    await whole(() => bot.of("endConversation"), "endConversation");
  });
});

describe("past messages", () => {
  it("have every field in the question and in the answer", async () => {
    const customer = await cast.customer();
    sandbox.centre.say("hi");
    const query = {
      conversationId: customer.begun.conversationId,
      count: "5",
      time: new Date(Date.now() + 1_000).toISOString(),
    };
    expect(missingFields("past-messages request", query)).toEqual([]);
    const response = await fetch(`${sandbox.url}/api/conversation/past-messages?${new URLSearchParams(query)}`);
    expect(missingFields("past-messages response", await response.json())).toEqual([]);
  });
});

describe("the agent's objects", () => {
  it("have every field, and every word that a field can be", async () => {
    const [asha, omar, sara] = [await cast.client(), await cast.client(), await cast.client()];
    for (const [client, agentId] of [
      [asha, "asha"],
      [omar, "omar"],
      [sara, "sara"],
    ] as const) {
      emitWhole(client, "login", { agentId, password: `${agentId}-secret`, mrd: "ADSL" });
      emitWhole(client, "amq-sub", { AgentId: agentId });
    }
    emitWhole(asha, "changeState", { state: "ready", mrd: "ADSL" });
    emitWhole(asha, "amq-send", { head: "Login" });
    await whole(() => asha.of("amq-msg"), "amq-msg");
    const agent = asha.of("amq-msg")[0]?.["agent"] as Json;
    expect([missingFields("Agent", agent), agent["status"]]).toEqual([[], "Ready"]);
    const [team] = agent["teams"] as Json[];
    expect(missingFields("Team", team)).toEqual([]);
    await expect.poll(() => sara.activities("login").length).toBe(1);
    const [signedIn] = sara.activities("login") as { info: { agent: Json } }[];
    const supervisor = signedIn?.info.agent;
    expect([missingFields("Supervisor", supervisor), supervisor?.["status"]]).toEqual([[], "Busy"]);

    const customer = await cast.customer();
    const conversationId = customer.begun.conversationId;
    const { customer: card } = await whole(() => asha.of("receiveChatRequest"), "receiveChatRequest");
    expect(missingFields("Customer", card)).toEqual([]);
    emitWhole(asha, "acceptChatRequest", { conversationId });
    emitWhole(asha, "addParticipant", { participant: { agentId: "omar" } });
    const info = await whole(() => omar.of("conversationInfo"), "conversationInfo");
    const people = info["participant"] as Json[];
    expect(people.flatMap((each) => missingFields("Participant (agent side)", each))).toEqual([]);
    expect(people.map(({ type, role, status }) => [type, role, status])).toEqual([
      ["Customer", "Participant", "Active"],
      ["Agent", "Owner", "Active"],
      ["Agent", "Participant", "Active"],
    ]);
    emitWhole(asha, "raiseHand", { conversationId, participantId: "sara" });
    await whole(() => sara.of("receiveChatRequest"), "receiveChatRequest");
    emitWhole(sara, "silentMonitor", { conversationId });
    emitWhole(sara, "bargeIn", { conversationId });
    await expect.poll(() => asha.activities("participantJoined").length).toBe(2);
    emitWhole(asha, "removeParticipant", { participantId: "omar", conversationId });
    emitWhole(asha, "transferChat", { participantId: "sara", conversationId });
    await expect.poll(() => asha.activities("participantLeft").length).toBe(1);
    emitWhole(sara, "wrapUp", { conversationId, wrapup: "done" });
    await expect.poll(() => sandbox.centre.wrapUps.length).toBe(1);
    expect(cast.refusals()).toEqual([]);
  });
});
