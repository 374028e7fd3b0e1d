export { startChatSolutionSandbox } from "./start-chat-solution-sandbox.ts";
export type {
  ChatSolutionAddresses,
  ChatSolutionSandbox,
  ChatSolutionSandboxOptions,
} from "./start-chat-solution-sandbox.ts";
export { SolutionCentre } from "./solution-centre.ts";
export type { SignedInAgent, SolutionEvent, SolutionSayOptions, SolutionWatcher } from "./solution-centre.ts";
export { Conversation } from "./conversation.ts";
export type { LedgerEntry, Member, WrapUp } from "./conversation.ts";
export type { SolutionFaults, SolutionRestFault, SolutionSwitches, SwallowFault } from "./solution-switches.ts";
export { SOLUTION_ACCOUNTS } from "./accounts.ts";
export type { SolutionAccount } from "./accounts.ts";
export type { RefusalCode, RefusedEvent } from "./refusal.ts";
export type { ExternalRecord } from "./external-messages.ts";
export { connectLocally } from "./local-wire.ts";
export type { SolutionWire } from "./local-wire.ts";
export { scriptedSolutionAgent, scriptedSolutionBot } from "./scripted-participants.ts";
export type {
  ScriptedSolutionAgentOptions,
  ScriptedSolutionBotOptions,
  ScriptedSolutionParticipant,
} from "./scripted-participants.ts";
export { startFakeBotServer } from "./fake-bot-server.ts";
export type { FakeBotServer } from "./fake-bot-server.ts";
