import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { expertflowChat } from "../../adapters/expertflow-chat/index.ts";
import { expertflowChatBot } from "../../adapters/expertflow-chat/bot/index.ts";
import {
  startChatSolutionSandbox,
  startFakeBotServer,
  type ChatSolutionSandbox,
} from "../../sandbox/chat-solution/index.ts";
import { createBot, type Bot, type BotOptions } from "../../src/bot/index.ts";
import { createDeferred } from "../../src/kit/deadline.ts";
import { createChatSession, type ChatError, type ChatSession, type ChatTransport } from "../../src/index.ts";

let solution: ChatSolutionSandbox;
let bot: Bot;
const sessions: ChatSession[] = [];
const problems: ChatError[] = [];

const BOT = { id: "helper", name: "Helper", type: "Rasa" };

beforeEach(async () => {
  solution = await startChatSolutionSandbox({ switches: { passHandOff: true } });
  solution.centre.greeting = "";
  problems.length = 0;
});

afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  await bot.close();
  await solution.stop();
});

async function serve(options: Omit<BotOptions, "id" | "name" | "type">, botUrl?: string): Promise<void> {
  bot = createBot({ ...BOT, onError: (error) => void problems.push(error), ...options });
  const reconnect = { nextDelayMs: () => 0 };
  await bot.serve(
    expertflowChatBot({
      url: solution.url,
      transports: ["websocket"],
      handoffKey: "context",
      reconnect,
      ...(botUrl && { botUrl }),
    }),
  );
}

async function customer(name = "Ravi Kumar"): Promise<ChatSession> {
  const transport: ChatTransport = expertflowChat({
    url: solution.url,
    transports: ["websocket"],
    reconnect: { nextDelayMs: () => 0 },
  });
  const session = createChatSession(transport);
  sessions.push(session);
  await session.start({ customer: { name } });
  return session;
}

const texts = (session: ChatSession): string[] =>
  session.messages.flatMap(({ body }) => (body.kind === "text" ? [body.text] : []));

describe("a bot on Chat Solution", () => {
  it("is asked in, makes its context, greets, and answers with ranked answers", async () => {
    const botServer = await startFakeBotServer();
    await serve(
      {
        onConversation: ({ customer: { name } }) => `Hello ${name}`,
        onMessage: ({ body }) => ({
          text: "2 years",
          understanding: {
            input: body.kind === "text" ? body.text : "",
            intents: [{ name: "warranty", confidence: 0.9 }],
            entities: [{ entity: "item", value: "kettle", start: 4, end: 10 }],
            output: [
              { text: "2 years", confidence: 0.8 },
              { text: "1 year", confidence: 0.2 },
            ],
          },
        }),
      },
      botServer.url,
    );
    const session = await customer();
    await expect.poll(() => texts(session)).toContain("Hello Ravi Kumar");
    session.send("how long is the warranty of a kettle");
    await expect.poll(() => texts(session)).toContain("2 years");
    const sent = solution.centre.received.findLast(({ payload }) => JSON.stringify(payload).includes("warranty"));
    expect(sent?.payload).toMatchObject({
      type: "BotMessage",
      bot: BOT,
      input: "how long is the warranty of a kettle",
      intents: [{ name: "warranty", confidence: 0.9 }],
      entities: [{ entity: "item", value: "kettle", start: 4, end: 10 }],
      output: [
        { name: "2 years", confidence: 0.8 },
        { name: "1 year", confidence: 0.2 },
      ],
    });
    expect(botServer.calls).toHaveLength(1);
    expect(problems).toEqual([]);
    await botServer.stop();
  });

  it("hands over with its context, and only suggests once a human is there", async () => {
    await serve({
      async onMessage({ body }, chat) {
        if (body.kind === "text" && body.text === "a person") {
          await chat.handOver({ attributes: { topic: "billing" } });
          return "One moment";
        }
        return "try a reset";
      },
    });
    const session = await customer();
    session.send("a person");
    await expect.poll(() => texts(session)).toContain("One moment");
    const { centre } = solution;
    expect(centre.conversation()?.handOff).toEqual({ context: { attributes: { topic: "billing" } } });
    centre.agentJoins();
    await expect.poll(() => bot.chats[0]?.humanPresent).toBe(true);
    session.send("it is broken");
    const suggested = (): unknown =>
      centre.ledger.find(({ message, audience }) => message.type === "BotMessage" && audience === "staff");
    await expect.poll(suggested).toBeDefined();
    centre.say("I look at it");
    await expect.poll(() => texts(session)).toContain("I look at it");
    expect(texts(session)).not.toContain("try a reset");
    expect(() => bot.chats[0]?.say("me too")).toThrow(expect.objectContaining({ code: "refused" }));
    expect(problems).toEqual([]);
  });

  it("does not let a slow answer of one conversation hold up another, and keeps the order within one", async () => {
    const slow = createDeferred<void>();
    await serve({
      async onMessage({ body }) {
        const text = body.kind === "text" ? body.text : "";
        if (text === "slow") await slow.promise;
        return `re: ${text}`;
      },
    });
    const [one, two] = [await customer("One"), await customer("Two")];
    one.send("slow");
    one.send("after");
    two.send("quick");
    await expect.poll(() => texts(two)).toContain("re: quick");
    expect(texts(one).filter((text) => text.startsWith("re:"))).toEqual([]);
    slow.resolve();
    await expect.poll(() => texts(one).filter((text) => text.startsWith("re:"))).toEqual(["re: slow", "re: after"]);
  });

  it("reports what a handler throws, and answers the next", async () => {
    await serve({
      onMessage({ body }) {
        if (body.kind === "text" && body.text === "bad") throw new Error("oops");
        return "fine";
      },
    });
    const session = await customer();
    session.send("bad");
    session.send("good");
    await expect.poll(() => texts(session)).toContain("fine");
    expect(problems.map(({ code }) => code)).toEqual(["refused"]);
  });

  it("reports messages that find the queue of their conversation full", async () => {
    const gate = createDeferred<void>();
    await serve({ queueLimit: 2, onMessage: () => gate.promise.then(() => "done") });
    const session = await customer();
    for (const text of ["1", "2", "3"]) session.send(text);
    await expect.poll(() => problems.map(({ code }) => code)).toEqual(["outbox-full"]);
    gate.resolve();
    await expect.poll(() => texts(session).filter((text) => text === "done")).toHaveLength(2);
  });

  it("goes on after an outage in the same conversations, answering once what was said meanwhile", async () => {
    await serve({ onMessage: ({ body }) => `re: ${body.kind === "text" ? body.text : ""}` });
    const session = await customer();
    session.send("before");
    await expect.poll(() => texts(session)).toContain("re: before");
    solution.centre.bots.get(BOT.id)?.socket.cut();
    session.send("meanwhile");
    await expect.poll(() => texts(session)).toContain("re: meanwhile");
    session.send("after");
    await expect.poll(() => texts(session)).toContain("re: after");
    const answers = texts(session).filter((text) => text.startsWith("re:"));
    expect(answers).toEqual(["re: before", "re: meanwhile", "re: after"]);
    expect(bot.chats).toHaveLength(1);
  });

  it("restarted, it answers what was not answered, and nothing twice", async () => {
    const onMessage: BotOptions["onMessage"] = ({ body }) => `re: ${body.kind === "text" ? body.text : ""}`;
    await serve({ onMessage });
    const session = await customer();
    session.send("one");
    await expect.poll(() => texts(session)).toContain("re: one");
    await bot.close();
    await session.send("two").accepted;
    await serve({ onMessage });
    session.send("three");
    const answers = (): string[] => texts(session).filter((text) => text.startsWith("re:"));
    await expect.poll(answers).toEqual(["re: one", "re: two", "re: three"]);
  });

  it("frees a conversation when it ends", async () => {
    const onEnd = vi.fn<() => void>();
    await serve({ onMessage: () => "hm", onEnd });
    const session = await customer();
    session.send("hello");
    await expect.poll(() => texts(session)).toContain("hm");
    await session.end();
    await expect.poll(() => bot.chats).toEqual([]);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });
});
