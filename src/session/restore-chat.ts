import { ChatError } from "../transport/errors.ts";
import type { CatchUpStart, OutgoingMessage, Participant } from "../transport/messages.ts";
import type { MessageLog } from "./message-log.ts";
import { unknownOutcome, type Outbox } from "./outbox.ts";
import type { SavedChat, SavedDelivery } from "./saved-chat.ts";
import { isAccepted, type MessageStatus, type SessionMessage } from "./session-events.ts";

/** How many own messages that the service has are remembered with their status: as many as a join usually shows again. */
const REMEMBERED = 50;

/** What a later session has to know to go on. */
export interface Whereabouts {
  /** The conversation's id; absent as long as there was none. */
  conversation: string | undefined;
  resumeToken: string | undefined;
  /** Where what may be missed begins. */
  start: CatchUpStart;
}

/** What is worth keeping of a chat. */
export function toSavedChat({ conversation, resumeToken, start }: Whereabouts, outbox: Outbox): SavedChat {
  const own = outbox.handles.map(({ message }) => message);
  const done = own.filter(({ status }) => isAccepted(status)).slice(-REMEMBERED);
  const open = own.filter(({ status }) => !isAccepted(status));
  return {
    version: 1,
    savedAt: Date.now(),
    ...(conversation !== undefined && { conversation }),
    ...(resumeToken !== undefined && { resumeToken }),
    last: { ...(start.after !== undefined && { id: start.after }), at: start.since.getTime() },
    deliveries: [...done, ...open].flatMap((message) => toSavedDelivery(message, outbox.statusToKeep(message)) ?? []),
  };
}

function toSavedDelivery(
  { clientId, sentAt, body, replyTo, error }: SessionMessage,
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
    ...(error?.code === "unknown-outcome" && { doubtful: true }),
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
  for (const { clientId, status, body, replyTo, doubtful } of saved.deliveries) {
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
  return expired ? tooOld() : failedBefore();
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
