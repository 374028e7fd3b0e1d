import { ChatError } from "../transport/errors.ts";
import type { OutgoingMessage, Participant } from "../transport/messages.ts";
import type { Conversation } from "../transport/states.ts";
import type { MessageLog } from "./message-log.ts";
import type { Outbox } from "./outbox.ts";
import type { SavedChat, SavedDelivery } from "./saved-chat.ts";
import { isAccepted, type MessageStatus, type SessionMessage } from "./session-events.ts";

/** How many own messages that the service has are remembered with their status. */
const REMEMBERED = 200;

/** What is worth keeping of a chat. */
export function toSavedChat(
  conversation: Conversation | undefined,
  resumeToken: string | undefined,
  log: MessageLog,
  outbox: Outbox,
): SavedChat {
  const { newest } = log;
  const own = outbox.handles.map(({ message }) => message);
  const done = own.filter(({ status }) => isAccepted(status)).slice(-REMEMBERED);
  const open = own.filter(({ status }) => !isAccepted(status));
  return {
    version: 1,
    savedAt: Date.now(),
    ...(conversation && { conversation: conversation.id }),
    ...(resumeToken !== undefined && { resumeToken }),
    ...(newest?.id !== undefined && { last: { id: newest.id, at: newest.sentAt.getTime() } }),
    deliveries: [...done, ...open].flatMap((message) => toSavedDelivery(message, outbox.statusToKeep(message)) ?? []),
  };
}

function toSavedDelivery(
  { clientId, sentAt, body, replyTo }: SessionMessage,
  status: MessageStatus | undefined,
): SavedDelivery | undefined {
  if (clientId === undefined || status === undefined) return undefined;
  const sendable = body.kind === "text" || body.kind === "attachments";
  return {
    clientId,
    status,
    queuedAt: sentAt.getTime(),
    ...(sendable && !isAccepted(status) && { body }),
    ...(replyTo !== undefined && { replyTo }),
  };
}

/**
 * Takes over what an earlier session left: what waited waits again, what was handed over is in doubt until the gap is
 * closed, what the service has keeps its status. What is too old to be sent is reported as failed.
 */
export function restoreChat(
  { saved, expired }: { saved: SavedChat; expired: boolean },
  from: Participant,
  log: MessageLog,
  outbox: Outbox,
): void {
  for (const { clientId, status, body, replyTo } of saved.deliveries) {
    if (log.hasOwn(clientId)) continue;
    if (isAccepted(status)) log.expect(clientId, status);
    if (!body || isAccepted(status)) continue;
    const message: OutgoingMessage = { clientId, body, ...(replyTo !== undefined && { replyTo }) };
    if (status === "failed" || expired) outbox.fail(message, from, expired ? tooOld() : failedBefore());
    else outbox.restore(message, from, status === "sent");
  }
}

function tooOld(): ChatError {
  return new ChatError("timed-out", "The message waited too long, and was not sent.", {
    remedy: "Send it again if it still matters.",
  });
}

function failedBefore(): ChatError {
  return new ChatError("refused", "The message could not be sent before the page was left.", {
    remedy: "Send it again if it still matters.",
  });
}
