import type { ReconnectPolicy } from "../transport/states.ts";
import type { ChatTransport } from "../transport/transport.ts";

/** What is needed of `navigator.locks`. */
export interface TabLocks {
  /** Calls `hold` once the lock is ours, and keeps it until the returned promise settles. `signal` ends the waiting. */
  request(name: string, options: { signal: AbortSignal }, hold: () => Promise<void>): Promise<unknown>;
  /** Who waits for which lock. */
  query(): Promise<{ pending?: readonly { name?: string }[] }>;
}

/** What is needed of a `BroadcastChannel`. */
export interface TabChannel {
  /** To every other channel of that name. */
  postMessage(frame: unknown): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  close(): void;
}

/** How an adapter's `raw` records travel between tabs. */
export interface RawCodec {
  /** Something that structured clone can copy. */
  encode(raw: unknown): unknown;
  /** What `encode` gave, or anything else: pages of the same origin can write to the channel. */
  decode(value: unknown): unknown;
}

/** Options of `sharedTransport`. */
export interface SharedTransportOptions {
  /**
   * Names the conversation: vendor, customer, campaign. Tabs of one origin with the same key share one. Two customers
   * must not have the same: whoever comes second sees the chat of the first.
   */
  key: string;
  /** Makes the transport that one of the tabs holds. Called at once for its constants, and again when one is used up. */
  make(): ChatTransport;
  /** `false`: every tab stands alone. Default true. */
  share?: boolean;
  /** When to try again if a tab that takes over cannot connect. Default `exponentialBackoff()`. */
  reconnect?: ReconnectPolicy;
  /** How many messages a tab that comes later is shown. Default 500. */
  snapshotMessages?: number;
  /** Default: `raw` stays in the tab that holds the connection, and is `null` in the others. */
  raw?: RawCodec;
  /** Default `navigator.locks`. */
  locks?: TabLocks;
  /** Opens the channel of that name. Default: a `BroadcastChannel`. */
  channel?: (name: string) => TabChannel;
  /** What fires `pagehide` and `pageshow`. Default: the page, where there is one. */
  page?: EventTarget;
}
