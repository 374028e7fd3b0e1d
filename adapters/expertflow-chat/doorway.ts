import type { Fields } from "../../src/kit/read.ts";
import type { ChatError } from "../../src/transport/errors.ts";
import type { OutgoingMessage, ParticipantRole } from "../../src/transport/messages.ts";
import type { CloseReason } from "../../src/transport/states.ts";
import type { OpenRequest } from "../../src/transport/transport.ts";
import type { SolutionActivity, SolutionBotMessage, SolutionChatMessage } from "./wire/decode-message.ts";
import type { Frame, FrameParts, Sender } from "./wire/encode.ts";

/** Which conversation, and as whom. */
export interface Entry {
  conversationId: string;
  self: Sender;
}

/** An event for the server. */
export interface Knock {
  event: string;
  payload: Frame;
}

/** What customers, agents, bots and connectors do differently in a conversation. */
export interface Doorway {
  role: Extract<ParticipantRole, "customer" | "agent" | "bot" | "supervisor">;
  /** Whether whispers are for these ears. Where they are not and one comes, it is dropped. */
  hearsWhispers: boolean;
  /** Which conversation it is to be; may ask the service. */
  prepare(request: OpenRequest, signal: AbortSignal): Promise<Entry>;
  /** Whether `prepare` has found a conversation that had begun before. */
  goesOn?(): boolean;
  /** What is emitted to get in. `again`: it was in before. */
  knock(entry: Entry, again: boolean): Knock;
  /** What is emitted on leaving; nothing where the service has no word for it. */
  goodbye(entry: Entry, reason: CloseReason): Knock | undefined;
  /** What is emitted for a message. */
  encode(message: OutgoingMessage, parts: FrameParts): Frame;
  /** An activity, before it is told. */
  onActivity?(activity: SolutionActivity): void;
  /** Something that is about to be told. */
  onSaid?(message: SolutionChatMessage | SolutionBotMessage): void;
  /** `conversationInfo`, before its messages are told. */
  onInfo?(info: Fields): void;
  /** A refusal that names an event. @returns whether somebody waited for it. */
  onRefusal?(event: string, error: ChatError): boolean;
  /** An answer of a bot's. @returns whether it was meant for the human's eyes only, and has been told. */
  onSuggestion?(message: SolutionBotMessage, replayed: boolean): boolean;
}
