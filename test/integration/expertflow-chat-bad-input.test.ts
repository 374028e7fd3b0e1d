import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expertflowChatAgent } from "../../adapters/expertflow-chat/agent/index.ts";
import { expertflowChat } from "../../adapters/expertflow-chat/index.ts";
import { startChatSolutionSandbox, type ChatSolutionSandbox } from "../../sandbox/chat-solution/index.ts";
import { createAgentSession, type AgentChat, type AgentSession } from "../../src/agent/index.ts";
import { createChatSession, type ChatSession } from "../../src/index.ts";
import { Cast, chatMessage } from "./chat-solution-raw.ts";

let solution: ChatSolutionSandbox;
let customer: ChatSession;
const open: { close(): Promise<void> }[] = [];
let warnings: string[];
let heard: string[];

beforeEach(async () => {
  solution = await startChatSolutionSandbox();
  [warnings, heard] = [[], []];
  customer = createChatSession(
    expertflowChat({ url: solution.url, transports: ["websocket"], customer: { subject: "ADSL" } }),
  );
  open.push(customer);
  customer.on("warning", ({ message }) => void warnings.push(message));
  customer.on("message", ({ from, body }) => {
    if (from.role === "agent" && "text" in body) heard.push(body.text);
  });
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await solution.stop();
});

/** An agent who is signed in, and ready. */
async function agent(id: string): Promise<AgentSession> {
  const session = createAgentSession(
    expertflowChatAgent({
      url: solution.url,
      transports: ["websocket"],
      domains: ["ADSL"],
      credentialsProvider: async () => ({ agentId: id, password: `${id}-secret` }),
    }),
  );
  open.push(session);
  await session.signIn({ availability: { ready: true } });
  return session;
}

/** What rings at a desk. */
async function ring(desk: AgentSession): Promise<AgentSession["requests"][number]> {
  await expect.poll(() => desk.requests.length).toBe(1);
  const [request] = desk.requests;
  if (!request) throw new Error("Nothing rings.");
  return request;
}

async function taken(desk: AgentSession): Promise<AgentChat> {
  return desk.accept(await ring(desk));
}

const inject = (event: string, payload: unknown): number =>
  solution.centre.inject(solution.centre.conversation()?.customer.id ?? "", event, payload);

describe("what a server should not send", () => {
  it.each([
    [
      "an unknown activity",
      "messageArrived",
      { type: "ActivityMessage", activityType: "somethingNew", info: { a: 1 } },
    ],
    ["an unknown kind of message", "messageArrived", { type: "Brain", text: "x" }],
    ["a message that is none", "messageArrived", 7],
    ["conversationInfo that is no JSON", "conversationInfo", { conversation: "x", messages: "[{", participant: "]" }],
    ["conversationInfo of wrong shapes", "conversationInfo", { messages: [7, null, { text: {} }], participant: {} }],
    ["conversationInfo that is none", "conversationInfo", "[]"],
  ])("%s is a warning, and what comes after it is heard", async (_, event, payload) => {
    await customer.start({ customer: { name: "Ravi" } });
    solution.centre.agentJoins();
    expect(inject(event, payload)).toBe(1);
    solution.centre.say("after it");
    await expect.poll(() => heard).toEqual(["after it"]);
    expect(warnings.length).toBeGreaterThan(0);
    expect(customer.state.status).toBe("connected");
    await customer.send("still here").accepted;
    expect(solution.centre.textsFrom(solution.centre.conversation()?.customer.id ?? "")).toEqual(["still here"]);
  });
});

it("a broken conversationInfo after a drop loses nothing: what was missed is read from the past messages", async () => {
  await customer.start({ customer: { name: "Ravi" } });
  const { centre } = solution;
  centre.agentJoins();
  customer.on("state", ({ current }) => {
    if (current.status === "reconnecting") {
      centre.say("while you were away");
      centre.faults.swallow.push({ direction: "out", event: "conversationInfo", count: 1 });
    }
    if (current.status === "connected")
      inject("conversationInfo", { conversation: "x", messages: "[{", participant: "]" });
  });
  solution.dropLinks();
  await expect.poll(() => heard).toEqual(["while you were away"]);
  expect(warnings).toEqual([expect.stringContaining("conversationInfo")]);
});

describe("what agents may not do", () => {
  it("a second accept of the same request is a conflict, and lets nobody in", async () => {
    const [asha, omar] = [await agent("asha"), await agent("omar")];
    await customer.start({ customer: { name: "Ravi" } });
    const late = await ring(omar);
    await taken(asha);
    await expect(omar.accept(late)).rejects.toMatchObject({ code: "conflict" });
    solution.centre.say("between us");
    await expect.poll(() => heard).toEqual(["between us"]);
    expect(omar.conversations).toEqual([]);
    expect([...(solution.centre.conversation()?.members.keys() ?? [])]).not.toContain("omar");
  });

  it("a transfer to somebody who does not take part is not-found, to the customer refused; the owner stays", async () => {
    const asha = await agent("asha");
    await agent("omar");
    await customer.start({ customer: { name: "Ravi" } });
    const chat = await taken(asha);
    const customerId = solution.centre.conversation()?.customer.id ?? "";
    await expect(chat.transfer({ id: "omar" })).rejects.toMatchObject({ code: "not-found" });
    await expect(chat.transfer({ id: customerId })).rejects.toMatchObject({ code: "refused" });
    await expect(chat.removeParticipant(customerId)).rejects.toMatchObject({ code: "refused" });
    expect(solution.centre.conversation()?.owner?.id).toBe("asha");
    await chat.session.send("still mine").accepted;
    await expect.poll(() => heard).toEqual(["still mine"]);
  });

  it("a customer's whisper reaches nobody, and the chat goes on", async () => {
    const asha = await agent("asha");
    const cast = new Cast(solution, { version: 4 });
    const forger = await cast.customer();
    const chat = await taken(asha);
    const texts: string[] = [];
    chat.session.on("message", ({ body }) => void ("text" in body && texts.push(body.text)));
    forger.emit("sendMessage", chatMessage(forger.begun, "psst", { tag: "whisper" }));
    forger.emit("sendMessage", chatMessage(forger.begun, "aloud"));
    await expect.poll(() => texts).toEqual(["aloud"]);
    expect(cast.refusals()).toEqual(["sendMessage: not-for-customers"]);
    cast.closeAll();
  });

  it("who monitors cannot speak, and another team's supervisor cannot monitor", async () => {
    const asha = await agent("asha");
    await customer.start({ customer: { name: "Ravi" } });
    await taken(asha);
    const [sara, victor] = [await agent("sara"), await agent("victor")];
    const [watched] = (await sara.floor()).conversations;
    if (!watched) throw new Error("The supervisor sees no conversation.");
    await expect(victor.monitor(watched)).rejects.toMatchObject({ code: "refused" });
    const look = await sara.monitor(watched);
    await expect(look.session.send("hello?").accepted).rejects.toMatchObject({ code: "refused" });
    await expect(look.whisper("hello?")).rejects.toMatchObject({ code: "refused" });
    await look.bargeIn();
    await look.whisper("offer a month");
    await look.session.send("I am Sara").accepted;
    await expect
      .poll(() => customer.messages.map(({ body }) => ("text" in body ? body.text : "")))
      .toContain("I am Sara");
    expect(JSON.stringify(customer.messages)).not.toContain("offer");
    expect(customer.participants.map(({ name }) => name)).not.toContain("Sara Lind");
  });
});
