import type { Capabilities } from "./capabilities.ts";
import type { ChatError } from "./errors.ts";
import type { Participant } from "./messages.ts";

/** A joined conversation. */
export interface Conversation {
  /** The vendor's name for it; opaque. */
  id: string;
  self: Participant;
  /** Who is there, `self` included. A snapshot; `participant` events tell of changes. */
  participants: Participant[];
  /** What the server turned out to allow: never more than the transport declared. */
  supports: Capabilities;
  /** Largest file the service stores, in bytes; absent when it does not say or cannot store files. */
  maxUploadBytes?: number;
}

/** Why a conversation is closed. */
export type CloseReason =
  /** the customer ended it */
  | "customer-left"
  /** the contact centre ended it */
  | "agent-ended"
  /** the service gave up waiting */
  | "timed-out"
  /** the same customer connected elsewhere and the service keeps one session */
  | "replaced"
  /** the service said no: to `open`, or later by removing the customer */
  | "refused"
  /** another transport goes on with it: see `detach` */
  | "handed-over"
  /** this agent or bot left, and the conversation goes on without them */
  | "left"
  /** the link was lost and the reconnect policy gave up */
  | "connection-lost";

/** Where a transport stands. `closed` is final: a new chat is a new transport. */
export type TransportState =
  | { status: "idle" }
  | { status: "connecting"; attempt: number }
  | { status: "connected"; conversation: Conversation }
  | { status: "reconnecting"; attempt: number; retryAt: Date; cause: ChatError }
  | { status: "closed"; reason: CloseReason; cause?: ChatError };

/** The word of a {@link TransportState}. */
export type TransportStatus = TransportState["status"];

/** Which status may follow which. Everything else is a bug in the adapter. */
export const TRANSITIONS: Readonly<Record<TransportStatus, readonly TransportStatus[]>> = {
  idle: ["connecting", "closed"],
  connecting: ["connecting", "connected", "closed"],
  connected: ["reconnecting", "closed"],
  reconnecting: ["reconnecting", "connected", "closed"],
  closed: [],
};

/** Whether `TRANSITIONS` allows going from one status to the other. */
export function canTransition(from: TransportStatus, to: TransportStatus): boolean {
  return TRANSITIONS[from].includes(to);
}

/** Decides when to try again. Stateless: everything it needs is in the context. */
export interface ReconnectPolicy {
  /** @returns milliseconds until the next try, or `null` to give up. `attempt` counts from 1. */
  nextDelayMs(context: { attempt: number; elapsedMs: number; cause: ChatError }): number | null;
}
