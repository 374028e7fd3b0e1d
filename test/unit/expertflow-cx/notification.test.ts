import { describe, expect, it } from "vitest";
import { decodeNotification, NOTIFICATION_TYPES } from "../../../adapters/expertflow-cx/wire/notification.ts";

const omar = { keycloakUser: { id: "k-1", username: "omar", firstName: "Omar", lastName: "Ali" } };
const agent = { id: "k-1", name: "Omar Ali", role: "agent", isSelf: false };
const queued = (direction: string): object => ({ task: { activeMedia: [{ state: "QUEUED", type: { direction } }] } });

/** What each says to a customer (object-model 1.21.1 `NotificationType`; data as the vendor's widget reads it). */
const CASES: [type: string, data: object, notice: object][] = [
  [
    "AGENT_SUBSCRIBED",
    { agentParticipant: { role: "PRIMARY", participant: omar } },
    { kind: "joined", participant: agent },
  ],
  ["AGENT_SUBSCRIBED", { agentParticipant: { role: "SILENT_MONITOR", participant: omar } }, { kind: "internal" }],
  [
    "AGENT_UNSUBSCRIBED",
    { agentParticipant: { role: "PRIMARY", participant: omar } },
    { kind: "left", participant: agent },
  ],
  [
    "PARTICIPANT_ROLE_CHANGED",
    { conversationParticipant: { role: "PRIMARY", participant: omar } },
    { kind: "joined", participant: agent },
  ],
  [
    "PARTICIPANT_ROLE_CHANGED",
    { conversationParticipant: { role: "WRAP_UP", participant: omar } },
    { kind: "left", participant: agent },
  ],
  [
    "PARTICIPANT_ROLE_CHANGED",
    { conversationParticipant: { role: "ASSISTANT", participant: omar } },
    { kind: "internal" },
  ],
  ["NO_AGENT_AVAILABLE", { requestType: { direction: "INBOUND" } }, { kind: "handoff", change: "no-agent" }],
  ["NO_AGENT_AVAILABLE", { requestType: { direction: "CONSULT" } }, { kind: "internal" }],
  ["TASK_ENQUEUED", queued("DIRECT_TRANSFER"), { kind: "handoff", change: "requested" }],
  ["TASK_ENQUEUED", queued("INBOUND"), { kind: "internal" }],
  ["TASK_STATE_CHANGED", queued("DIRECT_TRANSFER"), { kind: "handoff", change: "requested" }],
  ["TASK_STATE_CHANGE", queued("DIRECT_TRANSFER"), { kind: "handoff", change: "requested" }],
  ["TYPING_STARTED", {}, { kind: "typing", state: "composing" }],
  ["TYPING_STOPPED", {}, { kind: "typing", state: "paused" }],
  ["CHANNEL_SESSION_STARTED", {}, { kind: "internal" }],
  ["CHANNEL_SESSION_ENDED", {}, { kind: "internal" }],
  ["CHANNEL_SESSION_EXPIRED", {}, { kind: "internal" }],
  ["CHANNEL_SESSION_DATA_UPDATED", {}, { kind: "internal" }],
  ["AGENT_RESERVED", {}, { kind: "internal" }],
  ["ADVISOR_SUBSCRIBED", {}, { kind: "internal" }],
  ["ROOM_MEMBER_STATUS_CHANGED", {}, { kind: "internal" }],
  ["INFO", {}, { kind: "internal" }],
  ["WARNING", {}, { kind: "internal" }],
  ["SYSTEM_ERROR", {}, { kind: "internal" }],
];

describe("a notification", () => {
  it.each(CASES)("%s with %j", (notificationType, data, notice) => {
    const body = { type: "NOTIFICATION", notificationType: notificationType.toLowerCase(), notificationData: { data } };
    expect(decodeNotification(body)).toEqual(notice);
  });

  it("every type that is understood is among these", () => {
    expect(new Set(CASES.map(([type]) => type))).toEqual(new Set(NOTIFICATION_TYPES));
  });

  it("that nobody has documented is told apart", () => {
    expect(decodeNotification({ notificationType: "PARTY" })).toBeUndefined();
  });

  it.each([{}, { notificationData: null }, { notificationData: { data: [1] } }])(
    "without data is no failure: %j",
    (rest) => {
      for (const notificationType of NOTIFICATION_TYPES)
        expect(decodeNotification({ ...rest, notificationType })).toBeDefined();
    },
  );
});
