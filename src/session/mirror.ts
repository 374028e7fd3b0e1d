import type { SharedDelivery, Siblings } from "../transport/deliveries.ts";
import type { ChatError } from "../transport/errors.ts";
import type { OutgoingMessage, Participant } from "../transport/messages.ts";
import type { Entry, MessageLog } from "./message-log.ts";
import { unknownOutcome, type Outbox } from "./outbox.ts";
import { newJob, type Job } from "./send-job.ts";
import { isAccepted, type MessageStatus, type SessionMessage } from "./session-events.ts";

/** What becomes of what waits when one of several sessions lets go. */
export const LEFT_TO_OTHERS = "Another tab of this chat sends it, if there is one.";

/** What a mirror works with. */
export interface MirrorParts {
  siblings: Siblings;
  log: MessageLog;
  outbox: Outbox;
  /** This customer, as far as it is known. */
  self: () => Participant;
  /** A message of another session is in the outbox now. `inDoubt`: it may have left. */
  onTaken(message: SessionMessage, inDoubt: boolean): void;
}

/**
 * Shows what the other sessions of this conversation have on its way, tells them what this one has, and goes on with what
 * one of them has left. Each message is in the outbox of one session at a time.
 */
export class Mirror {
  readonly #parts: MirrorParts;
  /** Other sessions' messages that the service does not surely have. */
  readonly #theirs = new Map<string, Job>();
  /** What is changed by another session's word, and not to be told again. */
  #applying = false;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    parts.siblings.listen((delivery, whose) => this.#hear(delivery, whose));
  }

  /** Whether another session sends it. */
  isTheirs({ clientId = "" }: SessionMessage): boolean {
    return this.#theirs.has(clientId);
  }

  /** An own message has changed. */
  changed(message: SessionMessage): void {
    if (this.#applying) return;
    const { clientId = "" } = message;
    const job = this.#theirs.get(clientId);
    // Sent again by the customer, here: it is ours now.
    if (job && message.status === "queued") this.#theirs.delete(clientId);
    else if (job) return this.#settle(job);
    this.#tell(message, this.#parts.outbox.statusToKeep(message));
  }

  /** An own message may leave from now on. */
  attempted(message: SessionMessage): void {
    this.#tell(message, "sent");
  }

  /** The chat is over for this session: what the others have it does not hear of any more. */
  stop(error: ChatError): void {
    this.#applying = true;
    for (const { entry, done } of this.#theirs.values()) {
      this.#parts.log.advance(entry, "failed", error);
      done.reject(error);
    }
  }

  #tell(own: SessionMessage, status: MessageStatus | undefined): void {
    const { clientId, body, replyTo, sentAt: queuedAt, error, id } = own;
    if (clientId === undefined || status === undefined || status === "received" || status === "displayed") return;
    if (body.kind !== "text" && body.kind !== "attachments") return;
    this.#parts.siblings.tell({
      message: { clientId, body, ...(replyTo !== undefined && { replyTo }) },
      queuedAt,
      status,
      ...(status === "failed" && error && { error }),
      ...(status === "accepted" && id !== undefined && { sent: { id, acceptedAt: queuedAt } }),
    });
  }

  #hear(delivery: SharedDelivery, whose: "ours" | "theirs"): void {
    this.#applying = true;
    try {
      if (whose === "theirs") this.#mirror(delivery);
    } finally {
      this.#applying = false;
    }
    if (whose === "ours") this.#takeOver(delivery);
  }

  #mirror(delivery: SharedDelivery): void {
    const { message, status, queuedAt, error, sent } = delivery;
    const job = this.#jobOf(message, status, queuedAt);
    if (!job) return;
    const { log } = this.#parts;
    if (status === "queued") this.#queueAgain(job, message);
    else if (status === "accepted") {
      if (sent) log.accept(job.entry, sent);
      this.#settle(job);
    } else log.advance(job.entry, status, error);
    if (status === "failed") job.done.reject(error);
  }

  /** The job of another session's message; `undefined` when there is nothing to mirror. */
  #jobOf(message: OutgoingMessage, status: SharedDelivery["status"], queuedAt: Date): Job | undefined {
    const { clientId } = message;
    const known = this.#theirs.get(clientId);
    if (known) return known;
    const { outbox, log, self } = this.#parts;
    const own = outbox.jobs.get(clientId);
    if (own) {
      // The service has it, or is about to.
      if (isAccepted(own.entry.status) || own.sending || own.onWire) return undefined;
      if (outbox.holds(own)) outbox.queue.splice(outbox.queue.indexOf(own), 1);
      this.#theirs.set(clientId, own);
      return own;
    }
    // The service's own word of it came first.
    if (status === "accepted" || log.messages.some((each) => each.clientId === clientId)) return undefined;
    const { job } = outbox.file(message, self(), {});
    job.entry.sentAt = queuedAt;
    this.#theirs.set(clientId, job);
    return job;
  }

  #queueAgain(job: Job, message: OutgoingMessage): void {
    const { entry } = job;
    if (isAccepted(entry.status)) return;
    const isNew = entry.status === "queued" && job.message === message;
    job.message = message;
    entry.body = message.body;
    if (entry.status === "failed") {
      Object.assign(job, newJob(message, entry, {}));
      entry.status = "queued";
      delete entry.error;
    }
    if (!isNew) this.#parts.log.touched(entry);
  }

  /** The service has it, or it has failed with the chat. */
  #settle({ entry, done, message }: Job): void {
    const { id, sentAt, error, status } = entry;
    if (isAccepted(status)) this.#theirs.delete(message.clientId);
    if (isAccepted(status) && id !== undefined) done.resolve({ id, acceptedAt: sentAt });
    if (status === "failed") done.reject(error);
  }

  /** Another session is gone, and this one goes on with what it had. */
  #takeOver({ message, queuedAt, status }: SharedDelivery): void {
    const { log } = this.#parts;
    this.#applying = true;
    const job = this.#jobOf(message, status, queuedAt);
    this.#applying = false;
    // The service had it all the time, or it is leaving from here.
    if (!job) return this.#tellKnown(message);
    this.#theirs.delete(message.clientId);
    job.attempted = status === "sent";
    if (job.attempted) job.inDoubt = unknownOutcome();
    this.#enqueue(job);
    if (job.attempted) log.advance(job.entry, "sent");
    log.touched(job.entry);
    this.#parts.onTaken(job.entry, job.attempted);
    void this.#parts.outbox.flush();
  }

  #tellKnown({ clientId }: OutgoingMessage): void {
    const known = this.#parts.log.messages.find((each) => each.clientId === clientId);
    if (known && isAccepted(known.status)) this.#tell(known, "accepted");
  }

  /** In the order of asking, as far as nothing has been tried yet. */
  #enqueue(job: Job): void {
    const { queue } = this.#parts.outbox;
    const isLater = ({ attempted, entry }: Job): boolean => !attempted && later(entry, job.entry);
    const index = queue.findIndex(isLater);
    if (index < 0) queue.push(job);
    else queue.splice(index, 0, job);
  }
}

function later(one: Entry, other: Entry): boolean {
  return one.sentAt > other.sentAt;
}
