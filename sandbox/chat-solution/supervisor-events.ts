import { Refusal } from "./refusal.ts";
import type { Turn } from "./turn.ts";

/** A supervisor watches a conversation of his team, seen by nobody. */
function silentMonitor(turn: Turn): void {
  const { centre, seat } = turn;
  const account = turn.account();
  if (account.type !== "Supervisor") throw new Refusal("not-your-team", "Only supervisors monitor.");
  const conversation = turn.openConversation();
  const known = conversation.members.get(account.id);
  if (known && !known.monitoring) throw new Refusal("already-accepted", "You take part in that conversation already.");
  if (!centre.openConversationsOf(account).includes(conversation))
    throw new Refusal("not-your-team", "Nobody of your team has that conversation.");
  const member = centre.enter(conversation, account, { monitoring: true, quiet: true });
  centre.attach(seat, conversation, member);
  centre.inform(seat, conversation, member);
}

/** Who monitors joins in: everybody but the customer is told, and he may speak. */
function bargeIn(turn: Turn): void {
  const { centre } = turn;
  const conversation = turn.openConversation();
  const member = turn.memberOf(conversation);
  if (!member.monitoring) throw new Refusal("not-asked", "You do not monitor that conversation.");
  member.monitoring = false;
  centre.announce(conversation, "participantJoined", member, { audience: "staff" });
  centre.tellTeams(conversation);
}

/** What supervisors do. The guide's table prints `bargeIn` as `bargeln`. */
export const SUPERVISOR_EVENTS: Readonly<Record<string, (turn: Turn) => void>> = {
  silentMonitor,
  bargeIn,
  bargeln: bargeIn,
};
