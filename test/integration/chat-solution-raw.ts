// Clients of the Chat Solution sandbox that know nothing of this package: socket.io-client as it is, version 2 and 4.
import { randomUUID } from "node:crypto";
import { io as connect4 } from "socket.io-client";
import connect2 from "socket.io-client-2";
import { vi } from "vitest";
import type { ChatSolutionSandbox } from "../../sandbox/chat-solution/index.ts";

export type Json = Record<string, unknown>;

/** One connection: what it heard, in order, and what it can say. */
export interface RawSolutionClient {
  readonly heard: { name: string; payload: Json }[];
  emit(name: string, payload: unknown): void;
  /** Emits and resolves with the acknowledgement. */
  ask(name: string, payload: unknown): Promise<Json>;
  /** Payloads of an event. */
  of(name: string): Json[];
  /** Payloads of `messageArrived` with that `type`. */
  messages(type?: "ChatMessage" | "ActivityMessage" | "BotMessage"): Json[];
  /** Texts of the chat messages. */
  texts(): unknown[];
  /** Activities of that type. */
  activities(type: string): Json[];
  /** Whether the connection is up. */
  readonly connected: boolean;
  /** Acknowledges what is pushed to it. */
  acknowledges: boolean;
  close(): void;
}

/** What both versions of the library have. */
interface AnyClient {
  readonly connected: boolean;
  emit(name: string, ...values: unknown[]): unknown;
  on(name: string, listener: (...values: unknown[]) => void): unknown;
  close(): unknown;
}

const SERVER_EVENTS = [
  "messageArrived",
  "conversationInfo",
  "receiveChatRequest",
  "initConversation",
  "endConversation",
  "amq-msg",
  "externalMessage",
];

/** How a client connects. */
export interface Wiring {
  version: 2 | 4;
  transports?: string[];
}

/** Connects. Rejects with what the library says. */
export async function connectRaw(
  url: string,
  { version, transports = ["polling", "websocket"] }: Wiring,
): Promise<RawSolutionClient> {
  const options = { transports, reconnection: false, forceNew: true };
  const client: AnyClient = version === 2 ? connect2(url, options) : connect4(url, options);
  const heard: { name: string; payload: Json }[] = [];
  const self: RawSolutionClient = {
    heard,
    emit: (name, payload) => void client.emit(name, payload),
    ask: (name, payload) => new Promise((resolve) => client.emit(name, payload, resolve)),
    of: (name) => heard.flatMap((event) => (event.name === name ? [event.payload] : [])),
    messages: (type) => self.of("messageArrived").filter(({ type: theirs }) => type === undefined || theirs === type),
    texts: () => self.messages("ChatMessage").map(({ text }) => text),
    activities: (type) => self.messages("ActivityMessage").filter(({ activityType }) => activityType === type),
    get connected() {
      return client.connected;
    },
    acknowledges: false,
    close: () => void client.close(),
  };
  for (const name of SERVER_EVENTS) {
    client.on(name, (payload, ack) => {
      heard.push({ name, payload: payload as Json });
      if (self.acknowledges && typeof ack === "function") (ack as () => void)();
    });
  }
  await new Promise<void>((resolve, reject) => {
    client.on("connect", () => resolve());
    for (const name of ["connect_error", "error"]) {
      client.on(name, (error) => {
        client.close();
        reject(error instanceof Error ? error : new Error(JSON.stringify(error)));
      });
    }
  });
  return self;
}

/** The guide's own sample of an init body, later edition. */
export const SAMPLE_INIT = {
  firstName: "Kashif",
  lastName: "Sohail",
  email: "kashif@ef.example.test",
  phone: "+1343122554",
  channel: "web",
  language: "en",
  subject: "ADSL",
  refId: "00923011234567",
  comment: "Comment portion is optional",
  url: "http://localhost:3001",
  requestId: "99397bf7-a4fb-41c3-8292-a021b44262a6",
  timestamp: "2018-05-07T06:52:21.661Z",
};

/** A REST call with a JSON body. */
export async function post(url: string, body: unknown): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: text });
}

const until = (condition: () => boolean): Promise<unknown> => vi.waitUntil(condition, { timeout: 10_000, interval: 5 });

/** What a customer's init call answers. */
export interface Begun {
  conversationId: string;
  participant: { id: string; name: string };
}

export async function begin(url: string, body: Json = SAMPLE_INIT): Promise<Begun> {
  const response = await post(`${url}/api/customer/init`, body);
  if (response.status !== 200) throw new Error(`The init call was answered ${response.status}.`);
  return (await response.json()) as Begun;
}

/** What every event of a client carries. */
export function stamps(): { requestId: string; timestamp: string } {
  return { requestId: randomUUID(), timestamp: new Date().toISOString() };
}

/** A chat message as the guide's sample has it. */
export function chatMessage({ conversationId, participant }: Begun, text: string, more: Json = {}): Json {
  return { conversationId, type: "ChatMessage", ...stamps(), from: participant, text, attachments: [], ...more };
}

/** Everybody a test works with: closed together. */
export class Cast {
  readonly sandbox: ChatSolutionSandbox;
  readonly #wiring: Wiring;
  readonly #clients: RawSolutionClient[] = [];

  constructor(sandbox: ChatSolutionSandbox, wiring: Wiring) {
    this.sandbox = sandbox;
    this.#wiring = wiring;
  }

  async client(): Promise<RawSolutionClient> {
    const client = await connectRaw(this.sandbox.url, this.#wiring);
    this.#clients.push(client);
    return client;
  }

  /** A customer who has joined. */
  async customer(body: Json = SAMPLE_INIT): Promise<RawSolutionClient & { begun: Begun }> {
    const client = await this.client();
    const begun = await begin(this.sandbox.url, body);
    client.emit("joinConversation", { ...begun, ...stamps() });
    await until(() => client.activities("greetings").length === 1);
    return Object.assign(client, { begun });
  }

  /** An agent or supervisor who has signed in, and is ready where he is to be. */
  async agent(id: string, { mrd = "ADSL", ready = true } = {}): Promise<RawSolutionClient> {
    const client = await this.client();
    client.emit("login", { agentId: id, password: `${id}-secret`, mrd });
    await until(() => client.activities("login").length === 1);
    if (!ready) return client;
    client.emit("changeState", { state: "READY", mrd });
    await until(() => client.activities("changeState").length === 1);
    return client;
  }

  /** A bot that has registered. */
  async bot(id = "bot"): Promise<RawSolutionClient> {
    const client = await this.client();
    client.emit("registerBot", { id, name: "EF Rasa Bot", type: "Rasa" });
    await until(() => this.sandbox.centre.bots.has(id));
    return client;
  }

  /** The codes of what was refused so far. */
  refusals(): string[] {
    return this.sandbox.centre.refused.map(({ event, code }) => `${event}: ${code}`);
  }

  closeAll(): void {
    for (const client of this.#clients.splice(0)) client.close();
  }
}
