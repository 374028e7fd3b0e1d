export * from "./csat/index.ts";
export { exponentialBackoff, neverReconnect } from "./kit/backoff.ts";
export type { BackoffMemory, BackoffOptions } from "./kit/backoff.ts";
export type { ListenOptions } from "./kit/emitter.ts";
export { silentLogger } from "./kit/logger.ts";
export type { Logger } from "./kit/logger.ts";
export * from "./pre-chat/index.ts";
export * from "./session/index.ts";
export * from "./transport/index.ts";
