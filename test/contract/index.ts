export { ContractFailure } from "./suite/assertions.ts";
export { describeTransportContract } from "./suite/describe-transport-contract.ts";
export type {
  Awaitable,
  ContractHarness,
  ContractRunner,
  ContractSubject,
  FakeClock,
  FarChange,
  FarMark,
  FarMessage,
  HarnessAbilities,
  HarnessAbility,
} from "./suite/harness.ts";
export { controlTimers } from "./suite/timer-control.ts";
export type { TimerControl } from "./suite/timer-control.ts";
