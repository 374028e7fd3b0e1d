import type { Fields } from "./read.ts";
import type { Seat } from "./seat.ts";
import type { WireMessage, WireParticipant } from "./wire.ts";

/** Who takes part, present or not. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly type: "Customer" | "Bot" | "Agent" | "Supervisor";
  role: "Owner" | "Participant";
  /** Sees all, is seen by nobody, and may not speak. */
  monitoring: boolean;
  /** The customer has not been told of him. */
  quiet: boolean;
}

/** Who may see a message: `staff` is everybody but the customer and the bots. */
export type Audience = "all" | "staff";

/** A message, once, and who was sent it. */
export interface LedgerEntry {
  /** Counts all messages of the sandbox, from 1. */
  readonly seq: number;
  readonly conversationId: string;
  readonly message: WireMessage;
  readonly audience: Audience;
  /** The author's id. */
  readonly by: string;
  /** Ids of the members to whom a frame with it was written, once per frame. */
  readonly receivedBy: string[];
}

/** What is written at the end. */
export interface WrapUp {
  readonly conversationId: string;
  readonly by: string;
  readonly text: string;
}

/** One customer's chat, from its request to its end. It outlives every connection. */
export class Conversation {
  readonly id: string;
  readonly customer: WireParticipant;
  /** What the customer's init call said. */
  readonly info: Fields;
  readonly channel: string;
  /** Where it waits for an agent. */
  readonly queue: string;
  readonly members: Map<string, Member> = new Map();
  /** Who is connected, and as whom. */
  readonly seats: Map<Seat, Member> = new Map();
  /** Everything that was said or happened in it, oldest first; typing is not kept. */
  readonly entries: LedgerEntry[] = [];
  /** Agents whose desks ring. */
  readonly ringing: Set<string> = new Set();
  /** Agents who declined. */
  readonly declined: Set<string> = new Set();
  /** Supervisors who were asked for help. */
  readonly raisedTo: Set<string> = new Set();
  readonly wrapUps: WrapUp[] = [];
  open = true;
  /** The customer has joined before. */
  greeted = false;
  /** An agent is wanted. */
  waiting = false;
  /** The bot that has it. */
  botId: string | undefined;
  /** What a bot gave on when it asked for an agent. */
  handOff: Fields = {};
  /** The type of the newest activity. */
  activityType = "greetings";
  #clockMs = 0;

  constructor(id: string, customer: WireParticipant, info: Fields, where: { channel: string; queue: string }) {
    this.id = id;
    this.customer = customer;
    this.info = info;
    this.channel = where.channel;
    this.queue = where.queue;
    this.members.set(customer.id, {
      ...customer,
      type: "Customer",
      role: "Participant",
      monitoring: false,
      quiet: false,
    });
  }

  /** The time, which is never the same twice in one conversation: readers sort by it. */
  now(): string {
    this.#clockMs = Math.max(this.#clockMs + 1, Date.now());
    return new Date(this.#clockMs).toISOString();
  }

  get owner(): Member | undefined {
    return [...this.members.values()].find(({ role }) => role === "Owner");
  }

  /** A person of the contact centre takes part. */
  get hasHuman(): boolean {
    return [...this.members.values()].some((member) => isStaff(member) && !member.monitoring);
  }

  /** Whom the viewer knows to be here. */
  membersFor(viewer: Member): Member[] {
    return [...this.members.values()].filter(
      (member) => member === viewer || (!member.monitoring && (isStaff(viewer) || !member.quiet)),
    );
  }

  /** What the viewer may read, oldest first. */
  entriesFor(viewer: Pick<Member, "id" | "type" | "monitoring">): LedgerEntry[] {
    return this.entries.filter((entry) => maySee(viewer, entry));
  }
}

/** Works here. */
export function isStaff({ type }: Pick<Member, "type">): boolean {
  return type === "Agent" || type === "Supervisor";
}

/** Whether a message is for that member. Who monitors sees what is addressed to others, too. */
export function maySee(
  viewer: Pick<Member, "id" | "type" | "monitoring">,
  { message, audience, by }: Pick<LedgerEntry, "message" | "audience" | "by">,
): boolean {
  if (viewer.id === by) return true;
  if (audience === "staff" && !isStaff(viewer)) return false;
  const to = "to" in message ? message.to : [];
  return to.length === 0 || viewer.monitoring || to.some(({ id }) => id === viewer.id);
}
