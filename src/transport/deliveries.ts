import type { Unsubscribe } from "./call.ts";
import type { ChatError } from "./errors.ts";
import type { OutgoingMessage, Sent } from "./messages.ts";

/** An own message on its way, as the sessions that share a conversation tell each other. */
export interface SharedDelivery {
  message: OutgoingMessage;
  /** When the customer asked for it. */
  queuedAt: Date;
  /** `sent`: it may have left from now on. `accepted`: the service has it, and nobody needs to care any more. */
  status: "queued" | "sent" | "failed" | "accepted";
  /** Why it `failed`. */
  error?: ChatError;
  /** Under which id it was `accepted`. */
  sent?: Sent;
}

/**
 * The other sessions that have part in this transport's conversation: those of the other tabs. Each own message is one
 * session's to send, and the others show it; when that session is gone, one of the others gets it.
 */
export interface Siblings {
  /** What became of an own message, for the others. It is this session's from now on, whosever it was. */
  tell(delivery: SharedDelivery): void;
  /**
   * Hears of the others' messages. `ours`: this session has to send it from now on; one that was `sent` the service may
   * have already. Ends with the transport.
   */
  listen(listener: (delivery: SharedDelivery, whose: "ours" | "theirs") => void): Unsubscribe;
}
