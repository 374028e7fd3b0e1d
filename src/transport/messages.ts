import type { Answer, RichBody } from "./rich-bodies.ts";

declare const brand: unique symbol;

/** The id that the *service* gave a message. Deduplicate, mark, edit and reply by it; `clientId` is ours. */
export type MessageId = string & { readonly [brand]: "MessageId" };

/** Where a page of history ended. Opaque; valid for the conversation that gave it. */
export type HistoryCursor = string & { readonly [brand]: "HistoryCursor" };

/** Anything JSON can say. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** `unknown` means that no trusted evidence says who it is: show the name, promise nothing. */
export type ParticipantRole = "customer" | "agent" | "bot" | "supervisor" | "system" | "unknown";

/** Somebody in the conversation. `id` is stable while the participant stays, even when the name changes. */
export interface Participant {
  id: string;
  name: string;
  role: ParticipantRole;
  /** This customer, in whichever tab or device. */
  isSelf: boolean;
  /** Has the conversation, where the service tells owners from other agents. */
  isOwner?: boolean;
}

/** A file that the service already stores. */
export interface Attachment {
  url: URL;
  name: string;
  /** IANA media type; `application/octet-stream` when the sender did not say. */
  mediaType: string;
  sizeBytes?: number;
}

/** How a bot arrived at an answer. A service that has no word for it gets the text alone. */
export interface Understanding {
  /** What it answers, as the bot read it. */
  input: string;
  /** What the customer may have meant, likeliest first. `confidence` is between 0 and 1. */
  intents: { name: string; confidence: number }[];
  /** What it found in the input, at `start` to `end` in UTF-16 code units. */
  entities: { entity: string; value: string; start: number; end: number; confidence?: number; extractor?: string }[];
  /** All answers it had, best first; the text is the first of them. */
  output: { text: string; confidence: number }[];
}

/** What can be sent. A customer's text may be the answer to choices or to a form, a bot's may say how it came about. */
export type OutgoingBody =
  | { kind: "text"; text: string; answer?: Answer; understanding?: Understanding }
  | { kind: "attachments"; attachments: Attachment[]; caption?: string };

/** What a message says. */
export type Body = OutgoingBody | RichBody | { kind: "retracted" };

/** A message as the service gave it. */
export interface ChatMessage {
  id: MessageId;
  /** The id our own sender gave it, when the service reflected it. Only on messages with `from.isSelf`. */
  clientId?: string;
  from: Participant;
  /** The service's clock. Never later than the moment of arrival. */
  sentAt: Date;
  /** Came from history (join, archive, resume), not live. Nothing is marked, acknowledged or ended because of it. */
  replayed: boolean;
  body: Body;
  /** The message this one answers. */
  replyTo?: MessageId;
  /** The sender changed it after sending. */
  edited?: boolean;
  /** What each participant reacted with, by participant id; absent without reactions. */
  reactions?: ReadonlyMap<string, readonly string[]>;
  /** Between agents: the customer has it not, and never gets it. Only in agents' conversations. */
  whisper?: true;
  /** The adapter's own record of the frame. For the vendor's compatibility layer and for bug reports, never for rendering. */
  raw: unknown;
}

/** What another transport must know of a message so that it may be named. */
export type DeliveredMessage = Pick<ChatMessage, "id" | "clientId" | "from" | "sentAt">;

/** A message to send. `clientId` must be unique in the conversation and stays the same when a send is repeated. */
export interface OutgoingMessage {
  clientId: string;
  body: OutgoingBody;
  /** Needs `supports.replyTo`. */
  replyTo?: MessageId;
}

/** The service has taken the message. */
export interface Sent {
  id: MessageId;
  acceptedAt: Date;
}

/** A change to a message that was delivered earlier. Emitted only when the change comes from someone who may make it. */
export type MessageChange =
  | { kind: "edited"; body: Body }
  | { kind: "retracted"; reason?: string }
  | { kind: "reactions"; reactions: readonly string[] };

/** A change, to which message, and whose it is. */
export interface ChangedMessage {
  id: MessageId;
  change: MessageChange;
  from: Participant;
  /** The service's clock. */
  at: Date;
  /** Came from history, not live. */
  replayed: boolean;
  /** As {@link ChatMessage.raw}. */
  raw: unknown;
}

/** A file to upload. `sizeBytes` must be exact: slots are bound to it. */
export interface UploadFile {
  name: string;
  mediaType: string;
  sizeBytes: number;
  data: Blob;
}

/** One page of history, oldest first. `before` leads to the next older page and is absent at the beginning. */
export interface HistoryPage {
  messages: ChatMessage[];
  before?: HistoryCursor;
}

/** What was missed is asked for from here. */
export interface CatchUpStart {
  /** The last message that is known; absent when none is. */
  after?: MessageId;
  /** Where to begin when `after` is absent or the service has forgotten it. */
  since: Date;
}

/** A part of what was missed, oldest first. `next` leads on and is absent when nothing follows. */
export interface CatchUpPage {
  messages: ChatMessage[];
  next?: HistoryCursor;
  /**
   * Edits, retractions and reactions of that time to messages that are not on this page, oldest first: those on it are as
   * they are now. Only what the service keeps; some of it may have been emitted before.
   */
  changes?: ChangedMessage[];
  /** The service does not have the message to start after any more: something may be missing before these. */
  incomplete?: true;
}

/** What a bot tells the human who takes over. */
export interface Handoff {
  /** The customer's id at the bot. */
  botUserId?: string;
  /** The bot's own session. */
  botSessionId?: string;
  /** Intent, language, CRM keys … Agents see these: never put secrets here. */
  attributes?: Record<string, JsonValue>;
}
