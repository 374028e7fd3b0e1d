/** One exchange of one SASL mechanism (RFC 4422). Texts are UTF-8; the caller does the base64. */
export interface SaslMechanism {
  readonly name: string;
  /** The initial response. */
  initial(): string;
  /** Answers a challenge. @throws ChatError `bad-frame` when it is not one. */
  respond(challenge: string): Promise<string>;
  /** Checks what came with the success. @throws ChatError `unauthorized` when the server did not prove itself. */
  finish(additional: string): void;
}

/** Who logs in. `anonymous` is SASL ANONYMOUS: the server names us. */
export type XmppCredentials =
  { username: string; password: string; domain?: string } | { anonymous: true; domain?: string };
