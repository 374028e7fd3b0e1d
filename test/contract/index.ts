export { ContractFailure } from "./suite/assertions.ts";
export { describeAgentTransportContract } from "./suite/agent/describe-agent-transport-contract.ts";
export type {
  AgentContractHarness,
  AgentContractSubject,
  AgentHarnessAbilities,
  AgentHarnessAbility,
  FarCustomer,
  StaffMember,
} from "./suite/agent/agent-harness.ts";
export { describeTransportContract } from "./suite/describe-transport-contract.ts";
export type {
  Awaitable,
  ContractHarness,
  ContractRunner,
  ContractSubject,
  EndIds,
  FakeClock,
  FarChange,
  FarMark,
  FarMessage,
  HarnessAbilities,
  HarnessAbility,
} from "./suite/harness.ts";
export { controlTimers } from "./suite/timer-control.ts";
export type { TimerControl, TimerControlOptions } from "./suite/timer-control.ts";
