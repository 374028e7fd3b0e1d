import type { Call, Unsubscribe } from "../transport/call.ts";
import type { ChatError } from "../transport/errors.ts";
import type { CustomerInfo, LinkState } from "../transport/link-state.ts";
import type { ChatMessage, OutgoingBody } from "../transport/messages.ts";
import type { ChatTransport } from "../transport/transport.ts";

/** What a bot's service can do beyond speaking and leaving. Where a flag is false, the matching method is absent. */
export interface BotCapabilities {
  /** `BotConversation.suggest`: answers for the human's eyes only. */
  suggestions: boolean;
  /** `BotConversation.requestAgent`. */
  requestAgent: boolean;
  /** What `Handoff` says reaches the human. */
  handoffContext: boolean;
  /** `Understanding` reaches the service. */
  understanding: boolean;
}

/** Nothing. Spread it and switch on what an adapter can do. */
export const NO_BOT_CAPABILITIES: Readonly<BotCapabilities> = Object.freeze({
  suggestions: false,
  requestAgent: false,
  handoffContext: false,
  understanding: false,
});

/** How a bot is known to the service. */
export interface BotIdentity {
  id: string;
  name: string;
  /** What makes it, in the service's words: `Rasa`, `Dialogflow` … */
  type: string;
}

/**
 * One conversation of a bot: a {@link ChatTransport} in `idle`, whose `open` joins it. It shares the bot's link: while that is
 * reconnecting, so is the conversation.
 */
export interface BotConversation extends ChatTransport {
  /** The vendor's name for it; opaque. */
  readonly conversationId: string;
  readonly customer: CustomerInfo;

  /** Proposes an answer to the humans in the conversation; the customer never gets it. Resolves when handed over. */
  suggest?(body: OutgoingBody, to: ChatMessage, call?: Call): Promise<void>;
}

/** Where a bot's transport stands. */
export type BotState = LinkState<BotIdentity>;

/**
 * Everything a bot's transport emits.
 *
 * - `conversation`: the service wants the bot in one. Each once; after an outage those that it is in are entered again
 *   without another.
 * - `conversation-ended`: it is over: whatever the bot remembers of it can go. Exactly once for each that was told.
 */
// A type, not an interface: mitt asks for an implicit index signature.
export type BotEvents = {
  state: { previous: BotState; current: BotState };
  conversation: BotConversation;
  "conversation-ended": { conversationId: string };
  warning: ChatError;
};

/**
 * One bot at one vendor's service: any number of conversations over one link. The contract between `createBot` and every
 * adapter; states, errors, aborts and the life after `closed` as for `AgentTransport`. Proven by `describeBotTransportContract`.
 */
export interface BotTransport {
  /** Changes only with a breaking change of this file. */
  readonly contract: 1;
  /** For logs. Nobody branches on it. */
  readonly vendor: string;
  readonly supports: BotCapabilities;
  readonly state: BotState;

  /** Subscribes. Listeners are called in the order of subscription. */
  on<K extends keyof BotEvents>(type: K, listener: (event: BotEvents[K]) => void): Unsubscribe;

  /**
   * `idle → connecting → online`: from now on the service asks the bot in. Repeated by itself after an outage.
   * @param call `timeoutMs` default 30_000. @throws ChatError `unauthorized`, `refused`, `unreachable`, `timed-out`.
   */
  register(identity: BotIdentity, call?: Call): Promise<void>;

  /** Lets go of every conversation and of the link. Never rejects for the network. Twice is fine. */
  close(call?: Call): Promise<void>;
}
