import { randomUUID } from "node:crypto";
import type { Fields } from "./read.ts";
import type { SolutionCentre } from "./solution-centre.ts";
import { toWireMessage } from "./wire-objects.ts";

/** What is asked for. */
export interface PastMessagesRequest {
  conversationId: string;
  count: number;
  /** Only messages older than this, milliseconds since 1970. */
  before: number;
}

/**
 * The newest messages before a time. Nobody signs in for this call, so it shows to anyone what the customer may read, and no
 * more. @returns undefined where there is no such conversation.
 */
export function readPastMessages(centre: SolutionCentre, request: PastMessagesRequest): Fields | undefined {
  const { conversationId, count, before } = request;
  const conversation = centre.conversation(conversationId);
  const customer = conversation?.members.get(conversation.customer.id);
  if (!conversation || !customer) return undefined;
  const older = conversation
    .entriesFor(customer)
    .filter(({ message }) => message.type !== "ActivityMessage" && Date.parse(message.timestamp) < before)
    .map((entry) => toWireMessage(centre, entry, customer))
    .slice(-count);
  return {
    conversationId,
    participants: conversation.membersFor(customer).map(({ id, name, type }) => ({ id, name, type })),
    messages: centre.switches.order === "ascending" ? older : older.toReversed(),
    requestId: randomUUID(),
    timestamp: new Date().toISOString(),
  };
}
