import {
  NO_AGENT_CAPABILITIES,
  type AgentCapabilities,
  type AgentConversation,
  type AgentEvents,
  type AgentIdentity,
  type AgentState,
  type AgentTransport,
  type ChatRequest,
  type FloorConversation,
} from "../../../src/agent/agent-transport.ts";
import { assertNotAborted, withDeadline } from "../../../src/kit/deadline.ts";
import { randomId } from "../../../src/kit/ids.ts";
import { assertOnline, signedOut, signInOnce } from "../../../src/kit/sign-in.ts";
import type { Call, Unsubscribe } from "../../../src/transport/call.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import { normalBareJid } from "../jid.ts";
import { encodeDecline } from "./staff-stanzas.ts";
import { XmppAgentConversation } from "./xmpp-agent-conversation.ts";
import { XmppAgentLink } from "./xmpp-agent-link.ts";
import { assertAgentOptions, type XmppAgentOptions } from "./xmpp-agent-options.ts";

/** What rooms offer to agents whatever the server. Looking on needs `unseenVisitors`. */
export const XMPP_AGENT_SUPPORTS: Readonly<AgentCapabilities> = Object.freeze({
  ...NO_AGENT_CAPABILITIES,
  decline: true,
  whisper: true,
  addParticipant: true,
  removeParticipant: true,
  transfer: true,
  raiseHand: true,
});

/**
 * An agent on an XMPP server: invitations ring, accepting is joining the room, and all rooms share one connection. What
 * XMPP has no word for (availability, routing, wrap-up, floor) is absent. Nothing happens before `signIn`.
 * @throws ChatError `invalid-config`.
 */
export function xmppAgent(options: XmppAgentOptions): AgentTransport {
  assertAgentOptions(options);
  return new XmppAgent(options);
}

class XmppAgent implements AgentTransport {
  readonly contract = 1 as const;
  readonly vendor = "xmpp";
  readonly supports: AgentCapabilities;
  readonly #options: XmppAgentOptions;
  readonly #link: XmppAgentLink;
  readonly #conversations = new Set<XmppAgentConversation>();

  constructor(options: XmppAgentOptions) {
    this.#options = options;
    const unseen = options.unseenVisitors === true;
    this.supports = Object.freeze({ ...XMPP_AGENT_SUPPORTS, monitor: unseen, bargeIn: unseen });
    this.#link = new XmppAgentLink(options, {
      isIn: (room) =>
        [...this.#conversations].some(({ conversationId, state }) => conversationId === room && isOpen(state)),
      onFinish: (reason) => {
        for (const each of this.#conversations) void each.close(reason === "signed-out" ? "left" : "connection-lost");
      },
    });
  }

  get state(): AgentState {
    return this.#link.state;
  }

  on<K extends keyof AgentEvents>(type: K, listener: (event: AgentEvents[K]) => void): Unsubscribe {
    return this.#link.emitter.on(type, listener);
  }

  async signIn(_options?: unknown, call?: Call): Promise<AgentIdentity> {
    return signInOnce(this.#link, (signal) => this.#link.join(signal), call);
  }

  async close(): Promise<void> {
    // The rooms' goodbyes go before that of the connection.
    const leaving = [...this.#conversations].map((each) => each.close("left"));
    await Promise.all(leaving);
    this.#link.finish("signed-out", signedOut("What was under way"));
    await this.#link.released;
  }

  conversation(target: ChatRequest | FloorConversation, how: "accept" | "monitor" | "enter"): AgentConversation {
    if (how === "monitor" && !this.supports.monitor)
      throw new ChatError("unsupported", "Looking on is not possible: nobody promised that visitors are unseen.", {
        remedy: "See the option unseenVisitors.",
      });
    if (how === "accept" && !("id" in target && this.#link.knows(target.id)))
      throw new ChatError("invalid-argument", "That request was never told here.");
    if (!target.conversationId.includes("@")) return this.#nowhere(target, how);
    return this.#make({ ...target, conversationId: normalBareJid(target.conversationId) }, how);
  }

  async decline(request: ChatRequest, call?: Call & { reason?: string }): Promise<void> {
    const what = "Declining";
    assertOnline(this.state, call, what);
    const ring = this.#link.ringing(request.id);
    if (!ring) throw new ChatError("conflict", "That request was answered before.");
    const { kind, room, from } = ring.invite;
    if (kind === "direct" || from === undefined)
      throw new ChatError("unsupported", "A direct invitation cannot be declined, only left unanswered.");
    const { connection } = this.#link;
    await withDeadline(call, 20_000, what, () => connection.send(encodeDecline(room, randomId(), from, call?.reason)));
    this.#link.endRequest(request.id, "declined");
  }

  async wake(call?: Call): Promise<boolean> {
    assertNotAborted(call?.signal, "Waking");
    const { status } = this.state;
    if (status !== "online" && status !== "reconnecting") return false;
    return this.#link.connection.probe(call);
  }

  #make(target: ChatRequest | FloorConversation, how: "accept" | "monitor" | "enter"): AgentConversation {
    const made = new XmppAgentConversation({ link: this.#link, options: this.#options, target, how });
    this.#conversations.add(made);
    made.on("state", ({ current }) => void (current.status === "closed" && this.#conversations.delete(made)));
    return made;
  }

  /** A name that is no room's: there is none of that name on the agent's own server. */
  #nowhere(target: ChatRequest | FloorConversation, how: "accept" | "monitor" | "enter"): AgentConversation {
    const domain = this.#link.connection.domain || "invalid";
    return this.#make({ ...target, conversationId: `${target.conversationId}@${domain}` }, how);
  }
}

function isOpen({ status }: XmppAgentConversation["state"]): boolean {
  return status !== "idle" && status !== "closed";
}
