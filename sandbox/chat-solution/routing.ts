import { isStaff, type Conversation } from "./conversation.ts";
import { Refusal } from "./refusal.ts";
import type { SignedInAgent, SolutionCentre } from "./solution-centre.ts";
import type { Turn } from "./turn.ts";
import { toWireCustomer } from "./wire-objects.ts";

/** An agent is wanted: every ready one of the queue rings. Asking again while it rings, or while somebody is there, is nothing. */
export function requestAgent(centre: SolutionCentre, conversation: Conversation): void {
  if (conversation.ringing.size > 0 || conversation.hasHuman) return;
  conversation.waiting = true;
  const isLater = centre.switches.edition === "later";
  if (isLater) centre.announce(conversation, "handOff", undefined);
  const ready = [...centre.agents.values()].filter((agent) => isReadyFor(centre, agent, conversation));
  for (const agent of ready) ring(centre, agent, conversation);
  if (ready.length === 0 && isLater) centre.announce(conversation, "noAgentAvailable", undefined);
}

/** Whoever waits rings at an agent who has become ready. */
export function ringWaiting(centre: SolutionCentre, agent: SignedInAgent): void {
  for (const conversation of centre.conversations.values()) {
    const { waiting, open, ringing, declined } = conversation;
    const { id } = agent.account;
    if (!waiting || !open || ringing.has(id) || declined.has(id)) continue;
    if (isReadyFor(centre, agent, conversation)) ring(centre, agent, conversation);
  }
}

function isReadyFor(centre: SolutionCentre, { account, states }: SignedInAgent, { queue }: Conversation): boolean {
  return (
    account.type === "Agent" &&
    [...states].some(([domain, state]) => state === "READY" && centre.queueOf(domain) === queue)
  );
}

function ring(centre: SolutionCentre, { account, seat }: SignedInAgent, conversation: Conversation): void {
  conversation.ringing.add(account.id);
  offer(centre, seat, conversation);
}

/** Puts a conversation on a desk; the guide lets an activity follow. */
export function offer(centre: SolutionCentre, seat: SignedInAgent["seat"], conversation: Conversation): void {
  centre.emit(seat, "receiveChatRequest", { customer: toWireCustomer(centre, conversation) });
  centre.tell(seat, conversation.id, "handOff", {});
}

/** Every ring of a conversation is over. @param but who is not told, because it was he who took it. */
export function endRings(centre: SolutionCentre, conversation: Conversation, reason: string, but?: string): void {
  for (const id of conversation.ringing) if (id !== but) endRing(centre, conversation, id, reason);
  conversation.ringing.clear();
}

/** Supervisors who were asked for help need not come any more. */
export function endHelp(centre: SolutionCentre, conversation: Conversation): void {
  for (const id of conversation.raisedTo) endRing(centre, conversation, id, "ended");
  conversation.raisedTo.clear();
}

/** One agent's ring is over. The guide has no event for it; a host may map one of the message broker's. */
export function endRing(centre: SolutionCentre, conversation: Conversation, agentId: string, reason: string): void {
  conversation.ringing.delete(agentId);
  if (centre.switches.ringEndsByAmq)
    centre.tellAmq(agentId, { head: "ChatRequestWithdrawn", conversationId: conversation.id, reason });
}

/** Nobody is left who rings: the customer is told. */
export function tellIfNobodyIsLeft(centre: SolutionCentre, conversation: Conversation): void {
  if (conversation.waiting && conversation.ringing.size === 0 && centre.switches.edition === "later")
    centre.announce(conversation, "noAgentAvailable", undefined);
}

/** The first who accepts becomes the owner; a supervisor who was asked for help becomes a participant. */
export function acceptChatRequest(turn: Turn): void {
  const { centre, seat } = turn;
  const account = turn.account();
  const conversation = turn.openConversation();
  const wasAskedForHelp = conversation.raisedTo.delete(account.id);
  if (!wasAskedForHelp && !conversation.ringing.has(account.id)) {
    const isTaken = [...conversation.members.values()].some((member) => isStaff(member) && !member.monitoring);
    throw isTaken
      ? new Refusal("already-accepted", "Somebody else has accepted that request.")
      : new Refusal("not-asked", "That conversation does not ring at your desk.");
  }
  if (!wasAskedForHelp) {
    endRings(centre, conversation, "accepted", account.id);
    conversation.waiting = false;
  }
  const role = wasAskedForHelp ? "Participant" : "Owner";
  const member = centre.enter(conversation, account, { role, monitoring: false, quiet: false });
  centre.attach(seat, conversation, member);
  centre.announce(conversation, "participantJoined", member);
  centre.inform(seat, conversation, member);
  centre.tellTeams(conversation);
}
