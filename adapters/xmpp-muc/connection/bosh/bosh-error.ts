/**
 * Why a BOSH session ended. `condition` is the terminal binding condition of XEP-0124 §17.2, or the HTTP status that
 * older managers send instead (§17.1), or one of ours: `unreachable` (the network failed until it was too late),
 * `no-session` (the session request failed), `answer-too-long`.
 */
export class BoshError extends Error {
  readonly condition: string;
  /** Where to go instead; only with `see-other-uri`. Not verified. */
  readonly uri: string | undefined;
  /** HTTP status, when there was an answer that was no BOSH body. */
  readonly status: number | undefined;

  constructor(condition: string, message: string, facts: { uri?: string; status?: number; cause?: unknown } = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "BoshError";
    this.condition = condition;
    this.uri = facts.uri;
    this.status = facts.status;
  }
}

/** XEP-0124 §17.1: what HTTP statuses meant before terminal conditions existed. */
export const LEGACY_STATUS: Readonly<Record<number, string | undefined>> = {
  400: "bad-request",
  403: "policy-violation",
  404: "item-not-found",
};
