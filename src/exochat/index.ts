import type { ExoChat } from "./api.ts";
import { createExoChatWith } from "./exochat.ts";
import { exotelBackend } from "./vendor/exotel-backend.ts";

/**
 * Makes an instance of the Exotel chat API: what `window.exoChat` of the script build is. Nothing happens before
 * `initialize`; importing this module sets no global.
 */
export function createExoChat(): ExoChat {
  return createExoChatWith(exotelBackend);
}

export { createExoChatWith } from "./exochat.ts";
export type { ExoChat, ExoChatEvents, InitializeConfig, Room, StartChatParams } from "./api.ts";
export type { ExoChatConfig, ExoChatExtras } from "./config.ts";
export { ExoChatStartError } from "./legacy-error.ts";
export type { MessageObject } from "./message-object.ts";
export type {
  ExoChatBackend,
  ExoChatLine,
  FeedbackConfig,
  FileAttachment,
  LegacyStanza,
  ProvisionFacts,
  UploadServiceInfo,
  UploadSlot,
} from "./ports.ts";
export type { UploadOptions } from "./uploads.ts";
export { ChatError } from "../transport/errors.ts";
