import type { SolutionAccount } from "./accounts.ts";
import type { Conversation, Member } from "./conversation.ts";
import { field, fieldsOf, textField, type Fields } from "./read.ts";
import { Refusal } from "./refusal.ts";
import type { Identity, Seat } from "./seat.ts";
import type { SolutionCentre } from "./solution-centre.ts";

/** One event of one client, and what its handler needs to know of it. */
export class Turn {
  readonly centre: SolutionCentre;
  readonly seat: Seat;
  readonly event: string;
  readonly payload: Fields;

  constructor(centre: SolutionCentre, seat: Seat, event: string, payload: Fields) {
    this.centre = centre;
    this.seat = seat;
    this.event = event;
    this.payload = payload;
  }

  /** The text of that name. @throws Refusal `bad-payload` where there is none. */
  text(name: string): string {
    const value = textField(this.payload, name);
    if (value === undefined) throw new Refusal("bad-payload", `${name} is missing.`);
    return value;
  }

  /** The conversation that is meant: `conversationId`, or that of the `conversation` of which the guide's prose speaks. */
  conversation(): Conversation {
    const inside = fieldsOf(field(this.payload, "conversation"));
    const id = textField(this.payload, "conversationId") ?? textField(inside, "conversationId");
    if (id === undefined) throw new Refusal("bad-payload", "conversationId is missing.");
    const conversation = this.centre.conversation(id);
    if (!conversation) throw new Refusal("unknown-conversation", `There is no conversation ${id}.`);
    return conversation;
  }

  /** The same, which has to go on. */
  openConversation(): Conversation {
    const conversation = this.conversation();
    if (!conversation.open) throw new Refusal("conversation-over", "The conversation is over.");
    return conversation;
  }

  /** As whom this connection takes part. @throws Refusal `not-a-participant`. */
  memberOf(conversation: Conversation): Member {
    const member = conversation.seats.get(this.seat);
    if (!member) throw new Refusal("not-a-participant", "You have not joined that conversation.");
    return member;
  }

  /** The member, who must be more than a watcher. */
  speakerIn(conversation: Conversation): Member {
    const member = this.memberOf(conversation);
    if (member.monitoring) throw new Refusal("only-watching", "You only watch that conversation.");
    return member;
  }

  /** The agent or supervisor of this connection. @throws Refusal `not-signed-in`. */
  account(): SolutionAccount {
    const { identity } = this.seat;
    if (identity?.kind !== "agent") throw new Refusal("not-signed-in", "Sign in first.");
    return identity.account;
  }

  /** Makes this connection that identity's. One connection has one role, for as long as it lives. */
  identify(identity: Identity): void {
    const { seat } = this;
    const isOther = seat.identity && (seat.identity.kind !== identity.kind || seat.identity.id !== identity.id);
    const isCustomer = !seat.identity && seat.conversations.size > 0;
    if (isOther === true || isCustomer)
      throw new Refusal("one-role-per-socket", "This connection is somebody's already.");
    seat.identity = identity;
  }

  /** The connection that had the role before is put out. */
  replace(before: Seat | undefined): void {
    if (!before || before === this.seat) return;
    this.centre.detach(before);
    before.socket.disconnect();
  }
}
