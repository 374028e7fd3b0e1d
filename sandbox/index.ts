/**
 * Servers of one's own for tests and demos: real Prosody and ejabberd on free loopback ports, with everything a test
 * wants to do behind a client's back. Node only; see docs/sandbox.md.
 */
export { startProsody } from "./prosody/start-prosody.ts";
export type { ProsodyAddresses, ProsodyOptions, ProsodyPorts, ProsodyServer } from "./prosody/start-prosody.ts";
export type { ProsodyDialect } from "./prosody/dialect.ts";
export { createProsodyControl } from "./prosody/control.ts";
export type {
  CloseSessions,
  InjectedMessage,
  ProsodyControl,
  ProsodyControlOptions,
  ProsodyHealth,
  RecordedStanza,
  RoomDescription,
  RoomSettings,
  SessionDescription,
  SessionTarget,
} from "./prosody/control.ts";
export { startEjabberd } from "./ejabberd/start-ejabberd.ts";
export type { EjabberdAddresses, EjabberdOptions, EjabberdPorts, EjabberdServer } from "./ejabberd/start-ejabberd.ts";
export { createEjabberdControl } from "./ejabberd/control.ts";
export type {
  EjabberdControl,
  EjabberdControlOptions,
  EjabberdOccupant,
  EjabberdRoomSettings,
} from "./ejabberd/control.ts";
export { createBoshFaultProxy } from "./faults/bosh-fault-proxy.ts";
export type {
  BoshFault,
  BoshFaultProxy,
  BoshFaultProxyOptions,
  BoshFaultRule,
  BoshLogEntry,
} from "./faults/bosh-fault-proxy.ts";
export type { BoshRequestInfo } from "./faults/bosh-request-info.ts";
export { createTcpDelayProxy } from "./faults/tcp-delay-proxy.ts";
export type { TcpBehaviour, TcpDelayProxy, TcpDelayProxyOptions } from "./faults/tcp-delay-proxy.ts";
export {
  createFaultPlan,
  createFaultSchedule,
  HTTP_FAULT_KINDS,
  TCP_FAULT_KINDS,
  UPLOAD_FAULT_KINDS,
} from "./faults/fault-plan.ts";
export type {
  FaultPlan,
  FaultPlanOptions,
  FaultSchedule,
  HttpFaultKind,
  InjectedFault,
  PlannedFault,
  TcpFaultKind,
} from "./faults/fault-plan.ts";
export { createHttpFaultProxy } from "./faults/http-fault-proxy.ts";
export { createTcpFaultProxy } from "./faults/tcp-fault-proxy.ts";
export type { FaultProxy, FaultProxyOptions } from "./faults/fault-proxy.ts";
export { ensureSystemPackages, missingSystemPackages } from "./system-packages.ts";
export type { EnsureOptions, SystemPackage } from "./system-packages.ts";
export { createScriptedAgent, startExotelSandbox } from "./exotel/index.ts";
export type { ExotelSandbox, ExotelSandboxAddresses, ExotelSandboxOptions } from "./exotel/start-exotel-sandbox.ts";
export type { ExotelControl } from "./exotel/exotel-control.ts";
export type { AgentAccount } from "./exotel/contact-centre.ts";
export type {
  ExotelSettings,
  FeedbackSubmission,
  FeedbackVariant,
  HistoryShape,
  RestFault,
  RestRequest,
  SandboxChat,
} from "./exotel/shim-state.ts";
export type { ScriptedAgent, ScriptedAgentOptions } from "./exotel/scripted-agent.ts";
export type { AgentSeat, EndChat, EndChatHow, SeenMessage } from "./exotel/agent-seat.ts";
export type { AgentDialect, AgentFile } from "./exotel/agent-payloads.ts";
export type { AgentUpload } from "./exotel/agent-upload.ts";
export { CX_AGENT, CX_BOT, CX_SYSTEM, CxCentre, startExpertflowCxSandbox } from "./expertflow-cx/index.ts";
export type {
  AckFault,
  CxChat,
  CxFaults,
  CxSwitches,
  ExpertflowCxAddresses,
  ExpertflowCxSandbox,
  ExpertflowCxSandboxOptions,
  CxRestFault,
  ReceivedEvent,
  SandboxCim,
  SandboxSender,
  SayOptions,
} from "./expertflow-cx/index.ts";
export {
  connectLocally,
  scriptedSolutionAgent,
  scriptedSolutionBot,
  SOLUTION_ACCOUNTS,
  SolutionCentre,
  startChatSolutionSandbox,
  startFakeBotServer,
} from "./chat-solution/index.ts";
export type {
  ChatSolutionAddresses,
  ChatSolutionSandbox,
  ChatSolutionSandboxOptions,
  Conversation as SolutionConversation,
  ExternalRecord,
  FakeBotServer,
  LedgerEntry,
  Member as SolutionMember,
  RefusalCode,
  RefusedEvent,
  ScriptedSolutionAgentOptions,
  ScriptedSolutionBotOptions,
  ScriptedSolutionParticipant,
  SignedInAgent,
  SolutionAccount,
  SolutionEvent,
  SolutionFaults,
  SolutionRestFault,
  SolutionSayOptions,
  SolutionSwitches,
  SolutionWatcher,
  SolutionWire,
  SwallowFault,
  WrapUp,
} from "./chat-solution/index.ts";
