import type { Call } from "../transport/call.ts";
import type { Participant } from "../transport/messages.ts";
import type { ChatTransport } from "../transport/transport.ts";

/** A file as the vendor's message object holds it. */
export interface FileAttachment {
  url: string;
  name: string;
  type?: string;
  size?: number;
}

/** The facts of one room stanza that a message object shows. The XMPP side makes it of its own record. */
export interface LegacyStanza {
  id: string;
  msgid: string;
  body: string | undefined;
  /** Full occupant JID. */
  from: string;
  /** Bare room JID. */
  fromMuc: string;
  fromRealJid: string | undefined;
  to: string;
  /** `null`: the room itself speaks. */
  nick: string | null;
  occupantId: string | undefined;
  isMine: boolean;
  isError: boolean;
  chatState: "active" | "composing" | "paused" | "inactive" | undefined;
  time: Date;
  /** As it came over the wire; `null` when the stanza does not say. */
  subtype: string | null;
  files: FileAttachment[] | null;
  /** Only on trusted evidence. */
  userRole: "agent" | "bot" | "supervisor" | null;
  isMarkable: boolean;
  markerId: string | undefined;
  receiptId: string | undefined;
  interaction: { chatId?: string; interactionId?: string } | null;
  /** Only from somebody who may end a chat. */
  chatEnded: boolean;
  /** The vendor's decoder found something in it. */
  carriesPayload: boolean;
  isArchived: boolean;
  /** What Converse's object has besides and integrations may read by accident: `origin_id`, `replace_id`, `retracted` … */
  extras: Readonly<Record<string, unknown>>;
}

/** What provisioning said, without the password. */
export interface ProvisionFacts {
  roomJid: string;
  customerJid: string;
  nick: string;
  exportTranscriptAllowed: boolean;
}

/** Where a file may be put. Headers that belong to it are kept by the line, by `putUrl`. */
export interface UploadSlot {
  putUrl: string;
  getUrl: string;
}

/** What the upload service says of itself. */
export interface UploadServiceInfo {
  features: string[];
  identities: { category: string; type: string; name: string | undefined }[];
  maxFileSize: number | undefined;
  raw: unknown;
}

/** One customer's connection to the vendor, with any number of rooms on it. */
export interface ExoChatLine {
  /** Provisions and joins when opened. */
  readonly transport: ChatTransport;
  /** Known as soon as provisioning has succeeded, also when what follows fails. */
  readonly facts: ProvisionFacts | undefined;
  /** XMPP presence: `online` while the stream is up. */
  readonly presence: string;
  /** Another room on the same connection. `create` accepts that it did not exist. */
  room(roomJid: string, nick: string, options: { create: boolean }): ChatTransport;
  /** Whether a joined room announced a feature (disco#info `var`). */
  hasFeature(roomJid: string, name: string): boolean;
  uploadService(call?: Call): Promise<string | null>;
  uploadInfo(jid: string, call?: Call): Promise<UploadServiceInfo>;
  requestSlot(file: { name: string; size: number; type: string }, call?: Call): Promise<UploadSlot>;
  putFile(file: Blob, slot: UploadSlot, call?: Call & { onProgress?(sentBytes: number): void }): Promise<string>;
  /** Says goodbye and forgets the credentials. Resolves when nothing is left. */
  close(call?: Call): Promise<void>;
}

/** The tenant behind the facade: REST, and a way to connect. */
export interface ExoChatBackend {
  open(): ExoChatLine;
  /** The record behind a transport event's `raw`, with what may be believed of its sender; `undefined` for anything else. */
  stanzaOf(raw: unknown, from: Participant | undefined): LegacyStanza | undefined;
  /** The room's history over REST, as stanzas, oldest first. */
  archive(
    roomJid: string,
    self: { customerJid: string; nick: string } | undefined,
    call?: Call,
  ): Promise<LegacyStanza[]>;
  /** The campaign's rating configuration in the vendor's own shape; `null` when it has none. */
  feedbackConfig(call?: Call): Promise<FeedbackConfig | null>;
  submitFeedback(rating: { interactionId: string; chatId: string; feedback: unknown }, call?: Call): Promise<Response>;
}

/** Feedback configuration in the vendor's published spelling. */
export interface FeedbackConfig {
  isFeedbackEnabled: boolean;
  openInNewTab?: boolean;
  feedbackUrl?: string | null;
  channelIdentifier?: string;
  appId?: string;
  clientType?: string;
  chatFeedbackPolicy?: string;
  feedbackQuestions?: string;
  chatFeedbackSchemes?: {
    chatFeedBackSchemeId: number;
    name: string;
    chatFeedbackSchemeType: string;
    feedbackText: string;
    feedbackItems?: string;
    maxPayloadValue?: number;
    isMandatory?: boolean;
    mandatory?: boolean;
  }[];
}
