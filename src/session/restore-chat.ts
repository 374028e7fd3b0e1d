import { ChatError } from "../transport/errors.ts";
import type { OutgoingMessage, Participant } from "../transport/messages.ts";
import type { MessageLog } from "./message-log.ts";
import { unknownOutcome, type Outbox } from "./outbox.ts";
import type { KeptChat } from "./chat-keeper.ts";
import type { SavedDelivery } from "./saved-chat.ts";
import { isAccepted, type MessageStatus, type SessionMessage } from "./session-events.ts";

/** What is kept of an own message. @param status what it is to be remembered as. */
export function toSavedDelivery(
  { clientId, sentAt, body, replyTo, error }: SessionMessage,
  status: MessageStatus | undefined,
): SavedDelivery | undefined {
  if (clientId === undefined || status === undefined) return undefined;
  const sendable = body.kind === "text" || body.kind === "attachments";
  return {
    clientId,
    status,
    queuedAt: sentAt.getTime(),
    body: sendable && !isAccepted(status) ? body : undefined,
    replyTo,
    doubtful: error?.code === "unknown-outcome" || undefined,
  };
}

/**
 * Takes over what an earlier session left: what waited waits again, what was handed over is in doubt until the gap is
 * closed, what the service has keeps its status. What is too old to be sent is reported as failed.
 */
export function restoreChat(
  { deliveries, oldest }: KeptChat,
  from: Participant,
  log: MessageLog,
  outbox: Outbox,
): void {
  for (const { clientId, status, body, replyTo, doubtful, queuedAt } of deliveries) {
    const expired = queuedAt < oldest;
    if (log.hasOwn(clientId)) continue;
    if (isAccepted(status)) log.expect(clientId, status);
    if (!body || isAccepted(status)) continue;
    const message: OutgoingMessage = { clientId, body, ...(replyTo !== undefined && { replyTo }) };
    if (status === "failed" || expired) outbox.fail(message, from, whyFailed(status, expired, doubtful));
    else outbox.restore(message, from, status === "sent");
  }
}

function whyFailed(status: MessageStatus, expired: boolean, doubtful = false): ChatError {
  if (doubtful || (expired && status === "sent")) return unknownOutcome();
  return new ChatError(
    expired ? "timed-out" : "refused",
    `The message ${expired ? "waited too long" : "could not be sent"} before the page was left.`,
    { remedy: "Send it again if it still matters." },
  );
}
