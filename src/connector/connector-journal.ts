import type { ChannelCustomer, OutboundMessage } from "./connector-transport.ts";

/**
 * Where a connector writes down what it has taken, before it passes it on: a file, a database. `setItem` resolves when the entry
 * would survive a crash. The shape of unstorage's storages.
 */
export interface ConnectorJournal {
  getItem(key: string): unknown;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
  getKeys(): Promise<readonly string[]> | readonly string[];
}

/** For the channel: `delivering` is what a crash leaves in doubt. */
export interface OutEntry {
  kind: "out";
  status: "pending" | "delivering" | "delivered" | "unknown";
  message: ChannelMessage;
  /** Milliseconds since 1970. */
  at: number;
}

/** From the channel, on its way to the service. */
export interface InEntry {
  kind: "in";
  status: "pending" | "sent";
  id: string;
  customer: ChannelCustomer;
  text: string;
  at: number;
}

/** A customer's conversation that goes on. */
export interface ChatEntry {
  kind: "chat";
  customer: ChannelCustomer;
  resumeToken: string;
}

/** What is delivered to a customer by the channel. */
export interface ChannelMessage extends Pick<OutboundMessage, "messageId" | "destination" | "text"> {
  from: { id: string; name: string; app?: string };
}

/** A record of the journal. */
export type JournalEntry = OutEntry | InEntry | ChatEntry;

/** A journal that lasts as long as the process: for tests. */
export function memoryJournal(): ConnectorJournal {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    getKeys: () => [...items.keys()],
  };
}

/** Typed access. What cannot be read is as if it were not there. */
export class JournalBook {
  readonly #journal: ConnectorJournal;

  constructor(journal: ConnectorJournal) {
    this.#journal = journal;
  }

  async get(key: string): Promise<JournalEntry | undefined> {
    return decodeEntry(await this.#journal.getItem(key));
  }

  async put(key: string, entry: JournalEntry): Promise<void> {
    await this.#journal.setItem(key, JSON.stringify(entry));
  }

  async drop(key: string): Promise<void> {
    await this.#journal.removeItem(key);
  }

  /** Everything, in the order of its time. */
  async all(): Promise<[string, JournalEntry][]> {
    const found: [string, JournalEntry][] = [];
    for (const key of await this.#journal.getKeys()) {
      const entry = await this.get(key);
      if (entry) found.push([key, entry]);
    }
    return found.toSorted(([, one], [, other]) => timeOf(one) - timeOf(other));
  }
}

function timeOf(entry: JournalEntry): number {
  return entry.kind === "chat" ? 0 : entry.at;
}

function decodeEntry(value: unknown): JournalEntry | undefined {
  try {
    const read: unknown = typeof value === "string" ? JSON.parse(value) : value;
    return isEntry(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** The journal is the host's own: as much as is needed not to take another program's record for ours. */
function isEntry(value: unknown): value is JournalEntry {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  if (value.kind === "chat") return "customer" in value && "resumeToken" in value;
  if (!("status" in value) || !("at" in value)) return false;
  return value.kind === "out" ? "message" in value : value.kind === "in" && "customer" in value && "text" in value;
}
