/**
 * How the sandbox behaves where both guides are silent, or differ. Each reading has a test; none is claimed to be the
 * vendor's.
 */
export interface SolutionSwitches {
  /** Who sends a message gets it back. */
  echo: boolean;
  /** Emits that ask for a socket.io acknowledgement get one, and a connector has to acknowledge what is pushed to it. */
  acknowledge: boolean;
  /** Where `past-messages` looks for its parameters; `off`: this server has it for nobody (404). */
  pastMessages: "query" | "body" | "off";
  /** How `conversationInfo` carries lists, if it is sent at all. */
  conversationInfo: "strings" | "arrays" | "none";
  /** `v3` knows neither `conversationInfo` nor `handOff` nor `noAgentAvailable`, and drops `language` and `tag`. */
  edition: "v3" | "later";
  /** What a customer gets of a bot's answer. */
  botAnswersAs: "BotMessage" | "ChatMessage";
  /** How a refusal is told: as an `ActivityMessage` of type `error`, in the acknowledgement alone, or not at all. */
  refusals: "activity" | "ack" | "silent";
  /** Customers go to the agents as soon as they join where no bot is registered; else they have to ask. */
  handOffWithoutBot: boolean;
  /** Agents whose ring is over are told by `amq-msg {head: "ChatRequestWithdrawn"}`; else nobody tells them. */
  ringEndsByAmq: boolean;
  /** Supervisors are told of their team's conversations by `amq-msg {head: "TeamConversations"}`. */
  teamByAmq: boolean;
  /** Who transfers a chat leaves it. */
  transferLeaves: boolean;
  /** Under which key an agent's id is written. */
  participantIds: "id" | "participantId" | "agentId";
  /** The guide's misprints on what the server sends. */
  slips: boolean;
  /** Whose timestamp a message keeps. */
  timestamps: "server" | "client";
  /** Order of past messages, and of those in `conversationInfo`. */
  order: "ascending" | "descending";
  /** Who joins again is greeted again. */
  greetAgain: boolean;
  /** Event that brings a third-party message to a connector. */
  externalEvent: string;
  /** So long a connector has to acknowledge before the REST call is answered 503, milliseconds. */
  externalAckMs: number;
  /** `initConversation` names the participant that the bot is to be, as the guide's prose says. */
  initParticipant: boolean;
  /** What a bot missed between `initConversation` and its join, or while it was away, is pushed when it joins. */
  pushMissedToBots: boolean;
  /** Extra keys of `requestAgentTransfer` reach the agents in `customer.handOff`. */
  passHandOff: boolean;
  /** Status of a REST call whose body makes no sense. Only 500 is documented. */
  badRequestStatus: 400 | 500;
  /** Everything that arrives is kept in `centre.received`; a benchmark turns it off. */
  record: boolean;
}

/** The reading that most evidence speaks for. */
export const DEFAULT_SOLUTION_SWITCHES: Readonly<SolutionSwitches> = {
  echo: true,
  acknowledge: false,
  pastMessages: "query",
  conversationInfo: "strings",
  edition: "later",
  botAnswersAs: "ChatMessage",
  refusals: "activity",
  handOffWithoutBot: true,
  ringEndsByAmq: false,
  teamByAmq: false,
  transferLeaves: true,
  participantIds: "id",
  slips: false,
  timestamps: "server",
  order: "ascending",
  greetAgain: true,
  externalEvent: "messageArrived",
  externalAckMs: 2_000,
  initParticipant: false,
  pushMissedToBots: true,
  passHandOff: false,
  badRequestStatus: 500,
  record: true,
};

/** A REST answer instead of the right one; with `delayMs` alone, the right one later. */
export interface SolutionRestFault {
  status?: number;
  body?: string;
  contentType?: string;
  delayMs?: number;
}

/** Frames of a kind that get lost: `in` from clients, `out` to them. `*` is any event. */
export interface SwallowFault {
  direction: "in" | "out";
  event: string;
  count: number;
}

/** Faults. Those in lists are used once each, in order. */
export interface SolutionFaults {
  /** Of the handshake: refused with that text, or never answered. */
  handshakes: ({ refuse: string } | "hang")[];
  /** The next event of that name is taken, and its sender's link is cut before a word comes back. */
  cutAfter: string[];
  /** The sender's link is cut before the next event of that name is taken. */
  cutBefore: string[];
  swallow: SwallowFault[];
  /** So many events of that name to clients are held back until `centre.release()`. */
  hold: { event: string; count: number }[];
  /** By the beginning of the path; `hang` never answers. */
  rest: Map<string, (SolutionRestFault | "hang")[]>;
}

/** No faults. */
export function noFaults(): SolutionFaults {
  return { handshakes: [], cutAfter: [], cutBefore: [], swallow: [], hold: [], rest: new Map() };
}
