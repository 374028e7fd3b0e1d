import * as v from "valibot";
import { answerSchema, richBodySchema } from "../../src/kit/rich-body.ts";
import type { Capabilities } from "../../src/transport/capabilities.ts";
import { CHAT_ERROR_CODES, type ChatErrorCode } from "../../src/transport/errors.ts";
import type { ChatState, EndedBy, ReceiptKind } from "../../src/transport/events.ts";
import type { Body, Handoff, OutgoingBody, Participant } from "../../src/transport/messages.ts";
import type { CloseReason } from "../../src/transport/states.ts";
import type { OpenRequest } from "../../src/transport/transport.ts";

/** What the customer's side puts on the wire. `request` pairs a frame with its `answer`. */
export type ClientFrame =
  | { type: "hello"; request: OpenRequest; resumeToken?: string; lastSeq: number }
  | { type: "send"; request: string; body: OutgoingBody; replyTo?: string }
  | { type: "chat-state"; state: ChatState }
  | { type: "mark"; kind: ReceiptKind; id: string }
  | { type: "history"; request: string; before?: number; limit: number }
  | { type: "catch-up"; request: string; after?: string; since: Date; from?: number; limit: number }
  | { type: "ping"; request: string }
  | { type: "upload"; request: string; name: string; mediaType: string; data: Blob }
  | { type: "request-agent"; request: string; handoff: Handoff }
  | { type: "edit"; request: string; id: string; body: OutgoingBody }
  | { type: "retract"; request: string; id: string }
  | { type: "react"; request: string; id: string; reactions: readonly string[] }
  | { type: "bye" };

/** The words of {@link ClientFrame}. */
export type ClientFrameType = ClientFrame["type"];

/** A message as the service stores it. `seq` is its place in the conversation. */
export interface WireMessage {
  seq: number;
  id: string;
  clientId?: string;
  from: Participant;
  sentAt: Date;
  body: Body;
  replyTo?: string;
  edited?: boolean;
  /** Between agents: it goes to no customer. */
  whisper?: true;
  /** For that agent only, by participant id. */
  whisperTo?: string;
}

/** A change as the service relays it: unchecked, like a chat room does. */
export type WireChange =
  { kind: "edited"; body: Body } | { kind: "retracted" } | { kind: "reactions"; reactions: string[] };

/** A change as it is relayed, and as it is asked for later. */
export interface ChangedFrame {
  type: "changed";
  seq: number;
  id: string;
  from: Participant;
  at: Date;
  replayed: boolean;
  change: WireChange;
}

/** What the service puts on the wire. */
export type ServerFrame =
  | {
      type: "welcome";
      conversationId: string;
      self: Participant;
      participants: Participant[];
      supports: Capabilities;
      resumeToken: string;
      maxUploadBytes: number;
    }
  | { type: "message"; message: WireMessage; replayed: boolean }
  | { type: "replay-ended"; resumed: boolean }
  | ChangedFrame
  | { type: "chat-state"; from: Participant; state: ChatState }
  | { type: "receipt"; kind: ReceiptKind; id: string; from: Participant; at: Date }
  | { type: "participant"; change: "joined" | "left" | "role-changed" | "renamed"; participant: Participant }
  | { type: "handoff"; change: "requested" | "accepted" | "no-agent" }
  | { type: "progress"; request: string; sentBytes: number }
  | { type: "answer"; request: string; value: Answer }
  | { type: "refused"; request: string; code: ChatErrorCode; text: string; limitBytes?: number }
  | { type: "ended"; by: EndedBy; interactionId?: string; chatId?: string }
  | { type: "removed"; reason: CloseReason };

/** What a request is answered with. */
export type Answer =
  | { kind: "sent"; id: string; acceptedAt: Date }
  | { kind: "stored"; url: URL; name: string; mediaType: string; sizeBytes: number }
  | { kind: "page"; messages: WireMessage[]; before?: number }
  | { kind: "missed"; messages: WireMessage[]; changes: ChangedFrame[]; next?: number }
  | { kind: "done" };

/** Somebody in a conversation, as frames spell them. */
export const participantSchema: v.GenericSchema<unknown, Participant> = v.object({
  id: v.string(),
  name: v.string(),
  role: v.picklist(["customer", "agent", "bot", "supervisor", "system", "unknown"]),
  isSelf: v.boolean(),
  isOwner: v.exactOptional(v.boolean()),
});
const participant = participantSchema;
const attachment = v.object({
  url: v.instance(URL),
  name: v.string(),
  mediaType: v.string(),
  sizeBytes: v.exactOptional(v.number()),
});
const plainBody = v.variant("kind", [
  v.object({ kind: v.literal("text"), text: v.string(), answer: v.exactOptional(answerSchema) }),
  v.object({ kind: v.literal("attachments"), attachments: v.array(attachment), caption: v.exactOptional(v.string()) }),
  v.object({ kind: v.literal("retracted") }),
]);
const body = v.union([plainBody, richBodySchema]);
const message = v.object({
  seq: v.number(),
  id: v.string(),
  clientId: v.exactOptional(v.string()),
  from: participant,
  sentAt: v.date(),
  body,
  replyTo: v.exactOptional(v.string()),
  edited: v.exactOptional(v.boolean()),
  whisper: v.exactOptional(v.literal(true)),
});
const change = v.variant("kind", [
  v.object({ kind: v.literal("edited"), body }),
  v.object({ kind: v.literal("retracted") }),
  v.object({ kind: v.literal("reactions"), reactions: v.array(v.string()) }),
]);
const changed = v.object({
  type: v.literal("changed"),
  seq: v.number(),
  id: v.string(),
  from: participant,
  at: v.date(),
  replayed: v.boolean(),
  change,
});
const flag = v.boolean();
const capabilities = v.object({
  chatStates: flag,
  receivedReceipts: flag,
  displayedMarkers: flag,
  upload: flag,
  history: flag,
  catchUp: flag,
  requestAgent: flag,
  resume: flag,
  edit: flag,
  retract: flag,
  react: flag,
  replyTo: flag,
});
const answer = v.variant("kind", [
  v.object({ kind: v.literal("sent"), id: v.string(), acceptedAt: v.date() }),
  v.object({
    kind: v.literal("stored"),
    url: v.instance(URL),
    name: v.string(),
    mediaType: v.string(),
    sizeBytes: v.number(),
  }),
  v.object({ kind: v.literal("page"), messages: v.array(message), before: v.exactOptional(v.number()) }),
  v.object({
    kind: v.literal("missed"),
    messages: v.array(message),
    changes: v.array(changed),
    next: v.exactOptional(v.number()),
  }),
  v.object({ kind: v.literal("done") }),
]);
const receiptKind = v.picklist(["received", "displayed"]);
const serverFrame = v.variant("type", [
  v.object({
    type: v.literal("welcome"),
    conversationId: v.string(),
    self: participant,
    participants: v.array(participant),
    supports: capabilities,
    resumeToken: v.string(),
    maxUploadBytes: v.number(),
  }),
  v.object({ type: v.literal("message"), message, replayed: v.boolean() }),
  v.object({ type: v.literal("replay-ended"), resumed: v.boolean() }),
  changed,
  v.object({
    type: v.literal("chat-state"),
    from: participant,
    state: v.picklist(["active", "composing", "paused", "inactive", "gone"]),
  }),
  v.object({ type: v.literal("receipt"), kind: receiptKind, id: v.string(), from: participant, at: v.date() }),
  v.object({
    type: v.literal("participant"),
    change: v.picklist(["joined", "left", "role-changed", "renamed"]),
    participant,
  }),
  v.object({ type: v.literal("handoff"), change: v.picklist(["requested", "accepted", "no-agent"]) }),
  v.object({ type: v.literal("progress"), request: v.string(), sentBytes: v.number() }),
  v.object({ type: v.literal("answer"), request: v.string(), value: answer }),
  v.object({
    type: v.literal("refused"),
    request: v.string(),
    code: v.picklist(CHAT_ERROR_CODES),
    text: v.string(),
    limitBytes: v.exactOptional(v.number()),
  }),
  v.object({
    type: v.literal("ended"),
    by: v.picklist(["agent", "customer", "system"]),
    interactionId: v.exactOptional(v.string()),
    chatId: v.exactOptional(v.string()),
  }),
  v.object({
    type: v.literal("removed"),
    reason: v.picklist([
      "customer-left",
      "agent-ended",
      "timed-out",
      "replaced",
      "refused",
      "handed-over",
      "left",
      "connection-lost",
    ]),
  }),
]);

/** Reads a frame of the service, or returns `undefined` for what is none. */
export function decodeServerFrame(value: unknown): ServerFrame | undefined {
  const result = v.safeParse(serverFrame, value);
  return result.success ? result.output : undefined;
}
