import type { ChatError } from "../transport/errors.ts";
import type { Participant } from "../transport/messages.ts";
import type { GapEvent, MessageStatus } from "../session/session-events.ts";
import type { ExoChatConfig, ExoChatExtras } from "./config.ts";
import type { MessageObject } from "./message-object.ts";
import type { FeedbackConfig, FileAttachment, UploadServiceInfo } from "./ports.ts";
import type { UploadOptions } from "./uploads.ts";

/** What `initialize` takes: any spelling of the documented keys, and ours. */
export type InitializeConfig = Partial<ExoChatConfig> & ExoChatExtras & Record<string, unknown>;

/** Parameters of `startChat`; keys that are not named here travel as `additionalInfo`. */
export interface StartChatParams {
  fullName: string;
  email: string;
  phone: string;
  /** The customer's id at the bot; its presence marks the chat as handed over by a bot. */
  user_id?: string | null;
  /** The bot's session. */
  session_id?: string | null;
  /** Shown to agents: intent, language, CRM keys … Never secrets. */
  additionalInfo?: Record<string, unknown>;
  [extra: string]: unknown;
}

/** Stands in for Converse's ChatRoom model. */
export interface Room {
  readonly jid: string;
  readonly nick: string;
  /** `jid`, `id`, `nick`, `name`, `type`. */
  get(attribute: string): unknown;
  sendMessage(attributes: { body: string }): Promise<unknown>;
  close(): Promise<void>;
  /** By nick or occupant id, whichever the room gives. */
  readonly occupants: ReadonlyMap<string, Participant>;
  readonly features: { get(name: string): boolean };
}

/** The documented events and ours. Listeners get these arguments. */
export type ExoChatEvents = {
  messageReceived: [message: MessageObject];
  /** This SDK sent a displayed marker: not that somebody else read. */
  displayedReceipt: [roomJid: string, msgid: string];
  /** This SDK sent a receipt. */
  receiveReceipt: [roomJid: string, msgid: string];
  /** Extension: everything that failed, typed, whatever the method returned. */
  error: [error: ChatError];
  /** Extension: degraded but still running. */
  warning: [warning: ChatError];
  /** Extension. */
  connectionState: [state: "connecting" | "connected" | "reconnecting" | "closed", roomJid: string];
  /** Extension: who is composing in a room. */
  typing: [names: string[], roomJid: string];
  /** Extension: what became of an own message. */
  messageStatus: [status: MessageStatus, msgid: string, roomJid: string];
  /** Extension: after an outage, whether everything that was said meanwhile has been shown. */
  gap: [gap: GapEvent, roomJid: string];
  participantJoined: [participant: Participant, roomJid: string];
  participantLeft: [participant: Participant, roomJid: string];
  chatStarted: [room: Room];
  chatEnded: [end: { by: "agent" | "customer" | "system"; chatId?: string; interactionId?: string }, roomJid: string];
  uploadProgress: [sentBytes: number, totalBytes: number, fileName: string];
};

/**
 * The Exotel chat API: the 31 documented methods (docs.exotel.com, "Exotel Chat SDK — Integration Reference") and ours.
 * `void` methods throw a `ChatError` before `initialize`; promise methods reject. Afterwards failures of methods that are
 * documented to answer `null`, or nothing, come as the event `error`.
 */
export interface ExoChat {
  /** Checks and takes the configuration, puts the icon into the page. Call it first. @throws ChatError `invalid-config`. */
  initialize(config: InitializeConfig): void;
  /** Provisions, connects, joins; resolves when the room confirmed it. While a chat lives, gives that one's room. */
  startChat(params: StartChatParams): Promise<Room>;
  logout(): void;
  /** `online` while connected, else `offline`. */
  getUserStatus(): string;
  createRoom(roomJid: string, nick: string): Promise<void>;
  joinRoom(roomJid: string, nick: string): Promise<Room>;
  leaveRoom(roomJid: string): void;
  /** `type` is `NORMAL_TEXT_MSG` or `MEDIA_MSG`. Resolves with the message's id, or `null` when it failed; never rejects. */
  sendMessage(
    roomJid: string,
    body: string,
    type: string | null,
    files: FileAttachment[] | null,
  ): Promise<string | null>;
  /** Emits `messageReceived` and returns the same object. */
  receiveMessage<T extends object>(message: T): T;
  /** Reads the room's history over REST and emits each message. */
  fetchArchivedMessages(roomJid: string): Promise<void>;
  sendTypingStatus(roomJid: string): void;
  sendPausedStatus(roomJid: string): void;
  sendDisplayedReceipt(roomJid: string, msgid: string): void;
  sendReceiveReceipt(roomJid: string, msgid: string): void;
  showConverseChat(event?: unknown): void;
  hideConverseChat(event?: unknown): void;
  disconnectConverse(event?: unknown): Promise<void>;
  /** The file's public address, or `null`. Extension: `options`, to watch and to stop it; stopped, it answers `null`. */
  uploadFileToConverse(file: File, options?: UploadOptions): Promise<string | null>;
  requestSlotFromConverse(
    fileName: string,
    size: number,
    contentType: string,
  ): Promise<{ putUrl: string; getUrl: string } | null>;
  uploadFile(file: File, putUrl: string, getUrl: string, options?: UploadOptions): Promise<string | null>;
  discoverFileUploadJID(): Promise<string | null>;
  requestUploadServiceInfo(jid: string): Promise<UploadServiceInfo>;
  isImageURL(url: string): boolean;
  isAudioURL(url: string): boolean;
  isVideoURL(url: string): boolean;
  isDocumentPdf(url: string): boolean;
  getFileName(url: string): string;
  /** The campaign's rating configuration, or `null`. */
  getFeedbackConfig(): Promise<FeedbackConfig | null>;
  /** One rating per chat: a second call for the same chat gives the first one's answer. */
  submitFeedbackResponse(interactionId: string, chatId: string, feedback: unknown): Promise<Response>;
  on<K extends keyof ExoChatEvents>(event: K, callback: (...args: ExoChatEvents[K]) => void): void;
  on(event: string, callback: (...args: never[]) => void): void;
  triggerEvent(event: string, args: readonly unknown[]): void;

  /** Extension: takes a callback back; without one, all of that event. */
  off(event: string, callback?: (...args: never[]) => void): void;
  /** Extension: for the next event only. */
  once<K extends keyof ExoChatEvents>(event: K, callback: (...args: ExoChatEvents[K]) => void): void;
  once(event: string, callback: (...args: never[]) => void): void;
  /** Extension: whether the service lets the page offer the transcript. */
  readonly exportTranscriptAllowed: boolean;
  /** Extension: the chat so far. @throws ChatError `refused` when `exportTranscriptAllowed` is false. */
  exportTranscript(format?: "text" | "json"): string;
  /** Extension: ends everything and takes icon and panel out of the page. A disposed instance is not used again. */
  dispose(): Promise<void>;
}
