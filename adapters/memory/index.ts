export { memory } from "./memory.ts";
export type { MemoryOptions } from "./memory.ts";
export { MEMORY_AGENT, createMemoryService } from "./memory-service.ts";
export type {
  MemoryLink,
  MemoryLinkEvents,
  MemoryService,
  MemoryServiceOptions,
  MemoryStaff,
} from "./memory-service.ts";
export type { Answer, ClientFrame, ClientFrameType, ServerFrame, WireChange, WireMessage } from "./frames.ts";
