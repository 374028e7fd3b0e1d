import { exponentialBackoff } from "../../../src/kit/backoff.ts";
import { assertNotAborted } from "../../../src/kit/deadline.ts";
import { assertOnline, signedOut, signInOnce } from "../../../src/kit/sign-in.ts";
import type { Call } from "../../../src/transport/call.ts";
import type { Capabilities } from "../../../src/transport/capabilities.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { ReconnectPolicy } from "../../../src/transport/states.ts";
import type {
  AgentCapabilities,
  AgentConversation,
  AgentTransport,
  Availability,
  ChatRequest,
  Floor,
  WrapUp,
} from "../../../src/agent/agent-transport.ts";
import { MEMORY_SUPPORTS } from "../memory.ts";
import { memoryAgentConversation } from "./memory-agent-conversation.ts";
import { MemoryAgentLink } from "./memory-agent-link.ts";
import type { MemoryAgentCredentials, MemoryCentre } from "./memory-centre.ts";

/** Options of {@link memoryAgent}. */
export interface MemoryAgentOptions {
  /** The far end. */
  service: MemoryCentre;
  /** Who signs in; asked on every (re)connect. */
  credentialsProvider: (call: Call) => Promise<MemoryAgentCredentials>;
  /** Switch capabilities off: their methods are then absent. Default: all on. */
  supports?: Partial<AgentCapabilities>;
  /** The same for the conversations. */
  conversationSupports?: Partial<Capabilities>;
  /** When to sign in again after the link was lost. Default: `exponentialBackoff()`. */
  reconnect?: ReconnectPolicy;
}

const EVERYTHING: AgentCapabilities = {
  availability: true,
  notReadyReasons: true,
  domains: true,
  signOut: true,
  decline: true,
  requestEnds: true,
  whisper: true,
  whisperWhileMonitoring: true,
  addParticipant: true,
  removeParticipant: true,
  transfer: true,
  raiseHand: true,
  monitor: true,
  bargeIn: true,
  wrapUp: true,
  suggestions: true,
  floor: true,
  queues: true,
};

/** An agent without a network: the contract's reference implementation, and everybody's fake. */
export function memoryAgent(options: MemoryAgentOptions): AgentTransport {
  const supports: AgentCapabilities = { ...EVERYTHING, ...options.supports };
  const conversationSupports: Capabilities = {
    ...MEMORY_SUPPORTS,
    ...options.conversationSupports,
    resume: false,
    requestAgent: false,
  };
  const conversations = new Set<AgentConversation>();
  const link = new MemoryAgentLink({
    service: options.service,
    supports,
    policy: options.reconnect ?? exponentialBackoff(),
    credentialsProvider: options.credentialsProvider,
    onFinish: (reason) => {
      for (const each of conversations) void each.close(reason === "signed-out" ? "left" : "connection-lost");
    },
  });

  return {
    contract: 1,
    vendor: "memory",
    supports,
    get state() {
      return link.state;
    },
    on: (type, listener) => link.emitter.on(type, listener),
    signIn: ({ domains = [], availability = { ready: false } } = {}, call) =>
      signInOnce(link, () => link.join(domains, availability), call),
    async close() {
      link.send({ type: "bye" });
      link.finish("signed-out", signedOut("What was under way"));
    },
    conversation(target, how) {
      if (how === "monitor" && !supports.monitor)
        throw new ChatError("unsupported", "Looking on is not possible: this service does not offer it.");
      if (how === "accept" && !("id" in target && link.knows(target.id)))
        throw new ChatError("invalid-argument", "That request was never told here.");
      const made = memoryAgentConversation({
        link,
        target,
        how,
        supports: conversationSupports,
        agentSupports: supports,
      });
      conversations.add(made);
      made.on("state", ({ current }) => void (current.status === "closed" && conversations.delete(made)));
      return withAgentOnline(made, () => assertOnline(link.state, undefined, "Opening a conversation"));
    },
    async wake(call) {
      assertNotAborted(call?.signal, "Waking");
      if (link.state.status === "reconnecting") link.retryNow();
      if (link.state.status !== "online") return false;
      try {
        await link.ask({ type: "ping" }, call, "Asking for a sign of life", 5_000);
        return true;
      } catch (error) {
        if (ChatError.isInstance(error) && error.code === "aborted") throw error;
        link.giveUpLink();
        return false;
      }
    },
    ...requests(supports, link),
  };
}

/** What the service is asked for, where it is declared. */
function requests(supports: AgentCapabilities, link: MemoryAgentLink): Partial<AgentTransport> {
  return {
    ...(supports.signOut && {
      async signOut({ reason, ...call }: Call & { reason?: string } = {}): Promise<void> {
        assertNotAborted(call.signal, "Signing out");
        const why = reason === undefined ? {} : { reason };
        // Whatever comes of it, the agent is gone.
        if (link.state.status === "online")
          await link.ask({ type: "sign-out", ...why }, call, "Signing out", 5_000).catch(() => undefined);
        link.finish("signed-out", signedOut("What was under way"));
      },
    }),
    ...(supports.availability && {
      async setAvailability({ reason, ...wanted }: Availability, call?: Call): Promise<void> {
        const availability = reason !== undefined && supports.notReadyReasons ? { ...wanted, reason } : wanted;
        await link.ask({ type: "availability", availability }, call, "Saying whether chats are wanted");
      },
    }),
    ...(supports.decline && {
      async decline({ id }: ChatRequest, { reason, ...call }: Call & { reason?: string } = {}): Promise<void> {
        const why = reason === undefined ? {} : { reason };
        await link.ask({ type: "decline", id, ...why }, call, "Declining");
      },
    }),
    ...(supports.wrapUp && {
      async wrapUp(conversationId: string, wrapUp: WrapUp, call?: Call): Promise<void> {
        await link.ask({ type: "wrap-up", conversationId, wrapUp }, call, "Wrapping up");
      },
    }),
    ...(supports.floor && {
      async floor(call?: Call): Promise<Floor> {
        const { floor } = await link.ask({ type: "floor" }, call, "Looking at the floor");
        if (!floor) throw new ChatError("bad-frame", "Looking at the floor was answered with something else.");
        if (supports.queues) return floor;
        const { queues: _queues, ...rest } = floor;
        return rest;
      },
    }),
  };
}

/** A conversation needs an agent who is signed in. */
function withAgentOnline(conversation: AgentConversation, check: () => void): AgentConversation {
  const open = conversation.open.bind(conversation);
  return Object.defineProperty(conversation, "open", {
    value: async (...args: Parameters<AgentConversation["open"]>) => {
      if (conversation.state.status === "idle") {
        assertNotAborted(args[1]?.signal, "Opening the conversation");
        check();
      }
      return open(...args);
    },
  });
}
