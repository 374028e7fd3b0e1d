import type { Call } from "../transport/call.ts";
import { ServedConversation } from "./bot-conversation.ts";
import type { BotChat, BotOptions } from "./bot-options.ts";
import type { BotTransport } from "./bot-transport.ts";

/** A bot that serves. */
export interface Bot {
  /** Conversations that are going on, at every service. */
  readonly chats: readonly BotChat[];
  /**
   * Serves at one more service: registers, joins every conversation that it is asked into, and goes on after outages. Resolves
   * when it is registered. One bot, several vendors. @throws ChatError as `BotTransport.register`.
   */
  serve(transport: BotTransport, call?: Call): Promise<void>;
  /** Lets go of every service. Never rejects for the network. */
  close(): Promise<void>;
}

/**
 * Makes a bot of any vendor's `BotTransport`s.
 *
 * ```ts
 * const bot = createBot({ id: "bot", name: "Helper", type: "Rasa", onMessage: ({ body }) => `You said: ${textOf(body)}` });
 * await bot.serve(expertflowChatBot({ url: "https://chat.example.org" }));
 * ```
 *
 * Messages of one conversation are answered one after the other, and each conversation is a `ChatSession`: in the service's
 * order, each once, gaps closed, sends repeated after an outage and never doubled. Once a human has joined, nothing goes to the
 * customer.
 */
export function createBot(options: BotOptions): Bot {
  const transports = new Set<BotTransport>();
  const chats = new Map<BotTransport, Map<string, ServedConversation>>();

  return {
    get chats() {
      return Array.from(chats.values(), (each) => [...each.values()]).flat();
    },
    async serve(transport, call) {
      const served = new Map<string, ServedConversation>();
      transports.add(transport);
      chats.set(transport, served);
      transport.on("conversation", (conversation) => {
        const chat = new ServedConversation(conversation, options);
        served.set(conversation.conversationId, chat);
        chat.serve();
      });
      transport.on("conversation-ended", ({ conversationId }) => void served.delete(conversationId));
      transport.on("warning", (warning) => options.onError?.(warning));
      const { id, name, type } = options;
      await transport.register({ id, name, type }, call);
    },
    async close() {
      await Promise.all(Array.from(transports, (transport) => transport.close()));
      transports.clear();
      chats.clear();
    },
  };
}
