import { readState, type SolutionAccount } from "./accounts.ts";
import { AMQ_EVENTS } from "./amq-events.ts";
import { isStaff, type Conversation, type Member } from "./conversation.ts";
import { field, fieldsOf, idOf, textField } from "./read.ts";
import { Refusal } from "./refusal.ts";
import { acceptChatRequest, endRing, offer, ringWaiting, tellIfNobodyIsLeft } from "./routing.ts";
import type { SignedInAgent } from "./solution-centre.ts";
import { SUPERVISOR_EVENTS } from "./supervisor-events.ts";
import type { Turn } from "./turn.ts";
import { conversationsOf, toWireAccount, toWireTeam } from "./wire-objects.ts";

/** An agent or supervisor signs in to a media routing domain, as not ready. Another domain: once more. */
function login(turn: Turn): void {
  const { centre, seat } = turn;
  const [id, password, domain] = [turn.text("agentId"), turn.text("password"), turn.text("mrd")];
  const account = centre.accounts.find((each) => each.id === id);
  if (!account || account.password !== password)
    throw new Refusal("wrong-password", "There is no such agent, or the password is wrong.");
  turn.identify({ kind: "agent", id, account });
  const before = centre.agents.get(id);
  turn.replace(before?.seat);
  const agent: SignedInAgent = before?.seat === seat ? before : { account, seat, states: new Map() };
  if (!agent.states.has(domain)) agent.states.set(domain, "NOT_READY");
  centre.agents.set(id, agent);
  centre.tell(seat, "", "login", {
    mrd: domain,
    state: agent.states.get(domain),
    agent: toWireAccount(centre, account),
    teams: account.teams.map((team) => toWireTeam(centre, team)),
    conversations: conversationsOf(centre, account),
  });
}

/** Ready or not, in one domain or, where none is named, in all. */
function changeState(turn: Turn): void {
  const { centre, seat } = turn;
  const agent = signedIn(turn);
  const state = readState(textField(turn.payload, "state"));
  if (!state) throw new Refusal("bad-payload", "state is READY or NOT_READY.");
  const domain = textField(turn.payload, "mrd");
  if (domain !== undefined && !agent.states.has(domain))
    throw new Refusal("not-signed-in", `You have not signed in to ${domain}.`);
  for (const each of domain === undefined ? [...agent.states.keys()] : [domain]) agent.states.set(each, state);
  centre.tell(seat, "", "changeState", { state, mrd: domain ?? "" });
  if (state === "READY") ringWaiting(centre, agent);
  else stopRingingAt(turn, agent);
}

function stopRingingAt({ centre }: Turn, { account, states }: SignedInAgent): void {
  const ready = new Set([...states].flatMap(([domain, state]) => (state === "READY" ? [centre.queueOf(domain)] : [])));
  for (const conversation of centre.conversations.values()) {
    if (!conversation.ringing.has(account.id) || ready.has(conversation.queue)) continue;
    endRing(centre, conversation, account.id, "not-ready");
    tellIfNobodyIsLeft(centre, conversation);
  }
}

/** A colleague who is signed in becomes a participant at once. */
function addParticipant(turn: Turn): void {
  const { centre } = turn;
  const conversation = addTarget(turn);
  const actor = turn.speakerIn(conversation);
  if (!isStaff(actor)) throw new Refusal("not-for-customers", "Only who works here adds participants.");
  const target = colleague(turn, idOf(field(turn.payload, "participant")));
  const member = centre.enter(conversation, target.account, { monitoring: false, quiet: false });
  centre.attach(target.seat, conversation, member);
  centre.announce(conversation, "participantAdded", member, { from: { id: actor.id, name: actor.name } });
  centre.inform(target.seat, conversation, member);
  centre.tellTeams(conversation);
}

/** The guide's sample names no conversation: then it is the only one that the agent has. */
function addTarget(turn: Turn): Conversation {
  const participant = fieldsOf(field(turn.payload, "participant"));
  if (textField(turn.payload, "conversationId") !== undefined) return turn.openConversation();
  const inside = turn.centre.conversation(textField(participant, "conversationId") ?? "");
  const [only, second] = turn.seat.conversations;
  const conversation = inside ?? (second ? undefined : only);
  if (!conversation) throw new Refusal("bad-payload", "conversationId is missing, and there is more than one.");
  return conversation;
}

/** The owner takes somebody out, but never the customer. */
function removeParticipant(turn: Turn): void {
  const { centre } = turn;
  const conversation = turn.openConversation();
  const owner = ownerIn(turn, conversation);
  const member = participant(conversation, turn.text("participantId"));
  if (member.type === "Customer" || member === owner)
    throw new Refusal("unknown-participant", "Neither the customer nor the owner can be removed.");
  centre.announce(conversation, "participantRemoved", member, { from: { id: owner.id, name: owner.name } });
  centre.leave(conversation, member.id);
  centre.tellTeams(conversation);
}

/** The owner makes another participant the owner. */
function transferChat(turn: Turn): void {
  const { centre } = turn;
  const conversation = turn.openConversation();
  const owner = ownerIn(turn, conversation);
  const target = participant(conversation, turn.text("participantId"));
  if (!isStaff(target) || target.monitoring || target === owner)
    throw new Refusal("unknown-participant", "A chat is transferred to an agent or supervisor who takes part in it.");
  owner.role = "Participant";
  target.role = "Owner";
  target.quiet = false;
  centre.announce(conversation, "participantJoined", target, { audience: "staff" });
  if (centre.switches.transferLeaves) {
    centre.announce(conversation, "participantLeft", owner);
    centre.leave(conversation, owner.id);
  }
  centre.tellTeams(conversation);
}

/** An agent asks his supervisor for help: the conversation rings there. */
function raiseHand(turn: Turn): void {
  const { centre } = turn;
  const conversation = turn.openConversation();
  const member = turn.speakerIn(conversation);
  const account = turn.account();
  const { account: supervisor, seat } = colleague(turn, turn.text("participantId"));
  if (supervisor.type !== "Supervisor" || !sharesTeam(supervisor, account))
    throw new Refusal("not-your-team", `${supervisor.name} is no supervisor of ${member.name}.`);
  conversation.raisedTo.add(supervisor.id);
  offer(centre, seat, conversation);
}

/** What an agent writes down at the end. It may come before it, too. */
function wrapUp(turn: Turn): void {
  const { id } = turn.account();
  const conversation = turn.conversation();
  if (!conversation.members.has(id)) throw new Refusal("not-a-participant", "You took no part in that conversation.");
  const entry = { conversationId: conversation.id, by: id, text: turn.text("wrapup") };
  conversation.wrapUps.push(entry);
  turn.centre.wrapUps.push(entry);
}

/** What agents do. */
export const AGENT_EVENTS: Readonly<Record<string, (turn: Turn) => void>> = {
  ...AMQ_EVENTS,
  ...SUPERVISOR_EVENTS,
  login,
  changeState,
  acceptChatRequest,
  addParticipant,
  removeParticipant,
  transferChat,
  raiseHand,
  wrapUp,
};

function signedIn(turn: Turn): SignedInAgent {
  const agent = turn.centre.agents.get(turn.account().id);
  if (!agent) throw new Refusal("not-signed-in", "Sign in first.");
  return agent;
}

function colleague({ centre }: Turn, id: string | undefined): SignedInAgent {
  const agent = centre.agents.get(id ?? "");
  if (!agent) throw new Refusal("unknown-participant", "Nobody of that id is signed in.");
  return agent;
}

function participant(conversation: Conversation, id: string): Member {
  const member = conversation.members.get(id);
  if (!member || member.monitoring) throw new Refusal("unknown-participant", "Nobody of that id takes part.");
  return member;
}

function ownerIn(turn: Turn, conversation: Conversation): Member {
  const member = turn.speakerIn(conversation);
  if (member.role !== "Owner") throw new Refusal("not-the-owner", "Only the owner of the conversation may do that.");
  return member;
}

function sharesTeam({ teams }: SolutionAccount, { teams: others }: SolutionAccount): boolean {
  return teams.some((team) => others.includes(team));
}
