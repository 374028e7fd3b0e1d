export { startExpertflowCxSandbox } from "./start-expertflow-cx-sandbox.ts";
export type {
  ExpertflowCxAddresses,
  ExpertflowCxSandbox,
  ExpertflowCxSandboxOptions,
} from "./start-expertflow-cx-sandbox.ts";
export { CxCentre } from "./cx-centre.ts";
export type { CxChat, ReceivedEvent, SayOptions } from "./cx-centre.ts";
export { CX_AGENT, CX_BOT, CX_SYSTEM } from "./cim.ts";
export type { SandboxCim, SandboxSender } from "./cim.ts";
export type { AckFault, CxFaults, CxRestFault, CxSwitches } from "./cx-switches.ts";
