import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sendExternalMessage } from "../../adapters/expertflow-chat/index.ts";
import { expertflowChatConnector } from "../../adapters/expertflow-chat/connector/index.ts";
import { startChatSolutionSandbox, type ChatSolutionSandbox } from "../../sandbox/chat-solution/index.ts";
import {
  createConnector,
  memoryJournal,
  type ChannelMessage,
  type Connector,
  type ConnectorJournal,
  type ConnectorOptions,
  type ConnectorReport,
} from "../../src/connector/index.ts";

let solution: ChatSolutionSandbox;
let journal: ConnectorJournal;
let connectors: Connector[];
let delivered: ChannelMessage[];
let reports: ConnectorReport[];

const CAMPAIGN = {
  channel: "sms",
  destination: "3015642191",
  from: { id: "sales_2018_winter", name: "Sale Campaign", app: "Expertflow Campaign Manager" },
  text: "Expertflow campaign message",
};
const RAVI = { refId: "3015642191", name: "Ravi Kumar" };

beforeEach(async () => {
  solution = await startChatSolutionSandbox({ switches: { acknowledge: true } });
  solution.centre.greeting = "";
  journal = memoryJournal();
  [connectors, delivered, reports] = [[], [], []];
});

afterEach(async () => {
  for (const each of connectors) await each.close();
  await solution.stop();
});

async function connector(options: Partial<ConnectorOptions> = {}): Promise<Connector> {
  const made = createConnector({
    id: "sms",
    name: "SMS",
    channel: "sms",
    journal,
    transport: expertflowChatConnector({
      url: solution.url,
      transports: ["websocket"],
      acknowledgements: true,
      reconnect: { nextDelayMs: () => 0 },
    }),
    deliver: async (message) => void delivered.push(message),
    onReport: (report) => void reports.push(report),
    ...options,
  });
  connectors.push(made);
  await made.start();
  return made;
}

const kinds = (): string[] => reports.map(({ kind }) => kind);

describe("a connector on Chat Solution", () => {
  it("brings a campaign message to the channel, and says so", async () => {
    await connector();
    const { requestId } = await sendExternalMessage({ url: solution.url }, { ...CAMPAIGN, messageId: "m1" });
    expect(requestId).not.toBe("");
    await expect
      .poll(() => delivered)
      .toEqual([{ messageId: "m1", destination: CAMPAIGN.destination, text: CAMPAIGN.text, from: CAMPAIGN.from }]);
    await expect.poll(kinds).toEqual(["delivered"]);
  });

  it("503 where no connector is there names what to do, and the repeat arrives once", async () => {
    const send = (): ReturnType<typeof sendExternalMessage> =>
      sendExternalMessage({ url: solution.url }, { ...CAMPAIGN, messageId: "m1" });
    await expect(send()).rejects.toMatchObject({
      code: "unreachable",
      info: { retryable: true, vendor: { code: "rest/503" }, remedy: expect.stringContaining("messageId") as string },
    });
    await connector();
    await send();
    await send();
    await expect.poll(() => delivered.map(({ messageId }) => messageId)).toEqual(["m1"]);
  });

  it("refuses an empty field before anything is sent", async () => {
    const sent = sendExternalMessage({ url: solution.url }, { ...CAMPAIGN, destination: "" });
    await expect(sent).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("carries a customer's answer in and the agent's word out, in one conversation", async () => {
    const sms = await connector();
    await sms.receive(RAVI, { id: "sms-1", text: "Tell me more" });
    await expect.poll(kinds).toEqual(["received"]);
    const { centre } = solution;
    expect(centre.conversation()).toMatchObject({ channel: "sms", info: { refId: RAVI.refId } });
    centre.agentJoins();
    centre.say("With pleasure");
    await expect
      .poll(() => delivered.map(({ text, destination }) => [text, destination]))
      .toEqual([["With pleasure", RAVI.refId]]);
    await sms.receive(RAVI, { id: "sms-1", text: "Tell me more" });
    await sms.receive(RAVI, { id: "sms-2", text: "Go on" });
    await expect.poll(kinds).toEqual(["received", "delivered", "received"]);
    expect(centre.conversations.size).toBe(1);
  });

  it("killed while it delivers: what was in the journal goes out after the restart, what is in doubt is reported", async () => {
    let hang = true;
    const first = await connector({
      deliver: (message, { signal }) =>
        hang
          ? new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("killed"))))
          : Promise.resolve(void delivered.push(message)),
    });
    await sendExternalMessage({ url: solution.url }, { ...CAMPAIGN, messageId: "m1" });
    await sendExternalMessage({ url: solution.url }, { ...CAMPAIGN, messageId: "m2" });
    await first.close();
    hang = false;
    await connector();
    await expect.poll(() => delivered.map(({ messageId }) => messageId)).toEqual(["m2"]);
    expect(reports.filter(({ kind }) => kind === "unknown-outcome")).toMatchObject([{ message: { messageId: "m1" } }]);
  });

  it("where the channel knows repeats, what is in doubt is delivered again", async () => {
    const first = await connector({
      deliver: (_message, { signal }) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("killed")))),
    });
    await sendExternalMessage({ url: solution.url }, { ...CAMPAIGN, messageId: "m1" });
    await first.close();
    await connector({ repeatsAreHarmless: true });
    await expect.poll(() => delivered.map(({ messageId }) => messageId)).toEqual(["m1"]);
  });

  it("restarted, it goes on in the customer's conversation, with what was said meanwhile, once", async () => {
    const first = await connector();
    await first.receive(RAVI, { id: "sms-1", text: "Tell me more" });
    await expect.poll(kinds).toEqual(["received"]);
    solution.centre.agentJoins();
    await first.close();
    solution.centre.say("Are you there?");
    const second = await connector();
    await expect.poll(() => delivered.map(({ text }) => text)).toEqual(["Are you there?"]);
    await second.receive(RAVI, { id: "sms-2", text: "Yes" });
    await expect.poll(kinds).toEqual(["received", "delivered", "received"]);
    expect(solution.centre.conversations.size).toBe(1);
    const said = solution.centre.ledger.flatMap(({ message }) =>
      message.type === "ChatMessage" ? [message.text] : [],
    );
    expect(said).toEqual(["Tell me more", "Are you there?", "Yes"]);
  });

  it("knows a message that comes again, also over a restart", async () => {
    const again = (): unknown => {
      const payload = { ...CAMPAIGN, messageId: "m1", timestamp: new Date().toISOString() };
      return solution.centre.connectors.get("sms")?.socket.emit("messageArrived", payload);
    };
    const first = await connector();
    again();
    again();
    await expect.poll(kinds).toEqual(["delivered"]);
    await first.close();
    await connector();
    again();
    await sendExternalMessage({ url: solution.url }, { ...CAMPAIGN, messageId: "m2" });
    await expect.poll(() => delivered.map(({ messageId }) => messageId)).toEqual(["m1", "m2"]);
  });

  it("killed before it wrote down that the service has a customer's message: it is not sent again", async () => {
    const first = await connector();
    await first.receive(RAVI, { id: "sms-1", text: "Tell me more" });
    await expect.poll(kinds).toEqual(["received"]);
    await first.close();
    const key = `in/${RAVI.refId}/sms-1`;
    const entry = JSON.parse(String(await journal.getItem(key))) as object;
    await journal.setItem(key, JSON.stringify({ ...entry, status: "pending" }));
    await connector();
    await expect.poll(kinds).toEqual(["received", "received"]);
    const said = solution.centre.ledger.flatMap(({ message }) =>
      message.type === "ChatMessage" ? [message.text] : [],
    );
    expect(said).toEqual(["Tell me more"]);
  });

  it("registers again after an outage, and gets what came meanwhile", async () => {
    await connector();
    solution.centre.connectors.get("sms")?.socket.cut();
    await expect.poll(() => solution.centre.connectors.has("sms")).toBe(true);
    await sendExternalMessage({ url: solution.url }, { ...CAMPAIGN, messageId: "m1" });
    await expect.poll(() => delivered.map(({ messageId }) => messageId)).toEqual(["m1"]);
  });

  it("reports what the channel refuses, and goes on", async () => {
    await connector({
      deliver: async (message) => {
        if (message.messageId === "bad") throw new Error("no such number");
        delivered.push(message);
      },
    });
    await sendExternalMessage({ url: solution.url }, { ...CAMPAIGN, messageId: "bad" });
    await sendExternalMessage({ url: solution.url }, { ...CAMPAIGN, messageId: "good" });
    await expect.poll(kinds).toEqual(["not-delivered", "delivered"]);
  });
});
