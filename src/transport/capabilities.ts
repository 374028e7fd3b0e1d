/**
 * What a transport can do. A constant of the adapter; `Conversation.supports` is what the server at hand really allows,
 * which may be less, never more. Where a flag is false the matching method is absent (declared) or rejects with
 * `unsupported` (only the server lacks it).
 */
export interface Capabilities {
  /** `sendChatState` and `chat-state` events. */
  chatStates: boolean;
  /** `mark("received")` and `receipt` events of that kind. */
  receivedReceipts: boolean;
  /** `mark("displayed")` and `receipt` events of that kind. */
  displayedMarkers: boolean;
  /** `upload`. */
  upload: boolean;
  /** `history`. */
  history: boolean;
  /** `catchUp`. */
  catchUp: boolean;
  /** `requestAgent`: hand-over inside a running conversation. */
  requestAgent: boolean;
  /** `resumeToken`, `detach` and `OpenRequest.resumeToken`. */
  resume: boolean;
  /** `edit`. */
  edit: boolean;
  /** `retract`. */
  retract: boolean;
  /** `react`. */
  react: boolean;
  /** `OutgoingMessage.replyTo`. */
  replyTo: boolean;
}

/** A capability's name. */
export type Capability = keyof Capabilities;

/** Nothing. Spread it and switch on what an adapter can do. */
export const NO_CAPABILITIES: Readonly<Capabilities> = Object.freeze({
  chatStates: false,
  receivedReceipts: false,
  displayedMarkers: false,
  upload: false,
  history: false,
  catchUp: false,
  requestAgent: false,
  resume: false,
  edit: false,
  retract: false,
  react: false,
  replyTo: false,
});
