export { createChatSession } from "./chat-session.ts";
export type { ChatSession, ChatSessionOptions, SendFileOptions, SendOptions } from "./session-api.ts";
export type { HoldLimits } from "./catch-up.ts";
export type { KeepOptions } from "./chat-keeper.ts";
export { memoryStorage } from "./chat-storage.ts";
export type { ChatStorage } from "./chat-storage.ts";
export type { SendHandle } from "./send-handle.ts";
export type { GapEvent, MessageStatus, SessionEvents, SessionMessage } from "./session-events.ts";
export type { TranscriptFormat } from "./transcript.ts";
