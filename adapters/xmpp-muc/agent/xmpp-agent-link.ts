import type { AgentEvents, AgentIdentity, AgentState, ChatRequest } from "../../../src/agent/agent-transport.ts";
import { createEmitter, type Emitter } from "../../../src/kit/emitter.ts";
import { randomId } from "../../../src/kit/ids.ts";
import type { Unsubscribe } from "../../../src/transport/call.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { CustomerInfo, LinkCloseReason } from "../../../src/transport/link-state.ts";
import type { StreamEvent } from "../connection/link.ts";
import { createXmppConnection, type XmppConnection } from "../connection/xmpp-connection.ts";
import { bareOf, normalBareJid } from "../jid.ts";
import { shareInitialPresence, type InitialPresence } from "../muc/initial-presence.ts";
import { decodeInvite, type RoomInvite } from "../muc/invites.ts";
import type { XmlElement } from "../xml.ts";
import type { XmppAgentOptions, XmppColleague } from "./xmpp-agent-options.ts";

/** A request with the invitation behind it. */
export interface InvitedRequest {
  request: ChatRequest;
  invite: RoomInvite;
}

/** An agent's connection: the states, and what rings on it. Rooms share the connection and mind themselves. */
export class XmppAgentLink {
  readonly emitter: Emitter<AgentEvents> = createEmitter<AgentEvents>();
  readonly connection: XmppConnection;
  readonly #options: XmppAgentOptions;
  readonly #onFinish: (reason: LinkCloseReason) => void;
  readonly #isIn: (room: string) => boolean;
  readonly #ringing = new Map<string, InvitedRequest>();
  readonly #told = new Set<string>();
  readonly #detach: Unsubscribe[] = [];
  #presence: InitialPresence | undefined;
  #state: AgentState = { status: "idle" };
  #closing: Promise<void> = Promise.resolve();

  constructor(
    options: XmppAgentOptions,
    parts: { onFinish(reason: LinkCloseReason): void; isIn(room: string): boolean },
  ) {
    this.#options = options;
    this.#onFinish = (reason) => parts.onFinish(reason);
    this.#isIn = (room) => parts.isIn(room);
    const { connection, credentialsProvider, logger } = options;
    this.connection = createXmppConnection({
      ...connection,
      credentials: (call) => credentialsProvider(call),
      ...(logger && { logger }),
    });
  }

  get state(): AgentState {
    return this.#state;
  }

  /** Resolves when nothing is left of the connection. */
  get released(): Promise<void> {
    return this.#closing;
  }

  /** `idle → connecting → online`. */
  async join(signal: AbortSignal): Promise<AgentIdentity> {
    this.#move({ status: "connecting", attempt: 1 });
    // A listener may have closed us while it heard of `connecting`.
    this.#assertOpen();
    this.#presence = shareInitialPresence(this.connection);
    this.#detach.push(
      this.connection.onStream((event) => this.#onStream(event)),
      this.connection.onStanza((stanza) => this.#onStanza(stanza)),
    );
    await this.connection.bound({ signal, timeoutMs: Infinity });
    return this.#assertOnline();
  }

  /** Whether that request was told. */
  knows(id: string): boolean {
    return this.#told.has(id);
  }

  /** What rings under that id. */
  ringing(id: string): InvitedRequest | undefined {
    return this.#ringing.get(id);
  }

  endRequest(id: string, outcome: AgentEvents["request-ended"]["outcome"]): void {
    const ring = this.#ringing.get(id);
    if (!ring || !this.#ringing.delete(id)) return;
    this.emitter.emit("request-ended", { request: ring.request, outcome });
  }

  warn(error: ChatError): void {
    if (this.#state.status !== "closed") this.emitter.emit("warning", error);
  }

  /** That colleague, by bare JID. */
  colleague(jid: string | undefined): XmppColleague | undefined {
    if (jid === undefined) return undefined;
    return this.#options.colleagues?.find(({ id }) => normalBareJid(id) === normalBareJid(jid));
  }

  /** Any state `→ closed`. What is under way is rejected by the connection and by the rooms. */
  finish(reason: LinkCloseReason, _failure: ChatError, cause?: ChatError): void {
    if (this.#state.status === "closed") return;
    const wasIdle = this.#state.status === "idle";
    for (const id of this.#ringing.keys()) this.endRequest(id, "link-lost");
    this.#onFinish(reason);
    for (const off of this.#detach) off();
    this.#move(cause ? { status: "closed", reason, cause } : { status: "closed", reason });
    this.emitter.clear();
    this.#closing = wasIdle ? Promise.resolve() : this.#goodbye();
  }

  /** The rooms say theirs in the same tasks: what was written before leaves before. */
  async #goodbye(): Promise<void> {
    this.#presence?.release();
    await this.connection.close().catch(() => undefined);
  }

  #assertOpen(): void {
    if (this.#state.status === "closed") throw new ChatError("closed", "The agent was signed out meanwhile.");
  }

  #move(current: AgentState): void {
    const previous = this.#state;
    this.#state = current;
    this.emitter.emit("state", { previous, current });
  }

  #onStream(event: StreamEvent): void {
    if (event.kind === "sendable") void this.#onSendable();
    else if (event.kind === "lost") this.#onLost(event);
    else if (event.kind === "closed") {
      const cause = event.cause ?? new ChatError("closed", "The connection to the chat server was closed.");
      const { reason } = event;
      // The rooms hear of it first: they are closed before their agent is.
      queueMicrotask(() => {
        this.finish(reason === "local" || reason === "handed-over" ? "signed-out" : reason, cause, cause);
      });
    }
  }

  async #onSendable(): Promise<void> {
    try {
      await this.connection.bound({ timeoutMs: Infinity });
      this.#assertOnline();
    } catch {
      // Lost or closed again: its own event says so.
    }
  }

  /** Once for each stream: who may be invited is available. */
  #assertOnline(): AgentIdentity {
    this.#assertOpen();
    if (this.#state.status === "online") return this.#state.who;
    this.#presence?.send();
    const who = {
      id: bareOf(this.connection.jid ?? ""),
      name: this.#options.name,
      role: this.#options.role ?? "agent",
    };
    this.#move({ status: "online", who });
    return who;
  }

  #onLost({ attempt, retryAt, cause }: Extract<StreamEvent, { kind: "lost" }>): void {
    if (this.#state.status === "connecting") return;
    const lost = new ChatError("unreachable", "The link to the chat server was lost.", {
      cause,
      ...(cause.info.vendor && { vendor: cause.info.vendor }),
    });
    this.#move({ status: "reconnecting", attempt, retryAt, cause: lost });
    for (const id of this.#ringing.keys()) this.endRequest(id, "link-lost");
  }

  #onStanza(stanza: XmlElement): void {
    const invite = decodeInvite(stanza);
    if (!invite) return this.#onBroken(stanza);
    const colleague = this.colleague(invite.from);
    const known = invite.kind === "mediated" || colleague !== undefined;
    if (!(this.#options.acceptsInvite?.(invite) ?? known)) return;
    // The same invitation may come mediated and direct; and who is in the room needs none.
    const rings = [...this.#ringing.values()].some((one) => one.invite.room === invite.room);
    if (rings || this.#isIn(invite.room) || this.#state.status !== "online") return;
    const request: ChatRequest = {
      id: randomId(),
      conversationId: invite.room,
      kind: colleague ? "help" : "chat",
      customer: this.#options.customerOf?.(invite) ?? unknownCustomer(invite),
      ...(colleague && { from: colleague.name }),
      receivedAt: new Date(),
      raw: stanza,
    };
    this.#told.add(request.id);
    this.#ringing.set(request.id, { request, invite });
    this.emitter.emit("request", request);
  }

  /** Something that looks like an invitation, and names no room. */
  #onBroken(stanza: XmlElement): void {
    const isInvite = stanza.getChild("x", "jabber:x:conference") !== undefined;
    if (stanza.name !== "message" || !isInvite) return;
    this.warn(
      new ChatError("bad-frame", "Somebody sent an invitation that names no room.", {
        vendor: { name: "xmpp", code: "muc/bad-invite" },
      }),
    );
  }
}

function unknownCustomer({ reason }: RoomInvite): CustomerInfo {
  return { name: "", details: reason === undefined ? {} : { reason } };
}
