import type { ChatError } from "./errors.ts";

/** Why somebody who served conversations does so no longer. */
export type LinkCloseReason =
  /** they signed out, or let go */
  | "signed-out"
  /** the same identity signed in elsewhere and the service keeps one */
  | "replaced"
  /** the service said no: to signing in, or later */
  | "refused"
  /** the link was lost and the reconnect policy gave up */
  | "connection-lost";

/**
 * Where somebody who serves many conversations stands: an agent, a bot, a connector. `Who` is how the service knows them.
 * `closed` is final. Which status may follow which is as in `TRANSITIONS`, with `online` for `connected`.
 */
export type LinkState<Who> =
  | { status: "idle" }
  | { status: "connecting"; attempt: number }
  | { status: "online"; who: Who }
  | { status: "reconnecting"; attempt: number; retryAt: Date; cause: ChatError }
  | { status: "closed"; reason: LinkCloseReason; cause?: ChatError };

/** What the service tells about a customer. All of it is the customer's own word unless the service checked it. */
export interface CustomerInfo {
  /** The customer's participant id, where the service says one. */
  id?: string;
  name: string;
  email?: string;
  phone?: string;
  /** What they came by, in the service's words: `web`, `sms`, `whatsapp` … */
  channel?: string;
  /** Whatever else the service said: account ids, balances, CRM keys. */
  details: Readonly<Record<string, unknown>>;
}
