import type { ChatError } from "../transport/errors.ts";
import type { TransportEvents } from "../transport/events.ts";
import type { Body, MessageId, Participant } from "../transport/messages.ts";

/**
 * What became of an own message. It moves forward only and may skip steps:
 * `queued` (waits for its turn; a `failed` message that the customer sends again starts here) → `sent` (handed to the wire) → `failed` (see `error`) or `accepted` (the service has it)
 * → `received` (on the other's device) → `displayed` (they have read it). `failed` comes before `accepted` because a
 * message whose outcome was unknown may still turn up: then it is `accepted` after all.
 */
export type MessageStatus = "queued" | "sent" | "failed" | "accepted" | "received" | "displayed";

/** The order of {@link MessageStatus}. */
export const STATUS_ORDER: Readonly<Record<MessageStatus, number>> = {
  queued: 0,
  sent: 1,
  failed: 2,
  accepted: 3,
  received: 4,
  displayed: 5,
};

/** Whether the service is known to have the message. */
export function isAccepted(status: MessageStatus | undefined): boolean {
  return status !== undefined && STATUS_ORDER[status] >= STATUS_ORDER.accepted;
}

/** An outage, or the time between two sessions, and what became of the messages in it. */
export interface GapEvent {
  /** When the link was lost. */
  since: Date;
  /** When the closing of the gap ended. */
  until: Date;
  /** Everything that the service took meanwhile has been delivered, in its order. If false, look into the history. */
  repaired: boolean;
  /** How many messages came with it. */
  recovered: number;
  /** Why it was not repaired. */
  cause?: ChatError;
}

/** A message as the session knows it, own or not. One object per message, which the session keeps up to date. */
export interface SessionMessage {
  /** The service's id; an own message has none until it was accepted. */
  readonly id?: MessageId;
  /** Our own id; only on own messages. */
  readonly clientId?: string;
  readonly from: Participant;
  /** The service's clock; ours until an own message was accepted. */
  readonly sentAt: Date;
  readonly body: Body;
  readonly replayed: boolean;
  readonly replyTo?: MessageId;
  readonly edited?: boolean;
  /** What each participant reacted with, by participant id. */
  readonly reactions?: ReadonlyMap<string, readonly string[]>;
  /** Between agents: the customer never gets it. Only in agents' conversations. */
  readonly whisper?: true;
  /** Only on own messages. */
  readonly status?: MessageStatus;
  /** Why it is `failed`. */
  readonly error?: ChatError;
}

/**
 * What a session emits. The transport's events come through as they are, `raw` included, in the order of the wire and
 * within the transport's own emit; only while a gap is being closed, messages, changes, chat states and receipts wait until
 * what was missed has been delivered. `typing`, `message-status`, `gap` and `error` are the session's.
 *
 * - `message`: each message of the service once. Own ones are among them where the service reflects them.
 * - `message-status`: an own message was queued, or has moved on.
 * - `gap`: once after each outage, when it is known whether anything is missing: after the messages that were fetched,
 *   before those that waited for them.
 * - `typing`: who is composing right now has changed.
 * - `ended`: the chat is over; also when this customer ended it by `end()`.
 * - `error`: something was given up that no promise tells of: the connection was lost for good.
 */
// A type, not an interface: mitt asks for an implicit index signature.
export type SessionEvents = TransportEvents & {
  "message-status": SessionMessage;
  gap: GapEvent;
  typing: readonly Participant[];
  error: ChatError;
};
