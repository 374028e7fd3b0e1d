import type { ListenOptions } from "../kit/emitter.ts";
import type { ChatSessionOptions } from "../session/session-api.ts";
import type { ChatSession } from "../session/session-api.ts";
import type { Call, Unsubscribe } from "../transport/call.ts";
import type { CustomerInfo } from "../transport/link-state.ts";
import type { ChatMessage, OutgoingBody, Sent } from "../transport/messages.ts";
import type { CloseReason } from "../transport/states.ts";
import type {
  AgentCapabilities,
  AgentEvents,
  AgentIdentity,
  AgentPart,
  AgentState,
  Availability,
  ChatRequest,
  ColleagueRef,
  Floor,
  FloorConversation,
  WrapUp,
} from "./agent-transport.ts";

/** Options of `createAgentSession`. */
export interface AgentSessionOptions extends Pick<ChatSessionOptions, "outboxLimit" | "hold" | "acknowledge" | "keep"> {
  /** As `ChatSessionOptions.watchPage`, once for all conversations. Default true. */
  watchPage?: boolean;
  /** Hears of errors that listeners throw. Default: the platform's own report of unhandled errors. */
  onListenerError?: (error: unknown) => void;
}

/**
 * One conversation on the desk. `session` is the same `ChatSession` that a customer's page uses: messages in the service's
 * order, sends with their status, gaps closed after an outage. The rest is what only agents do; what the vendor lacks
 * rejects with `unsupported`.
 */
export interface AgentChat {
  /** The vendor's name for the conversation; opaque. */
  readonly id: string;
  readonly session: ChatSession;
  readonly customer: CustomerInfo;
  readonly part: AgentPart;
  /** Messages of others since `markSeen`. What was said before this agent came does not count. */
  readonly unread: number;
  /** The agent looks at it: `unread` is 0, and the customer is told where the service has such marks. Rejects as `ChatSession.markDisplayed`. */
  markSeen(call?: Call): Promise<void>;
  /** Says something that the customer never gets. @throws ChatError as `AgentConversation.whisper`. */
  whisper(content: string | OutgoingBody, options?: Call & { to?: ColleagueRef }): Promise<Sent>;
  /** @throws ChatError as `AgentConversation.addParticipant`. */
  addParticipant(colleague: ColleagueRef, call?: Call): Promise<void>;
  /** @throws ChatError as `AgentConversation.removeParticipant`. */
  removeParticipant(participantId: string, call?: Call): Promise<void>;
  /** @throws ChatError as `AgentConversation.transfer`. */
  transfer(colleague: ColleagueRef, call?: Call): Promise<void>;
  /** @throws ChatError as `AgentConversation.raiseHand`. */
  raiseHand(supervisor: ColleagueRef, call?: Call): Promise<void>;
  /** @throws ChatError as `AgentConversation.bargeIn`. */
  bargeIn(call?: Call): Promise<void>;
  /** Leaves it to the others. Never rejects for the network. */
  leave(call?: Call): Promise<void>;
  /** Ends it for everybody, where this agent may. Never rejects for the network. */
  end(call?: Call): Promise<void>;
  /** Notes what it was about, also after its end. @throws ChatError as `AgentTransport.wrapUp`. */
  wrapUp(wrapUp: WrapUp, call?: Call): Promise<void>;
}

/**
 * What a desk hears. Those of the transport come through as they are; `requests`, `conversations` and `availability` are up
 * to date when an event is told.
 *
 * - `conversation`: one was entered, or is over: exactly one `removed` for each `added`, with the reason.
 * - `message`: of any conversation, each once, own ones among them where the service reflects them; after its `added`.
 * - `unread`: the number of a conversation has changed.
 */
// A type, not an interface: mitt asks for an implicit index signature.
export type AgentSessionEvents = AgentEvents & {
  conversation: { change: "added"; chat: AgentChat } | { change: "removed"; chat: AgentChat; reason: CloseReason };
  message: { chat: AgentChat; message: ChatMessage };
  unread: AgentChat;
};

/**
 * One agent's desk, whoever the vendor is: who is signed in, what rings, and the conversations. It is given a transport in
 * `idle` and is over when that is closed. Rejections are `ChatError`s; what the vendor lacks rejects with `unsupported`.
 */
export interface AgentSession {
  readonly state: AgentState;
  /** What this vendor's service can do. */
  readonly supports: AgentCapabilities;
  /** Who signed in; `undefined` before, and while the link is lost the one from before. */
  readonly agent: AgentIdentity | undefined;
  /** What the service has confirmed last. */
  readonly availability: Availability;
  /** What rings, oldest first. */
  readonly requests: readonly ChatRequest[];
  /** What this agent is in, in the order of entering. */
  readonly conversations: readonly AgentChat[];

  /** Calls `listener` for each event until the returned function is called or `signal` fires. */
  on<K extends keyof AgentSessionEvents>(
    type: K,
    listener: (event: AgentSessionEvents[K]) => void,
    options?: ListenOptions,
  ): Unsubscribe;
  /** Calls `listener` for the next event only. */
  once<K extends keyof AgentSessionEvents>(
    type: K,
    listener: (event: AgentSessionEvents[K]) => void,
    options?: ListenOptions,
  ): Unsubscribe;

  /** @throws ChatError as `AgentTransport.signIn`. */
  signIn(options?: { domains?: readonly string[]; availability?: Availability }, call?: Call): Promise<AgentIdentity>;
  /** Leaves every conversation and tells the service, where it wants to know. Never rejects for the network. */
  signOut(options?: Call & { reason?: string }): Promise<void>;
  /** Lets go, for pages that go away. */
  close(call?: Call): Promise<void>;

  /** Wants chats. @throws ChatError as `AgentTransport.setAvailability`. */
  setReady(options?: Call & { domain?: string }): Promise<void>;
  /** Wants none. `reason` is left out where the service has no word for it. @throws ChatError as `AgentTransport.setAvailability`. */
  setNotReady(reason?: string, options?: Call & { domain?: string }): Promise<void>;

  /** Takes a request. Resolves when the agent is in the conversation. @throws ChatError `conflict` when somebody was faster, `not-found`, `refused`. */
  accept(request: ChatRequest, call?: Call): Promise<AgentChat>;
  /** Says no. @throws ChatError as `AgentTransport.decline`. */
  decline(request: ChatRequest, options?: Call & { reason?: string }): Promise<void>;
  /** Looks on, unseen. @throws ChatError `unsupported`, `refused`, `not-found`; `conflict` when this agent is in it. */
  monitor(conversation: FloorConversation, call?: Call): Promise<AgentChat>;
  /** Goes on with a conversation that this agent is in, for instance after a reload. @throws ChatError `refused`, `not-found`. */
  enter(conversation: FloorConversation, call?: Call): Promise<AgentChat>;

  /** What the service says of teams, conversations and queues. @throws ChatError as `AgentTransport.floor`. */
  floor(call?: Call): Promise<Floor>;
  /** "Try now", as `ChatSession.wake`, for the link that all conversations share. @throws ChatError `aborted`. */
  wake(call?: Call): Promise<boolean>;
}
