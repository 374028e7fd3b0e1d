/** Why a client's event is not done. */
export type RefusalCode =
  | "bad-payload"
  | "unknown-event"
  | "unknown-conversation"
  | "conversation-over"
  | "not-signed-in"
  | "wrong-password"
  | "one-role-per-socket"
  | "not-asked"
  | "already-accepted"
  | "not-a-participant"
  | "not-the-owner"
  | "not-your-team"
  | "only-watching"
  | "not-for-customers"
  | "unknown-participant";

/** Thrown by the handlers of events; told to the client as the switch `refusals` says. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A refusal that happened. */
export interface RefusedEvent {
  readonly event: string;
  /** The sign-in or, of customers, the participant. */
  readonly by: string;
  readonly code: RefusalCode;
  readonly payload: unknown;
}
