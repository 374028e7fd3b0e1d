import type { Participant } from "../../../src/transport/messages.ts";
import { list, record, text, type Fields } from "../../../src/kit/read.ts";

/** What a `NOTIFICATION` means to a customer. */
export type CxNotice =
  | { kind: "joined" | "left"; participant: Participant }
  | { kind: "handoff"; change: "requested" | "no-agent" }
  | { kind: "typing"; state: "composing" | "paused" }
  /** Known, and nothing that a customer is told. */
  | { kind: "internal" };

type Reader = (data: Fields) => CxNotice;

const INTERNAL: CxNotice = { kind: "internal" };

/** By `notificationType` (OM `NotificationType`; `TASK_STATE_CHANGE` is how the widget spells it). */
const READERS: Readonly<Record<string, Reader | undefined>> = {
  AGENT_SUBSCRIBED: (data) => readAgent("joined", record(data["agentParticipant"])),
  AGENT_UNSUBSCRIBED: (data) => readAgent("left", record(data["agentParticipant"])),
  PARTICIPANT_ROLE_CHANGED: readRoleChange,
  NO_AGENT_AVAILABLE: (data) =>
    text(record(data["requestType"])["direction"]) === "CONSULT" ? INTERNAL : { kind: "handoff", change: "no-agent" },
  TASK_ENQUEUED: readTask,
  TASK_STATE_CHANGED: readTask,
  TASK_STATE_CHANGE: readTask,
  TYPING_STARTED: () => ({ kind: "typing", state: "composing" }),
  TYPING_STOPPED: () => ({ kind: "typing", state: "paused" }),
  CHANNEL_SESSION_STARTED: () => INTERNAL,
  CHANNEL_SESSION_ENDED: () => INTERNAL,
  CHANNEL_SESSION_EXPIRED: () => INTERNAL,
  CHANNEL_SESSION_DATA_UPDATED: () => INTERNAL,
  AGENT_RESERVED: () => INTERNAL,
  ADVISOR_SUBSCRIBED: () => INTERNAL,
  ROOM_MEMBER_STATUS_CHANGED: () => INTERNAL,
  INFO: () => INTERNAL,
  WARNING: () => INTERNAL,
  SYSTEM_ERROR: () => INTERNAL,
};

/** Every `notificationType` that is understood. */
export const NOTIFICATION_TYPES: readonly string[] = Object.keys(READERS);

/** Reads the body of a `NOTIFICATION`; `undefined` for a type that nobody has documented. */
export function decodeNotification(body: Fields): CxNotice | undefined {
  const type = text(body["notificationType"]).toUpperCase();
  return READERS[type]?.(record(record(body["notificationData"])["data"]));
}

/** Only the primary agent is the customer's: supervisors who listen must not be seen. */
function readAgent(kind: "joined" | "left", member: Fields): CxNotice {
  if (text(member["role"]).toUpperCase() !== "PRIMARY") return INTERNAL;
  return { kind, participant: toAgent(member) };
}

function readRoleChange(data: Fields): CxNotice {
  const member = record(data["conversationParticipant"]);
  const role = text(member["role"]).toUpperCase();
  if (role === "PRIMARY") return { kind: "joined", participant: toAgent(member) };
  return role === "WRAP_UP" ? { kind: "left", participant: toAgent(member) } : INTERNAL;
}

function toAgent(member: Fields): Participant {
  const participant = record(member["participant"]);
  const user = record(participant["keycloakUser"]);
  const fullName = [user["firstName"], user["lastName"]].map(text).filter(Boolean).join(" ");
  const username = text(user["username"]);
  return {
    id: text(user["id"]) || text(participant["id"]) || username || "agent",
    name: fullName || username || "Agent",
    role: "agent",
    isSelf: false,
  };
}

/** Said only for a transfer: anything else in a queue is not the customer's waiting. */
function readTask(data: Fields): CxNotice {
  const media = list(record(data["task"])["activeMedia"]).map(record);
  const waits = media.some(
    ({ state, type }) => state === "QUEUED" && text(record(type)["direction"]) === "DIRECT_TRANSFER",
  );
  return waits ? { kind: "handoff", change: "requested" } : INTERNAL;
}
