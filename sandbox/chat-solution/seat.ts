import type { SolutionAccount } from "./accounts.ts";
import type { Conversation } from "./conversation.ts";
import type { SolutionSocket } from "./solution-server.ts";

/** Whom a connection belongs to. Customers never sign in: they only join. */
export type Identity =
  | { kind: "agent"; id: string; account: SolutionAccount }
  | { kind: "bot"; id: string; name: string; type: string }
  | { kind: "connector"; id: string; name: string };

/** One connection of a client, and what is known of it. */
export class Seat {
  readonly socket: SolutionSocket;
  readonly conversations: Set<Conversation> = new Set();
  identity: Identity | undefined;
  /** Listens to `amq-msg`. */
  subscribed = false;
  /** Nothing reaches it any more: its link is about to be cut. */
  muted = false;

  constructor(socket: SolutionSocket) {
    this.socket = socket;
  }
}
