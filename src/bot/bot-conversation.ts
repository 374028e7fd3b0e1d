import { createChatSession } from "../session/chat-session.ts";
import type { ChatSession } from "../session/session-api.ts";
import type { SendHandle } from "../session/send-handle.ts";
import { ChatError } from "../transport/errors.ts";
import type { ChatMessage, OutgoingBody } from "../transport/messages.ts";
import type { BotChat, BotOptions, BotReplies, BotReply } from "./bot-options.ts";
import type { BotConversation } from "./bot-transport.ts";

/** One conversation that a bot serves: its queue, and when it has to be silent. */
export class ServedConversation implements BotChat {
  readonly id: string;
  readonly customer: BotConversation["customer"];
  readonly session: ChatSession;
  readonly #conversation: BotConversation;
  readonly #options: BotOptions;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** What was said before the bot came, until it is known what of it was answered. */
  #past: ChatMessage[] | undefined = [];

  constructor(conversation: BotConversation, options: BotOptions) {
    this.id = conversation.conversationId;
    this.customer = conversation.customer;
    this.#conversation = conversation;
    this.#options = options;
    this.session = createChatSession(conversation, { watchPage: false });
  }

  get humanPresent(): boolean {
    return this.session.participants.some(({ role, isSelf }) => !isSelf && (role === "agent" || role === "supervisor"));
  }

  /** Joins, greets, and answers until it is over. */
  serve(): void {
    const { session } = this;
    session.on("message", (message) => {
      if (this.#past) this.#past.push(message);
      else this.#take(message);
    });
    session.on("replay-ended", () => this.#takePast());
    session.on("warning", (warning) => this.#report(warning));
    session.on("state", ({ current }) => {
      if (current.status === "closed") void this.#run(() => this.#options.onEnd?.(this));
    });
    session.start({ customer: { name: this.customer.name } }).catch((error: unknown) => this.#report(error));
  }

  say(reply: BotReply): SendHandle {
    if (this.humanPresent)
      throw new ChatError("refused", "A human has this conversation: the bot is silent.", {
        remedy: "Return it from onMessage: where the service takes suggestions it becomes one.",
      });
    return this.session.send(toBody(reply));
  }

  handOver(...handoff: Parameters<BotChat["handOver"]>): Promise<void> {
    return this.session.requestAgent(...handoff);
  }

  async end(): Promise<void> {
    await this.session.end();
  }

  /** What came before the bot's own last word was answered by whoever the bot was then. */
  #takePast(): void {
    const past = this.#past;
    if (!past) return;
    this.#past = undefined;
    const last = past.findLastIndex(({ from }) => from.isSelf);
    if (last < 0) this.#enqueue(async () => this.#answer(await this.#options.onConversation?.(this)));
    for (const message of past.slice(last + 1)) this.#take(message);
  }

  #take(message: ChatMessage): void {
    const { from } = message;
    if (from.isSelf || from.role === "bot" || from.role === "system") return;
    // Colleagues talk to the customer, not to the bot.
    if (from.role === "agent" || from.role === "supervisor") return;
    if (this.#waiting >= (this.#options.queueLimit ?? 100))
      return this.#report(new ChatError("outbox-full", "Too many messages of one conversation wait for an answer."));
    this.#enqueue(() => this.#onMessage(message));
  }

  async #onMessage(message: ChatMessage): Promise<void> {
    const suggests = this.#conversation.suggest !== undefined;
    if (this.humanPresent && !suggests) return;
    const replies = await this.#options.onMessage(message, this);
    // A human may have come while the bot was thinking.
    if (!this.humanPresent) return this.#answer(replies);
    for (const reply of toList(replies)) await this.#conversation.suggest?.(toBody(reply), message);
  }

  #answer(replies: BotReplies): void {
    if (this.humanPresent) return;
    for (const reply of toList(replies))
      this.session.send(toBody(reply)).accepted.catch((error: unknown) => this.#report(error));
  }

  #enqueue(work: () => Promise<void>): void {
    this.#waiting++;
    this.#queue = this.#queue.then(() => this.#run(work)).finally(() => this.#waiting--);
  }

  async #run(work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    const failure = ChatError.from(error, "refused", "The bot's own code threw an error.");
    // What waited when the conversation ended is nobody's loss.
    if (failure.code !== "closed") this.#options.onError?.(failure, this);
  }
}

function toList(replies: BotReplies): readonly BotReply[] {
  if (replies === undefined) return [];
  return isList(replies) ? replies : [replies];
}

function isList(replies: BotReply | readonly BotReply[]): replies is readonly BotReply[] {
  return Array.isArray(replies);
}

function toBody(reply: BotReply): OutgoingBody {
  if (typeof reply === "string") return { kind: "text", text: reply };
  return "kind" in reply ? reply : { kind: "text", ...reply };
}
