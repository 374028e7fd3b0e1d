import { abortedError } from "../kit/deadline.ts";
import type { OutgoingBody, Sent } from "../transport/messages.ts";
import type { MessageLog } from "./message-log.ts";
import type { Outbox } from "./outbox.ts";
import { newJob, toBody, type Job } from "./send-job.ts";
import type { MessageStatus, SessionMessage } from "./session-events.ts";

/** What `ChatSession.send` returns at once. Ignoring it is fine: a failure is also a `message-status` event. */
export interface SendHandle {
  readonly clientId: string;
  /** As the session lists it; kept up to date. */
  readonly message: SessionMessage;
  readonly status: MessageStatus;
  /** Resolves when the service has the message. Rejects with the `ChatError` that `message.error` holds. */
  readonly accepted: Promise<Sent>;
  /** Takes the message back while it is `queued`: it then `failed` as `aborted`. @returns whether it was in time. */
  cancel(): boolean;
  /** Says something else instead while the message is `queued`. @returns whether it was in time. */
  edit(content: string | OutgoingBody): boolean;
  /**
   * Sends a `failed` message again, under the same id; after `unknown-outcome` the service may then have it twice. The
   * customer's choice, never made here. @returns what `accepted` is from now on.
   */
  retry(): Promise<Sent>;
}

/** What a customer may do with a message that is on its way. */
export function sendControls(
  job: Job,
  log: MessageLog,
  outbox: Pick<Outbox, "holds" | "start" | "giveUp">,
): Pick<SendHandle, "cancel" | "edit" | "retry"> {
  const { entry } = job;
  const isInTime = (): boolean => entry.status === "queued" && !job.sending && outbox.holds(job);
  return {
    cancel() {
      if (!isInTime()) return false;
      outbox.giveUp(job, abortedError("Sending"));
      return true;
    },
    edit(content) {
      if (!isInTime()) return false;
      job.message = { ...job.message, body: toBody(content) };
      entry.body = job.message.body;
      log.touched(entry);
      return true;
    },
    retry() {
      if (entry.status === "failed") {
        Object.assign(job, newJob(job.message, entry, {}));
        entry.status = "queued";
        delete entry.error;
        log.touched(entry);
        outbox.start(job);
      }
      return job.done.promise;
    },
  };
}
