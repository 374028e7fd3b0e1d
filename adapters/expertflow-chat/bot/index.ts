export { expertflowChatBot } from "./expertflow-chat-bot.ts";
export type { ExpertflowChatBotOptions } from "./expertflow-chat-bot.ts";
