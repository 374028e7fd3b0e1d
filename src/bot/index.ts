export { NO_BOT_CAPABILITIES } from "./bot-transport.ts";
export type {
  BotCapabilities,
  BotConversation,
  BotEvents,
  BotIdentity,
  BotState,
  BotTransport,
} from "./bot-transport.ts";
export { createBot } from "./create-bot.ts";
export type { Bot } from "./create-bot.ts";
export type { BotChat, BotOptions, BotReplies, BotReply } from "./bot-options.ts";
