import type { CustomerInfo } from "../transport/link-state.ts";
import type { ChatError } from "../transport/errors.ts";
import type { ChatMessage, Handoff, OutgoingBody, Understanding } from "../transport/messages.ts";
import type { ChatSession } from "../session/session-api.ts";
import type { SendHandle } from "../session/send-handle.ts";
import type { BotIdentity } from "./bot-transport.ts";

/** What a bot answers: a text, a text with how it came about, or any body. */
export type BotReply = string | { text: string; understanding: Understanding } | OutgoingBody;

/** What is sent for a message: an answer, several in this order, or nothing. */
export type BotReplies = BotReply | readonly BotReply[] | undefined | void;

/** One conversation, as the bot's own code sees it. */
export interface BotChat {
  /** The vendor's name for it; opaque. */
  readonly id: string;
  readonly customer: CustomerInfo;
  /** The conversation's messages, participants, files and events: the same session that a customer's page uses. */
  readonly session: ChatSession;
  /** A human has it: the bot may only suggest. */
  readonly humanPresent: boolean;
  /**
   * Says something unasked. Returns at once; the handle tells what becomes of it.
   * @throws ChatError `refused` while a human has the conversation.
   */
  say(reply: BotReply): SendHandle;
  /**
   * Asks for a human. What `handoff` says reaches them where the service carries it.
   * @throws ChatError as `ChatSession.requestAgent`; `unsupported` where there is no such request.
   */
  handOver(handoff?: Handoff): Promise<void>;
  /** Ends the conversation for everybody. */
  end(): Promise<void>;
}

/** A bot: who it is, and what it does. */
export interface BotOptions extends BotIdentity {
  /** A conversation has begun, and the bot is in it. What it returns greets the customer. */
  onConversation?(chat: BotChat): BotReplies | Promise<BotReplies>;
  /**
   * The customer said something. What it returns answers: to the customer, or while a human has the conversation as a
   * suggestion to the human. Where the service has no suggestions it is not called then. Called for one message of a
   * conversation after the other; conversations do not wait for each other.
   */
  onMessage(message: ChatMessage, chat: BotChat): BotReplies | Promise<BotReplies>;
  /** The conversation is over: whatever is remembered of it can go. */
  onEnd?(chat: BotChat): void | Promise<void>;
  /** Hears of what a handler threw, of what could not be sent, and of messages that found the queue full. */
  onError?(error: ChatError, chat?: BotChat): void;
  /** How many messages of one conversation may wait for their answer; beyond it they are reported and not answered. Default 100. */
  queueLimit?: number;
}
