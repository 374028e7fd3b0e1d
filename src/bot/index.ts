export { NO_BOT_CAPABILITIES } from "./bot-transport.ts";
export type {
  BotCapabilities,
  BotConversation,
  BotEvents,
  BotIdentity,
  BotState,
  BotTransport,
} from "./bot-transport.ts";
