import { createDeferred, withDeadline, type Deferred } from "../kit/deadline.ts";
import { randomId } from "../kit/ids.ts";
import { ChatError } from "../transport/errors.ts";
import type { FrameCodec } from "./codec.ts";
import type { Frame } from "./frames.ts";
import { NAMES, type AnyCall, type Operation } from "./operations.ts";

const TIMEOUT_MS = 20_000;
const UPLOAD_TIMEOUT_MS = 60_000;

/** What the leader says about a request. */
export type ReplyFrame = Extract<Frame, { type: "sent" | "progress" | "answer" | "failed" }>;

interface Pending extends Deferred<unknown> {
  operation: Operation;
  call: AnyCall;
  told: boolean;
}

/** Has another tab do what this one is asked to. */
export class Follower {
  readonly #self: string;
  readonly #codec: FrameCodec;
  readonly #post: (frame: Frame) => void;
  readonly #pending = new Map<string, Pending>();

  constructor(self: string, codec: FrameCodec, post: (frame: Frame) => void) {
    this.#self = self;
    this.#codec = codec;
    this.#post = post;
  }

  /** Resolves with what the leader's transport says. @throws ChatError what it says, `aborted`, `timed-out`, `unreachable`. */
  async ask(leader: string, operation: Operation, call: AnyCall = {}): Promise<unknown> {
    const timeoutMs = call.timeoutMs ?? (operation.method === "upload" ? UPLOAD_TIMEOUT_MS : TIMEOUT_MS);
    const pending: Pending = { ...createDeferred(), operation, call, told: false };
    const address = { from: this.#self, to: leader, id: randomId() };
    this.#pending.set(address.id, pending);
    try {
      return await withDeadline(call, timeoutMs, NAMES[operation.method], (signal) => {
        signal.addEventListener("abort", () => this.#post({ type: "cancel", ...address }), { once: true });
        this.#post({ type: "request", ...address, untilMs: Date.now() + timeoutMs, operation });
        return pending.promise;
      });
    } catch (error) {
      const failure = ChatError.from(
        error,
        "invalid-argument",
        `${NAMES[operation.method]} got something that cannot be shared.`,
      );
      // It was with the other tab, and nobody can tell how far it came.
      if (failure.code === "timed-out") tellSent(pending);
      throw failure;
    } finally {
      this.#pending.delete(address.id);
    }
  }

  /** The leader has something to say about a request. */
  onReply(frame: ReplyFrame): void {
    const pending = this.#pending.get(frame.id);
    if (!pending) return;
    switch (frame.type) {
      case "sent":
        return tellSent(pending);
      case "progress":
        return pending.call.onProgress?.(frame.sentBytes);
      case "failed":
        return pending.reject(frame.error);
      case "answer": {
        const { method } = pending.operation;
        const outcome = this.#codec.decodeOutcome(method, frame.value);
        if (!outcome) return pending.reject(new ChatError("bad-frame", `${NAMES[method]} got an answer that is none.`));
        if (method === "send") tellSent(pending);
        return pending.resolve(outcome.value);
      }
    }
  }

  /** Nobody answers any more. @param lost the leader is gone: what it was given may have left. */
  rejectAll(error: ChatError, lost: boolean): void {
    for (const pending of this.#pending.values()) {
      if (lost) tellSent(pending);
      pending.reject(error);
    }
    this.#pending.clear();
  }
}

function tellSent(pending: Pending): void {
  if (pending.told) return;
  pending.told = true;
  pending.call.onSent?.();
}
