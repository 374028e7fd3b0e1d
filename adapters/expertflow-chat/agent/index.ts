export { expertflowChatAgent } from "./expertflow-chat-agent.ts";
export type { ExpertflowChatAgent } from "./expertflow-chat-agent.ts";
export type {
  AmqMapping,
  AmqMeaning,
  AmqMessage,
  ExpertflowChatAgentOptions,
  SolutionCredentials,
} from "./agent-options.ts";
