import type { AgentIdentity, Colleague, Floor, FloorConversation } from "../../../src/agent/agent-transport.ts";
import { record, type Fields } from "../../../src/kit/read.ts";
import { listField, recordField, textField } from "../wire/fields.ts";
import { decodeParticipant, toParticipant, type SolutionParticipant } from "../wire/people.ts";

/** Who signed in, as the answer to `login` says; what it leaves out is as it was asked. */
export function decodeAgent(info: Fields, agentId: string): AgentIdentity {
  const agent = recordField(info, "agent");
  const found = decodeParticipant(Object.keys(agent).length > 0 ? agent : info);
  return {
    id: found.id || agentId,
    name: found.name || found.id || agentId,
    role: found.role === "supervisor" ? "supervisor" : "agent",
  };
}

/** Teams and conversations, of the answer to `login` or of an Agent or Supervisor object (guide 6.3.4 to 6.3.7). */
export function decodeFloor(info: Fields, { id, role }: AgentIdentity, at: Date): Floor {
  const agent = recordField(info, "agent");
  const own = recordField(agent, "team");
  const teams = [...listField(info, "teams"), ...listField(agent, "teams"), own].map((each) =>
    decodeTeam(record(each)),
  );
  const conversations = [...listField(info, "conversations"), ...listField(agent, "conversations")].map((each) =>
    decodeConversation(record(each), id),
  );
  return {
    teams: unique(teams, (team) => team.id),
    conversations: role === "supervisor" ? unique(conversations, (each) => each.conversationId) : [],
    at,
  };
}

function decodeTeam(team: Fields): Floor["teams"][number] {
  return {
    id: textField(team, "id"),
    name: textField(team, "name"),
    members: listField(team, "members")
      .map(decodeParticipant)
      .map((each) => toColleague(each)),
    supervisors: listField(team, "supervisors")
      .map(decodeParticipant)
      .map((each) => toColleague(each, "supervisor")),
  };
}

function decodeConversation(conversation: Fields, selfId: string): FloorConversation {
  const people = listField(conversation, "participants").map(decodeParticipant);
  const owner = people.find(({ isOwner }) => isOwner === true);
  const customer = people.find(({ role }) => role === "customer");
  return {
    conversationId: textField(conversation, "id") || textField(conversation, "conversationId"),
    participants: people.map((each) => toParticipant(each, selfId)),
    ...(customer && { customer: { id: customer.id, name: customer.name, details: {} } }),
    ...(owner && { agentId: owner.id }),
  };
}

/** Supervisors of a team may come with the type `Agent` (guide 6.3.6). */
function toColleague({ id, name, role: said, status }: SolutionParticipant, role = said): Colleague {
  const word = status.toLowerCase().replace("_", "-");
  return { id, name, role, ...(word !== "" && { status: word }) };
}

/** The last of each; what has no name is none. */
function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  const found = new Map(items.map((item) => [key(item), item]));
  found.delete("");
  return [...found.values()];
}
