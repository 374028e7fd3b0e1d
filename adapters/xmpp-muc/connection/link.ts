import type { Call, Unsubscribe } from "../../../src/transport/call.ts";
import type { ChatError } from "../../../src/transport/errors.ts";
import type { XmlElement } from "../xml.ts";

/**
 * What a room needs of an XMPP connection. `XmppConnection` is one; a test's scripted server may be another.
 *
 * A stream that was lost and came back is a new stream: everything in flight was rejected with `unreachable`, and rooms
 * join again on the next `bound`.
 */
export interface StanzaLink {
  /** Our full JID; `undefined` before the server assigned it. */
  readonly jid: string | undefined;
  /** The domain of the account. */
  readonly domain: string;

  /**
   * Connects if nobody has yet, and resolves as soon as stanzas may be written: after authentication, when the resource
   * binding request has been written. That is one round trip before its answer, so that a join can ride in the same
   * BOSH body. @throws ChatError
   */
  sendable(call?: Call): Promise<void>;

  /** Resolves when the server has answered the resource binding: `jid` is known. @throws ChatError */
  bound(call?: Call): Promise<string>;

  /**
   * Writes a stanza; stanzas leave in the order of the calls. Resolves when it was handed to the wire (WebSocket: to
   * the socket; BOSH: to a request). @throws ChatError `not-connected`, `too-large`, `unreachable`.
   */
  send(stanza: XmlElement): Promise<void>;

  /**
   * Sends an iq (its `id` is set here) and resolves with the `result` stanza. Only an answer from the JID that was asked
   * counts. @param call `timeoutMs` default 10_000.
   * @throws ChatError mapped from the stanza error, with `info.vendor = { name: "xmpp", code: <condition> }` and the
   * stanza as `info.cause` (an {@link IqError}); `timed-out`, `unreachable`, `aborted`.
   */
  request(iq: XmlElement, call?: Call): Promise<XmlElement>;

  /**
   * Every incoming `message` and `presence`, one per task, in the server's order; with `bareFrom` only those whose `from`
   * is that bare JID or one of its resources.
   */
  onStanza(listener: (stanza: XmlElement) => void, bareFrom?: string): Unsubscribe;

  /** Asks for a sign of life, see `XmppConnection.probe`. A scripted link may have none. */
  probe?(call?: Call): Promise<boolean>;

  /** Changes of the stream under the rooms. */
  onStream(listener: (event: StreamEvent) => void): Unsubscribe;

  /** A room says that it uses the connection; the last one to `release` closes it if the connection is not shared by name. */
  retain(): () => Promise<void>;
}

/** What happens to the stream. */
export type StreamEvent =
  /** A stream is authenticated and stanzas may be written; `resumed` means that server-side state (rooms) lived on. */
  | { kind: "sendable"; resumed: boolean }
  /** The stream is gone; another try follows at `retryAt`. */
  | { kind: "lost"; cause: ChatError; attempt: number; retryAt: Date }
  /** Nothing gets through for some seconds; what was sent is still repeated, and nothing is lost so far. BOSH only. */
  | { kind: "faltering"; cause: ChatError }
  /** After `faltering`: the server answers again. */
  | { kind: "steady" }
  /** The stream is gone for good. `replaced`: another session took the resource. `handed-over`: see `detach`. */
  | { kind: "closed"; reason: "local" | "handed-over" | "replaced" | "refused" | "connection-lost"; cause?: ChatError };

/** A stanza error answer, kept as `ChatError.info.cause`. */
export interface IqError {
  condition: string;
  type: string;
  text: string | undefined;
  /** `by` attribute (RFC 6120 §8.3.2): who rejected it. */
  by: string | undefined;
  stanza: XmlElement;
}
