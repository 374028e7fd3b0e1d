import { randomBytes } from "node:crypto";

/** A CIM message as the platform sends one (object-model 1.21.1). */
export interface SandboxCim {
  id: string;
  header: Record<string, unknown>;
  body: Record<string, unknown>;
}

/** Who speaks. */
export interface SandboxSender {
  id: string;
  type: "AGENT" | "BOT" | "CUSTOMER" | "APP" | "CONNECTOR" | "SYSTEM";
  senderName: string;
  additionalDetail: unknown;
}

/** The agent of the sandbox. */
export const CX_AGENT: SandboxSender = {
  id: "a6e0a1de-5b2b-4e46-a4c8-0a7d3b1f0001",
  type: "AGENT",
  senderName: "asha",
  additionalDetail: {
    id: "a6e0a1de-5b2b-4e46-a4c8-0a7d3b1f0001",
    username: "asha",
    firstName: "Asha",
    lastName: "Rao",
  },
};

/** The bot of the sandbox. */
export const CX_BOT: SandboxSender = {
  id: "b07b07b0-5b2b-4e46-a4c8-0a7d3b1f0002",
  type: "BOT",
  senderName: "Helper",
  additionalDetail: null,
};

/** The platform itself. */
export const CX_SYSTEM: SandboxSender = {
  id: "5e5e5e5e-5b2b-4e46-a4c8-0a7d3b1f0003",
  type: "SYSTEM",
  senderName: "SYSTEM",
  additionalDetail: null,
};

/** A 24-hex id, as the platform's database makes them. */
export function objectId(): string {
  return randomBytes(12).toString("hex");
}

/** How the platform writes headers. */
export interface HeaderStyle {
  /** `number`: milliseconds since 1970. Documents show both. */
  timestamps: "number" | "iso";
  /** `old`: the conversation's id in `channelSession`, the answered message in `replyToMessageId` (before 1.12.6, 1.16.9). */
  layout: "new" | "old";
  /** Leave the sender out. */
  withoutSender: boolean;
}

/** What a header is made of. */
export interface HeaderParts {
  sender: SandboxSender;
  serviceIdentifier: string;
  channelCustomerIdentifier: string;
  conversationId: string;
  channelSessionId: string;
  customerId: string;
  refersTo?: string | null;
  intent?: string | null;
  entities?: unknown;
  additionalData?: unknown;
}

/** Writes a header. */
export function cimHeader(parts: HeaderParts, style: HeaderStyle, now: Date): Record<string, unknown> {
  const { refersTo = null, conversationId, channelSessionId } = parts;
  const session =
    style.layout === "new"
      ? { channelSessionId, conversationId, originalMessageId: refersTo }
      : { channelSession: { id: channelSessionId, conversationId }, replyToMessageId: refersTo };
  return {
    ...(style.withoutSender ? {} : { sender: parts.sender }),
    channelData: {
      channelCustomerIdentifier: parts.channelCustomerIdentifier,
      serviceIdentifier: parts.serviceIdentifier,
      requestPriority: 0,
      additionalAttributes: [],
    },
    language: {},
    timestamp: style.timestamps === "number" ? now.getTime() : now.toISOString(),
    securityInfo: {},
    stamps: [],
    intent: parts.intent ?? null,
    entities: parts.entities ?? null,
    ...session,
    customer: { _id: parts.customerId, firstName: "Anonymous", phoneNumber: [], isAnonymous: true },
    providerMessageId: null,
    schedulingMetaData: null,
    roomId: null,
    ...(parts.additionalData === undefined ? {} : { additionalData: parts.additionalData }),
  };
}
