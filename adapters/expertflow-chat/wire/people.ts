import { record, type Fields } from "../../../src/kit/read.ts";
import type { CustomerInfo } from "../../../src/transport/link-state.ts";
import type { Participant, ParticipantRole } from "../../../src/transport/messages.ts";
import { field, textField } from "./fields.ts";

/** A participant as the wire has one: `{id, name}` (customer, bot) or the Agent API's, which has more and other names. */
export interface SolutionParticipant {
  id: string;
  name: string;
  /** `unknown` where the frame does not say. */
  role: ParticipantRole;
  isOwner: boolean | undefined;
  /** `Ready`, `Active`, `Busy`, or whatever a server says; `""` for nothing. */
  status: string;
}

/** Reads a participant. Supervisors may come with the type `Agent`: whoever has a `team` is one (guide 6.3.6). */
export function decodeParticipant(value: unknown): SolutionParticipant {
  const fields = record(value);
  const type = textField(fields, "type").toLowerCase();
  const rank = textField(fields, "role").toLowerCase();
  return {
    id: textField(fields, "id") || textField(fields, "participantId") || textField(fields, "agentId"),
    name: textField(fields, "displayName") || textField(fields, "name"),
    role: field(fields, "team") === undefined ? (ROLES[type] ?? "unknown") : "supervisor",
    isOwner: rank === "" ? undefined : rank === "owner",
    status: textField(fields, "status"),
  };
}

const ROLES: Readonly<Record<string, ParticipantRole | undefined>> = {
  agent: "agent",
  supervisor: "supervisor",
  bot: "bot",
  customer: "customer",
  system: "system",
};

/** As the contract has it. */
export function toParticipant({ id, name, role, isOwner }: SolutionParticipant, selfId: string): Participant {
  return { id, name, role, isSelf: id === selfId && id !== "", ...(isOwner === true && { isOwner }) };
}

const OWN: ReadonlySet<string> = new Set(["id", "name", "displayname", "email", "phone", "channel", "conversationid"]);

/** Reads `customer` and `customerInfo` (6.1.6, 7.0.4); both are open: what has no place of its own is a detail. */
export function decodeCustomer(value: unknown): CustomerInfo {
  const fields = record(value);
  const [id, email] = [textField(fields, "id") || textField(fields, "accountId"), textField(fields, "email")];
  const [phone, channel] = [textField(fields, "phone"), textField(fields, "channel")];
  const written = `${textField(fields, "firstName")} ${textField(fields, "lastName")}`.trim();
  return {
    ...(id !== "" && { id }),
    name: textField(fields, "displayName") || textField(fields, "name") || written,
    ...(email !== "" && { email }),
    ...(phone !== "" && { phone }),
    ...(channel !== "" && { channel }),
    details: detailsOf(fields),
  };
}

function detailsOf(fields: Fields): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !OWN.has(name.toLowerCase())));
}
