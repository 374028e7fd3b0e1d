import type { ChatError } from "../transport/errors.ts";
import type { TransportEvents } from "../transport/events.ts";
import type { ChatMessage } from "../transport/messages.ts";
import type { CloseReason, Conversation, TransportState } from "../transport/states.ts";
import type { PostedDelivery } from "./deliveries.ts";
import type { Operation } from "./operations.ts";

/** Events that go from the tab with the connection to the others as they are. */
export type SharedEventType = Exclude<keyof TransportEvents, "state" | "replay-ended" | "resume-token">;

/** One of them with its name. */
export type SharedEvent = { [K in SharedEventType]: { name: K; event: TransportEvents[K] } }[SharedEventType];

/** Where the conversation stands, for a tab that comes to it. */
export interface Snapshot {
  conversation: Conversation;
  /** Oldest first, with no gap between them and none behind them. */
  messages: ChatMessage[];
  /** Own messages of all tabs that the service does not surely have. */
  deliveries: PostedDelivery[];
  token?: string;
}

/**
 * What tabs tell each other, decoded. The tab with the connection (the leader) is the only one that is believed about the
 * conversation, and every tab about its own messages; `from` says which tab wrote it, `to` whom it is for, absent for all.
 */
export type Frame =
  /** somebody has come: the leader answers with `welcome` as soon as it is connected */
  | { type: "hello"; from: string }
  /** somebody leads from now on; what the one before was asked is lost */
  | { type: "lead"; from: string }
  | { type: "welcome"; from: string; to?: string; snapshot: Snapshot }
  /** `except`: who caused it, and knows already */
  | { type: "event"; from: string; except?: string; shared: SharedEvent }
  /** what became of an own message of that tab */
  | { type: "delivery"; from: string; posted: PostedDelivery }
  | { type: "reconnecting"; from: string; state: Extract<TransportState, { status: "reconnecting" }> }
  | { type: "closed"; from: string; reason: CloseReason; cause?: ChatError }
  /** the leader lets go, and another tab shall go on */
  | { type: "handover"; from: string; token?: string }
  | { type: "token"; from: string; token?: string }
  /** the customer ended the chat in that tab */
  | { type: "end"; from: string }
  | { type: "request"; from: string; to: string; id: string; untilMs: number; operation: Operation }
  | { type: "cancel"; from: string; to: string; id: string }
  | { type: "sent"; from: string; to: string; id: string }
  | { type: "progress"; from: string; to: string; id: string; sentBytes: number }
  | { type: "answer"; from: string; to: string; id: string; value: unknown }
  | { type: "failed"; from: string; to: string; id: string; error: ChatError };

/** The words of {@link Frame}. */
export type FrameType = Frame["type"];
