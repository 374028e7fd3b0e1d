export { createAgentSession } from "./agent-session.ts";
export type { AgentChat, AgentSession, AgentSessionEvents, AgentSessionOptions } from "./agent-session-api.ts";
export { createCrmBridge } from "./crm-bridge.ts";
export type { CrmBridge, CrmBridgeOptions, CrmListenOn, CrmMessageEvent, CrmRefusal, CrmTarget } from "./crm-bridge.ts";
export type { CrmCommand, CrmCustomer, CrmNotice } from "./crm-messages.ts";
export { NO_AGENT_CAPABILITIES } from "./agent-transport.ts";
export type {
  AgentCapabilities,
  AgentCapability,
  AgentConversation,
  AgentEvents,
  AgentIdentity,
  AgentPart,
  AgentState,
  AgentTransport,
  Availability,
  ChatRequest,
  Colleague,
  ColleagueRef,
  Floor,
  FloorConversation,
  RequestOutcome,
  WrapUp,
} from "./agent-transport.ts";
