import { memoryAgent, type MemoryAgentOptions, type MemoryCentre } from "../../../adapters/memory/agent/index.ts";
import type { AgentConversation, AgentEvents, AgentTransport } from "../../../src/agent/index.ts";
import type { ChatMessage, MessageId } from "../../../src/transport/index.ts";

/** An agent's adapter with one planted fault, and a case that must find it. */
export interface BrokenAgent {
  fault: string;
  caughtBy: string;
  make: (options: MemoryAgentOptions) => AgentTransport;
}

/** Every fault that the agents' suite must catch. */
export const BROKEN_AGENTS: readonly BrokenAgent[] = [
  {
    fault: "tells a request twice",
    caughtBy: "a customer who waits is a request, once, with the conversation and who it is",
    make: (options) =>
      wrap(options, (inner) => ({
        on: (type, listener) =>
          inner.on(type, (event) => {
            listener(event);
            if (type === "request") listener(event);
          }),
      })),
  },
  {
    fault: "does not say that somebody else took a request",
    caughtBy: "of two who accept the first has it: the other is told, and rejected",
    make: (options) => wrap(options, (inner) => ({ on: withoutOutcome(inner, "elsewhere") })),
  },
  {
    fault: "forgets what rang when the link was lost",
    caughtBy: "a request that rang when the link was lost ends as link-lost, once",
    make: (options) => wrap(options, (inner) => ({ on: withoutOutcome(inner, "link-lost") })),
  },
  {
    fault: "lets who only looks on speak",
    caughtBy: "who looks on sees everything, may say nothing, and leaves no trace at the customer",
    make: (options) =>
      conversations(options, (inner) => ({
        send: async (message, call) =>
          inner.part === "monitor"
            ? { id: message.clientId as MessageId, acceptedAt: new Date() }
            : inner.send(message, call),
      })),
  },
  {
    fault: "passes a whisper off as said aloud",
    caughtBy: "a whisper reaches colleagues as one, and of it nothing reaches the customer",
    make: (options) =>
      conversations(options, (inner) => ({
        on: (type, listener) =>
          type === "message"
            ? inner.on("message", ({ whisper: _whisper, ...message }) =>
                (listener as (event: ChatMessage) => void)(message),
              )
            : inner.on(type, listener),
      })),
  },
  {
    fault: "says a whisper aloud",
    caughtBy: "a whisper reaches colleagues as one, and of it nothing reaches the customer",
    make: (options) => conversations(options, (inner) => ({ whisper: (message, call) => inner.send(message, call) })),
  },
  {
    fault: "signs in with the credentials from before",
    caughtBy: "credentials are asked for at each sign-in, and again after an outage",
    make: (options) => {
      let kept: ReturnType<typeof options.credentialsProvider> | undefined;
      return memoryAgent({ ...options, credentialsProvider: (call) => (kept ??= options.credentialsProvider(call)) });
    },
  },
  {
    fault: "comes back from an outage as somebody who wants no chats",
    caughtBy: "after an outage the agent is as ready as before, and asked again",
    make: (options) => memoryAgent({ ...options, service: unreadyAfterwards(options.service) }),
  },
  {
    fault: "leaves its conversations open when it closes",
    caughtBy: "the conversations are closed as left before the agent is",
    make: (options) =>
      conversations(options, (inner) => ({
        state: { status: "connected", conversation: inner.state } as unknown as AgentConversation["state"],
      })),
  },
  {
    fault: "ends the chat for the customer when it only leaves",
    caughtBy: "close without a reason leaves it as left, and the customer is still there",
    make: (options) =>
      conversations(options, (inner) => ({ close: (_reason, call) => inner.close("agent-ended", call) })),
  },
  {
    fault: "declares that it declines, and cannot",
    caughtBy: "decline when idle rejects with not-connected",
    make: (options) => {
      const transport = wrap(options, () => ({}));
      Reflect.deleteProperty(transport, "decline");
      return transport;
    },
  },
  {
    fault: "rejects with a plain Error",
    caughtBy: "a refused sign-in rejects with the refusal, is closed as refused and is not retried",
    make: (options) =>
      wrap(options, (inner) => ({
        signIn: (how, call) =>
          inner.signIn(how, call).catch((error: unknown) => {
            throw new Error(String(error));
          }),
      })),
  },
];

/** The memory agent with some members replaced. */
function wrap(
  options: MemoryAgentOptions,
  replace: (inner: AgentTransport) => Partial<AgentTransport>,
): AgentTransport {
  const inner = memoryAgent(options);
  return Object.defineProperty({ ...inner, ...replace(inner) }, "state", { get: () => inner.state });
}

/** The same for its conversations. */
function conversations(
  options: MemoryAgentOptions,
  replace: (inner: AgentConversation) => Partial<AgentConversation>,
): AgentTransport {
  return wrap(options, (agent) => ({
    conversation(target, how) {
      const inner = agent.conversation(target, how);
      const replaced = replace(inner);
      return Object.defineProperties(
        { ...inner, ...replaced },
        {
          state: { get: () => replaced.state ?? inner.state },
          part: { get: () => inner.part },
        },
      );
    },
  }));
}

function withoutOutcome(inner: AgentTransport, outcome: AgentEvents["request-ended"]["outcome"]): AgentTransport["on"] {
  return (type, listener) =>
    type === "request-ended"
      ? inner.on("request-ended", (event) => {
          if (event.outcome !== outcome) (listener as (event: AgentEvents["request-ended"]) => void)(event);
        })
      : inner.on(type, listener);
}

/** A wire on which every sign-in but the first says not ready. */
function unreadyAfterwards(service: MemoryCentre): MemoryCentre {
  let signIns = 0;
  const connect: MemoryCentre["connect"] = (events) => {
    const link = service.connect(events);
    const send: typeof link.send = (frame) =>
      link.send(frame.type === "sign-in" && signIns++ > 0 ? { ...frame, availability: { ready: false } } : frame);
    return { ...link, send };
  };
  return Object.defineProperties({ ...service, connect }, { links: { get: () => service.links } });
}
