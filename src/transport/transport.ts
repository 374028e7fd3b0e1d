import type { Call, SendCall, Unsubscribe, UploadCall } from "./call.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Siblings } from "./deliveries.ts";
import type { TransportEvents } from "./events.ts";
import type {
  Attachment,
  CatchUpPage,
  CatchUpStart,
  DeliveredMessage,
  Handoff,
  HistoryCursor,
  HistoryPage,
  MessageId,
  OutgoingBody,
  OutgoingMessage,
  Sent,
  UploadFile,
} from "./messages.ts";
import type { FormAnswer } from "./rich-bodies.ts";
import type { CloseReason, Conversation, TransportState } from "./states.ts";

/** Who wants to chat, and about what. */
export interface OpenRequest {
  customer: { name: string; email?: string; phone?: string };
  /** Present when a bot hands over. */
  handoff?: Handoff;
  /** The form before the chat, filled in; ignored where the vendor has none. */
  preChat?: FormAnswer;
  /** From `resumeToken` or `detach` of an earlier transport; needs `supports.resume`. What cannot be read is ignored. */
  resumeToken?: string;
  /**
   * Messages of this conversation that an earlier transport delivered, oldest first: this one takes marks, replies and
   * changes of them as of its own. It may deliver them again.
   */
  delivered?: readonly DeliveredMessage[];
}

/**
 * One customer's conversation over one vendor's wire. The contract between `ChatSession` and every adapter.
 *
 * Rules for all methods, proven by the contract suite (`switchboard-chat/contract`):
 *
 * - Every rejection is a `ChatError`. A method never throws synchronously.
 * - In `idle` everything but `open` and `close` rejects with `not-connected`; in `closed` everything but `close`
 *   rejects with `closed`.
 * - In `connecting` and `reconnecting`, everything but `open` and `close` rejects with `not-connected`: queueing is the
 *   session's.
 * - A second `open` in `connecting`, `connected` or `reconnecting` rejects with `invalid-argument` and disturbs nothing.
 * - An already aborted signal rejects with `aborted` and touches neither state nor wire. Only `close` goes on: there an
 *   abort cuts the goodbye short.
 * - What is under way when the link is lost rejects with `unreachable`; when the conversation closes, with `closed`.
 * - After the state became `closed` nothing is emitted any more, and no timer, socket or listener is left.
 * - A listener that throws or unsubscribes while an event is being emitted harms no other.
 *
 * One instance serves one conversation. An agent, who has many, uses many transports or a contract of its own.
 */
export interface ChatTransport {
  /** Changes only with a breaking change of this file. */
  readonly contract: 1;
  /** For logs. Nobody branches on it. */
  readonly vendor: string;
  /** Constant for the instance's life. */
  readonly supports: Capabilities;
  readonly state: TransportState;
  /** Other sessions that share this conversation; absent where it is one session's alone, as with every adapter. */
  readonly siblings?: Siblings;

  /** Subscribes. Listeners are called in the order of subscription. */
  on<K extends keyof TransportEvents>(type: K, listener: (event: TransportEvents[K]) => void): Unsubscribe;

  /**
   * `idle → connecting → connected`. Resolves after the service confirmed that the customer is in the conversation.
   * On any rejection but `aborted`-before-start the state is `closed`, with the reason `refused` for a refusal (`refused`,
   * `unauthorized`, `conflict`, `not-found`), which is not retried; `timed-out` for a time-out; `customer-left` for an
   * abort; `connection-lost` for anything else. An abort after it resolved has no effect.
   * @param call `timeoutMs` covers everything up to the join, default 30_000.
   */
  open(request: OpenRequest, call?: Call): Promise<Conversation>;

  /**
   * Any state `→ closed`. Says goodbye if the link allows, and resolves when everything is released. Never rejects
   * for the network. Twice is fine: the second call waits for the first.
   * @param reason default `customer-left`. @param call `timeoutMs` bounds the goodbye, default 5_000.
   */
  close(reason?: CloseReason, call?: Call): Promise<void>;

  /**
   * Resolves when the service has taken the message (the room reflected it, the server answered), not when somebody
   * read it; `call.onSent` tells of the moment before. The transport never repeats a send on its own: an unknown
   * outcome rejects with `timed-out` or `unreachable`.
   * @param call `timeoutMs` default 20_000.
   * @throws ChatError `invalid-argument` (empty text, no attachment), `unsupported` (`replyTo` without
   * `supports.replyTo`), `too-large`, `refused`, `timed-out`, `unreachable`.
   */
  send(message: OutgoingMessage, call?: SendCall): Promise<Sent>;

  /** Resolves when handed to the wire. Throttling is the session's. */
  sendChatState?(state: "composing" | "paused", call?: Call): Promise<void>;

  /**
   * Tells the others that a message arrived (`received`) or was read up to (`displayed`). Resolves when handed to the
   * wire.
   * @throws ChatError `not-found` for an id this transport never delivered or read, `unsupported` for the kind it lacks.
   */
  mark?(kind: "received" | "displayed", id: MessageId, call?: Call): Promise<void>;

  /**
   * Resolves when the service stores the file. Nothing is sent to the conversation: pass the result to `send`.
   * @param call `timeoutMs` covers slot and transfer, default 60_000.
   * @throws ChatError `too-large` (with `limitBytes`), `invalid-argument` (0 bytes, wrong size), `rate-limited`,
   * `unsupported`, `refused`, `unreachable`, `aborted`.
   */
  upload?(file: UploadFile, call?: UploadCall): Promise<Attachment>;

  /**
   * Reads one page of at most `limit`, the newest when `before` is absent. All of it is `replayed`, none of it is emitted.
   * @param call `timeoutMs` default 20_000. @throws ChatError `invalid-argument` when `limit` is not a positive integer.
   */
  history?(page: { before?: HistoryCursor; limit: number }, call?: Call): Promise<HistoryPage>;

  /**
   * Reads what the conversation got after a point, at most `limit` messages a page, own ones (with their `clientId`)
   * among them. All of it is `replayed`, none of it is emitted; some of it may have been emitted before. What the service
   * took before this call is in it, unless the page says that it is `incomplete`.
   * @param call `timeoutMs` default 20_000.
   * @throws ChatError `invalid-argument` when `limit` is not a positive integer.
   */
  catchUp?(page: CatchUpStart & { cursor?: HistoryCursor; limit: number }, call?: Call): Promise<CatchUpPage>;

  /**
   * The page is seen again, or the network is back. While `reconnecting` it is tried at once; while `connected` the service
   * is asked for a sign of life, and a link that stays silent is given up and replaced. Absent where nothing can hang.
   * @param call `timeoutMs` default 5_000.
   * @returns whether the link is known to be alive. Rejects only with `aborted`.
   */
  wake?(call?: Call): Promise<boolean>;

  /**
   * With what a later `open`, here or in the next page, goes on with this conversation; `undefined` while there is
   * nothing to go on with. It changes with the traffic: `resume-token` says when. A secret: whoever has it is the customer.
   */
  resumeToken?(): string | undefined;

  /**
   * Lets go of the conversation without a goodbye, for another transport to go on with it: `closed`, `handed-over`. What
   * is under way rejects with `closed`. @returns the last token; `undefined` when there was nothing to go on with.
   */
  detach?(): string | undefined;

  /** Asks for a human inside a running conversation; `handoff` events tell what became of it. */
  requestAgent?(handoff: Handoff, call?: Call): Promise<void>;

  /**
   * Replaces the body of an own message. Resolves when the service took it.
   * @throws ChatError `not-found` for an id this transport never sent, delivered or read, `refused` for somebody else's.
   */
  edit?(id: MessageId, body: OutgoingBody, call?: Call): Promise<void>;

  /** Withdraws an own message. Resolves when the service took it. @throws ChatError as `edit`. */
  retract?(id: MessageId, call?: Call): Promise<void>;

  /** Replaces this customer's reactions to a message; an empty list removes them. Resolves when the service took it. @throws ChatError `not-found`. */
  react?(id: MessageId, reactions: readonly string[], call?: Call): Promise<void>;
}
