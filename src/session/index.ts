export { createChatSession } from "./chat-session.ts";
export type { ChatSession, ChatSessionOptions, SendFileOptions, SendOptions } from "./chat-session.ts";
export { createMemoryOutbox } from "./outbox.ts";
export type { Outbox } from "./outbox.ts";
export type { SendHandle } from "./sender.ts";
export type { MessageStatus, SessionEvents, SessionMessage } from "./session-events.ts";
export type { TranscriptFormat } from "./transcript.ts";
