export { expertflowChatConnector } from "./expertflow-chat-connector.ts";
export type { ExpertflowChatConnectorOptions } from "./expertflow-chat-connector.ts";
