import { abortedError } from "../kit/deadline.ts";
import type { Call } from "../transport/call.ts";
import { ChatError } from "../transport/errors.ts";
import type { OutgoingMessage, Participant, Sent } from "../transport/messages.ts";
import type { ChatTransport } from "../transport/transport.ts";
import type { MessageLog } from "./message-log.ts";
import { newJob, type Job } from "./send-job.ts";
import { sendControls, type SendHandle } from "./send-handle.ts";
import { isAccepted, type MessageStatus, type SessionMessage } from "./session-events.ts";

/** How often a message is handed over again that the service, asked, does not have. */
const MAX_REPEATS = 3;

/** The longest wait after `rate-limited` when the service names none, milliseconds. */
const MAX_WAIT_MS = 30_000;

/** What an outbox works with. */
export interface OutboxParts {
  transport: ChatTransport;
  log: MessageLog;
  /** How many may wait. */
  limit: number;
  /** False while a gap is being closed: what waits must not overtake what was missed. */
  mayRun(): boolean;
  /** A message was handed over and not answered although the chat is connected: find out. */
  onDoubt(): void;
  /** From now on a message may have left. Resolves when that is written down; absent when nothing is. */
  onAttempt?: ((message: SessionMessage) => Promise<void>) | undefined;
}

/** Sends in the order of asking, one at a time; keeps what cannot be sent, and never sends twice what the service may have. */
export class Outbox {
  /** What waits, in the order in which it is sent. */
  readonly queue: Job[] = [];
  /** What was ever given to it, by `clientId`. */
  readonly jobs: Map<string, Job> = new Map();
  readonly #parts: OutboxParts;
  readonly #handles = new Map<string, SendHandle>();
  /** Of an earlier session: older than what this one was given, even if that was before it knew of them. */
  readonly #earlier: SendHandle[] = [];
  #restored = 0;
  #running = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Every message that was given to it, oldest first. */
  get handles(): readonly SendHandle[] {
    return [...this.#earlier, ...this.#handles.values()];
  }

  /** What an own message is to be remembered as: `sent` as soon as it may have left. */
  statusToKeep(own: SessionMessage): MessageStatus | undefined {
    return own.status === "queued" && this.queue.some(({ entry, attempted }) => attempted && entry === own)
      ? "sent"
      : own.status;
  }

  /** Queues a message and sends it as soon as the transport is connected and those before it are through. */
  send(message: OutgoingMessage, from: Participant, call: Call): SendHandle {
    const { job, handle } = this.file(message, from, call);
    this.start(job);
    return handle;
  }

  /** Files a message without sending it. */
  file(message: OutgoingMessage, from: Participant, call: Call): { job: Job; handle: SendHandle } {
    const job = newJob(message, this.#parts.log.addOwn(message, from), call);
    const handle = this.#newHandle(job);
    this.#handles.set(message.clientId, handle);
    return { job, handle };
  }

  /** Takes over a message of an earlier session. @param handedOver it may be with the service already. */
  restore(message: OutgoingMessage, from: Participant, handedOver: boolean): void {
    const entry = this.#parts.log.addEarlier(message, from);
    const job = newJob(message, entry, {});
    if (handedOver) {
      this.#parts.log.advance(entry, "sent");
      job.inDoubt = unknownOutcome();
    }
    this.#earlier.push(this.#newHandle(job));
    this.queue.splice(this.#restored++, 0, job);
  }

  /** Files a message of an earlier session that is not sent by itself any more. `retry` sends it. */
  fail(message: OutgoingMessage, from: Participant, error: ChatError): void {
    const job = newJob(message, this.#parts.log.addEarlier(message, from), {});
    this.#earlier.push(this.#newHandle(job));
    this.giveUp(job, error);
  }

  /** Sends what waits, while it may. */
  async flush(): Promise<void> {
    if (this.#running || this.#timer !== undefined) return;
    this.#running = true;
    try {
      for (;;) {
        const job = this.queue[0];
        const { transport } = this.#parts;
        if (!job || job.inDoubt || transport.state.status !== "connected" || !this.#parts.mayRun()) return;
        // What an earlier session, or another one, has sent already has come with the past.
        if (isAccepted(job.entry.status)) this.#succeed(job);
        else if (!(await this.#attempt(job))) return;
      }
    } finally {
      this.#running = false;
    }
  }

  /**
   * Nothing is missing now, or nothing can tell (`known` false): what is in doubt has been accepted, is sent again, or has
   * failed for good.
   */
  resolveDoubts(known: boolean): void {
    for (const job of this.queue.filter(({ inDoubt }) => inDoubt !== undefined)) {
      const cause = job.inDoubt;
      job.inDoubt = undefined;
      if (isAccepted(job.entry.status)) this.#succeed(job);
      else if (!known) this.giveUp(job, unknownOutcome(cause));
      else if (++job.repeats > MAX_REPEATS) this.giveUp(job, cause ?? unknownOutcome());
    }
    void this.flush();
  }

  /** The chat is over: everything that waits fails. */
  stop(error: ChatError): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const job of this.queue.slice()) {
      if (isAccepted(job.entry.status)) this.#succeed(job);
      else this.giveUp(job, job.inDoubt || job.onWire ? unknownOutcome(job.inDoubt ?? error) : error);
    }
  }

  /** Whether it still is in the queue. */
  holds(job: Job): boolean {
    return this.queue.includes(job);
  }

  /** Queues it. */
  start(job: Job): void {
    const problem = this.#problem(job);
    if (problem) return this.giveUp(job, problem);
    this.queue.push(job);
    job.call.signal?.addEventListener("abort", () => this.#abort(job), { once: true });
    void this.flush();
  }

  /** @returns false when the message has to wait. */
  async #attempt(job: Job): Promise<boolean> {
    const { transport, log, onAttempt } = this.#parts;
    job.attempted = true;
    if (onAttempt) {
      await onAttempt(job.entry);
      // Taken back, lost or closed while it was written down.
      if (!this.holds(job)) return true;
      if (transport.state.status !== "connected" || !this.#parts.mayRun()) return false;
    }
    const onSent = (): void => {
      job.onWire = true;
      log.advance(job.entry, "sent");
    };
    try {
      job.sending = true;
      const sent = await transport.send(job.message, { ...job.call, onSent });
      log.accept(job.entry, sent);
      this.#succeed(job, sent);
      return true;
    } catch (cause) {
      return this.#onFailure(job, ChatError.from(cause, "refused", "The message could not be sent."));
    } finally {
      job.onWire = false;
      job.sending = false;
    }
  }

  /** @returns whether the next message may go. */
  #onFailure(job: Job, error: ChatError): boolean {
    // The chat was over meanwhile.
    if (!this.holds(job)) return true;
    // No answer came, but its reflection did.
    if (isAccepted(job.entry.status)) return this.#succeed(job);
    const { status } = this.#parts.transport.state;
    if (!job.onWire && (error.code === "not-connected" || error.code === "unreachable")) {
      // Back already. Once is a coincidence of moments; more is a transport that would be asked for ever.
      return status === "connected" && ++job.repeats <= MAX_REPEATS ? true : this.#waitFor(job, error, status);
    }
    if (job.onWire && (error.code === "unreachable" || error.code === "timed-out")) {
      job.inDoubt = error;
      if (status === "connected") this.#parts.onDoubt();
      // Where nobody can be asked, it has failed by now.
      return !this.holds(job);
    }
    if (error.code === "rate-limited" && ++job.repeats <= MAX_REPEATS) return this.#pause(job, error);
    this.giveUp(job, error);
    return true;
  }

  /** Never on the wire, so sending it later cannot double it. */
  #waitFor(job: Job, error: ChatError, status: ChatTransport["state"]["status"]): boolean {
    if (status === "connected") this.giveUp(job, error);
    return status === "connected";
  }

  #pause(job: Job, { info }: ChatError): boolean {
    const waitMs = info.retryAfterMs ?? Math.min(MAX_WAIT_MS, 1_000 * 2 ** (job.repeats - 1));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, waitMs);
    return false;
  }

  #abort(job: Job): void {
    // On the wire the transport listens to the signal; in doubt, nothing can be taken back.
    if (job.sending || job.inDoubt) return;
    if (this.holds(job)) this.giveUp(job, abortedError("Sending", job.call.signal?.reason));
  }

  #remove(job: Job): void {
    const index = this.queue.indexOf(job);
    if (index >= 0) this.queue.splice(index, 1);
  }

  #succeed(job: Job, sent?: Sent): true {
    const { id, sentAt } = job.entry;
    this.#remove(job);
    if (sent) job.done.resolve(sent);
    else if (id !== undefined) job.done.resolve({ id, acceptedAt: sentAt });
    return true;
  }

  /** It is not sent any more. */
  giveUp(job: Job, error: ChatError): void {
    this.#parts.log.advance(job.entry, "failed", error);
    job.done.reject(error);
    this.#remove(job);
  }

  #newHandle(job: Job): SendHandle {
    const { entry } = job;
    this.jobs.set(job.message.clientId, job);
    return {
      ...sendControls(job, this.#parts.log, this),
      clientId: job.message.clientId,
      message: entry,
      get status() {
        return entry.status ?? "queued";
      },
      get accepted() {
        return job.done.promise;
      },
    };
  }

  #problem({ message: { body }, call }: Job): ChatError | undefined {
    if (call.signal?.aborted) return abortedError("Sending", call.signal.reason);
    if (this.#parts.transport.state.status === "closed")
      return new ChatError("closed", "Sending is not possible: this chat is over.", { remedy: "Start a new chat." });
    if (body.kind === "text" ? body.text === "" : body.attachments.length === 0)
      return new ChatError("invalid-argument", "A message needs a text or an attachment.");
    if (this.queue.length < this.#parts.limit) return undefined;
    return new ChatError("outbox-full", `${this.queue.length} messages wait to be sent already.`, {
      remedy: "Wait until the connection is back, or cancel some of them.",
    });
  }
}

/** The error of a message that the service may have or not. */
export function unknownOutcome(cause?: unknown): ChatError {
  return new ChatError("unknown-outcome", "Nobody can tell whether the service has the message.", {
    remedy: "Look at the chat, and send it again only if it is not there.",
    cause,
  });
}
