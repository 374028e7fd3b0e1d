import type { AgentIdentity, Floor, RequestOutcome } from "../../../src/agent/agent-transport.ts";
import type { Call } from "../../../src/transport/call.ts";
import type { JsonValue } from "../../../src/transport/messages.ts";
import type { SolutionServerOptions } from "../options.ts";

/** With what an agent signs in. Nothing of it is kept. */
export interface SolutionCredentials {
  agentId: string;
  password: string;
}

/** A message of the contact centre's ActiveMQ, as it passes the socket: `head` is its JMS type (guide 6.1.2). */
export type AmqMessage = { head: string } & { [key: string]: JsonValue };

/** What an ActiveMQ message means. */
export type AmqMeaning =
  | { kind: "request-ended"; conversationId: string; outcome: Exclude<RequestOutcome, "accepted" | "link-lost"> }
  | { kind: "floor"; floor: Omit<Floor, "at"> };

/**
 * What the guide has no event for and a contact centre does by ActiveMQ. What is not mapped is a capability that is absent:
 * nothing is invented on the wire.
 */
export interface AmqMapping {
  /** Reads a message; `undefined` for one that means none of this. */
  read?: (message: AmqMessage) => AmqMeaning | undefined;
  /** `read` knows when a ring is over: the capability `requestEnds`. */
  endsRequests?: boolean;
  /** `read` knows queues: the capability `queues`. */
  tellsQueues?: boolean;
  /** The capability `decline`. */
  decline?: (conversationId: string, reason: string | undefined) => AmqMessage;
  /** The capability `notReadyReasons`: sent beside `changeState`. */
  notReadyReason?: (reason: string, domain: string) => AmqMessage;
  /** The capability `signOut`. */
  signOut?: (agent: AgentIdentity, reason: string | undefined) => AmqMessage;
}

/** Options of `expertflowChatAgent`. */
export interface ExpertflowChatAgentOptions extends SolutionServerOptions {
  /** Asked at each sign-in, also after an outage. */
  credentialsProvider: (call: Call) => Promise<SolutionCredentials>;
  /** Ids of the media routing domains (`mrd`) to sign in to, where `signIn` names none. */
  domains: readonly [string, ...string[]];
  /** What goes by ActiveMQ; with it the agent subscribes (`amq-sub`). */
  amq?: AmqMapping;
}
