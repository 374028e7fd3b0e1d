/**
 * How the sandbox behaves where the vendor's documents leave it open, or releases differ. Each reading has a test; none is
 * claimed to be the vendor's.
 */
export interface CxSwitches {
  timestamps: "number" | "iso";
  layout: "new" | "old";
  withoutSender: boolean;
  /** Which comes first: the acknowledgement of a message, or its echo. */
  echo: "after-ack" | "before-ack" | "none";
  /** Typing of the customer comes back to the customer. */
  echoTyping: boolean;
  /** Texts come back trimmed and with one blank where several were. */
  rewriteTexts: boolean;
  /** `header.additionalData` of what customers send is kept. */
  keepAdditionalData: boolean;
  /** Every message is sent twice. */
  duplicateDelivery: boolean;
  /** A second socket of the same customer ends the first (4.10.1). */
  replaceSessions: boolean;
  /** A token is given after the start, and REST calls need it (4.9.2). */
  tokens: boolean;
  /**
   * `ack`: only asked for. `push`: asked, the server pushes `CONVERSATION_RESUMED` and leaves the acknowledgement out. `both`.
   * `on-connect`: it pushes unasked, with the connection, and answers nothing.
   */
  resume: "ack" | "push" | "both" | "on-connect";
  /** `CHANNEL_SESSION_STARTED` without `header.channelData`. */
  withoutChannelData: boolean;
}

/** The reading that most evidence speaks for. */
export const DEFAULT_SWITCHES: Readonly<CxSwitches> = {
  timestamps: "number",
  layout: "new",
  withoutSender: false,
  echo: "after-ack",
  echoTyping: false,
  rewriteTexts: false,
  keepAdditionalData: true,
  duplicateDelivery: false,
  replaceSessions: true,
  tokens: false,
  resume: "ack",
  withoutChannelData: false,
};

/** What becomes of one message's acknowledgement. `missing` and `lost` take the message; `ignored` does not. */
export type AckFault = "missing" | "lost" | "ignored" | "empty" | { code: number };

/** A REST answer instead of the right one. */
export interface CxRestFault {
  status: number;
  body: string;
  contentType: string;
}

/** Faults, each used once, in order. */
export interface CxFaults {
  acks: AckFault[];
  /** Of `CHAT_REQUESTED`: a code for `ERRORS`, or no answer. */
  requests: (number | "hang")[];
  /** Of `CHAT_RESUMED`. */
  resumes: ("hang" | "null" | "unavailable" | "empty")[];
  /** Of the handshake: refused with that text, or never answered. */
  handshakes: ({ refuse: string } | "hang")[];
  /** So many messages are taken, and the link is cut before a word comes back. */
  cutBeforeAck: number;
  /** By the beginning of the path; `hang` never answers. */
  rest: Map<string, (CxRestFault | "hang")[]>;
}
