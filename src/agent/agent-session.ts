import { createEmitter } from "../kit/emitter.ts";
import { watchPage } from "../session/page-watch.ts";
import type { Call } from "../transport/call.ts";
import { ChatError } from "../transport/errors.ts";
import { able, createAgentChat, startRequest } from "./agent-chat.ts";
import type { AgentChat, AgentSession, AgentSessionEvents, AgentSessionOptions } from "./agent-session-api.ts";
import type {
  AgentEvents,
  AgentIdentity,
  AgentTransport,
  Availability,
  ChatRequest,
  FloorConversation,
} from "./agent-transport.ts";

const PASSED_ON = ["floor", "suggestion", "warning"] as const satisfies readonly (keyof AgentEvents)[];

/** Makes a desk over a transport in `idle`. The transport belongs to the session from then on. */
export function createAgentSession(transport: AgentTransport, options: AgentSessionOptions = {}): AgentSession {
  const emitter = createEmitter<AgentSessionEvents>(options.onListenerError);
  const requests: ChatRequest[] = [];
  const conversations: AgentChat[] = [];
  let agent: AgentIdentity | undefined;
  let availability: Availability = { ready: false };
  /** Watched only while there is a link that could be dead. */
  let unwatch: (() => void) | undefined;

  function onState({ previous, current }: AgentEvents["state"]): void {
    if (current.status === "online") agent = current.who;
    if (current.status === "closed") unwatch?.();
    emitter.emit("state", { previous, current });
    if (current.status === "online" && transport.wake && options.watchPage !== false)
      unwatch ??= watchPage(() => void transport.wake?.());
  }

  transport.on("state", onState);
  transport.on("availability", (event) => {
    availability = event;
    emitter.emit("availability", event);
  });
  transport.on("request", (request) => {
    requests.push(request);
    emitter.emit("request", request);
  });
  transport.on("request-ended", (event) => {
    const index = requests.findIndex(({ id }) => id === event.request.id);
    if (index >= 0) requests.splice(index, 1);
    emitter.emit("request-ended", event);
  });
  for (const type of PASSED_ON) transport.on(type, (event) => emitter.emit(type, event));

  /** On the desk from the moment that the agent is in, and before anything is heard of it. */
  function keepOnDesk(chat: AgentChat): void {
    chat.session.on("state", ({ current }) => {
      const index = conversations.indexOf(chat);
      if (current.status === "connected" && index < 0) {
        conversations.push(chat);
        emitter.emit("conversation", { change: "added", chat });
      } else if (current.status === "closed" && index >= 0) {
        conversations.splice(index, 1);
        emitter.emit("conversation", { change: "removed", chat, reason: current.reason });
      }
    });
    chat.session.on("message", (message) => emitter.emit("message", { chat, message }));
  }

  async function join(
    target: ChatRequest | FloorConversation,
    how: "accept" | "monitor" | "enter",
    call: Call | undefined,
  ): Promise<AgentChat> {
    const conversation = transport.conversation(target, how);
    const onUnread = (chat: AgentChat): void => emitter.emit("unread", chat);
    const chat = createAgentChat({ transport, conversation, options, onUnread });
    keepOnDesk(chat);
    await chat.session.start(startRequest(conversation), call);
    return chat;
  }

  async function setAvailability(wanted: Availability, call: Call): Promise<void> {
    await able(transport.setAvailability?.(wanted, call), "Saying whether you want chats");
  }

  const find = (id: string): AgentChat | undefined => conversations.find((chat) => chat.id === id);

  return {
    get state() {
      return transport.state;
    },
    supports: transport.supports,
    get agent() {
      return agent;
    },
    get availability() {
      return availability;
    },
    requests,
    conversations,
    on: (type, listener, limits) => emitter.on(type, listener, limits),
    once: (type, listener, limits) => emitter.once(type, listener, limits),
    signIn: (how, call) => transport.signIn(how, call),
    async signOut(how) {
      if (transport.signOut) await transport.signOut(how);
      else await transport.close(how);
    },
    close: (call) => transport.close(call),
    async setReady({ domain, ...call } = {}) {
      await setAvailability({ ready: true, ...(domain !== undefined && { domain }) }, call);
    },
    async setNotReady(reason, { domain, ...call } = {}) {
      const why = reason !== undefined && transport.supports.notReadyReasons ? { reason } : {};
      await setAvailability({ ready: false, ...why, ...(domain !== undefined && { domain }) }, call);
    },
    accept: (request, call) => join(request, "accept", call),
    async decline(request, call) {
      await able(transport.decline?.(request, call), "Declining");
    },
    async monitor(conversation, call) {
      if (find(conversation.conversationId))
        throw new ChatError("conflict", "You are in that conversation already.", { remedy: "Leave it first." });
      return join(conversation, "monitor", call);
    },
    enter: async (conversation, call) => find(conversation.conversationId) ?? join(conversation, "enter", call),
    async floor(call) {
      return able(transport.floor?.(call), "Looking at the floor");
    },
    async wake(call) {
      return (await transport.wake?.(call)) ?? transport.state.status === "online";
    },
  };
}
