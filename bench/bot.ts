// `npm run build && npx tsx bench/bot.ts [conversations,… [messages per second]]`: what a bot process costs with many conversations,
// beside a bare socket.io-client that does the same: joins, reads, answers. Sandbox and customers are one process, the bot
// another; each run is a fresh pair. By hand, on a quiet machine.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { io } from "socket.io-client";
import type { expertflowChatBot as BotTransportFactory } from "../adapters/expertflow-chat/bot/index.ts";
import { startChatSolutionSandbox, type Conversation, type SolutionCentre } from "../sandbox/chat-solution/index.ts";
import type { createBot as CreateBot } from "../src/bot/index.ts";
import { median, percentile } from "./statistics.ts";

type Kind = "bare" | "createBot";

/** What one run has measured. */
interface Figures {
  conversations: number;
  /** CPU time of the bot's process for each message answered, microseconds. */
  cpuUs: number;
  /** From a customer's message to its answer at the server, milliseconds. */
  medianMs: number;
  p99Ms: number;
  /** Heap of the bot's process for each conversation, KiB. */
  heapKiB: number;
  /** Only with a slow one: the others' 99th percentile. */
  slowP99Ms?: number;
}

const COUNTS = (process.argv[2] ?? "200,2000").split(",").map(Number);
const PER_SECOND = Number(process.argv[3] ?? 200);
const SECONDS = 10;
const SLOW = "slow, please";

/** The part of a bot that is the same for both. */
const answerTo = (text: string): string => `re: ${text}`;

async function bareBot(url: string): Promise<void> {
  const socket = io(url, { transports: ["websocket"] });
  const bot = { id: "bot", name: "Bot", type: "Rasa" };
  const stamp = (): { requestId: string; timestamp: string } => ({
    requestId: crypto.randomUUID(),
    timestamp: new Date().toISOString(),
  });
  socket.on("initConversation", ({ conversationId }: { conversationId: string }) => {
    socket.emit("joinConversation", { conversationId, participant: bot, ...stamp() });
  });
  socket.on(
    "messageArrived",
    (message: { type: string; conversationId: string; text: string; from: { id: string } }) => {
      if (message.type !== "ChatMessage" || message.from.id === bot.id) return;
      const { conversationId, from, text } = message;
      const answer = { name: answerTo(text), confidence: 1 };
      const rest = { input: text, intents: [], entities: [], output: [answer] };
      const { requestId: messageId, timestamp } = stamp();
      const send = (): unknown =>
        socket.emit("sendMessage", { conversationId, messageId, type: "BotMessage", from, bot, timestamp, ...rest });
      if (text === SLOW) setTimeout(send, 10_000);
      else send();
    },
  );
  await new Promise<void>((resolve) => {
    socket.on("connect", () => {
      socket.emit("registerBot", bot);
      resolve();
    });
  });
}

async function ourBot(url: string): Promise<void> {
  const dist = new URL("../dist/", import.meta.url);
  const { createBot } = (await import(new URL("bot.js", dist).href)) as { createBot: typeof CreateBot };
  const { expertflowChatBot } = (await import(new URL("adapters/expertflow-chat/bot.js", dist).href)) as {
    expertflowChatBot: typeof BotTransportFactory;
  };
  const bot = createBot({
    id: "bot",
    name: "Bot",
    type: "Rasa",
    async onMessage({ body }) {
      const text = body.kind === "text" ? body.text : "";
      if (text === SLOW) await wait(10_000);
      return answerTo(text);
    },
  });
  await bot.serve(expertflowChatBot({ url, transports: ["websocket"] }));
}

/** A child that is the bot: tells its CPU time and heap when asked. */
async function botProcess(kind: Kind, url: string): Promise<void> {
  await (kind === "bare" ? bareBot(url) : ourBot(url));
  process.on("message", () => {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuUs: user + system, heap: process.memoryUsage().heapUsed });
  });
  process.send?.("ready");
}

interface Usage {
  cpuUs: number;
  heap: number;
}

async function usageOf(child: ChildProcess): Promise<Usage> {
  const told = once(child, "message");
  child.send("usage");
  const [usage] = (await told) as [Usage];
  return usage;
}

function say(centre: SolutionCentre, { customer, id }: Conversation, text: string): string {
  const requestId = crypto.randomUUID();
  centre.say({ text, from: customer }, { by: customer.id, requestId }, centre.conversation(id));
  return requestId;
}

async function measure(kind: Kind, conversations: number): Promise<Figures> {
  const sandbox = await startChatSolutionSandbox({ switches: { record: false } });
  const { centre, url } = sandbox;
  const child = fork(new URL(import.meta.url), ["bot", kind, url], { execArgv: ["--expose-gc", "--import", "tsx"] });
  await once(child, "message");
  await until(() => centre.bots.size === 1);
  const before = await usageOf(child);
  const all: Conversation[] = [];
  for (let index = 0; index < conversations; index++) {
    all.push(centre.begin({ name: `Customer ${index}`, channel: "web" }));
    if (index % 50 === 49) await until(() => all.every(({ members }) => members.has("bot")));
  }
  await until(() => all.every(({ members }) => members.has("bot")));
  await wait(2_000);
  const joined = await usageOf(child);
  const asked = new Map<string, number>();
  const latencies: number[] = [];
  let answered = 0;
  centre.watchers.add({
    onMessage(_conversation, { message }) {
      if (message.type !== "BotMessage") return;
      answered++;
      const text = message.output[0]?.name ?? "";
      const at = asked.get(text);
      if (at !== undefined) latencies.push(performance.now() - at);
      asked.delete(text);
    },
  });
  const talk = async (from: number): Promise<void> => {
    const start = performance.now();
    for (let index = 0; index < PER_SECOND * SECONDS; index++) {
      const due = start + (index * 1_000) / PER_SECOND;
      if (due > performance.now()) await wait(due - performance.now());
      const conversation = all[1 + ((from + index) % (all.length - 1))];
      const text = `question ${from + index}`;
      asked.set(answerTo(text), performance.now());
      if (conversation) say(centre, conversation, text);
    }
    await until(() => asked.size === 0);
  };
  await talk(0);
  const talked = await usageOf(child);
  const [cpuUs, quiet] = [(talked.cpuUs - joined.cpuUs) / answered, latencies.splice(0)];
  const [first] = all;
  if (first) say(centre, first, SLOW);
  await talk(1_000_000);
  child.kill();
  await sandbox.stop();
  return {
    conversations,
    cpuUs,
    medianMs: median(quiet),
    p99Ms: percentile(quiet, 0.99),
    heapKiB: (joined.heap - before.heap) / conversations / 1024,
    slowP99Ms: percentile(latencies, 0.99),
  };
}

async function until(fits: () => boolean): Promise<void> {
  while (!fits()) await wait(5);
}

const [, , role, kind, url] = process.argv;
if (role === "bot") await botProcess(kind === "bare" ? "bare" : "createBot", url ?? "");
else {
  for (const conversations of COUNTS) {
    for (const each of ["bare", "createBot"] as const) {
      const figures = await measure(each, conversations);
      console.log(
        each,
        JSON.stringify(figures, (_key, value: unknown) =>
          typeof value === "number" ? Math.round(value * 100) / 100 : value,
        ),
      );
    }
  }
}
