import type { AgentDialect } from "./agent-payloads.ts";

/** What the sandbox's contact centre is like. Every setting may be changed while it runs. */
export interface ExotelSettings {
  /** `before`: the agent is in the room when the REST call answers; a number: so many ms afterwards; or not at all. */
  agentJoin: "before" | "never" | number;
  /** Which agent comes first. */
  agentName: string;
  /** How agents write the vendor's payloads. */
  payloadDialect: AgentDialect;
  /** Real JIDs are visible in rooms; default false. */
  nonAnonymous: boolean;
  /** The room comes into being so many ms after the REST call has answered. */
  roomDelayMs: number;
  /** The customer becomes a member so many ms after the REST call has answered. */
  memberDelayMs: number;
  /** Room password, or none. */
  roomPassword: string | null;
  /** `username` of the answer as bare JID or local part. */
  usernameForm: "jid" | "local";
  /** `roomName` of the answer as local part or room JID. */
  roomNameForm: "local" | "jid";
  exportTranscriptAllowed: boolean;
  /** Unknown keys in request bodies are refused, as a strict JSON mapping does. */
  strictJson: boolean;
  historyShape: HistoryShape;
  feedback: FeedbackVariant;
  /** Separator of the feedback channel identifier that the CMS knows. */
  channelSeparator: "_" | "-";
  /** Spelling of the submission's path. */
  feedbackPath: "chat-feedback" | "chat_feedback";
}

/** Shapes of the history answer; `stanzas` holds `{ stanza }` with XML text. */
export type HistoryShape = "message" | "messages" | "array" | "response" | "response-messages" | "stanzas";

/** Answers of the CMS. `url` and `new-tab` name a survey; `bare` leaves the envelope out. */
export type FeedbackVariant =
  "schemes" | "url" | "new-tab" | "disabled" | "not-found" | "bare" | "error" | "malformed" | "null";

/** The settings at the start. */
export const DEFAULT_SETTINGS: ExotelSettings = {
  agentJoin: 0,
  agentName: "Asha",
  payloadDialect: "exo",
  nonAnonymous: false,
  roomDelayMs: 0,
  memberDelayMs: 0,
  roomPassword: null,
  usernameForm: "jid",
  roomNameForm: "local",
  exportTranscriptAllowed: true,
  strictJson: true,
  historyShape: "message",
  feedback: "schemes",
  channelSeparator: "_",
  feedbackPath: "chat-feedback",
};

/** A chat that was provisioned. */
export interface SandboxChat {
  requestId: string;
  /** Body of the provisioning call, as it came. */
  request: unknown;
  customerJid: string;
  password: string;
  roomName: string;
  roomJid: string;
  startedAt: Date;
  /** What the REST call answered. */
  answer: Record<string, unknown>;
}

/** A rating as it was submitted; `attempt` counts submissions for the same chat, from 1. */
export interface FeedbackSubmission {
  chatId: string;
  interactionId: string;
  campaignId: unknown;
  feedback: unknown;
  attempt: number;
  at: Date;
}

/** One REST call as the shim got it. Tokens are left out. */
export interface RestRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
}

/** What goes wrong with the next REST calls. */
export interface RestFault {
  /**
   * `delay`: answer `delayMs` later; `status`: answer `status` with `body`; `malformed`: 200 with text that is no JSON;
   * `timeout`: never answer; `drop`: close the connection.
   */
  kind: "delay" | "status" | "malformed" | "timeout" | "drop";
  delayMs?: number;
  /** Default 500. */
  status?: number;
  /** Default: none. */
  body?: string;
  /** Leaves the reason phrase of HTTP/1.1 empty, as over HTTP/2. */
  emptyStatusText?: boolean;
  /** Milliseconds or seconds for the `Retry-After` header, as given. */
  retryAfter?: string;
  /** Only calls whose path holds this text; default: all. */
  path?: string;
  /** How many calls, default 1. */
  times?: number;
}

/** Everything the sandbox remembers. */
export interface ShimState {
  settings: ExotelSettings;
  token: string;
  chats: SandboxChat[];
  feedback: FeedbackSubmission[];
  requests: RestRequest[];
  /** Oldest first; `left` calls are still to go wrong. */
  faults: { fault: RestFault; left: number }[];
}
