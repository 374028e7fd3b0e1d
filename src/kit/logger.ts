/**
 * Where diagnostics go. Each method takes one sentence and facts about it; secrets and message text are never passed.
 * `console` fits. Levels: info once per lifecycle change, warn when recovered, error when given up.
 */
export interface Logger {
  debug(message: string, facts?: Record<string, unknown>): void;
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  error(message: string, facts?: Record<string, unknown>): void;
}

/** Says nothing. The default everywhere. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
