import type { Call, Unsubscribe } from "../../../src/transport/call.ts";
import type { StanzaLink } from "./link.ts";
import type { XmppResumeState } from "./resume-state.ts";

/** Where a connection stands. `closed` is final. */
export type XmppConnectionStatus = "idle" | "connecting" | "online" | "reconnecting" | "closed";

/** One XMPP account's connection, shared by any number of rooms. */
export interface XmppConnection extends StanzaLink {
  readonly status: XmppConnectionStatus;
  /** What it asks to be bound to; a connection of the next page that asks for the same ends this one's stream. */
  readonly resource: string;
  /** Which wire runs; `undefined` before the first stream. For logs and tests: behaviour does not differ. */
  readonly transport: "bosh" | "websocket" | undefined;
  /** Connects and resolves with our full JID. @throws ChatError `unreachable`, `unauthorized`, `invalid-config` … */
  connect(call?: Call): Promise<string>;
  /** Says goodbye to the server. Every room is closed too. Resolves when nothing is left. @param call default 5_000 ms. */
  close(call?: Call): Promise<void>;
  /** While `reconnecting`: try at once. */
  retryNow(): void;
  /** The network is back, or the page is seen again: whatever is being waited for before trying again is tried now. */
  hurry(): void;
  /**
   * Asks whether the link is alive, by making the server say anything. A link that stays silent is given up
   * (`unreachable`), and reconnecting starts at once. @param call `timeoutMs` default 5_000.
   * @returns whether it is alive; false at once when there is none, and then too it is tried at once.
   * @throws ChatError `aborted`.
   */
  probe(call?: Call): Promise<boolean>;
  /** What `resume` of another connection needs, at this moment. A secret. `undefined` where there is nothing to resume. */
  resumeState(): XmppResumeState | undefined;
  /** Called when `resumeState` gives something new: with each request made, and when answers were handed on. */
  onResumeState(listener: (state: XmppResumeState) => void): Unsubscribe;
  /**
   * Stops without telling the server, so that another connection can go on; the status is `closed` then.
   * @returns what it needs, or `undefined` when there is nothing to go on with.
   */
  detach(): XmppResumeState | undefined;
  /**
   * Lets the session rest for so many seconds, during which the server awaits no request (XEP-0124 §10); whatever is
   * written ends the rest. Absent unless the server offers it. Resolves nothing: its answer is awaited by nobody.
   * @returns false when something has still to be sent first.
   */
  readonly pause?: ((seconds: number) => boolean) | undefined;
}
