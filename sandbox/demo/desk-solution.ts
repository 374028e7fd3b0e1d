// The Chat Solution at the desk: an agent who signs in as any desk of the product's would, and is rung by its routing.
import { expertflowChatAgent } from "../../adapters/expertflow-chat/agent/index.ts";
import { expertflowServices } from "../../adapters/expertflow-cx/index.ts";
import { createAgentSession, type AgentChat, type AgentSession, type ChatRequest } from "../../src/agent/index.ts";
import type { ChatMessage } from "../../src/transport/index.ts";
import type { DeskChat, DeskView, Queue, Waiting } from "./desk-chat.ts";

/** Where it is, and who works there. */
export interface SolutionDesk {
  url: string;
  queues: [string, ...string[]];
  agent: { agentId: string; password: string };
}

/** Where files are put: the product has no place for them. */
type Files = { fileServerUrl: string } | undefined;

/** Signs the agent in, ready in every queue. */
export async function solutionQueue({ url, queues, agent }: SolutionDesk, files: Files): Promise<Queue> {
  const session = createAgentSession(
    expertflowChatAgent({ url, domains: queues, credentialsProvider: async () => agent }),
  );
  await session.signIn({ availability: { ready: true } });
  return { waiting: async () => session.requests.map((request) => toWaiting(request, session, files)) };
}

function toWaiting(request: ChatRequest, session: AgentSession, files: Files): Waiting {
  const { name, details } = request.customer;
  return {
    key: request.id,
    customer: name,
    facts: Object.entries(details).map(([key, value]): [string, string] => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
    take: async (view) => take(await session.accept(request), session, files, view),
  };
}

function take(chat: AgentChat, desk: AgentSession, files: Files, view: DeskView): DeskChat {
  const { session } = chat;
  session.messages.forEach((message) => show(message, view));
  session.on("message", (message) => show(message, view));
  session.on("typing", (who) => {
    view.typing(who.length > 0 ? `${who.map((each) => each.name).join(", ")} is typing …` : "");
  });
  session.on("participant", ({ change, participant }) => view.line("Notice", `${participant.name} ${change}`));
  session.on("state", ({ current: { status } }) => view.enable(status === "connected"));
  session.on("ended", () => view.line("Notice", "The chat is over."));
  desk.on("suggestion", ({ conversationId, from, texts: [best] }) => {
    if (conversationId === chat.id && best !== undefined) view.line(`${from.name} suggests`, best);
  });
  view.enable(true);
  return {
    say: (text) => session.send(text).accepted,
    keyPressed: (typing) => session.keyPressed(typing),
    async sendFile(file) {
      if (!files) throw new Error("The sandbox runs without a place for files.");
      const stored = await expertflowServices(files).upload(file);
      await session.send({ kind: "attachments", attachments: [stored] }).accepted;
    },
    markRead: () => chat.markSeen(),
    async end() {
      await chat.end();
      await chat.wrapUp({ reason: "ended at the desk" });
      return "You ended the chat.";
    },
  };
}

function show({ from, body }: Pick<ChatMessage, "from" | "body">, view: DeskView): void {
  const who = from.isSelf ? "You" : from.name;
  if (body.kind === "text") view.line(who, body.text);
  if (body.kind === "attachments") for (const { name: file, url } of body.attachments) view.line(who, file, url);
}
