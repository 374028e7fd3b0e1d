import { ChatError } from "../../src/transport/errors.ts";
import { canTransition, type Conversation, type TransportState } from "../../src/transport/states.ts";

/** The one place where the state changes. */
export class RoomState {
  #current: TransportState = { status: "idle" };
  #leaving = false;
  readonly #tell: (change: { previous: TransportState; current: TransportState }) => void;

  constructor(tell: (change: { previous: TransportState; current: TransportState }) => void) {
    this.#tell = tell;
  }

  /** From now on nothing new may begin: the goodbye is being said. */
  beginLeaving(): void {
    this.#leaving = true;
  }

  get current(): TransportState {
    return this.#current;
  }

  /** Moves on and tells. A step that the table does not have is a bug here, and is not made. */
  moveTo(next: TransportState): void {
    const previous = this.#current;
    if (!canTransition(previous.status, next.status)) {
      throw new ChatError("invalid-argument", `A room cannot go from ${previous.status} to ${next.status}.`);
    }
    this.#current = next;
    this.#tell({ previous, current: next });
  }

  /** The conversation. @throws ChatError `not-connected` or `closed` unless connected. */
  assertConnected(): Conversation {
    if (this.#current.status === "connected" && !this.#leaving) return this.#current.conversation;
    throw this.refusal();
  }

  /** Why nothing can be done now. */
  refusal(): ChatError {
    const { status } = this.#current;
    if (this.#leaving || status === "closed") return conversationClosed();
    return new ChatError("not-connected", `The conversation is not connected (${status}).`, {
      remedy: status === "idle" ? "Call open first." : "Wait until it is connected.",
    });
  }
}

/** What everything rejects with once the conversation is over. */
export function conversationClosed(cause?: ChatError): ChatError {
  return new ChatError("closed", "The conversation is over.", {
    remedy: "Start a new chat.",
    ...(cause && { cause }),
    ...(cause?.info.vendor && { vendor: cause.info.vendor }),
  });
}
