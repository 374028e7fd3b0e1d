import type { Call, Unsubscribe } from "../transport/call.ts";
import type { ChatError } from "../transport/errors.ts";
import type { CustomerInfo, LinkState } from "../transport/link-state.ts";
import type { OutgoingMessage, Participant, ParticipantRole, Sent } from "../transport/messages.ts";
import type { ChatTransport } from "../transport/transport.ts";

/**
 * What an agent's service can do beyond accepting chats, speaking and leaving. Where a flag is false, the matching method is
 * absent and the matching event never comes: nothing is emulated.
 */
export interface AgentCapabilities {
  /** `setAvailability` is known to the service; without it a signed-in agent is always asked. */
  availability: boolean;
  /** `Availability.reason` reaches the service. */
  notReadyReasons: boolean;
  /** Signing in and availability go by media routing domain. */
  domains: boolean;
  /** `signOut` tells the service; without it the link is just let go. */
  signOut: boolean;
  /** `decline`. */
  decline: boolean;
  /** A request that somebody else took, that was withdrawn or ran out ends by itself: `request-ended`. */
  requestEnds: boolean;
  /** `AgentConversation.whisper`. */
  whisper: boolean;
  /** A supervisor may whisper before barging in. */
  whisperWhileMonitoring: boolean;
  /** `AgentConversation.addParticipant`. */
  addParticipant: boolean;
  /** `AgentConversation.removeParticipant`. */
  removeParticipant: boolean;
  /** `AgentConversation.transfer`. */
  transfer: boolean;
  /** `AgentConversation.raiseHand`. */
  raiseHand: boolean;
  /** `conversation(…, "monitor")`. */
  monitor: boolean;
  /** `AgentConversation.bargeIn`. */
  bargeIn: boolean;
  /** `wrapUp`. */
  wrapUp: boolean;
  /** A bot's suggestions come as `suggestion`. */
  suggestions: boolean;
  /** `floor` and its event: agents, teams and who monitors what. */
  floor: boolean;
  /** `Floor.queues`. */
  queues: boolean;
}

/** An agent capability's name. */
export type AgentCapability = keyof AgentCapabilities;

/** Nothing. Spread it and switch on what an adapter can do. */
export const NO_AGENT_CAPABILITIES: Readonly<AgentCapabilities> = Object.freeze({
  availability: false,
  notReadyReasons: false,
  domains: false,
  signOut: false,
  decline: false,
  requestEnds: false,
  whisper: false,
  whisperWhileMonitoring: false,
  addParticipant: false,
  removeParticipant: false,
  transfer: false,
  raiseHand: false,
  monitor: false,
  bargeIn: false,
  wrapUp: false,
  suggestions: false,
  floor: false,
  queues: false,
});

/** Who signed in, as the service knows them. */
export interface AgentIdentity {
  id: string;
  name: string;
  role: "agent" | "supervisor";
}

/** Whether an agent wants chats. */
export interface Availability {
  ready: boolean;
  /** Why not, in the contact centre's words; needs `notReadyReasons`. */
  reason?: string;
  /** The media routing domain that it is about; needs `domains`. Default: those signed in to. */
  domain?: string;
}

/** Somebody asks this agent in. */
export interface ChatRequest {
  /** Unique for this transport: the same conversation may be asked for twice. */
  id: string;
  /** The vendor's name for the conversation; opaque. */
  conversationId: string;
  /** `chat`: a customer waits. `help`: a colleague asks. `transfer`: a colleague hands over. */
  kind: "chat" | "help" | "transfer";
  customer: CustomerInfo;
  /** What it waits in, where the service says so. */
  queue?: string;
  /** Who asks, when it is a colleague. */
  from?: string;
  receivedAt: Date;
  /** When the service takes it back, where it says so. */
  expiresAt?: Date;
  raw: unknown;
}

/** What became of a request. `elsewhere`: another agent has it. `link-lost`: only its next ring would tell. */
export type RequestOutcome = "accepted" | "declined" | "elsewhere" | "withdrawn" | "no-answer" | "link-lost";

/** A colleague. */
export interface Colleague {
  id: string;
  name: string;
  role: ParticipantRole;
  /** In the service's words where they are none of ours. */
  status?: "ready" | "active" | "busy" | "not-ready" | (string & Record<never, never>);
}

/** A conversation that a supervisor may look into. */
export interface FloorConversation {
  conversationId: string;
  customer?: CustomerInfo;
  participants: Participant[];
  agentId?: string;
}

/** What an agent may know of the contact centre. */
export interface Floor {
  teams: { id: string; name: string; members: Colleague[]; supervisors: Colleague[] }[];
  /** Those that this agent may monitor; empty for who is no supervisor. */
  conversations: FloorConversation[];
  /** Only with `queues`. */
  queues?: { id: string; name: string; waiting: number }[];
  /** When the service said so. */
  at: Date;
}

/**
 * Everything a transport for agents emits.
 *
 * - `request`: each once, while signed in. After an outage the service may ask again: then it is another request.
 * - `request-ended`: exactly once for each request that was told, with the outcome; `elsewhere`, `withdrawn` and
 *   `no-answer` only with `requestEnds`.
 * - `availability`: what the service has confirmed.
 * - `suggestion`: a bot proposes an answer to this agent. The customer has not seen it.
 * - `warning`: degraded but still running, for instance an unreadable frame.
 */
// A type, not an interface: mitt asks for an implicit index signature.
export type AgentEvents = {
  state: { previous: AgentState; current: AgentState };
  availability: Availability;
  request: ChatRequest;
  "request-ended": { request: ChatRequest; outcome: RequestOutcome };
  floor: Floor;
  suggestion: { conversationId: string; from: Participant; texts: string[]; raw: unknown };
  warning: ChatError;
};

/** Where an agent's transport stands. */
export type AgentState = LinkState<AgentIdentity>;

/** How an agent is in a conversation. A `monitor` sees everything and may say nothing. */
export type AgentPart = "owner" | "participant" | "monitor";

/** Whom an agent adds or hands over to: an id of {@link Floor} or of the conversation. */
export interface ColleagueRef {
  id: string;
  name?: string;
}

/**
 * One conversation of an agent: a {@link ChatTransport}, with its rules and suite, and what only agents do. `open`
 * accepts, monitors or enters again; its `OpenRequest` says who the customer is and nothing else of it is used.
 *
 * - It shares the agent's link: while that is reconnecting, so is the conversation; it enters by itself once the agent is
 *   signed in again, and what was missed comes `replayed` or by `catchUp`.
 * - `close("left")`, the default, leaves it to the others; `close("agent-ended")` ends it for everybody where the agent may.
 *   An aborted `open` is closed as `left`, too.
 * - A monitor's `send` and `sendChatState` reject with `refused` and reach no wire. So do `whisper` without
 *   `whisperWhileMonitoring`, and everything that changes the conversation.
 * - A message with `whisper` is between agents: it comes only here, never to the customer.
 */
export interface AgentConversation extends ChatTransport {
  /** The vendor's name for it; opaque. */
  readonly conversationId: string;
  readonly customer: CustomerInfo;
  /** `participant` until the service has told. */
  readonly part: AgentPart;

  /**
   * Says something to the other agents in the conversation, or to one of them. The customer never gets it, also not in
   * history or transcript. Resolves when the service has taken it.
   * @throws ChatError as `send`; `refused` for a monitor without `whisperWhileMonitoring`.
   */
  whisper?(message: OutgoingMessage, call?: Call & { to?: ColleagueRef }): Promise<Sent>;

  /**
   * Asks a colleague in. Resolves when the service has taken that: they are in, or asked with a request of the kind `help`;
   * `participant` tells when they have come.
   * @throws ChatError `refused`, `not-found` for nobody known, `conflict` for who is there already.
   */
  addParticipant?(colleague: ColleagueRef, call?: Call): Promise<void>;

  /**
   * Puts somebody out: never the customer, and only the owner may. Resolves when the service says that they are out.
   * @throws ChatError `refused` (the customer, or not the owner), `not-found` (not a participant).
   */
  removeParticipant?(participantId: string, call?: Call): Promise<void>;

  /**
   * Hands the conversation over: a colleague who is in it becomes its owner. Resolves when the service says so. This agent
   * stays as a participant, or where the vendor's hand-over is a departure, the conversation is closed as `left`.
   * @throws ChatError `not-found` for who is not a participant, `refused` (the customer, a bot, or not the owner).
   */
  transfer?(colleague: ColleagueRef, call?: Call): Promise<void>;

  /** Asks a supervisor for help: they get a request of the kind `help`. Resolves when handed over. @throws ChatError `not-found`, `refused`. */
  raiseHand?(supervisor: ColleagueRef, call?: Call): Promise<void>;

  /** From monitor to participant. Resolves when the service says so; then `send` works. @throws ChatError `refused` for who does not monitor. */
  bargeIn?(call?: Call): Promise<void>;
}

/** What is noted after a conversation. */
export interface WrapUp {
  /** The reason, in the contact centre's words. */
  reason: string;
  note?: string;
}

/**
 * One agent at one vendor's service. The contract between `AgentSession` and every adapter, beside {@link ChatTransport}.
 *
 * Rules for all methods, proven by `describeAgentTransportContract`:
 *
 * - Every rejection is a `ChatError`. A method never throws synchronously, but for `conversation`.
 * - In `idle` everything but `signIn` and `close` rejects with `not-connected`; in `closed` everything but `close` rejects
 *   with `closed`; while `connecting` or `reconnecting` everything but `close` and `wake` rejects with `not-connected`.
 * - An already aborted signal rejects with `aborted` and touches neither state nor wire.
 * - What is under way when the link is lost rejects with `unreachable`; when it closes, with `closed`.
 * - Credentials come from the adapter's `credentialsProvider`, asked on each (re)connect; nothing of them is stored.
 * - After an outage the agent is signed in again, as available as before, and in the same conversations.
 * - After the state became `closed` nothing is emitted any more, and no timer, socket or listener is left. Its
 *   conversations are closed before it, as `connection-lost` or for the agent's own leaving as `left`.
 *
 * One socket, one identity. Two agents are two transports.
 */
export interface AgentTransport {
  /** Changes only with a breaking change of this file. */
  readonly contract: 1;
  /** For logs. Nobody branches on it. */
  readonly vendor: string;
  /** Constant for the instance's life. */
  readonly supports: AgentCapabilities;
  readonly state: AgentState;

  /** Subscribes. Listeners are called in the order of subscription. */
  on<K extends keyof AgentEvents>(type: K, listener: (event: AgentEvents[K]) => void): Unsubscribe;

  /**
   * `idle → connecting → online`. Resolves when the service has confirmed it. On any rejection the state is `closed`.
   * @param options `domains`: the media routing domains, needs `domains`; default the adapter's. `availability`: what to be
   * at first; default not ready.
   * @param call `timeoutMs` default 30_000.
   * @throws ChatError `unauthorized`, `unreachable`, `timed-out`, `conflict`, `invalid-config`.
   */
  signIn(options?: { domains?: readonly string[]; availability?: Availability }, call?: Call): Promise<AgentIdentity>;

  /** Tells the service that the agent goes. Any state `→ closed`, `signed-out`; conversations are left. */
  signOut?(call?: Call & { reason?: string }): Promise<void>;

  /** Lets go. Any state `→ closed`. Never rejects for the network. Twice is fine. */
  close(call?: Call): Promise<void>;

  /** Says whether this agent wants chats. Resolves when the service has confirmed it. @throws ChatError `refused`, `timed-out`. */
  setAvailability?(availability: Availability, call?: Call): Promise<void>;

  /**
   * A conversation in `idle`, whose `open` does it: `accept` a request, `monitor` silently, or `enter` one that this agent
   * is in already (after a reload).
   *
   * `open` rejects with `conflict` when another agent was faster or the request was answered before, `not-found` when there
   * is none any more, `refused` when this agent may not.
   * @throws ChatError `unsupported` (`monitor` without the capability), `invalid-argument` (a request that was never told).
   */
  conversation(target: ChatRequest | FloorConversation, how: "accept" | "monitor" | "enter"): AgentConversation;

  /** Says no to a request. Resolves when the service knows. @throws ChatError `conflict` when it was answered before. */
  decline?(request: ChatRequest, call?: Call & { reason?: string }): Promise<void>;

  /** Notes what a conversation was about, after it or towards its end. Resolves when handed over, or confirmed where the service confirms. */
  wrapUp?(conversationId: string, wrapUp: WrapUp, call?: Call): Promise<void>;

  /** What the service says of teams, conversations and queues. */
  floor?(call?: Call): Promise<Floor>;

  /** As {@link ChatTransport.wake}. */
  wake?(call?: Call): Promise<boolean>;
}
