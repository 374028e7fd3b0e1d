import { request as httpRequest } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import {
  connectLocally,
  scriptedSolutionBot,
  startChatSolutionSandbox,
  startFakeBotServer,
  type ChatSolutionSandbox,
  type ChatSolutionSandboxOptions,
} from "../../sandbox/chat-solution/index.ts";
import {
  begin,
  Cast,
  chatMessage,
  connectRaw,
  post,
  SAMPLE_INIT,
  stamps,
  type Json,
  type Wiring,
} from "./chat-solution-raw.ts";

let sandbox: ChatSolutionSandbox;
let cast: Cast;

async function start(options: ChatSolutionSandboxOptions = {}, wiring: Wiring = { version: 4 }): Promise<void> {
  sandbox = await startChatSolutionSandbox({ socketIo: wiring.version, ...options });
  cast = new Cast(sandbox, wiring);
}

afterEach(async () => {
  cast.closeAll();
  await sandbox.stop();
});

const WIRINGS: Wiring[] = [2 as const, 4 as const].flatMap((version) => [
  { version },
  { version, transports: ["polling"] },
  { version, transports: ["websocket"] },
]);

describe.each(WIRINGS)("a customer by socket.io $version over $transports", (wiring) => {
  it("joins, is greeted and informed, talks with an agent who rang first, and ends", async () => {
    await start({}, wiring);
    const [asha, omar] = [await cast.agent("asha"), await cast.agent("omar")];
    const customer = await cast.customer();
    const { conversationId, participant } = customer.begun;
    expect(customer.activities("greetings")).toMatchObject([
      { conversationId, info: { text: "Welcome. How can we help you?" } },
    ]);
    await expect.poll(() => customer.activities("handOff").length).toBe(1);
    await expect.poll(() => [asha, omar].map((each) => each.of("receiveChatRequest").length)).toEqual([1, 1]);
    expect(asha.of("receiveChatRequest")[0]).toMatchObject({
      customer: { displayName: "Kashif Sohail", email: "kashif@ef.example.test", channel: "web", conversationId },
    });
    await expect.poll(() => asha.activities("handOff").length).toBe(1);
    asha.emit("acceptChatRequest", { conversationId });
    await expect.poll(() => customer.activities("participantJoined").length).toBe(1);
    expect(customer.activities("participantJoined")).toMatchObject([
      {
        from: { id: "asha", name: "Asha Rao" },
        info: { participant: { id: "asha", displayName: "Asha Rao", type: "Agent", role: "Owner", status: "Active" } },
      },
    ]);
    const hello = chatMessage(customer.begun, "hello <&> “you” 🙂\nthere", { language: "en", tag: "" });
    customer.emit("sendMessage", hello);
    await expect.poll(() => asha.texts()).toEqual([hello["text"]]);
    expect(asha.messages("ChatMessage")).toMatchObject([
      { requestId: hello["requestId"], from: participant, to: [], attachments: [], channel: "web", language: "en" },
    ]);
    await expect.poll(() => customer.texts()).toEqual([hello["text"]]);
    asha.emit("sendMessage", chatMessage({ conversationId, participant: { id: "asha", name: "x" } }, "hi"));
    await expect.poll(() => customer.texts()).toEqual([hello["text"], "hi"]);
    expect(customer.messages("ChatMessage")[1]).toMatchObject({ from: { id: "asha", name: "Asha Rao" } });
    expect(customer.messages("ChatMessage")[1]).not.toHaveProperty("channel");
    asha.emit("endConversation", { conversationId, ...stamps() });
    await expect.poll(() => customer.activities("endOfConversation").length).toBe(1);
    expect(omar.texts()).toEqual([]);
    expect(sandbox.centre.conversation()?.open).toBe(false);
    expect(cast.refusals()).toEqual([]);
  });
});

describe("versions of socket.io", () => {
  it.each([
    [2, 4],
    [4, 2],
  ] as const)("a server of version %i does not talk to a client of version %i", async (server, client) => {
    await start({ socketIo: server }, { version: client });
    await expect(connectRaw(sandbox.url, { version: client })).rejects.toThrow(/./);
    expect(sandbox.centre.received).toEqual([]);
  });

  it.each([2, 4] as const)(
    "a server of version %i can offer polling alone, and ask for signs of life",
    async (version) => {
      await start({ transports: ["polling"], ping: { intervalMs: 50, timeoutMs: 5_000 } }, { version });
      const customer = await cast.customer();
      expect(customer.activities("greetings")).toHaveLength(1);
      await expect(connectRaw(sandbox.url, { version, transports: ["websocket"] })).rejects.toThrow(/./);
    },
  );
});

describe("the init call", () => {
  it.each([
    ["v3", { name: "Kashif Sohail", email: "k@ef.example.test", channel: "web" }, "Kashif Sohail"],
    ["later", SAMPLE_INIT, "Kashif Sohail"],
    ["capitalised", { firstName: "Mina", Phone: "555", Channel: "sms" }, "Mina"],
    ["without a name", { refId: "0092", channel: "sms" }, "Customer"],
  ])("%s fields are taken", async (_, body, name) => {
    await start();
    const response = await post(`${sandbox.url}/api/customer/init`, body);
    const answer = (await response.json()) as Json;
    expect(response.status).toBe(200);
    expect(answer).toEqual({
      conversationId: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
      participant: { id: expect.any(String) as string, name },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
    });
  });

  it.each([
    ["no channel", { name: "Kashif" }],
    ["nobody in it", { channel: "web" }],
    ["a list", []],
    ["no JSON", "{"],
  ])("with %s it is answered 500 and begins nothing", async (_, body) => {
    await start();
    const response = await post(`${sandbox.url}/api/customer/init`, body);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: expect.any(String) as string });
    expect(sandbox.centre.conversations.size).toBe(0);
    sandbox.centre.switches.badRequestStatus = 400;
    expect((await post(`${sandbox.url}/api/customer/init`, body)).status).toBe(400);
  });

  it("can be called from any page", async () => {
    await start();
    const headers = { Origin: "https://shop.example.test", "Access-Control-Request-Method": "POST" };
    const response = await fetch(`${sandbox.url}/api/customer/init`, { method: "OPTIONS", headers });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  });
});

describe("joinConversation", () => {
  it("of nobody's conversation, or as somebody else, is refused", async () => {
    await start();
    const { conversationId } = await begin(sandbox.url);
    const client = await cast.client();
    const participant = { id: "somebody", name: "Mallory" };
    client.emit("joinConversation", { conversationId: "none", participant, ...stamps() });
    client.emit("joinConversation", { conversationId, participant, ...stamps() });
    client.emit("joinConversation", { conversationId, ...stamps() });
    client.emit("joinConversation", "hello");
    await expect.poll(() => client.activities("error").length).toBe(4);
    expect(client.activities("error").map(({ info }) => (info as Json)["code"])).toEqual([
      "unknown-conversation",
      "not-a-participant",
      "bad-payload",
      "bad-payload",
    ]);
    expect(client.of("conversationInfo")).toEqual([]);
  });

  it("again, after a drop, goes on where it was; after the end says so", async () => {
    await start();
    const customer = await cast.customer();
    sandbox.dropLinks();
    await expect.poll(() => customer.connected).toBe(false);
    sandbox.centre.agentJoins();
    sandbox.centre.say("are you there?");
    const again = await cast.client();
    again.emit("joinConversation", { ...customer.begun, ...stamps() });
    await expect.poll(() => again.of("conversationInfo").length).toBe(1);
    const info = again.of("conversationInfo")[0] as Record<string, string>;
    expect(JSON.parse(info["messages"] ?? "")).toMatchObject([
      { activityType: "participantJoined" },
      { activityType: "handOff" },
      { activityType: "noAgentAvailable" },
      { activityType: "participantJoined" },
      { text: "are you there?" },
    ]);
    again.emit("endConversation", { conversationId: customer.begun.conversationId, ...stamps() });
    await expect.poll(() => again.activities("endOfConversation").length).toBe(1);
    const late = await cast.client();
    late.emit("joinConversation", { ...customer.begun, ...stamps() });
    await expect.poll(() => late.activities("endOfConversation").length).toBe(1);
    late.emit("sendMessage", chatMessage(customer.begun, "too late"));
    await expect.poll(() => cast.refusals()).toEqual(["sendMessage: conversation-over"]);
  });
});

describe("sendMessage", () => {
  it("of nothing, of an unknown type, from outside, or of an activity that is the server's, is refused", async () => {
    await start();
    const customer = await cast.customer();
    const stranger = await cast.client();
    customer.emit("sendMessage", chatMessage(customer.begun, ""));
    customer.emit("sendMessage", chatMessage(customer.begun, "x", { type: "Unknown" }));
    customer.emit("sendMessage", chatMessage(customer.begun, "x", { type: "BotMessage" }));
    customer.emit("sendMessage", chatMessage(customer.begun, "x", { attachments: [{ name: "a" }] }));
    customer.emit("sendMessage", {
      ...chatMessage(customer.begun, ""),
      type: "ActivityMessage",
      activityType: "participantJoined",
    });
    stranger.emit("sendMessage", chatMessage(customer.begun, "let me in"));
    stranger.emit("dance", {});
    stranger.emit("constructor", {});
    await expect
      .poll(() => cast.refusals().toSorted())
      .toEqual([
        "constructor: unknown-event",
        "dance: unknown-event",
        ...Array.from({ length: 5 }, () => "sendMessage: bad-payload"),
        "sendMessage: not-a-participant",
      ]);
    expect(sandbox.centre.ledger.filter(({ message }) => message.type !== "ActivityMessage")).toEqual([]);
  });

  it("carries attachments, and typing that nobody keeps", async () => {
    await start();
    const asha = await cast.agent("asha");
    const customer = await cast.customer();
    sandbox.centre.agentJoins();
    const attachment = {
      type: "image/png",
      name: "a.png",
      contentUrl: "https://x.example.test/a.png",
      thumbnailUrl: "https://x.example.test/t.png",
    };
    customer.emit("sendMessage", chatMessage(customer.begun, "", { attachments: [attachment], refId: "0092" }));
    customer.emit("sendMessage", {
      ...chatMessage(customer.begun, ""),
      type: "ActivityMessage",
      activityType: "typing",
      info: {},
    });
    await expect.poll(() => asha.activities("typing").length).toBe(1);
    expect(asha.messages("ChatMessage")).toMatchObject([{ attachments: [attachment], refId: "0092" }]);
    expect(customer.activities("typing")).toEqual([]);
    sandbox.centre.agentTypes();
    await expect.poll(() => customer.activities("typing").length).toBe(1);
    expect(
      sandbox.centre.ledger.map(({ message }) => ("activityType" in message ? message.activityType : "text")),
    ).not.toContain("typing");
  });
});

describe("the ledger", () => {
  it("holds every message once, in order, with who was sent it", async () => {
    await start();
    const customer = await cast.customer();
    await cast.agent("asha", { ready: false });
    sandbox.centre.agentJoins();
    for (const text of ["one", "two"]) customer.emit("sendMessage", chatMessage(customer.begun, text));
    await expect.poll(() => customer.texts()).toEqual(["one", "two"]);
    sandbox.centre.faults.swallow.push({ direction: "out", event: "messageArrived", count: 1 });
    sandbox.centre.say("three");
    sandbox.centre.say("four");
    await expect.poll(() => customer.texts().length).toBeGreaterThan(2);
    const texts = sandbox.centre.ledger.filter(({ message }) => message.type === "ChatMessage");
    const customerId = customer.begun.participant.id;
    expect(texts.map(({ message, receivedBy }) => ["text" in message && message.text, receivedBy.toSorted()])).toEqual([
      ["one", [customerId, "asha"].toSorted()],
      ["two", [customerId, "asha"].toSorted()],
      // The customer was the first in the room: it is his frame that got lost.
      ["three", ["asha"]],
      ["four", [customerId, "asha"].toSorted()],
    ]);
    expect(texts.map(({ seq }) => seq)).toEqual(texts.map(({ seq }) => seq).toSorted((a, b) => a - b));
    expect(sandbox.centre.textsFor(customerId)).toEqual(["one", "two", "four"]);
    expect(sandbox.centre.textsFrom(customerId)).toEqual(["one", "two"]);
  });
});

describe("past messages", () => {
  async function talk(): Promise<string> {
    const customer = await cast.customer();
    sandbox.centre.agentJoins();
    for (const text of ["1", "2", "3"]) sandbox.centre.say(text);
    sandbox.centre.say("psst", { tag: "whisper" });
    return customer.begun.conversationId;
  }
  const later = (): string => new Date(Date.now() + 60_000).toISOString();

  it("are asked for by query", async () => {
    await start();
    const conversationId = await talk();
    const query = new URLSearchParams({ conversationId, count: "2", time: later() });
    const response = await fetch(`${sandbox.url}/api/conversation/past-messages?${query}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      conversationId,
      participants: [
        { id: expect.any(String) as string, name: "Kashif Sohail", type: "Customer" },
        { id: "asha", name: "Asha Rao", type: "Agent" },
      ],
      messages: [expect.objectContaining({ text: "2" }), expect.objectContaining({ text: "3" })] as Json[],
      requestId: expect.any(String) as string,
      timestamp: expect.any(String) as string,
    });
    query.set("time", "2018-05-07T06:52:21.661Z");
    const older = await fetch(`${sandbox.url}/api/conversation/past-messages?${query}`);
    expect(await older.json()).toMatchObject({ messages: [] });
  });

  it("are asked for by a body, where the server insists; newest first, if it likes that", async () => {
    await start({ switches: { pastMessages: "body", order: "descending" } });
    const conversationId = await talk();
    const byQuery = new URLSearchParams({ conversationId, count: "2", time: later() });
    expect((await fetch(`${sandbox.url}/api/conversation/past-messages?${byQuery}`)).status).toBe(500);
    const answer = await getWithBody(`${sandbox.url}/api/conversation/past-messages`, {
      conversationId,
      count: 10,
      time: later(),
    });
    expect(answer.status).toBe(200);
    expect((answer.json["messages"] as Json[]).map(({ text }) => text)).toEqual(["3", "2", "1"]);
  });

  it.each([
    [404, { conversationId: "none", count: "2", time: "2018-05-07T06:52:21.661Z" }],
    [500, { count: "2", time: "2018-05-07T06:52:21.661Z" }],
    [500, { conversationId: "none", count: "0", time: "2018-05-07T06:52:21.661Z" }],
    [500, { conversationId: "none", count: "2", time: "yesterday" }],
  ])("answer %i for %o", async (status, query) => {
    await start();
    const response = await fetch(`${sandbox.url}/api/conversation/past-messages?${new URLSearchParams(query)}`);
    expect(response.status).toBe(status);
  });

  it("are not there for anybody, where the server has them off", async () => {
    await start({ switches: { pastMessages: "off" } });
    const conversationId = await talk();
    const query = new URLSearchParams({ conversationId, count: "2", time: later() });
    expect((await fetch(`${sandbox.url}/api/conversation/past-messages?${query}`)).status).toBe(404);
  });
});

/** Node alone can do that. */
function getWithBody(url: string, body: Json): Promise<{ status: number; json: Json }> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
    const call = httpRequest(url, { method: "GET", headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        resolve({ status: answer.statusCode ?? 0, json: JSON.parse(Buffer.concat(chunks).toString()) as Json });
      });
    });
    call.on("error", reject);
    call.end(text);
  });
}

describe("the transcript", () => {
  it("is not there while the chat goes on; then a PDF of what the customer saw, or a mail", async () => {
    await start();
    const asha = await cast.agent("asha");
    const customer = await cast.customer();
    const { conversationId } = customer.begun;
    const url = `${sandbox.url}/api/customer/transcript/${conversationId}`;
    asha.emit("acceptChatRequest", { conversationId });
    await expect.poll(() => customer.activities("participantJoined").length).toBe(1);
    customer.emit("sendMessage", chatMessage(customer.begun, "My line is down since Monday"));
    sandbox.centre.say("Let me look at that");
    sandbox.centre.say("A secret among us", { tag: "whisper" });
    await expect.poll(() => customer.texts().length).toBe(2);
    for (const type of ["pdf", "email"]) expect((await fetch(`${url}/${type}`)).status).toBe(404);
    customer.emit("endConversation", { conversationId, ...stamps() });
    await expect.poll(() => sandbox.centre.conversation()?.open).toBe(false);
    const pdf = await fetch(`${url}/pdf`);
    expect([pdf.status, pdf.headers.get("content-type")]).toEqual([200, "application/pdf"]);
    const bytes = Buffer.from(await pdf.arrayBuffer());
    expect(bytes.subarray(0, 5).toString()).toBe("%PDF-");
    const shown = textOfPdf(bytes.toString("latin1"));
    expect(shown).toContain("Kashif Sohail: My line is down since Monday");
    expect(shown).toContain("Asha Rao: Let me look at that");
    expect(bytes.toString("latin1")).toContain("Asha Rao\tLet me look at that");
    expect(shown + bytes.toString("latin1")).not.toContain("secret");
    const mail = await fetch(`${url}/email`);
    expect([mail.status, await mail.text()]).toEqual([200, ""]);
    expect(sandbox.centre.mails).toEqual([{ conversationId, to: "kashif@ef.example.test" }]);
    expect((await fetch(`${url}/html`)).status).toBe(404);
    expect((await fetch(`${sandbox.url}/api/customer/transcript/none/pdf`)).status).toBe(404);
  });
});

/** The hexadecimal strings of an uncompressed PDF, as they are shown. */
function textOfPdf(pdf: string): string {
  return [...pdf.matchAll(/\[(.*?)\] TJ/g)]
    .map(([, parts = ""]) =>
      [...parts.matchAll(/<([0-9a-f]*)>/g)].map(([, hex = ""]) => Buffer.from(hex, "hex").toString("latin1")).join(""),
    )
    .join(" ");
}

describe("REST faults", () => {
  it("take the place of an answer, or come late, once each", async () => {
    await start();
    const path = "/api/customer/init";
    sandbox.centre.faults.rest.set(path, [
      { status: 503, body: "<html>", contentType: "text/html" },
      { delayMs: 5 },
      "hang",
    ]);
    const broken = await post(`${sandbox.url}${path}`, SAMPLE_INIT);
    expect([broken.status, broken.headers.get("content-type"), await broken.text()]).toEqual([
      503,
      "text/html",
      "<html>",
    ]);
    expect((await post(`${sandbox.url}${path}`, SAMPLE_INIT)).status).toBe(200);
    const abort = new AbortController();
    const hanging = fetch(`${sandbox.url}${path}`, { method: "POST", body: "{}", signal: abort.signal });
    await expect.poll(() => sandbox.centre.faults.rest.get(path)).toEqual([]);
    abort.abort();
    await expect(hanging).rejects.toThrow("abort");
    expect((await post(`${sandbox.url}${path}`, SAMPLE_INIT)).status).toBe(200);
  });
});

describe("a bot", () => {
  const botMessage = (conversationId: string, from: unknown, more: Json = {}): Json => ({
    conversationId,
    messageId: "h7VcOjUimR",
    type: "BotMessage",
    from,
    bot: { id: "bot", name: "EF Rasa Bot", type: "Rasa" },
    timestamp: new Date().toISOString(),
    input: "what would be the price of 100 agents",
    intents: [{ confidence: 0.23, name: "offer_requested" }],
    entities: [{ confidence: 0.54, end: 31, entity: "NbrAgents", extractor: "ner_crf", start: 28, value: "100" }],
    output: [
      { name: "Please repeat", confidence: 0.002 },
      { name: "Ten each", confidence: 0.99 },
    ],
    ...more,
  });

  it("is given a new conversation, joins, answers; a person comes, and it only suggests; it is told of the end", async () => {
    await start();
    const bot = await cast.bot();
    const asha = await cast.agent("asha");
    const customer = await cast.customer({ ...SAMPLE_INIT, accountBalance: "$350" });
    const { conversationId, participant } = customer.begun;
    await expect.poll(() => bot.of("initConversation").length).toBe(1);
    expect(bot.of("initConversation")[0]).toMatchObject({
      conversationId,
      customerInfo: {
        accountId: participant.id,
        name: "Kashif Sohail",
        email: "kashif@ef.example.test",
        phone: "+1343122554",
        channel: "web",
        accountBalance: "$350",
      },
    });
    expect(bot.of("initConversation")[0]).not.toHaveProperty("participant");
    // It comes before the bot has joined, and is not lost.
    customer.emit("sendMessage", chatMessage(customer.begun, "price of 100 agents"));
    await expect.poll(() => customer.texts().length).toBe(1);
    bot.emit("joinConversation", { conversationId, participant: { id: "bot", name: "EF Rasa Bot" }, ...stamps() });
    await expect.poll(() => bot.texts()).toEqual(["price of 100 agents"]);
    expect(bot.activities("participantJoined")).toMatchObject([
      { from: { id: "bot" }, info: { participant: { id: "bot", type: "Bot" } } },
    ]);
    bot.emit("sendMessage", botMessage(conversationId, participant));
    await expect.poll(() => customer.texts()).toEqual(["price of 100 agents", "Ten each"]);
    expect(customer.messages("ChatMessage")[1]).toMatchObject({
      requestId: "h7VcOjUimR",
      from: { id: "bot", name: "EF Rasa Bot" },
    });
    expect(asha.of("receiveChatRequest")).toEqual([]);
    bot.emit("requestAgentTransfer", { conversationId, ...stamps() });
    await expect.poll(() => asha.of("receiveChatRequest").length).toBe(1);
    asha.emit("acceptChatRequest", { conversationId });
    await expect.poll(() => bot.activities("participantJoined").length).toBe(2);
    customer.emit("sendMessage", chatMessage(customer.begun, "and of 200?"));
    await expect.poll(() => bot.texts()).toContain("and of 200?");
    bot.emit("sendMessage", botMessage(conversationId, participant, { messageId: "2" }));
    bot.emit("sendMessage", chatMessage({ conversationId, participant: { id: "bot", name: "" } }, "try twenty"));
    await expect.poll(() => asha.texts()).toContain("try twenty");
    expect(asha.messages("BotMessage")).toMatchObject([{ messageId: "2", output: [{}, { name: "Ten each" }] }]);
    customer.emit("endConversation", { conversationId, ...stamps() });
    await expect.poll(() => bot.of("endConversation").length).toBe(1);
    expect(bot.of("endConversation")[0]).toEqual({
      conversationId,
      requestId: expect.any(String) as string,
      timestamp: expect.any(String) as string,
    });
    await expect.poll(() => customer.activities("endOfConversation").length).toBe(1);
    expect(customer.texts()).toEqual(["price of 100 agents", "Ten each", "and of 200?"]);
  });

  it("that comes back is given its conversations again, and what it missed", async () => {
    await start({ switches: { initParticipant: true } });
    const bot = await cast.bot();
    const customer = await cast.customer();
    const join = { ...customer.begun, participant: { id: "bot", name: "EF Rasa Bot" }, ...stamps() };
    bot.emit("joinConversation", join);
    await expect.poll(() => bot.activities("participantJoined").length).toBe(1);
    bot.close();
    await expect.poll(() => sandbox.centre.bots.size).toBe(0);
    customer.emit("sendMessage", chatMessage(customer.begun, "are you there?"));
    await expect.poll(() => customer.texts().length).toBe(1);
    const again = await cast.bot();
    await expect.poll(() => again.of("initConversation").length).toBe(1);
    expect(again.of("initConversation")[0]).toMatchObject({ participant: { id: "bot", name: "EF Rasa Bot" } });
    again.emit("joinConversation", join);
    await expect.poll(() => again.texts()).toEqual(["are you there?"]);
    sandbox.centre.switches.botAnswersAs = "BotMessage";
    again.emit("sendMessage", botMessage(customer.begun.conversationId, customer.begun.participant));
    await expect.poll(() => customer.messages("BotMessage").length).toBe(1);
  });

  it("cannot take another's conversation, answer with nothing, or end one", async () => {
    await start();
    const bot = await cast.bot();
    const other = await cast.bot("other");
    const customer = await cast.customer();
    const { conversationId, participant } = customer.begun;
    other.emit("joinConversation", { conversationId, participant: { id: "other", name: "" } });
    await expect.poll(() => cast.refusals()).toEqual(["joinConversation: not-a-participant"]);
    bot.emit("joinConversation", { conversationId, participant: { id: "bot", name: "" } });
    bot.emit("sendMessage", botMessage(conversationId, participant, { output: [] }));
    bot.emit("sendMessage", botMessage(conversationId, participant, { messageId: undefined }));
    bot.emit("endConversation", { conversationId, ...stamps() });
    await expect
      .poll(() => cast.refusals().slice(1))
      .toEqual(["sendMessage: bad-payload", "sendMessage: bad-payload", "endConversation: not-the-owner"]);
  });

  it("by script answers and hands over; its own server takes contexts", async () => {
    await start({ bot: true });
    const asha = await cast.agent("asha");
    const customer = await cast.customer();
    customer.emit("sendMessage", chatMessage(customer.begun, "Which plans are there?"));
    await expect.poll(() => customer.texts()[1]).toBe("There are three plans: S, M and L.");
    customer.emit("sendMessage", chatMessage(customer.begun, "a person, please"));
    await expect.poll(() => asha.of("receiveChatRequest").length).toBe(1);
    const own = scriptedSolutionBot(connectLocally(sandbox.centre), { id: "second", answer: () => undefined });
    own.close();
    const server = await startFakeBotServer();
    const context = { conversationId: "-OPoRo7eDS", customerInfo: { accountId: "LK9VmDiwM" } };
    server.statuses.push(503);
    expect((await post(`${server.url}api/initContext`, context)).status).toBe(503);
    expect((await post(`${server.url}api/initContext`, context)).status).toBe(200);
    expect((await post(`${server.url}api/initContext`, { conversationId: "x" })).status).toBe(500);
    expect(server.calls).toEqual([context, context]);
    await server.stop();
  });
});

describe("a connector", () => {
  const MESSAGE = {
    channel: "sms",
    messageId: "abbcd323",
    destination: "3015642191",
    from: { id: "sales_2018_winter", name: "Sale Campaign", app: "Expertflow Campaign Manager" },
    timestamp: "2018-11-23T08:51:28.255",
    text: "Expertflow campaign message",
  };
  const submit = (message: unknown = MESSAGE): Promise<Response> =>
    post(`${sandbox.url}/api/external/message`, message);
  const register = { id: "sms", name: "ExpertFlow SMS Connector", channel: "sms" };

  it("is given its channel's third-party messages; 503 while there is none", async () => {
    await start();
    const refused = await submit();
    expect(refused.status).toBe(503);
    expect(refused.headers.get("requestId")).toMatch(/^[0-9a-f-]{36}$/);
    const connector = await cast.client();
    connector.emit("registerConnector", register);
    await expect.poll(() => sandbox.centre.connectors.has("sms")).toBe(true);
    const taken = await submit();
    expect([taken.status, await taken.text()]).toEqual([200, ""]);
    await expect.poll(() => connector.of("messageArrived")).toEqual([MESSAGE]);
    sandbox.centre.switches.externalEvent = "externalMessage";
    await submit({ ...MESSAGE, messageId: "2" });
    await expect.poll(() => connector.of("externalMessage")).toEqual([{ ...MESSAGE, messageId: "2" }]);
    for (const missing of ["channel", "messageId", "destination", "text"])
      expect((await submit({ ...MESSAGE, [missing]: "" })).status).toBe(500);
    expect((await submit("{")).status).toBe(500);
    expect((await submit({ ...MESSAGE, channel: "fb" })).status).toBe(503);
  });

  it("has to acknowledge, where the server does: what it did not is written to it again", async () => {
    await start({ switches: { acknowledge: true, externalAckMs: 20 } });
    const deaf = await cast.client();
    deaf.emit("registerConnector", register);
    await expect.poll(() => sandbox.centre.connectors.has("sms")).toBe(true);
    expect((await submit()).status).toBe(503);
    expect(deaf.of("messageArrived")).toEqual([MESSAGE]);
    deaf.close();
    await expect.poll(() => sandbox.centre.connectors.has("sms")).toBe(false);
    const connector = await cast.client();
    connector.acknowledges = true;
    connector.emit("registerConnector", register);
    await expect.poll(() => connector.of("messageArrived")).toEqual([MESSAGE]);
    await expect.poll(() => sandbox.centre.external.get("abbcd323")).toMatchObject({ pushed: 2, acknowledged: true });
    // The sender tries the same id again: it was taken.
    expect((await submit()).status).toBe(200);
    expect(connector.of("messageArrived")).toHaveLength(1);
    sandbox.centre.switches.externalAckMs = 10_000;
    expect((await submit({ ...MESSAGE, messageId: "2" })).status).toBe(200);
  });

  it("that was killed is waited for: the call that is under way is answered by the next one's acknowledgement", async () => {
    await start({ switches: { acknowledge: true, externalAckMs: 60_000 } });
    const deaf = await cast.client();
    deaf.emit("registerConnector", register);
    await expect.poll(() => sandbox.centre.connectors.has("sms")).toBe(true);
    const response = submit();
    await expect.poll(() => deaf.of("messageArrived").length).toBe(1);
    deaf.close();
    const connector = await cast.client();
    connector.acknowledges = true;
    connector.emit("registerConnector", register);
    expect((await response).status).toBe(200);
    expect(connector.of("messageArrived")).toEqual([MESSAGE]);
  });

  it("holds many customers' conversations on one connection, and registers anew after a drop", async () => {
    await start();
    const first = await cast.client();
    first.emit("registerConnector", register);
    const begun = await Promise.all(
      ["1", "2", "3"].map((phone) => begin(sandbox.url, { firstName: `c${phone}`, phone, channel: "sms" })),
    );
    for (const each of begun) first.emit("joinConversation", { ...each, ...stamps() });
    await expect.poll(() => first.activities("greetings").length).toBe(3);
    const [one, two] = [begun[0]?.conversationId, begun[1]?.conversationId];
    for (const id of [one, two]) {
      const conversation = sandbox.centre.conversation(id);
      sandbox.centre.agentJoins(conversation);
      sandbox.centre.say(`to ${conversation?.customer.name ?? ""}`, {}, conversation);
    }
    await expect
      .poll(() => first.messages("ChatMessage").map((each) => [each["conversationId"], each["text"]]))
      .toEqual([
        [one, "to c1"],
        [two, "to c2"],
      ]);
    const second = await cast.client();
    second.emit("registerConnector", register);
    await expect.poll(() => first.connected).toBe(false);
    expect(sandbox.centre.connectors.size).toBe(1);
  });

  it("is named after its channel, and is nothing else at the same time", async () => {
    await start();
    const connector = await cast.client();
    connector.emit("registerConnector", { ...register, channel: "fb" });
    connector.emit("registerConnector", register);
    connector.emit("registerBot", { id: "bot", name: "x", type: "Rasa" });
    connector.emit("login", { agentId: "asha", password: "asha-secret", mrd: "ADSL" });
    const customer = await cast.customer();
    customer.emit("registerConnector", register);
    await expect
      .poll(() => cast.refusals())
      .toEqual([
        "registerConnector: bad-payload",
        "registerBot: one-role-per-socket",
        "login: one-role-per-socket",
        "registerConnector: one-role-per-socket",
      ]);
  });
});
