import { afterEach, describe, expect, it } from "vitest";
import {
  connectLocally,
  scriptedSolutionAgent,
  startChatSolutionSandbox,
  type ChatSolutionSandbox,
  type SolutionSwitches,
} from "../../sandbox/chat-solution/index.ts";
import { Cast, chatMessage, SAMPLE_INIT, stamps, type Json, type RawSolutionClient } from "./chat-solution-raw.ts";

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

const as = (
  id: string,
  conversationId: string,
): { conversationId: string; participant: { id: string; name: string } } => ({
  conversationId,
  participant: { id, name: id },
});

const infoOf = (message: Json | undefined): Json => message?.["info"] as Json;

/** A customer whom asha has, and asha. */
async function taken(): Promise<{
  customer: Awaited<ReturnType<Cast["customer"]>>;
  asha: RawSolutionClient;
  id: string;
}> {
  const asha = await cast.agent("asha");
  const customer = await cast.customer();
  const id = customer.begun.conversationId;
  await expect.poll(() => asha.of("receiveChatRequest").length).toBe(1);
  asha.emit("acceptChatRequest", { conversationId: id });
  await expect.poll(() => customer.activities("participantJoined").length).toBe(1);
  return { customer, asha, id };
}

describe("login", () => {
  it("tells an agent who he is, his teams, and his conversations", async () => {
    await start();
    const asha = await cast.agent("asha", { ready: false });
    expect(asha.activities("login")).toMatchObject([
      {
        type: "ActivityMessage",
        info: {
          mrd: "ADSL",
          state: "NOT_READY",
          agent: { id: "asha", displayName: "Asha Rao", type: "Agent", status: "Busy", conversations: [] },
          teams: [
            {
              id: "support",
              name: "Support",
              members: [{ id: "asha", status: "Busy" }, { id: "omar" }],
              supervisors: [{ id: "sara", type: "Supervisor" }],
            },
          ],
          conversations: [],
        },
      },
    ]);
  });

  it("with a wrong password, or anything before it, is refused", async () => {
    await start();
    const client = await cast.client();
    client.emit("login", { agentId: "asha", password: "guess", mrd: "ADSL" });
    client.emit("login", { agentId: "nobody", password: "guess", mrd: "ADSL" });
    client.emit("login", { agentId: "asha", password: "asha-secret" });
    client.emit("changeState", { state: "READY", mrd: "ADSL" });
    client.emit("amq-sub", { AgentId: "asha" });
    client.emit("amq-send", { head: "Login" });
    await expect
      .poll(() => cast.refusals())
      .toEqual([
        "login: wrong-password",
        "login: wrong-password",
        "login: bad-payload",
        "changeState: not-signed-in",
        "amq-sub: not-signed-in",
        "amq-send: not-signed-in",
      ]);
    expect(client.activities("login")).toEqual([]);
  });

  it("again from elsewhere puts the first connection out; conversations are entered anew", async () => {
    await start();
    const { customer, asha, id } = await taken();
    const again = await cast.agent("asha");
    await expect.poll(() => asha.connected).toBe(false);
    expect(infoOf(again.activities("login")[0])).toMatchObject({
      conversations: [{ id, participants: [{}, { id: "asha", role: "Owner" }] }],
    });
    customer.emit("sendMessage", chatMessage(customer.begun, "still there?"));
    await expect.poll(() => customer.texts()).toEqual(["still there?"]);
    expect(again.texts()).toEqual([]);
    again.emit("joinConversation", { ...as("asha", id), ...stamps() });
    await expect.poll(() => again.of("conversationInfo").length).toBe(1);
    expect(again.of("conversationInfo")[0]?.["messages"]).toContain("still there?");
    expect(again.of("conversationInfo")[0]?.["role"]).toBe("Owner");
    again.emit("sendMessage", chatMessage(as("asha", id), "yes"));
    await expect.poll(() => customer.texts()).toEqual(["still there?", "yes"]);
    const omar = await cast.agent("omar");
    omar.emit("joinConversation", { ...as("omar", id), ...stamps() });
    await expect.poll(() => cast.refusals()).toEqual(["joinConversation: not-a-participant"]);
  });
});

describe("routing", () => {
  it("rings at the ready agents of the queue alone, and at whoever becomes ready while somebody waits", async () => {
    await start();
    const [asha, omar, lena] = [
      await cast.agent("asha"),
      await cast.agent("omar", { ready: false }),
      await cast.agent("lena", { mrd: "Billing" }),
    ];
    const customer = await cast.customer();
    await expect.poll(() => asha.of("receiveChatRequest").length).toBe(1);
    omar.emit("changeState", { state: "ready", mrd: "ADSL" });
    await expect.poll(() => omar.of("receiveChatRequest").length).toBe(1);
    expect(omar.activities("changeState")).toMatchObject([{ info: { state: "READY", mrd: "ADSL" } }]);
    lena.emit("login", { agentId: "lena", password: "lena-secret", mrd: "ADSL" });
    lena.emit("changeState", { state: "READY", mrd: "ADSL" });
    await expect.poll(() => lena.of("receiveChatRequest").length).toBe(1);
    for (const state of ["not-ready", "NOT_READY"]) lena.emit("changeState", { state });
    await expect.poll(() => sandbox.centre.conversation()?.ringing.has("lena")).toBe(false);
    lena.emit("changeState", { state: "asleep", mrd: "ADSL" });
    lena.emit("changeState", { state: "READY", mrd: "General" });
    await expect.poll(() => cast.refusals()).toEqual(["changeState: bad-payload", "changeState: not-signed-in"]);
    expect(customer.activities("noAgentAvailable")).toEqual([]);
  });

  it.each([undefined, "Nowhere"])("puts the subject %s into the first queue", async (subject) => {
    await start();
    const [general, adsl] = [await cast.agent("asha", { mrd: "mrd-id" }), await cast.agent("omar")];
    const { subject: _, ...rest } = SAMPLE_INIT;
    await cast.customer(subject === undefined ? rest : { ...rest, subject });
    await expect.poll(() => general.of("receiveChatRequest").length).toBe(1);
    expect(adsl.of("receiveChatRequest")).toEqual([]);
  });

  it("says so where nobody is ready, and when the last one stops being ready", async () => {
    await start();
    const asha = await cast.agent("asha");
    const customer = await cast.customer();
    await expect.poll(() => asha.of("receiveChatRequest").length).toBe(1);
    asha.emit("changeState", { state: "NOT_READY", mrd: "ADSL" });
    await expect.poll(() => customer.activities("noAgentAvailable").length).toBe(1);
    const other = await cast.customer();
    await expect.poll(() => other.activities("noAgentAvailable").length).toBe(1);
    asha.emit("acceptChatRequest", { conversationId: other.begun.conversationId });
    await expect.poll(() => cast.refusals()).toEqual(["acceptChatRequest: not-asked"]);
    other.emit("requestAgentTransfer", { conversationId: other.begun.conversationId, ...stamps() });
    await expect.poll(() => other.activities("noAgentAvailable").length).toBe(2);
  });

  it("lets the first in who accepts, and nobody after him; the others hear nothing", async () => {
    await start();
    const omar = await cast.agent("omar");
    const { customer, asha, id } = await taken();
    await expect.poll(() => omar.activities("handOff").length).toBe(1);
    const before = omar.heard.length;
    omar.emit("acceptChatRequest", { conversationId: id });
    await expect.poll(() => cast.refusals()).toEqual(["acceptChatRequest: already-accepted"]);
    await expect
      .poll(() => infoOf(omar.activities("error")[0]))
      .toMatchObject({ event: "acceptChatRequest", code: "already-accepted" });
    expect(omar.heard.length).toBe(before + 1);
    sandbox.centre.say("for your eyes only");
    await expect.poll(() => customer.texts()).toEqual(["for your eyes only"]);
    expect(omar.texts()).toEqual([]);
    expect(customer.activities("participantJoined")).toHaveLength(1);
    asha.emit("acceptChatRequest", { conversationId: id });
    await expect.poll(() => cast.refusals().length).toBe(2);
  });

  it("tells the others by the message broker, where the switch says so", async () => {
    await start({ ringEndsByAmq: true });
    const omar = await cast.agent("omar");
    omar.emit("amq-sub", { AgentId: "omar" });
    const { id } = await taken();
    await expect
      .poll(() => omar.of("amq-msg"))
      .toEqual([{ head: "ChatRequestWithdrawn", conversationId: id, reason: "accepted" }]);
  });

  it("waits to be asked, where the switch says so", async () => {
    await start({ handOffWithoutBot: false });
    const asha = await cast.agent("asha");
    const customer = await cast.customer();
    expect(asha.of("receiveChatRequest")).toEqual([]);
    customer.emit("requestAgentTransfer", { conversationId: customer.begun.conversationId, ...stamps(), context: "x" });
    await expect.poll(() => asha.of("receiveChatRequest").length).toBe(1);
    expect(asha.of("receiveChatRequest")[0]?.["customer"]).not.toHaveProperty("handOff");
    sandbox.centre.requestAgent();
    expect(customer.activities("handOff")).toHaveLength(1);
  });

  it("hands on what a bot gave, where the switch says so", async () => {
    await start({ passHandOff: true, handOffWithoutBot: false });
    const asha = await cast.agent("asha");
    const customer = await cast.customer();
    const context = { intent: "refund" };
    customer.emit("requestAgentTransfer", { conversationId: customer.begun.conversationId, ...stamps(), context });
    await expect.poll(() => asha.of("receiveChatRequest")).toMatchObject([{ customer: { handOff: { context } } }]);
  });
});

describe("participants", () => {
  it("are added, spoken to, made owner, removed; and never by who is not the owner", async () => {
    await start({ transferLeaves: false });
    const { customer, asha, id } = await taken();
    const omar = await cast.agent("omar", { ready: false });
    omar.emit("removeParticipant", { participantId: "asha", conversationId: id });
    asha.emit("addParticipant", { participant: { agentId: "nobody", displayName: "x" }, conversationId: id });
    asha.emit("transferChat", { participantId: "omar", conversationId: id });
    await expect
      .poll(() => cast.refusals().toSorted())
      .toEqual([
        "addParticipant: unknown-participant",
        "removeParticipant: not-a-participant",
        "transferChat: unknown-participant",
      ]);
    // As in the guide's sample: no conversation is named, and there is but one.
    asha.emit("addParticipant", { participant: { agentId: "omar", id: "omar", displayName: "Omar Said" } });
    await expect.poll(() => customer.activities("participantAdded").length).toBe(1);
    expect(customer.activities("participantAdded")[0]).toMatchObject({
      from: { id: "asha", name: "Asha Rao" },
      info: { participant: { id: "omar", role: "Participant" } },
    });
    await expect.poll(() => omar.of("conversationInfo").length).toBe(1);
    asha.emit("sendMessage", chatMessage(as("asha", id), "between us", { to: [{ id: "omar" }] }));
    omar.emit("sendMessage", chatMessage(as("omar", id), "I am Omar"));
    await expect.poll(() => customer.texts()).toEqual(["I am Omar"]);
    await expect.poll(() => omar.texts()).toEqual(["between us", "I am Omar"]);
    omar.emit("removeParticipant", { participantId: "asha", conversationId: id });
    omar.emit("transferChat", { participantId: "asha", conversationId: id });
    omar.emit("endConversation", { conversationId: id, ...stamps() });
    asha.emit("removeParticipant", { participantId: customer.begun.participant.id, conversationId: id });
    asha.emit("transferChat", { participantId: customer.begun.participant.id, conversationId: id });
    await expect
      .poll(() => cast.refusals().slice(3).toSorted())
      .toEqual([
        "endConversation: not-the-owner",
        "removeParticipant: not-the-owner",
        "removeParticipant: unknown-participant",
        "transferChat: not-the-owner",
        "transferChat: unknown-participant",
      ]);
    asha.emit("transferChat", { participantId: "omar", conversationId: id });
    await expect
      .poll(() => omar.activities("participantJoined"))
      .toMatchObject([{ info: { participant: { id: "omar", role: "Owner" } } }]);
    omar.emit("removeParticipant", { participantId: "asha", conversationId: id });
    await expect.poll(() => asha.activities("participantRemoved").length).toBe(1);
    await expect.poll(() => customer.activities("participantRemoved").length).toBe(1);
    omar.emit("sendMessage", chatMessage(as("omar", id), "alone"));
    await expect.poll(() => customer.texts()).toEqual(["I am Omar", "alone"]);
    expect(asha.texts()).not.toContain("alone");
  });

  it("are none once they transferred the chat", async () => {
    await start();
    const { customer, asha, id } = await taken();
    await cast.agent("omar", { ready: false });
    asha.emit("addParticipant", { participant: { participantId: "omar" }, conversationId: id });
    asha.emit("transferChat", { participantId: "omar", conversationId: id });
    await expect.poll(() => customer.activities("participantLeft")).toMatchObject([{ from: { id: "asha" } }]);
    expect(sandbox.centre.conversation()?.owner?.id).toBe("omar");
    asha.emit("sendMessage", chatMessage(as("asha", id), "one more thing"));
    await expect.poll(() => cast.refusals()).toEqual(["sendMessage: not-a-participant"]);
  });
});

describe("whispers", () => {
  it("reach who works here, never the customer: not live, not in past messages, not in conversationInfo", async () => {
    await start();
    const { customer, asha, id } = await taken();
    const omar = await cast.agent("omar", { ready: false });
    asha.emit("addParticipant", { participant: { agentId: "omar" }, conversationId: id });
    asha.emit("sendMessage", chatMessage(as("asha", id), "he is angry", { tag: "whisper" }));
    await expect.poll(() => omar.messages("ChatMessage")).toMatchObject([{ text: "he is angry", tag: "whisper" }]);
    asha.emit("sendMessage", chatMessage(as("asha", id), "hello"));
    await expect.poll(() => customer.texts()).toEqual(["hello"]);
    const again = await cast.client();
    again.emit("joinConversation", { ...customer.begun, ...stamps() });
    await expect.poll(() => again.of("conversationInfo").length).toBe(1);
    const query = new URLSearchParams({
      conversationId: id,
      count: "99",
      time: new Date(Date.now() + 1_000).toISOString(),
    });
    const past = await fetch(`${sandbox.url}/api/conversation/past-messages?${query}`);
    const seen = JSON.stringify([customer.heard, again.heard, await past.json()]);
    expect(seen).toContain("hello");
    expect(seen).not.toContain("angry");
  });

  it("of customers are dropped", async () => {
    await start();
    const { customer, asha } = await taken();
    customer.emit("sendMessage", chatMessage(customer.begun, "psst", { tag: "whisper" }));
    customer.emit("sendMessage", chatMessage(customer.begun, "aloud"));
    await expect.poll(() => asha.texts()).toEqual(["aloud"]);
    expect(cast.refusals()).toEqual(["sendMessage: not-for-customers"]);
    expect(customer.texts()).toEqual(["aloud"]);
  });
});

describe("supervision", () => {
  it("monitors unseen, may not speak, barges in unknown to the customer, whispers, and is heard", async () => {
    await start();
    const { customer, asha, id } = await taken();
    sandbox.centre.say("a whisper from before", { tag: "whisper" });
    const sara = await cast.agent("sara", { ready: false });
    expect(infoOf(sara.activities("login")[0])).toMatchObject({
      agent: { type: "Supervisor", team: { id: "support" } },
      conversations: [{ id }],
    });
    sara.emit("silentMonitor", { conversationId: id });
    await expect.poll(() => sara.of("conversationInfo").length).toBe(1);
    expect(sara.of("conversationInfo")[0]?.["messages"]).toContain("a whisper from before");
    await expect.poll(() => asha.texts()).toEqual(["a whisper from before"]);
    await expect.poll(() => asha.of("conversationInfo").length).toBe(1);
    const heardBy = [customer.heard.length, asha.heard.length];
    sara.emit("sendMessage", chatMessage(as("sara", id), "can you hear me?"));
    sara.emit("sendMessage", chatMessage(as("sara", id), "psst", { tag: "whisper" }));
    sara.emit("endConversation", { conversationId: id, ...stamps() });
    await expect
      .poll(() => cast.refusals())
      .toEqual(["sendMessage: only-watching", "sendMessage: only-watching", "endConversation: only-watching"]);
    expect([customer.heard.length, asha.heard.length]).toEqual(heardBy);
    asha.emit("sendMessage", chatMessage(as("asha", id), "to him alone", { to: [customer.begun.participant] }));
    await expect.poll(() => sara.texts()).toEqual(["to him alone"]);
    // The guide's own misprint.
    sara.emit("bargeln", { conversationId: id });
    await expect.poll(() => asha.activities("participantJoined").length).toBe(2);
    await expect.poll(() => sara.activities("participantJoined").length).toBe(1);
    expect(customer.activities("participantJoined")).toHaveLength(1);
    sara.emit("sendMessage", chatMessage(as("sara", id), "offer him a month", { tag: "whisper" }));
    await expect.poll(() => asha.texts()).toContain("offer him a month");
    sara.emit("sendMessage", chatMessage(as("sara", id), "I am Sara"));
    await expect.poll(() => customer.texts()).toEqual(["to him alone", "I am Sara"]);
    expect(JSON.stringify(customer.heard)).not.toContain("whisper");
  });

  it("is of one's own team, and of supervisors", async () => {
    await start();
    const { asha, id } = await taken();
    const [victor, omar, sara] = [
      await cast.agent("victor", { ready: false }),
      await cast.agent("omar", { ready: false }),
      await cast.agent("sara", { ready: false }),
    ];
    victor.emit("silentMonitor", { conversationId: id });
    await expect.poll(() => cast.refusals()).toEqual(["silentMonitor: not-your-team"]);
    omar.emit("silentMonitor", { conversationId: id });
    await expect.poll(() => cast.refusals().length).toBe(2);
    sara.emit("bargeIn", { conversationId: id });
    await expect.poll(() => cast.refusals()[2]).toBe("bargeIn: not-a-participant");
    sara.emit("silentMonitor", { conversation: { conversationId: id } });
    sara.emit("bargeIn", { conversationId: id });
    await expect.poll(() => asha.activities("participantJoined").length).toBe(2);
    sara.emit("bargeIn", { conversationId: id });
    sara.emit("silentMonitor", { conversationId: id });
    await expect
      .poll(() => cast.refusals().slice(3))
      .toEqual(["bargeIn: not-asked", "silentMonitor: already-accepted"]);
    expect(victor.of("conversationInfo")).toEqual([]);
  });

  it("comes when a hand is raised: the request, then the history", async () => {
    await start();
    const { customer, asha, id } = await taken();
    const [sara] = [await cast.agent("sara", { ready: false }), await cast.agent("victor", { ready: false })];
    sandbox.centre.say("one moment");
    for (const participantId of ["victor", "nobody"]) asha.emit("raiseHand", { conversationId: id, participantId });
    await expect.poll(() => cast.refusals()).toEqual(["raiseHand: not-your-team", "raiseHand: unknown-participant"]);
    asha.emit("raiseHand", { conversationId: id, participantId: "sara" });
    await expect.poll(() => sara.of("receiveChatRequest")).toMatchObject([{ customer: { conversationId: id } }]);
    expect(sara.of("conversationInfo")).toEqual([]);
    sara.emit("acceptChatRequest", { conversationId: id });
    await expect.poll(() => sara.of("conversationInfo").length).toBe(1);
    expect(sara.of("conversationInfo")[0]?.["messages"]).toContain("one moment");
    await expect.poll(() => customer.activities("participantJoined").length).toBe(2);
    expect(sandbox.centre.conversation()?.owner?.id).toBe("asha");
  });

  it("is told of the team's conversations by the message broker, where the switch says so", async () => {
    await start({ teamByAmq: true });
    const sara = await cast.agent("sara", { ready: false });
    sara.emit("amq-sub", { AgentId: "sara" });
    const { id } = await taken();
    await expect.poll(() => sara.of("amq-msg")).toMatchObject([{ head: "TeamConversations", conversations: [{ id }] }]);
    sandbox.centre.end();
    await expect.poll(() => sara.of("amq-msg")[1]).toMatchObject({ head: "TeamConversations", conversations: [] });
  });
});

describe("the end", () => {
  it("is the owner's or the customer's; what is written down afterwards is kept", async () => {
    await start();
    const { customer, asha, id } = await taken();
    const omar = await cast.agent("omar", { ready: false });
    asha.emit("endConversation", { conversationId: id, ...stamps() });
    await expect.poll(() => customer.activities("endOfConversation")).toMatchObject([{ from: { id: "asha" } }]);
    asha.emit("wrapUp", { conversationId: id, wrapup: "sold a plan" });
    omar.emit("wrapUp", { conversationId: id, wrapup: "me too" });
    asha.emit("wrapUp", { conversationId: id });
    await expect.poll(() => cast.refusals().toSorted()).toEqual(["wrapUp: bad-payload", "wrapUp: not-a-participant"]);
    expect(sandbox.centre.wrapUps).toEqual([{ conversationId: id, by: "asha", text: "sold a plan" }]);
  });

  it("silences what still rings", async () => {
    await start({ ringEndsByAmq: true });
    const asha = await cast.agent("asha");
    asha.emit("amq-sub", { AgentId: "asha" });
    const customer = await cast.customer();
    const { conversationId } = customer.begun;
    await expect.poll(() => asha.of("receiveChatRequest").length).toBe(1);
    customer.emit("endConversation", { conversationId, ...stamps() });
    await expect
      .poll(() => asha.of("amq-msg"))
      .toEqual([{ head: "ChatRequestWithdrawn", conversationId, reason: "ended" }]);
    asha.emit("acceptChatRequest", { conversationId });
    await expect.poll(() => cast.refusals()).toEqual(["acceptChatRequest: conversation-over"]);
  });

  it("takes a raised hand down", async () => {
    await start({ ringEndsByAmq: true });
    const { customer, asha, id } = await taken();
    const sara = await cast.agent("sara", { ready: false });
    sara.emit("amq-sub", { AgentId: "sara" });
    asha.emit("raiseHand", { conversationId: id, participantId: "sara" });
    await expect.poll(() => sara.of("receiveChatRequest").length).toBe(1);
    customer.emit("endConversation", { conversationId: id, ...stamps() });
    await expect
      .poll(() => sara.of("amq-msg"))
      .toEqual([{ head: "ChatRequestWithdrawn", conversationId: id, reason: "ended" }]);
  });
});

describe("the message broker", () => {
  it("answers a subscriber: Login, QueueState, Logout, DeclineChatRequest are samples of what a host may map", async () => {
    await start();
    const asha = await cast.agent("asha");
    asha.emit("amq-send", { head: "Login" });
    asha.emit("amq-sub", { AgentId: "omar" });
    await expect.poll(() => cast.refusals()).toEqual(["amq-sub: not-signed-in"]);
    asha.emit("amq-sub", { AgentId: "asha" });
    asha.emit("amq-send", { head: "Login" });
    await expect
      .poll(() => asha.of("amq-msg"))
      .toMatchObject([{ head: "AgentInfo", agent: { id: "asha" }, states: { ADSL: "READY" } }]);
    const customer = await cast.customer();
    await expect.poll(() => asha.of("receiveChatRequest").length).toBe(1);
    asha.emit("amq-send", { head: "QueueState" });
    await expect
      .poll(() => asha.of("amq-msg")[1])
      .toEqual({
        head: "QueueState",
        queues: [
          { mrd: "General", waiting: 0, ready: 0 },
          { mrd: "ADSL", waiting: 1, ready: 1 },
          { mrd: "Billing", waiting: 0, ready: 0 },
        ],
      });
    asha.emit("amq-send", { head: "DeclineChatRequest", conversationId: customer.begun.conversationId });
    await expect.poll(() => customer.activities("noAgentAvailable").length).toBe(1);
    asha.emit("amq-send", { head: "Logout", mrd: "ADSL", reason: "lunch" });
    await expect.poll(() => asha.of("amq-msg")[2]).toEqual({ head: "AgentInfo", states: {}, reason: "lunch" });
    asha.emit("amq-send", {});
    asha.emit("amq-send", { head: "Unheard of" });
    await expect.poll(() => cast.refusals()[1]).toBe("amq-send: bad-payload");
  });
});

it("an agent by script takes what rings, and answers", async () => {
  await start();
  const agent = scriptedSolutionAgent(connectLocally(sandbox.centre), {
    mrd: "ADSL",
    answer: (text) => text.toUpperCase(),
  });
  const customer = await cast.customer();
  await expect.poll(() => customer.activities("participantJoined").length).toBe(1);
  customer.emit("sendMessage", chatMessage(customer.begun, "hello"));
  await expect.poll(() => customer.texts()).toEqual(["hello", "HELLO"]);
  agent.emit("wrapUp", { conversationId: customer.begun.conversationId, wrapup: "done" });
  await expect.poll(() => sandbox.centre.wrapUps.length).toBe(1);
  expect(agent.heard.length).toBeGreaterThan(3);
  agent.close();
  expect(sandbox.centre.agents.size).toBe(0);
});
