import type { OutgoingMessage } from "../transport/messages.ts";

/**
 * Where messages wait until the service has them. The session puts each in before it tries to send it and takes it out
 * when its fate is known; `load` gives back what an earlier session left. An implementation on disk makes messages
 * survive a reload; this one does not.
 */
export interface Outbox {
  /** What is still in it, oldest first. Called once, on `start`. */
  load(): Promise<readonly OutgoingMessage[]>;
  put(message: OutgoingMessage): void;
  remove(clientId: string): void;
}

/** An outbox that lasts as long as the page. */
export function createMemoryOutbox(): Outbox {
  const waiting = new Map<string, OutgoingMessage>();
  return {
    load: () => Promise.resolve([...waiting.values()]),
    put: (message) => void waiting.set(message.clientId, message),
    remove: (clientId) => void waiting.delete(clientId),
  };
}
