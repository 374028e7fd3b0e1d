import type {
  AgentCapabilities,
  AgentConversation,
  ChatRequest,
  FloorConversation,
} from "../../../../src/agent/index.ts";
import type { Participant } from "../../../../src/transport/index.ts";
import { check } from "../assertions.ts";
import { eventually, Probe } from "../probe.ts";
import type {
  AgentContractHarness,
  AgentHarnessAbilities,
  AgentHarnessAbility,
  FarCustomer,
  StaffMember,
} from "./agent-harness.ts";
import { AgentProbe } from "./agent-probe.ts";

/** One proof. */
export interface AgentCase {
  name: string;
  /** What the harness must be able to do. */
  needs?: readonly AgentHarnessAbility[];
  /** Whether it applies to an adapter with these capabilities. Default: to all. */
  when?: (supports: AgentCapabilities) => boolean;
  run(context: AgentContext): Promise<void>;
}

/** A conversation that is listened to. */
export type ConversationProbe = Probe & { readonly transport: AgentConversation };

/** An agent who talks with a customer. */
export interface Talk {
  agent: AgentProbe;
  customer: FarCustomer;
  request: ChatRequest;
  chat: ConversationProbe;
}

/** What a case works with. Everything it made is closed after it. */
export class AgentContext {
  readonly harness: AgentContractHarness;
  readonly guardMs: number;
  readonly declared: AgentCapabilities;
  readonly probes: AgentProbe[] = [];
  readonly chats: Probe[] = [];

  constructor(harness: AgentContractHarness, declared: AgentCapabilities, guardMs: number) {
    this.harness = harness;
    this.declared = declared;
    this.guardMs = guardMs;
  }

  /** A fresh transport that is listened to. */
  make(who: StaffMember = "agent"): AgentProbe {
    const probe = new AgentProbe(this.harness.make(who), this.guardMs);
    this.probes.push(probe);
    return probe;
  }

  /** Signed in, and ready for chats. */
  async online(who: StaffMember = "agent"): Promise<AgentProbe> {
    const probe = this.make(who);
    await probe.transport.signIn(this.declared.availability ? { availability: { ready: true } } : {});
    return probe;
  }

  /** A conversation in idle that is listened to. */
  conversation(
    agent: AgentProbe,
    target: ChatRequest | FloorConversation,
    how: "accept" | "monitor" | "enter",
  ): ConversationProbe {
    const conversation = agent.transport.conversation(target, how);
    const probe = new Probe(conversation, { customer: { name: conversation.customer.name } }, this.guardMs);
    this.chats.push(probe);
    return Object.assign(probe, { transport: conversation });
  }

  /** The agent has accepted the chat of a customer. */
  async talking(agent?: AgentProbe, name = "Ravi"): Promise<Talk> {
    const probe = agent ?? (await this.online());
    const customer = await this.harness.customer(name);
    const request = await probe.request(customer.conversationId);
    const chat = this.conversation(probe, request, "accept");
    await chat.open();
    return { agent: probe, customer, request, chat };
  }

  /** That colleague has come into the conversation, asked by the agent. */
  async joined(
    talk: Talk,
    who: "colleague" | "supervisor",
    probe?: AgentProbe,
  ): Promise<ConversationProbe & { agent: AgentProbe }> {
    const agent = probe ?? (await this.online(who));
    const before = agent.all("request").length;
    // They arrive when they are added, or when they have accepted.
    const arrivals = (): number =>
      talk.chat.all("participant").filter((event) => event.change === "joined" && isStaff(event.participant)).length;
    const seen = arrivals();
    await talk.chat.transport.addParticipant?.({ id: this.harness.ids[who] });
    const request = await this.eventually(
      "the colleague's request",
      () =>
        agent
          .all("request")
          .slice(before)
          .find(({ conversationId }) => conversationId === talk.request.conversationId),
      (found) => found !== undefined,
    );
    check(request !== undefined, "the colleague was not asked");
    const chat = this.conversation(agent, request, "accept");
    await chat.open();
    await this.eventually("the colleague at the agent", arrivals, (count) => count > seen);
    return Object.assign(chat, { agent });
  }

  /** An ability that the case has declared in `needs`. */
  far<K extends AgentHarnessAbility>(ability: K): AgentHarnessAbilities[K] {
    const found = this.harness[ability];
    check(found !== undefined, `the harness has no ${ability}: implement it, or say in cannot why it cannot`);
    return found.bind(this.harness) as AgentHarnessAbilities[K];
  }

  /** Waits until something fits. */
  eventually<T>(what: string, read: () => T | Promise<T>, fits: (value: T) => boolean): Promise<T> {
    return eventually(this.guardMs, what, read, fits);
  }

  /** Waits until the customer got that text. */
  async heard(customer: FarCustomer, text: string): Promise<void> {
    await this.eventually(
      `"${text}" at the customer`,
      () => customer.heard(),
      (texts) => texts.includes(text),
    );
  }

  /** The customer says something, and the agent gets it: whatever was sent before it has arrived, or never will. */
  async fence({ customer, chat }: Pick<Talk, "customer" | "chat">, text = "fence"): Promise<void> {
    await customer.say(text);
    await chat.text(text);
  }

  /** Checks what must hold after every case, and releases everything. */
  async finish(): Promise<void> {
    try {
      for (const { transport } of this.chats) await transport.close();
      for (const { transport } of this.probes) await transport.close();
      for (const probe of [...this.chats, ...this.probes]) probe.checkInvariants();
      await this.eventually(
        "no open handles after close",
        () => this.harness.openHandles(),
        (count) => count === 0,
      );
    } finally {
      await this.harness.dispose();
    }
  }
}

function isStaff({ role, isSelf }: Participant): boolean {
  return !isSelf && (role === "agent" || role === "supervisor");
}
