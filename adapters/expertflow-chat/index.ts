export { expertflowChat } from "./expertflow-chat.ts";
export type { ExpertflowChat } from "./expertflow-chat.ts";
export { sendExternalMessage } from "./external-message.ts";
export type { ExternalMessage, ExternalMessageOptions } from "./external-message.ts";
export type {
  ExpertflowChatOptions,
  SolutionCustomerFields,
  SolutionEdition,
  SolutionServerOptions,
} from "./options.ts";
export type { IoFactory, IoSocket } from "../socket-io/dial-socket.ts";
