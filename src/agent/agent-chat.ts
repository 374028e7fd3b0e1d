import { randomId } from "../kit/ids.ts";
import { createChatSession } from "../session/chat-session.ts";
import { toBody } from "../session/send-job.ts";
import type { ChatSession } from "../session/session-api.ts";
import { ChatError } from "../transport/errors.ts";
import type { AgentChat, AgentSessionOptions } from "./agent-session-api.ts";
import type { AgentConversation, AgentTransport } from "./agent-transport.ts";

/** What a conversation tells the desk. */
export interface AgentChatParts {
  transport: AgentTransport;
  conversation: AgentConversation;
  options: AgentSessionOptions;
  onUnread(chat: AgentChat): void;
}

/** Puts a conversation on the desk: nothing happens before its session is started. */
export function createAgentChat(parts: AgentChatParts): AgentChat {
  const { transport, conversation, options } = parts;
  const session = createChatSession(conversation, sessionOptions(options, conversation.conversationId));
  let unread = 0;
  /** What the service says of the time before this agent came. */
  let past = true;

  session.on("replay-ended", () => {
    past = false;
  });
  session.on("message", ({ from, replayed }) => {
    if (from.isSelf || (replayed && past)) return;
    unread++;
    parts.onUnread(chat);
  });

  const chat: AgentChat = {
    id: conversation.conversationId,
    session,
    get customer() {
      return conversation.customer;
    },
    get part() {
      return conversation.part;
    },
    get unread() {
      return unread;
    },
    async markSeen(call) {
      if (unread > 0) {
        unread = 0;
        parts.onUnread(chat);
      }
      // Who only looks on leaves no mark.
      if (conversation.part !== "monitor") await session.markDisplayed(undefined, call);
    },
    async whisper(content, { to, ...call } = {}) {
      const message = { clientId: randomId(), body: toBody(content) };
      return able(conversation.whisper?.(message, { ...call, ...(to && { to }) }), "Whispering");
    },
    async addParticipant(colleague, call) {
      await able(conversation.addParticipant?.(colleague, call), "Asking a colleague in");
    },
    async removeParticipant(id, call) {
      await able(conversation.removeParticipant?.(id, call), "Putting somebody out");
    },
    async transfer(colleague, call) {
      await able(conversation.transfer?.(colleague, call), "Handing over");
    },
    async raiseHand(supervisor, call) {
      await able(conversation.raiseHand?.(supervisor, call), "Asking a supervisor");
    },
    async bargeIn(call) {
      await able(conversation.bargeIn?.(call), "Barging in");
    },
    async leave(call) {
      await session.close("left", call);
      await session.forget();
    },
    end: (call) => session.end(call),
    async wrapUp(wrapUp, call) {
      await able(transport.wrapUp?.(chat.id, wrapUp, call), "Wrapping up");
    },
  };
  return chat;
}

/** What a method does, or why there is none. @throws ChatError `unsupported`, or as the method. */
export async function able<T>(doing: Promise<T> | undefined, what: string): Promise<T> {
  if (doing === undefined)
    throw new ChatError("unsupported", `${what} is not possible: this contact centre's service does not offer it.`);
  return doing;
}

function sessionOptions(
  { keep, watchPage: _watched, ...options }: AgentSessionOptions,
  conversationId: string,
): Parameters<typeof createChatSession>[1] & { watchPage: false } {
  // The desk watches the page once, for the link that they all share.
  const chatOptions = { ...options, watchPage: false as const };
  return keep ? { ...chatOptions, keep: { ...keep, key: `${keep.key ?? "desk"}.${conversationId}` } } : chatOptions;
}

/** What a conversation is opened with: who the customer is, and nothing else. */
export function startRequest({ customer }: AgentConversation): Parameters<ChatSession["start"]>[0] {
  const { name, email, phone } = customer;
  return { customer: { name, ...(email !== undefined && { email }), ...(phone !== undefined && { phone }) } };
}
