import { createChatSession } from "../session/chat-session.ts";
import type { ChatSession } from "../session/session-api.ts";
import type { Call } from "../transport/call.ts";
import { ChatError } from "../transport/errors.ts";
import type { ChatMessage } from "../transport/messages.ts";
import {
  JournalBook,
  type ChannelMessage,
  type ConnectorJournal,
  type InEntry,
  type OutEntry,
} from "./connector-journal.ts";
import type { ChannelCustomer, ConnectorIdentity, ConnectorTransport, OutboundMessage } from "./connector-transport.ts";

/** What became of a message. */
export type ConnectorReport =
  | { kind: "delivered"; message: ChannelMessage }
  /** The channel said no. It is not tried again. */
  | { kind: "not-delivered"; message: ChannelMessage; error: ChatError }
  /** It was being delivered when the connector stopped: only the channel can tell. It is not tried again. */
  | { kind: "unknown-outcome"; message: ChannelMessage }
  /** A customer's message is at the service. */
  | { kind: "received"; id: string; customer: ChannelCustomer }
  | { kind: "problem"; error: ChatError };

/** Options of {@link createConnector}. */
export interface ConnectorOptions extends ConnectorIdentity {
  transport: ConnectorTransport;
  journal: ConnectorJournal;
  /**
   * Brings a message to the customer by the channel. Resolves when the channel has it; throws when it refuses.
   * `message.messageId` is unique: a channel that knows it can tell repeats itself.
   */
  deliver(message: ChannelMessage, call: Call): Promise<void>;
  /**
   * The channel takes a repeated `messageId` for the same message: then what a crash left in doubt is delivered again rather
   * than reported. Default false.
   */
  repeatsAreHarmless?: boolean;
  /** Delivery status for whoever wants it: the service has no call for it. */
  onReport?(report: ConnectorReport): void;
  /** How long a delivered id is remembered, so that its repeat is known as one, milliseconds. Default a day. */
  rememberMs?: number;
}

/** A channel's connector that runs. */
export interface Connector {
  /** Registers, delivers what an earlier run has left, and goes on with its conversations. @throws ChatError as `ConnectorTransport.register`. */
  start(call?: Call): Promise<void>;
  /**
   * A customer wrote on the channel. Resolves when it is in the journal: from then on it reaches the service once, also over a
   * crash. A repeated `id` is the same message.
   */
  receive(customer: ChannelCustomer, message: { id: string; text: string }): Promise<void>;
  /** Lets go. What waits stays in the journal. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

/**
 * Makes a connector of any vendor's `ConnectorTransport`: third-party messages go out by the channel, what customers write goes in,
 * each once, over outages and crashes. Everything is written down before it is passed on.
 */
export function createConnector(options: ConnectorOptions): Connector {
  return new RunningConnector(options);
}

class RunningConnector implements Connector {
  readonly #options: ConnectorOptions;
  readonly #book: JournalBook;
  readonly #chats = new Map<string, Promise<ChatSession>>();
  readonly #stop = new AbortController();
  /** What comes is written down one after the other: a repeat must find the first. */
  #intake: Promise<void> = Promise.resolve();
  #deliveries: Promise<void> = Promise.resolve();

  constructor(options: ConnectorOptions) {
    this.#options = options;
    this.#book = new JournalBook(options.journal);
    const { transport } = options;
    transport.on("outbound", (message) => void this.#inTurn(() => this.#take(message)));
    transport.on("warning", (error) => this.#report({ kind: "problem", error }));
  }

  async start(call?: Call): Promise<void> {
    const { transport, id, name, channel } = this.#options;
    const left = await this.#book.all();
    await transport.register({ id, name, channel }, call);
    for (const [, entry] of left)
      if (entry.kind === "chat")
        this.#chat(entry.customer, entry.resumeToken).catch((error: unknown) => this.#problem(error));
    for (const [key, entry] of left) {
      if (entry.kind === "out") await this.#resumeOut(key, entry);
      if (entry.kind === "in") await this.#resumeIn(key, entry);
    }
  }

  async receive(customer: ChannelCustomer, { id, text }: { id: string; text: string }): Promise<void> {
    const key = `in/${customer.refId}/${id}`;
    const entry: InEntry = { kind: "in", status: "pending", id, customer, text, at: Date.now() };
    await this.#inTurn(async () => {
      if (await this.#book.get(key)) return;
      await this.#book.put(key, entry);
      void this.#send(key, entry);
    });
  }

  /** After what came before; what it throws is the caller's. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#intake.then(work);
    this.#intake = turn.catch(() => undefined);
    return turn;
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#options.transport.close();
    await this.#deliveries;
  }

  /** A third-party message: in the journal first, then the service may forget it. */
  async #take({ messageId, destination, text, from, acknowledge }: OutboundMessage): Promise<void> {
    try {
      const key = `out/${messageId}`;
      const isNew = (await this.#book.get(key)) === undefined;
      const message: ChannelMessage = { messageId, destination, text, from };
      const entry: OutEntry = { kind: "out", status: "pending", message, at: Date.now() };
      if (isNew) await this.#book.put(key, entry);
      acknowledge();
      if (isNew) this.#enqueue(key, entry);
    } catch (error) {
      // Not acknowledged: the service sends it again.
      this.#problem(error);
    }
  }

  async #resumeOut(key: string, entry: OutEntry): Promise<void> {
    const { repeatsAreHarmless = false, rememberMs = DAY_MS } = this.#options;
    const isOld = entry.at < Date.now() - rememberMs;
    if (entry.status === "pending" || (entry.status === "delivering" && repeatsAreHarmless))
      return this.#enqueue(key, entry);
    if (entry.status === "delivering") {
      await this.#book.put(key, { ...entry, status: "unknown" });
      return this.#report({ kind: "unknown-outcome", message: entry.message });
    }
    if (isOld) await this.#book.drop(key);
  }

  /** One after the other: the channel shall keep the order. */
  #enqueue(key: string, entry: OutEntry): void {
    this.#deliveries = this.#deliveries
      .then(() => this.#deliver(key, entry))
      .catch((error: unknown) => this.#problem(error));
  }

  async #deliver(key: string, entry: OutEntry): Promise<void> {
    // It waits in the journal for the next run.
    if (this.#isStopped()) return;
    const { message } = entry;
    await this.#book.put(key, { ...entry, status: "delivering" });
    try {
      await this.#options.deliver(message, { signal: this.#stop.signal });
    } catch (error) {
      if (this.#isStopped()) return;
      await this.#book.put(key, { ...entry, status: "delivered" });
      const failure = ChatError.from(error, "refused", "The channel did not take the message.");
      return this.#report({ kind: "not-delivered", message, error: failure });
    }
    await this.#book.put(key, { ...entry, status: "delivered" });
    this.#report({ kind: "delivered", message });
  }

  async #resumeIn(key: string, entry: InEntry): Promise<void> {
    const isOld = entry.at < Date.now() - (this.#options.rememberMs ?? DAY_MS);
    if (entry.status === "pending") void this.#send(key, entry);
    else if (isOld) await this.#book.drop(key);
  }

  /** To the service, by the customer's conversation; a new one where none goes on. */
  async #send(key: string, entry: InEntry): Promise<void> {
    const { id, customer, text } = entry;
    try {
      const session = await this.#chat(customer);
      // Sent before a crash, and the service has it: its history says so.
      const known = session.messages.some((message) => message.clientId === id && message.id !== undefined);
      if (!known) await session.send(text, { clientId: id }).accepted;
      await this.#book.put(key, { ...entry, status: "sent" });
      this.#report({ kind: "received", id, customer });
    } catch (error) {
      if (!this.#isStopped()) this.#problem(error);
    }
  }

  #chat(customer: ChannelCustomer, resumeToken?: string): Promise<ChatSession> {
    const key = customer.refId;
    const open = this.#chats.get(key) ?? this.#open(customer, resumeToken);
    this.#chats.set(key, open);
    open.catch(() => this.#chats.delete(key));
    return open;
  }

  async #open(customer: ChannelCustomer, resumeToken: string | undefined): Promise<ChatSession> {
    const { refId, name, email, phone } = customer;
    const transport = this.#options.transport.conversation(customer);
    const session = createChatSession(transport, { watchPage: false });
    const key = `chat/${refId}`;
    session.on("message", (message) => void this.#fromService(session, customer, message));
    session.on("state", ({ current }) => {
      if (current.status !== "closed") return;
      this.#chats.delete(refId);
      if (current.reason === "agent-ended" || current.reason === "refused") void this.#book.drop(key);
    });
    const replayed = new Promise<void>((resolve) => {
      session.once("replay-ended", () => resolve());
      session.on("state", ({ current }) => {
        if (current.status === "closed") resolve();
      });
    });
    const about = { name, ...(email !== undefined && { email }), ...(phone !== undefined && { phone }) };
    await session.start({ customer: about, ...(resumeToken !== undefined && { resumeToken }) });
    const token = transport.resumeToken?.();
    if (token !== undefined) await this.#book.put(key, { kind: "chat", customer, resumeToken: token });
    // What was said before tells what is there already.
    await replayed;
    return session;
  }

  /** What agents and bots say goes out by the channel, once: the id is the service's. */
  async #fromService(session: ChatSession, { refId }: ChannelCustomer, { id, from, body }: ChatMessage): Promise<void> {
    if (from.isSelf || (body.kind !== "text" && body.kind !== "attachments")) return;
    const text = body.kind === "text" ? body.text : body.attachments.map(({ url }) => url.href).join("\n");
    const message: OutboundMessage = {
      messageId: `${session.conversation?.id ?? ""}/${id}`,
      channel: this.#options.channel,
      destination: refId,
      from: { id: from.id, name: from.name },
      text,
      sentAt: new Date(),
      raw: undefined,
      acknowledge: () => undefined,
    };
    await this.#inTurn(() => this.#take(message));
  }

  #problem(error: unknown): void {
    this.#report({
      kind: "problem",
      error: ChatError.from(error, "refused", "The connector could not go on with a message."),
    });
  }

  #report(report: ConnectorReport): void {
    this.#options.onReport?.(report);
  }
}
