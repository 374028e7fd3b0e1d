import type { AgentCapabilities, AgentTransport, ColleagueRef, WrapUp } from "../../../../src/agent/index.ts";
import type { Awaitable, FakeClock } from "../harness.ts";

/** Who the suite lets sign in. The transport under test is the agent's; the others are of the same adapter. */
export type StaffMember = "agent" | "colleague" | "supervisor";

/** A customer at the far end. Read there, never from the adapter. */
export interface FarCustomer {
  /** The conversation, as agents name it. */
  readonly conversationId: string;
  readonly name: string;
  say(text: string): Awaitable<void>;
  /** Texts of the others that the customer got, oldest first. */
  heard(): Awaitable<string[]>;
  /** Everything that ever reached the customer, as it came over the wire. Nothing may be left out. */
  raw(): Awaitable<string>;
  /** Whether the chat is over for the customer. */
  isOver(): Awaitable<boolean>;
}

/**
 * What a case may ask of the far end. A harness implements them, or says in `cannot` why it cannot; the test list then
 * names the cases that were left out.
 */
export interface AgentHarnessAbilities {
  /** The next sign-in is refused by the service: wrong credentials. */
  refuseNextSignIn(): Awaitable<void>;
  /** The next sign-in gets no answer. */
  hangNextSignIn(): Awaitable<void>;
  /** The next entering of a conversation gets no answer. */
  hangNextEntry(): Awaitable<void>;
  /** Cuts the agent's link without a word. The service stays reachable, and the transport is made to come back by itself. */
  dropLink(): Awaitable<void>;
  /** Something arrives at the agent that no document describes. */
  sendGarbage(): Awaitable<void>;
  /** The same agent signs in elsewhere, and the service keeps one. */
  replace(): Awaitable<void>;
  /** From now on the adapter's timers run on this clock only. Called before `make`. */
  useClock(): FakeClock;
  /** How often the adapter has asked for the agent's credentials. */
  credentialsAsked(): Awaitable<number>;
  /** What was asked for that conversation is taken back. */
  withdraw(conversationId: string): Awaitable<void>;
  /** Nobody answered what was asked for that conversation. */
  expire(conversationId: string): Awaitable<void>;
  /** A bot proposes answers to the agents of that conversation. */
  suggest(conversationId: string, texts: string[]): Awaitable<void>;
  /** What agents noted, oldest first. */
  wrapUps(): Awaitable<{ conversationId: string; wrapUp: WrapUp }[]>;
}

/** The name of an {@link AgentHarnessAbilities} member. */
export type AgentHarnessAbility = keyof AgentHarnessAbilities;

/** One contact centre, made for one case and thrown away after it. */
export interface AgentContractHarness extends Partial<AgentHarnessAbilities> {
  /** A fresh transport in `idle` that leads to this harness' far end, with the credentials of that member of the staff. */
  make(who: StaffMember): AgentTransport;
  /** How colleagues name them. */
  readonly ids: Readonly<Record<StaffMember, string>>;
  /** Somebody who is nobody here. */
  readonly stranger: ColleagueRef;
  /** A customer comes and waits; every agent who is signed in and wants chats is asked. */
  customer(name: string): Awaitable<FarCustomer>;
  /** Timers, sockets and listeners that the adapter holds. 0 once its transports are closed. */
  openHandles(): Awaitable<number>;
  /** Releases the far end. Called once, after everything else. */
  dispose(): Awaitable<void>;
}

/** An adapter's agent side as the suite sees it. */
export interface AgentContractSubject {
  /** What `make().supports` will say. Chooses the cases. */
  supports: AgentCapabilities;
  /** Abilities that this harness lacks, each with the reason. */
  cannot?: Partial<Record<AgentHarnessAbility, string>>;
  /** The longest that a case waits for one event, milliseconds. Default 20_000. Keep it below the runner's time-out. */
  guardMs?: number;
  createHarness(): Awaitable<AgentContractHarness>;
}
