import type { Fields } from "./read.ts";

/** Customers and bots on the wire; agents are {@link WireMember}. */
export interface WireParticipant {
  id: string;
  name: string;
}

/** Whom a message is for; the Agent API leaves names out. */
export interface WireAddressee {
  id: string;
  name?: string;
}

/** A participant as the Agent API has them. The id's key is a switch, because the guide has none. */
export interface WireMember {
  id?: string;
  participantId?: string;
  agentId?: string;
  name: string;
  displayName: string;
  type: "Agent" | "Supervisor" | "Bot" | "Customer";
  role: "Owner" | "Participant";
  status: "Ready" | "Active" | "Busy";
}

/** A file of a message. */
export interface WireAttachment {
  type: string;
  name: string;
  contentUrl: string;
  thumbnailUrl?: string;
}

/** What people say. */
export interface WireChatMessage {
  conversationId: string;
  type: "ChatMessage";
  requestId: string;
  timestamp: string;
  from: WireParticipant;
  to: WireAddressee[];
  text: string;
  attachments: WireAttachment[];
  refId?: string;
  language?: string;
  tag?: string;
  channel?: string;
}

/** What happens. */
export interface WireActivityMessage {
  conversationId: string;
  type: "ActivityMessage";
  timestamp: string;
  from: WireParticipant;
  to: WireAddressee[];
  activityType: string;
  info: Fields;
}

/** What a bot answers, or suggests to the agent. */
export interface WireBotMessage {
  conversationId: string;
  messageId: string;
  type: "BotMessage";
  from: WireParticipant;
  bot: { id: string; name: string; type: string };
  timestamp: string;
  input: string;
  text?: string;
  intents: unknown[];
  entities: unknown[];
  output: { name: string; confidence: number }[];
}

/** Whatever `messageArrived` brings. */
export type WireMessage = WireChatMessage | WireActivityMessage | WireBotMessage;

/** Body of `POST /api/external/message`, and what a connector is given. */
export interface WireExternalMessage {
  channel: string;
  messageId: string;
  destination: string;
  from: Fields;
  text: string;
  timestamp: string;
}

/** The documented types of activities. `handOff` and `noAgentAvailable` came with the later edition. */
export const ACTIVITY_TYPES: readonly string[] = [
  "greetings",
  "typing",
  "participantAdded",
  "participantRemoved",
  "participantJoined",
  "participantLeft",
  "endOfConversation",
  "handOff",
  "noAgentAvailable",
];

/** Whom the server speaks as. */
export const SERVER: WireParticipant = { id: "server", name: "Chat Server" };
