import type { ChatError } from "./errors.ts";
import type { ChangedMessage, ChatMessage, MessageId, Participant } from "./messages.ts";
import type { TransportState } from "./states.ts";

/** What a participant is doing (XEP-0085 has all five; other vendors fewer). */
export type ChatState = "active" | "composing" | "paused" | "inactive" | "gone";

/** `received`: on their device. `displayed`: they have read up to here. */
export type ReceiptKind = "received" | "displayed";

/** Who ended the conversation. */
export type EndedBy = "agent" | "customer" | "system";

/** The end of a conversation, with what a rating needs. */
export interface EndedEvent {
  by: EndedBy;
  /** The contact centre's interaction id, where it says one. */
  interactionId?: string;
  /** The contact centre's chat id, where it says one. */
  chatId?: string;
  raw?: unknown;
}

/**
 * Everything a transport emits. Each event is one object; `raw` is the adapter's record of the frame behind it.
 *
 * - `message`: each id at most once per transport, in the service's order. Own messages are among them where the service
 *   reflects them, before or after `send` resolves. What was missed while reconnecting comes as `replayed`, and no
 *   replayed message follows a live one of the same connection.
 * - `replay-ended`: the service has said by itself all that it will say of the past of this connection. Exactly once after
 *   each `connected`, in the same task or later; no replayed message follows it. What was replayed is contiguous up to
 *   now. `unbroken` vouches that nothing is missing between the last message before an outage and the first one after it:
 *   the service resumed its stream, or the replay reaches back to a message that was delivered before.
 * - `message-changed`: an edit, retraction or reaction whose author may make it; anybody else's is dropped. Of messages
 *   that were delivered, or read by `catchUp` or `history`.
 * - `resume-token`: `resumeToken()` gives another one now. As often as there is traffic: read it when it is needed.
 * - `link`: while `connected`, nothing gets through for the moment (`steady: false`, with the cause), and then again it does.
 *   The conversation stands, and what was sent is still on its way.
 * - `ended`: the far end (or the customer, elsewhere) ended the chat, now or in an outage of this connection, which is told
 *   after `replay-ended`. At most once, never because of what lies before what was delivered, and the state
 *   becomes `closed` right after it without a call. The customer's own `close` emits none.
 * - `warning`: degraded but still running, for instance an unreadable frame.
 */
// A type, not an interface: mitt asks for an implicit index signature.
export type TransportEvents = {
  state: { previous: TransportState; current: TransportState };
  message: ChatMessage;
  "replay-ended": { unbroken: boolean };
  "message-changed": ChangedMessage;
  "chat-state": { from: Participant; state: ChatState; raw?: unknown };
  receipt: { kind: ReceiptKind; id: MessageId; from: Participant; at: Date; raw?: unknown };
  participant: { change: "joined" | "left" | "role-changed" | "renamed"; participant: Participant };
  "resume-token": { changed: true };
  link: { steady: true } | { steady: false; cause: ChatError };
  handoff: { change: "requested" | "accepted" | "no-agent" };
  ended: EndedEvent;
  warning: ChatError;
};
