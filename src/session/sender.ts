import { abortedError, createDeferred, type Deferred } from "../kit/deadline.ts";
import type { Call } from "../transport/call.ts";
import { ChatError } from "../transport/errors.ts";
import type { OutgoingMessage, Participant, Sent } from "../transport/messages.ts";
import type { ChatTransport } from "../transport/transport.ts";
import type { Entry, MessageLog } from "./message-log.ts";
import type { Outbox } from "./outbox.ts";
import type { MessageStatus, SessionMessage } from "./session-events.ts";

/** What {@link ChatSession.send} returns at once. Ignoring it is fine: a failure is also a `message-status` event. */
export interface SendHandle {
  readonly clientId: string;
  /** As the session lists it; kept up to date. */
  readonly message: SessionMessage;
  readonly status: MessageStatus;
  /** Resolves when the service has the message. Rejects with the `ChatError` that `message.error` holds. */
  readonly accepted: Promise<Sent>;
}

interface Job {
  message: OutgoingMessage;
  entry: Entry;
  call: Call;
  done: Deferred<Sent>;
  /** How often the transport said that there is no link although it is connected. */
  misses: number;
}

/** Sends in the order of asking, one at a time, and keeps what cannot be sent yet. */
export class Sender {
  readonly #transport: ChatTransport;
  readonly #log: MessageLog;
  readonly #outbox: Outbox;
  readonly #queue: Job[] = [];
  #running = false;

  constructor(transport: ChatTransport, log: MessageLog, outbox: Outbox) {
    this.#transport = transport;
    this.#log = log;
    this.#outbox = outbox;
  }

  /** Queues a message and sends it as soon as the transport is connected and those before it are through. */
  send(message: OutgoingMessage, from: Participant, call: Call): SendHandle {
    const entry = this.#log.addOwn(message, from);
    const job: Job = { message, entry, call, done: createDeferred<Sent>(), misses: 0 };
    const { promise } = job.done;
    // A caller who only listens to events must not be blamed for an unhandled rejection.
    promise.catch(() => undefined);
    const problem = this.#problem(job);
    if (problem) this.#fail(job, problem);
    else {
      this.#outbox.put(message);
      this.#queue.push(job);
      call.signal?.addEventListener("abort", () => this.#abortQueued(job), { once: true });
      void this.flush();
    }
    return {
      clientId: message.clientId,
      message: entry,
      get status() {
        return entry.status ?? "queued";
      },
      accepted: promise,
    };
  }

  /** Sends what waits while the transport is connected. */
  async flush(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (;;) {
        const job = this.#queue[0];
        if (!job || this.#transport.state.status !== "connected") return;
        if (!(await this.#attempt(job))) return;
      }
    } finally {
      this.#running = false;
    }
  }

  /** Fails everything that waits: the chat is over. */
  stop(error: ChatError): void {
    for (const job of this.#queue.splice(0)) this.#fail(job, error);
  }

  /** @returns false when the message has to wait for the next connection. */
  async #attempt(job: Job): Promise<boolean> {
    const onSent = (): void => this.#log.advance(job.entry, "sent");
    try {
      const sent = await this.#transport.send(job.message, { ...job.call, onSent });
      this.#remove(job);
      this.#outbox.remove(job.message.clientId);
      this.#log.accept(job.entry, sent);
      job.done.resolve(sent);
    } catch (cause) {
      const error = ChatError.from(cause, "refused", "The message could not be sent.");
      // Never on the wire, so sending it again cannot double it. Once it was, only its reflection can tell.
      const handedOver = job.entry.status !== "queued";
      if (!handedOver && (error.code === "not-connected" || error.code === "unreachable")) {
        if (this.#transport.state.status !== "connected") return false;
        // Back already. Once is a coincidence of moments; twice is a transport that would be asked for ever.
        if (job.misses++ === 0) return true;
      }
      this.#remove(job);
      this.#fail(job, error);
    }
    return true;
  }

  #abortQueued(job: Job): void {
    // The first one may be on its way: there the transport listens to the signal.
    if (this.#running && this.#queue[0] === job) return;
    if (this.#remove(job)) this.#fail(job, abortedError("Sending", job.call.signal?.reason));
  }

  #remove(job: Job): boolean {
    const index = this.#queue.indexOf(job);
    if (index >= 0) this.#queue.splice(index, 1);
    return index >= 0;
  }

  #fail(job: Job, error: ChatError): void {
    this.#outbox.remove(job.message.clientId);
    this.#log.advance(job.entry, "failed", error);
    job.done.reject(error);
  }

  #problem({ message: { body }, call }: Job): ChatError | undefined {
    if (call.signal?.aborted) return abortedError("Sending", call.signal.reason);
    if (this.#transport.state.status === "closed")
      return new ChatError("closed", "Sending is not possible: this chat is over.", { remedy: "Start a new chat." });
    if (body.kind === "text" ? body.text === "" : body.attachments.length === 0)
      return new ChatError("invalid-argument", "A message needs a text or an attachment.");
    return undefined;
  }
}
