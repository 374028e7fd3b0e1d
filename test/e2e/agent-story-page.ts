import { exotelCodec } from "../../adapters/exotel/codecs/codec-chain.ts";
import { resolveWire } from "../../adapters/exotel/exotel-options.ts";
import { expertflowChatAgent } from "../../adapters/expertflow-chat/agent/index.ts";
import { expertflowChat } from "../../adapters/expertflow-chat/index.ts";
import { xmppAgent, type XmppColleague } from "../../adapters/xmpp-muc/agent/index.ts";
import { createXmppConnection, createXmppRoom, type MessageCodec } from "../../adapters/xmpp-muc/index.ts";
import { createAgentSession, type AgentChat, type AgentSession, type AgentTransport } from "../../src/agent/index.ts";
import type { ChatRequest } from "../../src/agent/index.ts";
import { createChatSession, type ChatSession } from "../../src/session/index.ts";
import { ChatError, type ChatMessage, type ChatTransport } from "../../src/transport/index.ts";
import { RINGS_END } from "../support/solution-amq.ts";

/** How the customer's page gets into the chat. */
export type CustomerSeat =
  | { vendor: "chat-solution"; url: string }
  | { vendor: "xmpp"; websocketUrl: string; domain: string; username: string; password: string; room: string };

/** How a page of the contact centre signs in. */
export type DeskSeat =
  | { vendor: "chat-solution"; url: string; agentId: string; password: string; amq: boolean }
  | {
      vendor: "xmpp";
      websocketUrl: string;
      domain: string;
      username: string;
      password: string;
      name: string;
      role: "agent" | "supervisor";
      colleagues: XmppColleague[];
    };

/** One person's page: the customer's, or somebody's desk. */
export interface StoryPage {
  /** @returns the name of the conversation. */
  startChat(seat: CustomerSeat): Promise<string>;
  signIn(seat: DeskSeat): Promise<void>;
  desk(): AgentSession;
  /** The conversation of this desk, also after its end. */
  chat(): AgentChat;
  /** The customer's session, or that of the desk's conversation. */
  session(): ChatSession;
  /** The newest request of that conversation, also one that rings no more. */
  request(conversationId: string): ChatRequest;
  /** `done`, or the code of the error. */
  outcome(work: Promise<unknown>): Promise<string>;
  /** Every text that this page was told, once each; whispers with `whisper: ` before them. */
  readonly texts: string[];
  /** Other events, as `event detail`. */
  readonly told: string[];
  /** Downloads the transcript as a file. */
  download(): Promise<void>;
}

declare global {
  interface Window {
    story: StoryPage;
  }
}

const CODEC: MessageCodec = exotelCodec(resolveWire());
const CUSTOMER = { name: "Jane Smith", email: "jane@shop.example" };

const texts: string[] = [];
const told: string[] = [];
const asked: ChatRequest[] = [];
let customer: ChatSession | undefined;
let transcript: (() => Promise<Blob>) | undefined;
let desk: AgentSession | undefined;
let chat: AgentChat | undefined;

function hear({ body, whisper }: ChatMessage): void {
  if (body.kind === "text") texts.push(whisper === true ? `whisper: ${body.text}` : body.text);
}

function customerTransport(seat: CustomerSeat): ChatTransport {
  if (seat.vendor === "chat-solution") {
    const transport = expertflowChat({ url: seat.url, transports: ["websocket"] });
    transcript = () => transport.transcript();
    return transport;
  }
  const { websocketUrl, domain, username, password, room } = seat;
  const link = createXmppConnection({
    websocketUrl,
    domain,
    credentials: { username, password },
    closeWhenUnused: true,
  });
  return createXmppRoom({ link, room, codec: CODEC });
}

function agentTransport(seat: DeskSeat): AgentTransport {
  if (seat.vendor === "chat-solution") {
    const { url, agentId, password, amq } = seat;
    return expertflowChatAgent({
      url,
      transports: ["websocket"],
      domains: ["General"],
      credentialsProvider: async () => ({ agentId, password }),
      ...(amq && { amq: RINGS_END }),
    });
  }
  const { websocketUrl, domain, username, password, name, role, colleagues } = seat;
  return xmppAgent({
    connection: { websocketUrl, domain },
    credentialsProvider: async () => ({ username, password }),
    name,
    role,
    colleagues,
    codec: CODEC,
    endPayload: () => ({ interaction: { interactionId: "interaction-1", chatId: "chat-1" } }),
    unseenVisitors: true,
  });
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`This page has no ${what}.`);
  return value;
}

window.story = {
  texts,
  told,
  async startChat(seat) {
    customer = createChatSession(customerTransport(seat));
    customer.on("message", hear);
    customer.on("ended", ({ by }) => told.push(`ended ${by}`));
    customer.on("state", ({ current }) => told.push(`state ${current.status}`));
    return (await customer.start({ customer: CUSTOMER })).id;
  },
  async signIn(seat) {
    desk = createAgentSession(agentTransport(seat));
    desk.on("request", (request) => asked.push(request));
    desk.on("request-ended", ({ outcome }) => told.push(`request-ended ${outcome}`));
    desk.on("message", ({ message }) => hear(message));
    desk.on("warning", ({ code, message }) => told.push(`warning ${code}: ${message}`));
    desk.on("conversation", (event) => {
      chat = event.chat;
      told.push(event.change === "removed" ? `removed ${event.reason}` : "added");
    });
    await desk.signIn(desk.supports.availability ? { availability: { ready: true } } : {});
  },
  desk: () => present(desk, "desk"),
  chat: () => present(chat, "conversation"),
  session: () => customer ?? present(chat, "conversation").session,
  request: (conversationId) =>
    present(
      asked.findLast((request) => request.conversationId === conversationId),
      "request",
    ),
  outcome: (work) =>
    work.then(
      () => "done",
      (error: unknown) => (error instanceof ChatError ? error.code : String(error)),
    ),
  async download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await present(transcript, "transcript")());
    link.download = "transcript.pdf";
    link.click();
  },
};
