import type { Capabilities, ChatTransport, MessageId, OpenRequest } from "../../../src/transport/index.ts";

/** A value now or later. */
export type Awaitable<T> = T | Promise<T>;

/** A message as the far end received it. Read there, never from the adapter. */
export interface FarMessage {
  text?: string;
  /** Addresses of the files, for a message of attachments. */
  urls?: string[];
  /** The id of the message it answers, as the far end names it. */
  replyTo?: string;
}

/** A mark as the far end received it. */
export interface FarMark {
  kind: "received" | "displayed";
  id: string;
}

/** A change of a message as the far end received it. */
export type FarChange =
  | { kind: "edited"; id: string; text: string }
  | { kind: "retracted"; id: string }
  | { kind: "reactions"; id: string; reactions: string[] };

/** What a rating needs to know of a chat. */
export interface EndIds {
  interactionId: string;
  chatId: string;
}

/** Time under the suite's control. */
export interface FakeClock {
  /** Runs every timer that is due within `ms` milliseconds, in order, and lets promises settle between them. */
  advance(ms: number): Promise<void>;
}

/**
 * What a case may ask of the far end beyond talking. A harness implements them, or says in `cannot` why it cannot; the
 * test list then names the cases that were left out.
 */
export interface HarnessAbilities {
  /** The next `open` is refused by the service. */
  refuseNextOpen(): Awaitable<void>;
  /** The next `open` gets no answer. */
  hangNextOpen(): Awaitable<void>;
  /** The next `send` is refused by the service. */
  refuseNextSend(): Awaitable<void>;
  /** The next `send` gets no answer. */
  hangNextSend(): Awaitable<void>;
  /** The next `upload` gets no answer. */
  hangNextUpload(): Awaitable<void>;
  /** Cuts the link without a word. The service stays reachable, and the transport is made to come back by itself. */
  dropLink(): Awaitable<void>;
  /** The last message of the agent arrives again under the same id. */
  repeatLast(): Awaitable<void>;
  /** Something arrives that no document describes. */
  sendGarbage(): Awaitable<void>;
  /** Before `open`: `count` messages are in the history. Resolves with their texts, oldest first. */
  seedHistory(count: number): Awaitable<string[]>;
  /** From now on the adapter's timers run on this clock only. Called before `make`. */
  useClock(): FakeClock;
  /** The agent types. */
  composing(): Awaitable<void>;
  /** The agent's client says that it received a message of the customer. */
  receives(id: MessageId): Awaitable<void>;
  /** The agent's client says that a message of the customer was displayed. */
  displays(id: MessageId): Awaitable<void>;
  /** Chat states that the far end received, oldest first. */
  sentStates(): Awaitable<string[]>;
  /** Marks that the far end received, oldest first. */
  sentMarks(): Awaitable<FarMark[]>;
  /** Edits, retractions and reactions that the far end received, oldest first. */
  sentChanges(): Awaitable<FarChange[]>;
  /** The agent answers one message in particular. */
  replies(text: string, to: MessageId): Awaitable<MessageId>;
  /** The agent claims to edit a message: its own, or somebody else's. */
  edits(id: MessageId, text: string): Awaitable<void>;
  /** The agent claims to retract a message: its own, or somebody else's. */
  retracts(id: MessageId): Awaitable<void>;
  /** The agent reacts to a message. */
  reacts(id: MessageId, reactions: string[]): Awaitable<void>;
}

/** The name of a {@link HarnessAbilities} member. */
export type HarnessAbility = keyof HarnessAbilities;

/** One far end with its conversation, made for one case and thrown away after it. */
export interface ContractHarness extends Partial<HarnessAbilities> {
  /** A fresh transport in `idle` that leads to this harness' far end. */
  make(): ChatTransport;
  /** What cases open with. */
  readonly request: OpenRequest;
  /** Which chat states this wire has a word for; the others are taken and go nowhere. Default: both. */
  readonly chatStates?: readonly ("composing" | "paused")[];
  /** The agent speaks. `id` is a wish. Resolves with the id that the adapter will show. */
  say(text: string, id?: string): Awaitable<MessageId>;
  /** Messages that the far end received from the customer, oldest first. */
  sent(): Awaitable<FarMessage[]>;
  /**
   * The agent ends the chat, with what a rating needs. Where the service names its chats itself, the ids are a wish:
   * resolve with those that it gives.
   */
  endChat(ids: EndIds): Awaitable<void | Partial<EndIds>>;
  /** Timers, sockets and listeners that the adapter holds. 0 once its transports are closed. */
  openHandles(): Awaitable<number>;
  /** Releases the far end. Called once, after everything else. */
  dispose(): Awaitable<void>;
}

/** An adapter as the suite sees it. */
export interface ContractSubject {
  /** What `make().supports` will say. Chooses the cases. */
  supports: Capabilities;
  /** Where the far end at hand allows less than the adapter declares: those calls must reject with `unsupported`. */
  serverLacks?: readonly (keyof Capabilities)[];
  /** Abilities that this harness lacks, each with the reason. */
  cannot?: Partial<Record<HarnessAbility, string>>;
  /**
   * Whose transport it is. `agent`: a conversation of an agent; the far end, which speaks, is then the customer, and
   * `endChat` another agent. Default `customer`.
   */
  serves?: "customer" | "agent";
  /** The longest that a case waits for one event, milliseconds. Default 20_000. Keep it below the runner's time-out. */
  guardMs?: number;
  createHarness(): Awaitable<ContractHarness>;
}

/** The two functions of the test runner that the suite is given: those of vitest, jest, mocha or `node:test` all fit. */
export interface ContractRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}
