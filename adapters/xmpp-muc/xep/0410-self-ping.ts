/** XEP-0410 MUC Self-Ping, version 1.1.0: a ping to our own occupant JID tells whether we are still in the room. */

/** `unknown`: ask again later. */
export type Membership = "joined" | "not-joined" | "unknown";

/** How the ping was answered. */
export interface SelfPingError {
  /** The stanza error's condition; `undefined` when no answer came. */
  condition: string | undefined;
  /** The error's `by` attribute. */
  by?: string | undefined;
}

/** What we know when the answer comes. */
export interface SelfPingContext {
  /** Bare JID of the room. */
  room: string;
  /** Whether this occupant ever changed its nick (or the service did). */
  nickChanged: boolean;
}

/**
 * The table of section 4. `item-not-found` should mean that our nick changed under us; but Prosody answers it, `by` the
 * MUC service, when the room no longer exists. So it counts as joined only when our nick did change and nobody but the
 * room itself rejected the ping.
 */
export function mapSelfPing(error: SelfPingError | undefined, context: SelfPingContext): Membership {
  if (!error) return "joined";
  switch (error.condition) {
    case "service-unavailable":
    case "feature-not-implemented":
      return "joined";
    case "item-not-found":
      return context.nickChanged && (error.by === undefined || error.by === context.room) ? "joined" : "not-joined";
    case undefined:
    case "remote-server-not-found":
    case "remote-server-timeout":
      return "unknown";
    default:
      return "not-joined";
  }
}
