import { SOLUTION_TEAMS, type SolutionAccount } from "./accounts.ts";
import { isStaff, type Conversation, type LedgerEntry, type Member } from "./conversation.ts";
import { textField, type Fields } from "./read.ts";
import type { SolutionCentre } from "./solution-centre.ts";
import type { WireMember, WireMessage } from "./wire.ts";

/** A participant as others are told of him. */
export function toWireMember(centre: SolutionCentre, member: Member): WireMember {
  const { id, name, type, role } = member;
  const key = isStaff(member) ? centre.switches.participantIds : "id";
  return { [key]: id, name, displayName: name, type, role, status: statusOf(centre, id) };
}

/** A conversation as the viewer may know it. @param full with its messages. */
export function toWireConversation(
  centre: SolutionCentre,
  conversation: Conversation,
  viewer: Member,
  full = false,
): Record<string, unknown> {
  return {
    id: conversation.id,
    // The guide's table says so.
    type: "ActivityMessage",
    activityType: conversation.activityType,
    channel: conversation.channel,
    participants: conversation.membersFor(viewer).map((member) => toWireMember(centre, member)),
    messages: full ? toWireMessages(centre, conversation, viewer) : [],
  };
}

/** The messages that the viewer may read, in the order of the switch. */
export function toWireMessages(centre: SolutionCentre, conversation: Conversation, viewer: Member): WireMessage[] {
  const seen = conversation.entriesFor(viewer).map((entry) => toWireMessage(centre, entry, viewer));
  return centre.switches.order === "ascending" ? seen : seen.toReversed();
}

/** A message as that viewer gets it. */
export function toWireMessage(
  { switches }: SolutionCentre,
  { message }: Pick<LedgerEntry, "message">,
  viewer: Pick<Member, "type">,
): WireMessage {
  if (viewer.type !== "Customer") return message;
  if (message.type === "BotMessage") {
    if (switches.botAnswersAs === "BotMessage") return message;
    const { conversationId, messageId, timestamp, bot } = message;
    return {
      conversationId,
      type: "ChatMessage",
      requestId: messageId,
      timestamp,
      from: { id: bot.id, name: bot.name },
      to: [],
      text: message.text ?? bestOf(message.output),
      attachments: [],
    };
  }
  if (message.type === "ActivityMessage") return message;
  // `channel` is the agents'.
  const { channel: _channel, language, tag, ...shown } = message;
  if (switches.edition === "v3") return shown;
  return { ...shown, ...(language !== undefined && { language }), ...(tag !== undefined && { tag }) };
}

function bestOf(output: readonly { name: string; confidence: number }[]): string {
  return output.toSorted((a, b) => b.confidence - a.confidence)[0]?.name ?? "";
}

/** The customer as a desk is told of him. */
export function toWireCustomer(centre: SolutionCentre, { id, customer, info, channel, handOff }: Conversation): Fields {
  const { requestId: _requestId, timestamp: _timestamp, ...known } = info;
  return {
    ...known,
    id: customer.id,
    displayName: customer.name,
    email: textField(info, "email") ?? "",
    phone: textField(info, "phone") ?? "",
    channel,
    conversationId: id,
    ...(centre.switches.passHandOff && { handOff }),
  };
}

/** Somebody who works here, with his teams: the guide's Agent or Supervisor. */
export function toWireAccount(centre: SolutionCentre, account: SolutionAccount): Fields {
  const { id, name, type, teams } = account;
  const key = centre.switches.participantIds;
  const base = { [key]: id, name, displayName: name, type, role: "Participant", status: statusOf(centre, id) };
  if (type === "Supervisor") return { ...base, team: teams.map((team) => toWireTeam(centre, team))[0] };
  return {
    ...base,
    teams: teams.map((team) => toWireTeam(centre, team)),
    conversations: conversationsOf(centre, account),
  };
}

/** A team. Its people come without their teams: they would never end. */
export function toWireTeam(centre: SolutionCentre, id: string): Fields {
  const people = centre.accounts.filter(({ teams }) => teams.includes(id));
  const brief = (wanted: SolutionAccount["type"]): Fields[] =>
    people
      .filter(({ type }) => type === wanted)
      .map(({ id: person, name, type }) => ({
        [centre.switches.participantIds]: person,
        name,
        displayName: name,
        type,
        role: "Participant",
        status: statusOf(centre, person),
      }));
  return { id, name: SOLUTION_TEAMS[id] ?? id, members: brief("Agent"), supervisors: brief("Supervisor") };
}

/** The open conversations of an agent or, for a supervisor, of his team. */
export function conversationsOf(centre: SolutionCentre, account: SolutionAccount): Fields[] {
  const viewer: Member = {
    ...account,
    role: "Participant",
    monitoring: false,
    quiet: false,
  };
  return centre.openConversationsOf(account).map((each) => toWireConversation(centre, each, viewer));
}

function statusOf(centre: SolutionCentre, id: string): WireMember["status"] {
  const account = centre.accounts.find((each) => each.id === id);
  if (!account) return "Active";
  if (centre.isBusy(id)) return "Active";
  return [...(centre.agents.get(id)?.states.values() ?? [])].includes("READY") ? "Ready" : "Busy";
}
