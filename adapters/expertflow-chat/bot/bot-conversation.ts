import type { BotConversation, BotIdentity } from "../../../src/bot/bot-transport.ts";
import { randomId } from "../../../src/kit/ids.ts";
import type { Call } from "../../../src/transport/call.ts";
import type { Capabilities } from "../../../src/transport/capabilities.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { CustomerInfo } from "../../../src/transport/link-state.ts";
import type { ChatMessage, OutgoingBody, Understanding } from "../../../src/transport/messages.ts";
import { conversationTransport } from "../conversation-transport.ts";
import type { SolutionRest } from "../rest/solution-rest.ts";
import type { MemberLink } from "../solution-link.ts";
import {
  encodeBotMessage,
  encodeChatMessage,
  encodeConversation,
  encodeJoin,
  type Frame,
  type FrameParts,
  type Sender,
} from "../wire/encode.ts";
import type { ExpertflowChatBotOptions } from "./expertflow-chat-bot.ts";

/** What a bot's conversation is made of. */
export interface BotConversationParts {
  link: MemberLink;
  rest: SolutionRest;
  options: ExpertflowChatBotOptions;
  supports: Capabilities;
  conversationId: string;
  customer: CustomerInfo;
  bot: BotIdentity;
  self: Sender;
  initContext(call: Call): Promise<void>;
}

/** A conversation of a bot, as `BotConversation` has it (guide 7.0.4 to 7.0.10). */
export function botConversation(parts: BotConversationParts): BotConversation {
  const { conversationId, customer, self } = parts;
  /** Whose input is answered. */
  let asker: Sender = { id: customer.id ?? "", name: customer.name };

  const { chat, transport, ready } = conversationTransport({
    link: parts.link,
    rest: parts.rest,
    options: parts.options,
    supports: parts.supports,
    handoffKey: parts.options.handoffKey,
    leaveReason: "left",
    // The guide lets no `conversationInfo` come to bots.
    expectsInfo: false,
    doorway: {
      role: "bot",
      hearsWhispers: false,
      // The customer may have spoken before the bot was there.
      goesOn: () => true,
      async prepare(_request, signal) {
        await parts.initContext({ signal });
        return { conversationId, self };
      },
      knock: ({ self: from }) => ({
        event: "joinConversation",
        payload: encodeJoin({ conversationId, from, requestId: randomId(), timestamp: new Date() }),
      }),
      goodbye: ({ self: from }, reason) =>
        reason === "agent-ended"
          ? {
              event: "endConversation",
              payload: encodeConversation({ conversationId, from, requestId: randomId(), timestamp: new Date() }),
            }
          : undefined,
      encode: ({ body }, frame) => encode(body, frame, asker),
      onSaid: ({ from }) => {
        if (from.id !== self.id) asker = { id: from.id, name: from.name };
      },
    },
  });

  function encode(body: OutgoingBody, frame: FrameParts, to: Sender): Frame {
    if (body.kind !== "text") return encodeChatMessage(frame, body);
    const { id, name, type } = parts.bot;
    return encodeBotMessage(
      { ...frame, from: to },
      { id, name, type },
      body.text,
      body.understanding ?? plain(body.text),
    );
  }

  return {
    ...transport,
    conversationId,
    customer,
    get state() {
      return chat.state;
    },
    /** While a human is there the service takes the same message for a suggestion (guide 7.0.9). */
    async suggest(body: OutgoingBody, { from: { id, name } }: ChatMessage, call?: Call) {
      ready(call, "Suggesting");
      if (body.kind !== "text") throw new ChatError("invalid-argument", "A suggestion is a text.");
      parts.link.emit("sendMessage", encode(body, chat.frame(randomId()), { id, name }));
    },
  };
}

function plain(text: string): Understanding {
  return { input: "", intents: [], entities: [], output: [{ text, confidence: 1 }] };
}
