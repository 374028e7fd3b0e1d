import type { XmlElement } from "../../xml.ts";
import type { WebSocketResumeState } from "../resume-state.ts";

/** What came of a nonza. */
export type ManagerVerdict =
  /** The old session lives on: what the server has not had was sent again, what it still had for us comes now. */
  | { kind: "resuming"; jid: string }
  /** That has come. */
  | { kind: "resumed"; jid: string }
  /** It does not. */
  | { kind: "failed" }
  /** The server acknowledged what was never sent: the stream is not to be trusted. */
  | { kind: "broken" };

/** What a manager needs of the stream it works on. */
export interface ManagedStream {
  write(text: string): void;
  /** `state` says something new. */
  onChange(): void;
}

/**
 * Counts stanzas on a WebSocket and takes a session over to the next one (XEP-0198). One for a connection; streams come
 * and go. Everything happens in the task in which an element is read: counting later than that is how counters go wrong.
 */
export interface StreamManager {
  /** A new stream. Nothing counts on it yet. */
  begin(stream: ManagedStream): void;
  /** Asks to go on with the old session, if the server can and there is one. @returns false when there is nothing to ask. */
  resume(features: XmlElement): boolean;
  /** Forgets the old session and, if the server can, asks for a new one: the bind request has just been written. */
  enable(features: XmlElement): void;
  /** The full JID of the new session. */
  bound(jid: string): void;
  /** A stanza was written. */
  sent(stanza: string): void;
  /** A stanza was handed on. */
  received(): void;
  /** A nonza of ours was read. @returns what the stream has to do about it. */
  take(nonza: XmlElement): ManagerVerdict | undefined;
  /** What another page needs; `undefined` while there is nothing to resume. */
  state(url: string): WebSocketResumeState | undefined;
}

/** Makes one; with `restored` it goes on where another page stopped. */
export type StreamManagement = (restored?: WebSocketResumeState) => StreamManager;

/** XEP-0198 1.6.1. */
export const NS_SM = "urn:xmpp:sm:3";
