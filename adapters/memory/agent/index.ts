export { memoryAgent } from "./memory-agent.ts";
export type { MemoryAgentOptions } from "./memory-agent.ts";
export { createMemoryCentre } from "./memory-centre.ts";
export type {
  MemoryAgentCredentials,
  MemoryAgentRecord,
  MemoryCentre,
  MemoryCentreLink,
  MemoryCentreOptions,
  MemoryCustomer,
} from "./memory-centre.ts";
export type { AgentAction, AgentClientFrame, AgentFrameType, AgentServerFrame, Entry, Ring } from "./agent-frames.ts";
