import { randomId } from "../../../src/kit/ids.ts";
import type { ChatErrorCode } from "../../../src/transport/errors.ts";
import type { CustomerInfo } from "../../../src/transport/link-state.ts";
import type { Participant } from "../../../src/transport/messages.ts";
import type { AgentIdentity, AgentPart, RequestOutcome } from "../../../src/agent/agent-transport.ts";
import { createMemoryService, type MemoryService, type MemoryServiceOptions } from "../memory-service.ts";
import type { AgentAction, Ring } from "./agent-frames.ts";

/** Why the service says no. */
export interface Refusal {
  code: ChatErrorCode;
  text: string;
}

/** What a conversation needs of the contact centre. */
export interface CentreParts {
  /** Who is signed in, and whether they want chats. */
  signedIn(): readonly { agent: AgentIdentity; ready: boolean }[];
  ring(agentId: string, ring: Ring): void;
  ringEnded(agentId: string, ring: Ring, outcome: RequestOutcome): void;
  partChanged(agentId: string, conversation: CentreConversation, part: AgentPart): void;
  changed(): void;
}

/** A conversation's settings. */
export interface CentreConversationOptions extends Pick<MemoryServiceOptions, "supports" | "replayOnJoin"> {
  customer?: Partial<CustomerInfo>;
  queue?: string;
  /** When agents are asked: as soon as the customer comes, or when they (or their bot) ask for one. */
  asks: "arrival" | "hand-over";
}

const CUSTOMER_ID = "customer";

/** One conversation of the contact centre: who is in it as what, and for whom it rings. */
export class CentreConversation {
  readonly id: string = `conversation-${randomId().slice(0, 8)}`;
  readonly service: MemoryService;
  readonly customer: CustomerInfo;
  readonly queue: string | undefined;
  /** Who is in it as what, whether their link is up or not. */
  readonly parts: Map<string, { agent: AgentIdentity; part: AgentPart }> = new Map();
  /** Everybody who ever was: they may wrap up. */
  readonly known: Set<string> = new Set();
  readonly #centre: CentreParts;
  /** By agent. */
  readonly #rings = new Map<string, Ring>();
  /** Nobody has it, and somebody should. */
  #waits = false;
  #ended = false;

  constructor(centre: CentreParts, { customer, queue, asks, ...service }: CentreConversationOptions) {
    this.#centre = centre;
    this.queue = queue;
    this.customer = { id: CUSTOMER_ID, name: "Ravi", channel: "web", details: {}, ...customer };
    this.service = createMemoryService({
      ...service,
      conversationId: this.id,
      participants: [],
      onCustomer: ({ type }) => {
        if (type === "bye") this.customerLeft();
        else if (type === "request-agent" || (type === "hello" && asks === "arrival")) this.ask();
      },
    });
  }

  get waits(): boolean {
    return this.#waits;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Somebody is to take it: everybody who wants chats is asked, the first who accepts has it. */
  ask(): void {
    if (this.#ended || this.#owner) return;
    this.#waits = true;
    for (const { agent, ready } of this.#centre.signedIn()) if (ready) this.offer(agent);
  }

  /** Asks one agent, if it waits. */
  offer({ id, role }: AgentIdentity): void {
    if (this.#waits && role === "agent" && !this.parts.has(id)) this.#ring(id, "chat", undefined);
  }

  /** The service takes back what it asked. */
  endRings(outcome: RequestOutcome): void {
    for (const agentId of this.#rings.keys()) this.endRing(agentId, outcome);
  }

  endRing(agentId: string, outcome: RequestOutcome): void {
    const ring = this.#rings.get(agentId);
    if (!ring || !this.#rings.delete(agentId)) return;
    this.#centre.ringEnded(agentId, ring, outcome);
  }

  /** Says no for that agent. @returns false when that request does not ring. */
  decline(agentId: string, ringId: string): boolean {
    if (this.#rings.get(agentId)?.id !== ringId) return false;
    this.endRing(agentId, "declined");
    return true;
  }

  /** The agent's link is gone: what rang there rings no more, and nobody is told. */
  forgetRing(agentId: string): void {
    this.#rings.delete(agentId);
  }

  /** Takes a request. @returns why not. */
  accept(agent: AgentIdentity, ringId: string): Refusal | undefined {
    const ring = this.#rings.get(agent.id);
    if (ring?.id !== ringId) return { code: "conflict", text: "That request was answered before." };
    this.endRing(agent.id, "accepted");
    if (ring.kind === "chat") {
      this.#waits = false;
      this.endRings("elsewhere");
    }
    this.#come(agent, this.#owner ? "participant" : "owner");
    if (ring.kind === "chat") this.service.handoff("accepted");
    return undefined;
  }

  /** Looks on: nobody is told. @returns why not. */
  monitor(agent: AgentIdentity): Refusal | undefined {
    if (agent.role !== "supervisor") return { code: "refused", text: "Only supervisors look on." };
    if (this.#ended) return { code: "not-found", text: "That conversation is over." };
    if (this.parts.has(agent.id)) return { code: "conflict", text: "You are in that conversation already." };
    this.parts.set(agent.id, { agent, part: "monitor" });
    this.known.add(agent.id);
    return undefined;
  }

  /** Comes back. @returns why not. */
  enter(agent: AgentIdentity): Refusal | undefined {
    if (this.#ended || !this.parts.has(agent.id))
      return { code: "not-found", text: "You are in no such conversation." };
    return undefined;
  }

  /** Goes; `end`: for everybody, where they have it. */
  leave(agentId: string, end: boolean): void {
    const mine = this.parts.get(agentId);
    if (!mine) return;
    this.parts.delete(agentId);
    if (end && mine.part === "owner") return this.end();
    if (mine.part !== "monitor") this.service.participant("left", asParticipant(mine.agent));
    if (mine.part === "owner") this.#pass();
    this.#centre.changed();
  }

  /** It is over for everybody. */
  end(): void {
    if (this.#ended) return;
    this.#close();
    this.service.end({ by: "agent", interactionId: `in-${this.id}`, chatId: this.id });
  }

  /** The customer has gone, and will not be back. */
  customerLeft(): void {
    if (this.#ended) return;
    this.#close();
    this.service.end({ by: "customer" });
  }

  /** What an agent does in it beside speaking. @returns why not, or when a whisper was taken. */
  act(agent: AgentIdentity, action: AgentAction): Refusal | { id: string; acceptedAt: Date } | undefined {
    const mine = this.parts.get(agent.id);
    if (!mine) return { code: "refused", text: "You are not in that conversation." };
    if (action.kind === "whisper") return this.#whisper(agent, action);
    if (action.kind === "barge-in") return this.#bargeIn(agent, mine.part);
    if (mine.part === "monitor") return { code: "refused", text: "Who only looks on changes nothing." };
    if (action.kind === "add") return this.#call(agent, action.id);
    if (action.kind === "raise-hand") return this.#call(agent, action.id, "supervisor");
    if (mine.part !== "owner") return { code: "refused", text: "Only who has the conversation may." };
    if (action.id === CUSTOMER_ID) return { code: "refused", text: "The customer stays." };
    return action.kind === "remove" ? this.#remove(action.id) : this.#transfer(mine, action.id);
  }

  /** Who has it, as everybody but lookers-on sees them. */
  get participants(): Participant[] {
    return [...this.parts.values()].filter(({ part }) => part !== "monitor").map(({ agent }) => asParticipant(agent));
  }

  get ownerId(): string | undefined {
    return this.#owner?.agent.id;
  }

  get #owner(): { agent: AgentIdentity; part: AgentPart } | undefined {
    return [...this.parts.values()].find(({ part }) => part === "owner");
  }

  #close(): void {
    this.#ended = true;
    this.#waits = false;
    this.endRings("withdrawn");
    this.#centre.changed();
  }

  #ring(agentId: string, kind: Ring["kind"], from: string | undefined): void {
    if (this.#rings.has(agentId)) return;
    const ring: Ring = {
      id: randomId(),
      conversationId: this.id,
      kind,
      customer: this.customer,
      receivedAt: new Date(),
      ...(this.queue !== undefined && { queue: this.queue }),
      ...(from !== undefined && { from }),
    };
    this.#rings.set(agentId, ring);
    this.#centre.ring(agentId, ring);
  }

  #come(agent: AgentIdentity, part: AgentPart): void {
    this.parts.set(agent.id, { agent, part });
    this.known.add(agent.id);
    this.service.participant("joined", asParticipant(agent, part === "owner"));
    this.#centre.partChanged(agent.id, this, part);
    this.#centre.changed();
  }

  /** Nobody has it any more: the next one in it does, or it waits again. */
  #pass(): void {
    const next = [...this.parts.values()].find(({ part }) => part === "participant");
    if (next) this.#makeOwner(next);
    else this.ask();
  }

  #makeOwner(next: { agent: AgentIdentity; part: AgentPart }): void {
    next.part = "owner";
    this.service.participant("role-changed", asParticipant(next.agent, true));
    this.#centre.partChanged(next.agent.id, this, "owner");
  }

  #call(agent: AgentIdentity, id: string, role?: "supervisor"): Refusal | undefined {
    if (this.parts.has(id)) return { code: "conflict", text: "They are in the conversation already." };
    const found = this.#centre.signedIn().find((each) => each.agent.id === id)?.agent;
    if (!found) return { code: "not-found", text: "Nobody of that name is signed in." };
    if (role !== undefined && found.role !== role) return { code: "refused", text: "They are no supervisor." };
    this.#ring(id, "help", agent.name);
    return undefined;
  }

  #remove(id: string): Refusal | undefined {
    const theirs = this.parts.get(id);
    if (!theirs || theirs.part === "monitor") return { code: "not-found", text: "They are not in the conversation." };
    if (theirs.part === "owner") return { code: "refused", text: "Leave it instead." };
    this.parts.delete(id);
    this.service.remove("refused", id);
    this.service.participant("left", asParticipant(theirs.agent));
    this.#centre.changed();
    return undefined;
  }

  #transfer(mine: { agent: AgentIdentity; part: AgentPart }, id: string): Refusal | undefined {
    const theirs = this.parts.get(id);
    if (!theirs || theirs.part === "monitor") return { code: "not-found", text: "They are not in the conversation." };
    if (theirs === mine) return { code: "conflict", text: "You have it already." };
    mine.part = "participant";
    this.service.participant("role-changed", asParticipant(mine.agent));
    this.#centre.partChanged(mine.agent.id, this, "participant");
    this.#makeOwner(theirs);
    this.#centre.changed();
    return undefined;
  }

  #bargeIn(agent: AgentIdentity, part: AgentPart): Refusal | undefined {
    if (part !== "monitor") return { code: "refused", text: "Only who looks on barges in." };
    this.#come(agent, "participant");
    return undefined;
  }

  #whisper(
    agent: AgentIdentity,
    { clientId, body, to }: Extract<AgentAction, { kind: "whisper" }>,
  ): Refusal | { id: string; acceptedAt: Date } {
    if (to !== undefined && !this.parts.has(to))
      return { code: "not-found", text: "They are not in the conversation." };
    const id = `memory-whisper-${clientId}`;
    this.service.whisper({ id, clientId, from: asParticipant(agent), body, ...(to !== undefined && { to }) });
    return { id, acceptedAt: new Date() };
  }
}

function asParticipant({ id, name, role }: AgentIdentity, isOwner = false): Participant {
  return { id, name, role, isSelf: false, ...(isOwner && { isOwner }) };
}
