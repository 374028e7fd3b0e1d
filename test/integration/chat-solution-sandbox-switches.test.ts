import { afterEach, describe, expect, it } from "vitest";
import {
  startChatSolutionSandbox,
  type ChatSolutionSandbox,
  type SolutionSwitches,
} from "../../sandbox/chat-solution/index.ts";
import { begin, Cast, chatMessage, connectRaw, post, SAMPLE_INIT, stamps, type Json } from "./chat-solution-raw.ts";

let sandbox: ChatSolutionSandbox;
let cast: Cast;

async function start(switches: Partial<SolutionSwitches> = {}, version: 2 | 4 = 4): Promise<void> {
  sandbox = await startChatSolutionSandbox({ socketIo: version, switches });
  cast = new Cast(sandbox, { version });
}

afterEach(async () => {
  cast.closeAll();
  await sandbox.stop();
});

describe.each([2, 4] as const)("with socket.io %i", (version) => {
  it("echo: the sender gets his message back, or not", async () => {
    await start({ echo: false }, version);
    const customer = await cast.customer();
    customer.emit("sendMessage", chatMessage(customer.begun, "silent"));
    await expect.poll(() => sandbox.centre.textsFrom(customer.begun.participant.id)).toEqual(["silent"]);
    sandbox.centre.switches.echo = true;
    customer.emit("sendMessage", chatMessage(customer.begun, "loud"));
    await expect.poll(() => customer.texts()).toEqual(["loud"]);
  });

  it("acknowledge: emits are answered, refused ones too, or none is", async () => {
    await start({ acknowledge: true }, version);
    const customer = await cast.customer();
    const message = chatMessage(customer.begun, "hello");
    expect(await customer.ask("sendMessage", message)).toEqual({ status: "ok", requestId: message["requestId"] });
    expect(await customer.ask("sendMessage", { ...message, text: "" })).toMatchObject({
      status: "error",
      code: "bad-payload",
    });
    sandbox.centre.switches.acknowledge = false;
    let answered = 0;
    const counting = (): void => void answered++;
    void customer.ask("sendMessage", message).then(counting);
    customer.emit("endConversation", { conversationId: customer.begun.conversationId, ...stamps() });
    await expect.poll(() => customer.activities("endOfConversation").length).toBe(1);
    expect(answered).toBe(0);
  });

  it("a handshake is refused, or never answered; then the next one gets in", async () => {
    await start({}, version);
    sandbox.centre.faults.handshakes.push({ refuse: "not today" });
    await expect(connectRaw(sandbox.url, { version })).rejects.toThrow("not today");
    const customer = await cast.customer();
    expect(customer.connected).toBe(true);
  });

  it("links are cut without a word, clients are put out, the server goes down and comes back with all it knows", async () => {
    await start({}, version);
    const first = await cast.customer();
    expect(sandbox.connections).toBe(1);
    sandbox.putOut();
    await expect.poll(() => first.connected).toBe(false);
    const second = await cast.client();
    second.emit("joinConversation", { ...first.begun, ...stamps() });
    await expect.poll(() => second.of("conversationInfo").length).toBe(1);
    sandbox.dropLinks();
    await expect.poll(() => second.connected).toBe(false);
    await sandbox.takeDown();
    await expect(connectRaw(sandbox.url, { version })).rejects.toThrow(/./);
    expect(sandbox.connections).toBe(0);
    await sandbox.bringUp();
    await sandbox.restart();
    const third = await cast.client();
    third.emit("joinConversation", { ...first.begun, ...stamps() });
    await expect.poll(() => third.of("conversationInfo").length).toBe(1);
    await sandbox.stop();
    await expect(sandbox.bringUp()).rejects.toMatchObject({ code: "closed" });
  });

  it.each([
    ["cutAfter", ["taken"]],
    ["cutBefore", []],
  ] as const)("%s: the sender's link is cut, the message was taken or not", async (fault, texts) => {
    await start({ acknowledge: true }, version);
    const customer = await cast.customer();
    sandbox.centre.faults[fault].push("sendMessage");
    customer.emit("sendMessage", chatMessage(customer.begun, "taken"));
    await expect.poll(() => customer.connected).toBe(false);
    expect(customer.texts()).toEqual([]);
    expect(sandbox.centre.textsFrom(customer.begun.participant.id)).toEqual(texts);
  });

  it("frames are swallowed on their way in and out, or held back", async () => {
    await start({}, version);
    const customer = await cast.customer();
    sandbox.centre.faults.swallow.push({ direction: "in", event: "sendMessage", count: 2 });
    for (const text of ["1", "2", "3"]) customer.emit("sendMessage", chatMessage(customer.begun, text));
    await expect.poll(() => customer.texts()).toEqual(["3"]);
    sandbox.centre.faults.hold.push({ event: "messageArrived", count: 2 });
    for (const text of ["4", "5", "6"]) customer.emit("sendMessage", chatMessage(customer.begun, text));
    await expect.poll(() => customer.texts()).toEqual(["3", "6"]);
    sandbox.centre.release();
    await expect.poll(() => customer.texts()).toEqual(["3", "6", "4", "5"]);
  });
});

describe("conversationInfo", () => {
  it("comes as JSON texts, as lists, or not at all", async () => {
    await start();
    const strings = await cast.customer();
    await expect.poll(() => strings.of("conversationInfo").length).toBe(1);
    const [asText] = strings.of("conversationInfo") as [Record<string, string>];
    expect(JSON.parse(asText["messages"] ?? "")).toEqual([]);
    expect(JSON.parse(asText["participant"] ?? "")).toMatchObject([
      { name: "Kashif Sohail", displayName: "Kashif Sohail", type: "Customer", role: "Participant", status: "Active" },
    ]);
    expect(JSON.parse(asText["conversation"] ?? "")).toMatchObject({
      id: strings.begun.conversationId,
      type: "ActivityMessage",
      activityType: "greetings",
      participants: [{}],
      messages: [],
    });
    sandbox.centre.switches.conversationInfo = "arrays";
    const arrays = await cast.customer();
    await expect
      .poll(() => arrays.of("conversationInfo"))
      .toMatchObject([{ messages: [], participant: [{}], role: "Customer" }]);
    sandbox.centre.switches.conversationInfo = "none";
    const none = await cast.customer();
    await expect.poll(() => none.activities("handOff").length).toBe(1);
    expect(none.of("conversationInfo")).toEqual([]);
  });

  it("can list the newest first; who comes back need not be greeted again", async () => {
    await start({ order: "descending", conversationInfo: "arrays", greetAgain: false });
    const customer = await cast.customer();
    sandbox.centre.agentJoins();
    for (const text of ["1", "2"]) sandbox.centre.say(text);
    const again = await cast.client();
    again.emit("joinConversation", { ...customer.begun, ...stamps() });
    await expect.poll(() => again.of("conversationInfo").length).toBe(1);
    const [info] = again.of("conversationInfo") as { messages: Json[] }[];
    expect(info?.messages.slice(0, 2)).toMatchObject([{ text: "2" }, { text: "1" }]);
    expect(again.activities("greetings")).toEqual([]);
  });
});

describe("editions", () => {
  it("v3 knows no conversationInfo, no handOff, no noAgentAvailable, no language and no tag", async () => {
    await start({ edition: "v3" });
    const customer = await cast.customer({ name: "Kashif Sohail", email: "k@ef.example.test", channel: "web" });
    customer.emit("sendMessage", chatMessage(customer.begun, "hello", { language: "en", tag: "" }));
    await expect.poll(() => customer.texts()).toEqual(["hello"]);
    expect(customer.heard.map(({ name, payload }) => payload["activityType"] ?? name)).toEqual([
      "greetings",
      "messageArrived",
    ]);
    expect(customer.messages("ChatMessage")[0]).not.toHaveProperty("language");
    customer.emit("requestAgentTransfer", { conversationId: customer.begun.conversationId, ...stamps() });
    const asha = await cast.agent("asha", { mrd: "General" });
    await expect.poll(() => asha.of("receiveChatRequest").length).toBe(1);
    expect(customer.activities("noAgentAvailable")).toEqual([]);
  });
});

describe("refusals", () => {
  it.each([
    ["activity", [{ info: { event: "joinConversation", code: "unknown-conversation", requestId: "r-1" } }]],
    ["ack", []],
  ] as const)("are told by %s", async (refusals, activities) => {
    await start({ refusals, acknowledge: true });
    const client = await cast.client();
    const payload = { conversationId: "none", participant: { id: "x", name: "x" }, requestId: "r-1" };
    expect(await client.ask("joinConversation", payload)).toMatchObject({
      status: "error",
      code: "unknown-conversation",
    });
    await expect.poll(() => client.activities("error")).toMatchObject(activities);
  });

  it("are told by nothing", async () => {
    await start({ refusals: "silent", acknowledge: true });
    const customer = await cast.customer();
    await expect.poll(() => customer.activities("noAgentAvailable").length).toBe(1);
    const before = customer.heard.length;
    customer.emit("sendMessage", chatMessage(customer.begun, ""));
    await expect.poll(() => cast.refusals()).toEqual(["sendMessage: bad-payload"]);
    expect(customer.heard.length).toBe(before);
  });
});

describe("what the guide misprints", () => {
  it("is taken from clients", async () => {
    await start();
    const asha = await cast.agent("asha");
    const response = await post(`${sandbox.url}/api/customer/init`, {
      FirstName: "Mina",
      Email: "m@example.test",
      Phone: "555",
      Channel: "sms",
      reqestId: "r-1",
      subject: "ADSL",
    });
    const begun = (await response.json()) as Json & { conversationId: string };
    expect(begun).toMatchObject({ requestId: "r-1", participant: { name: "Mina" } });
    const customer = await cast.client();
    const { participant, conversationId } = begun;
    customer.emit("joinConversation", { conversationId, Participant: participant, reqestId: "r-2", Timestamp: "x" });
    await expect
      .poll(() => asha.of("receiveChatRequest"))
      .toMatchObject([{ customer: { email: "m@example.test", phone: "555" } }]);
    customer.emit("sendMessage", {
      conversationId,
      type: "activityMessage",
      activityType: "typing",
      from: participant,
      info: {},
    });
    customer.emit("sendMessage", {
      conversationId,
      type: "ChatMessage",
      reqestId: "r-3",
      from: participant,
      text: "hi",
    });
    await expect.poll(() => customer.messages("ChatMessage")).toMatchObject([{ requestId: "r-3", attachments: [] }]);
    expect(cast.refusals()).toEqual([]);
  });

  it("is sent by the server, where the switch says so", async () => {
    await start({ slips: true, conversationInfo: "arrays" });
    const init = await post(`${sandbox.url}/api/customer/init`, SAMPLE_INIT);
    const { Participant, conversationId } = (await init.json()) as Json;
    expect(Participant).toMatchObject({ name: "Kashif Sohail" });
    const sara = await cast.client();
    sara.emit("login", { agentId: "sara", password: "sara-secret", mrd: "ADSL" });
    await expect.poll(() => sara.of("messageArrived").length).toBe(1);
    expect(sara.of("messageArrived")[0]).toMatchObject({
      type: "activityMessage",
      info: { agent: { type: "Agent", Role: "Participant" } },
    });
    const asha = await cast.client();
    asha.emit("login", { agentId: "asha", password: "asha-secret", mrd: "ADSL" });
    asha.emit("changeState", { state: "READY" });
    const customer = await cast.client();
    customer.emit("joinConversation", { conversationId, participant: Participant, ...stamps() });
    await expect.poll(() => asha.of("receiveChatRequest").length).toBe(1);
    expect(asha.of("receiveChatRequest")[0]).toMatchObject({
      customer: { Email: "kashif@ef.example.test", Phone: "+1343122554", Channel: "web" },
    });
    await expect.poll(() => customer.of("conversationInfo")).toMatchObject([{ conversation: { Id: conversationId } }]);
  });
});

describe("details", () => {
  it.each(["id", "participantId", "agentId"] as const)("an agent's id is written as %s", async (key) => {
    await start({ participantIds: key });
    const customer = await cast.customer();
    sandbox.centre.agentJoins();
    await expect.poll(() => customer.activities("participantJoined").length).toBe(1);
    expect(customer.activities("participantJoined")[0]).toMatchObject({ info: { participant: { [key]: "asha" } } });
  });

  it("timestamps are the server's or the client's", async () => {
    await start({ timestamps: "client" });
    const customer = await cast.customer();
    const timestamp = "2018-05-07T06:52:21.661Z";
    customer.emit("sendMessage", chatMessage(customer.begun, "old", { timestamp }));
    await expect.poll(() => customer.messages("ChatMessage")).toMatchObject([{ timestamp }]);
    sandbox.centre.switches.timestamps = "server";
    customer.emit("sendMessage", chatMessage(customer.begun, "new", { timestamp }));
    await expect.poll(() => customer.texts()).toEqual(["old", "new"]);
    expect(customer.messages("ChatMessage")[1]?.["timestamp"]).not.toBe(timestamp);
  });

  it("a bot need not be given what it missed", async () => {
    await start({ pushMissedToBots: false });
    const bot = await cast.bot();
    const customer = await cast.customer();
    customer.emit("sendMessage", chatMessage(customer.begun, "first"));
    await expect.poll(() => customer.texts()).toEqual(["first"]);
    bot.emit("joinConversation", { ...customer.begun, participant: { id: "bot", name: "x" } });
    await expect.poll(() => bot.activities("participantJoined").length).toBe(1);
    customer.emit("sendMessage", chatMessage(customer.begun, "second"));
    await expect.poll(() => bot.texts()).toEqual(["second"]);
  });

  it("nothing that arrives is kept, where a benchmark wants that", async () => {
    await start({ record: false });
    await cast.customer();
    expect(sandbox.centre.received).toEqual([]);
  });

  it("a port that is taken is a conflict", async () => {
    await start();
    const port = Number(new URL(sandbox.url).port);
    await expect(startChatSolutionSandbox({ port })).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("control endpoints", () => {
  async function control(action: string, input?: object): Promise<{ status: number; answer: unknown }> {
    const init = { method: "POST", ...(input && { body: JSON.stringify(input) }) };
    const response = await fetch(`${sandbox.controlUrl}/${action}`, init);
    return { status: response.status, answer: await response.json() };
  }
  const read = async (list: string): Promise<unknown> => (await fetch(`${sandbox.controlUrl}/${list}`)).json();

  it("play an agent from outside, and list everything", async () => {
    await start();
    const listed = (await (await fetch(sandbox.controlUrl)).json()) as Json;
    for (const name of [
      "say",
      "joins",
      "leaves",
      "types",
      "ends",
      "inject",
      "switches",
      "faults",
      "release",
      "drop-links",
    ])
      expect(listed).toHaveProperty(`POST /control/${name}`);
    const customer = await cast.customer();
    const chat = `?chat=${customer.begun.conversationId}`;
    await control(`joins${chat}`, { by: "omar" });
    await control(`types${chat}`, { by: "omar" });
    await control("say", { text: "hi", by: "omar" });
    await control("say", {
      message: { text: "", attachments: [{ type: "image/png", name: "a", contentUrl: "data:," }] },
    });
    await control("say", { text: "psst", tag: "whisper" });
    await control("burst", { count: 3 });
    await control("leaves", { by: "omar" });
    await control("transfer");
    await expect.poll(() => customer.texts()).toEqual(["hi", "", "number 1", "number 2", "number 3"]);
    await expect.poll(() => customer.activities("handOff").length).toBe(2);
    expect(customer.activities("typing")).toHaveLength(1);
    expect(customer.activities("participantLeft")).toHaveLength(1);
    expect(
      await control("inject", { member: customer.begun.participant.id, event: "conversationInfo", payload: 7 }),
    ).toMatchObject({
      answer: { written: 1 },
    });
    await control("ends");
    await expect.poll(() => customer.activities("endOfConversation").length).toBe(1);
    expect(await read("chats")).toMatchObject([{ conversationId: customer.begun.conversationId, open: false }]);
    expect(await read(`chats/${customer.begun.conversationId}`)).toMatchObject({ customer: { channel: "web" } });
    expect((await read("ledger")) as unknown[]).toHaveLength(sandbox.centre.ledger.length);
    for (const list of ["received", "refused", "external", "mails", "wrap-ups", "agents"])
      expect(await read(list)).toBeInstanceOf(Array);
  });

  it("say what is not there", async () => {
    await start();
    for (const action of ["dances", "constructor"]) expect((await control(action)).status).toBe(404);
    expect((await control("say?chat=nobody", { text: "hi" })).status).toBe(404);
    expect((await fetch(`${sandbox.controlUrl}/dances`)).status).toBe(404);
    expect((await fetch(`${sandbox.controlUrl}/chats/none`)).status).toBe(404);
    expect((await control("say", { text: "hi" })).status).toBe(400);
    expect((await fetch(`${sandbox.controlUrl}/say`, { method: "POST", body: "{" })).status).toBe(400);
  });

  it("set switches and faults, cut links, put clients out", async () => {
    await start();
    await control("switches", { echo: false, unknown: true });
    expect(sandbox.centre.switches).toMatchObject({ echo: false });
    expect(sandbox.centre.switches).not.toHaveProperty("unknown");
    await control("faults", {
      swallow: [{ direction: "in", event: "sendMessage", count: 1 }],
      rest: { "/api/customer": [{ status: 503, body: "x", contentType: "text/plain" }, { delayMs: 1 }] },
    });
    expect((await post(`${sandbox.url}/api/customer/init`, SAMPLE_INIT)).status).toBe(503);
    expect(await begin(sandbox.url)).toHaveProperty("conversationId");
    await control("faults", { rest: { "/api/customer": ["hang"] } });
    expect(sandbox.centre.faults.rest.get("/api/customer")).toEqual(["hang"]);
    sandbox.centre.faults.rest.clear();
    for (const action of ["drop-links", "put-out"]) {
      const customer = await cast.customer();
      await control(action);
      await expect.poll(() => customer.connected).toBe(false);
    }
    await control("release");
    expect(sandbox.addresses()).toEqual({ url: sandbox.url, controlUrl: sandbox.controlUrl });
  });
});
