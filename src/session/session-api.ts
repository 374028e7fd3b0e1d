import type { ListenOptions } from "../kit/emitter.ts";
import type { Call, Unsubscribe, UploadCall } from "../transport/call.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import type {
  Attachment,
  ChatMessage,
  Handoff,
  HistoryCursor,
  HistoryPage,
  MessageId,
  OutgoingBody,
  Participant,
  UploadFile,
} from "../transport/messages.ts";
import type { CloseReason, Conversation, TransportState } from "../transport/states.ts";
import type { OpenRequest } from "../transport/transport.ts";
import type { HoldLimits } from "./catch-up.ts";
import type { KeepOptions } from "./chat-keeper.ts";
import type { SendHandle } from "./send-handle.ts";
import type { SessionEvents, SessionMessage } from "./session-events.ts";
import type { TranscriptFormat } from "./transcript.ts";

/** Options of `createChatSession`. */
export interface ChatSessionOptions {
  /** Keep what waits, and what is known of own messages, over a reload. Default: nothing is stored. */
  keep?: KeepOptions;
  /** How many messages may wait to be sent; beyond it a send fails as `outbox-full`. Default 500. */
  outboxLimit?: number;
  /** How long live messages may wait for what was missed before them. */
  hold?: HoldLimits;
  /**
   * Ask for a sign of life when the page is seen again, thawed, restored, back online, or after the machine has slept.
   * Default true.
   */
  watchPage?: boolean;
  /** Tell senders that their messages arrived, where the service has such receipts. Default false. */
  acknowledge?: boolean;
  /** Hears of errors that listeners throw. Default: the platform's own report of unhandled errors. */
  onListenerError?: (error: unknown) => void;
}

/** Options of {@link ChatSession.send}. `timeoutMs` counts from the moment it is the message's turn. */
export interface SendOptions extends Call {
  /** The message this one answers; needs `supports.replyTo`. */
  replyTo?: MessageId;
  /** An id of the caller's own, unique in the conversation. Default: a random UUID. */
  clientId?: string;
}

/** Options of {@link ChatSession.sendFile}. */
export interface SendFileOptions extends SendOptions, UploadCall {
  /** A text that goes with the file. */
  caption?: string;
}

/**
 * One customer's chat, whoever the vendor is. It is given a transport in `idle` and is over when that is closed; a new
 * chat is a new session. Rejections are `ChatError`s; what the vendor or server lacks rejects with `unsupported`.
 */
export interface ChatSession {
  readonly state: TransportState;
  /** Present once connected. */
  readonly conversation: Conversation | undefined;
  /** What can be done right now: nothing before the chat is connected. */
  readonly supports: Capabilities;
  /** Every message once, oldest first, own ones with their status. Kept up to date; do not change it. */
  readonly messages: readonly SessionMessage[];
  /** Who is there, this customer included. */
  readonly participants: readonly Participant[];
  /** Who of the others is composing right now. */
  readonly typing: readonly Participant[];

  /** Calls `listener` for each event until the returned function is called or `signal` fires. */
  on<K extends keyof SessionEvents>(
    type: K,
    listener: (event: SessionEvents[K]) => void,
    options?: ListenOptions,
  ): Unsubscribe;
  /** Calls `listener` for the next event only. */
  once<K extends keyof SessionEvents>(
    type: K,
    listener: (event: SessionEvents[K]) => void,
    options?: ListenOptions,
  ): Unsubscribe;
  /** The `message` events from now on. Ends with the chat or when `signal` fires. */
  stream(options?: ListenOptions): AsyncIterableIterator<ChatMessage>;

  /** Connects. Resolves when the customer is in the conversation. @throws ChatError as {@link ChatTransport.open}. */
  start(request: OpenRequest, call?: Call): Promise<Conversation>;
  /**
   * Sends a text or a body. Returns at once; the handle tells what becomes of it. What is sent before the chat is
   * connected, or while it is reconnecting, waits its turn.
   */
  send(content: string | OutgoingBody, options?: SendOptions): SendHandle;
  /**
   * Every message that this customer sent here, and what an earlier session left unsent or failed, oldest first, each with
   * its controls.
   */
  deliveries(): readonly SendHandle[];
  /** Uploads a file and sends it. Resolves when the file is stored and its message is queued. */
  sendFile(file: UploadFile, options?: SendFileOptions): Promise<SendHandle>;
  /** Uploads a file without sending it. */
  upload(file: UploadFile, call?: UploadCall): Promise<Attachment>;
  /** Call it for every key the customer presses, and with `false` when the field was emptied. Does nothing without `supports.chatStates`. */
  keyPressed(typing?: boolean): void;
  /**
   * Tells that the customer has seen everything up to that message; default: the newest of the others. Goes forward
   * only, and does nothing without `supports.displayedMarkers`.
   */
  markDisplayed(id?: MessageId, call?: Call): Promise<void>;
  /** Reads one page of what was said before; default 50 messages, the newest page first. */
  history(page?: { before?: HistoryCursor; limit?: number }, call?: Call): Promise<HistoryPage>;
  /** All pages of history, newest page first, each oldest message first. */
  historyPages(options?: Call & { limit?: number }): AsyncGenerator<HistoryPage, void, undefined>;
  /** Asks for a human inside a running conversation. */
  requestAgent(handoff?: Handoff, call?: Call): Promise<void>;
  /** Replaces the body of an own message. */
  edit(id: MessageId, content: string | OutgoingBody, call?: Call): Promise<void>;
  /** Withdraws an own message. */
  retract(id: MessageId, call?: Call): Promise<void>;
  /** Replaces this customer's reactions to a message; none removes them. */
  react(id: MessageId, reactions: readonly string[], call?: Call): Promise<void>;
  /**
   * The customer (or the agent whose session it is) ends the chat for everybody: `ended`, then closed. Resolves when everything
   * is released. Twice is fine.
   */
  end(call?: Call): Promise<void>;
  /**
   * Lets go of the chat without ending it for the customer: no `ended`. For pages that go away; what was to be kept is kept.
   */
  close(reason?: CloseReason, call?: Call): Promise<void>;
  /**
   * Lets go without a goodbye, for the next page (or another session with the same `keep`) to go on: what is known is
   * kept, and the state becomes closed as `handed-over`. Where the service cannot resume, it is `close()`.
   */
  detach(): void;
  /**
   * "Try now": while reconnecting it is tried at once; while connected the service is asked whether it still hears us.
   * @returns whether the link is known to be alive. @param call `timeoutMs` default 5_000. @throws ChatError `aborted`.
   */
  wake(call?: Call): Promise<boolean>;
  /** Forgets what was kept over a reload: call it on logout. Resolves when the storage has. Never rejects. */
  forget(): Promise<void>;
  /** The messages so far, written down. */
  transcript(options?: { format?: TranscriptFormat }): string;
}
