import type { Server } from "node:net";
import { createFaultSchedule, type FaultPlan, type FaultSchedule, type InjectedFault } from "./fault-plan.ts";

/** A proxy on loopback that breaks what its plan says. */
export interface FaultProxy<K extends string = string> {
  /** The target's address on the proxy. */
  readonly url: string;
  /** Any address of the target's host on the proxy. */
  via(url: string): string;
  /** What was done so far, oldest first. */
  readonly injected: readonly InjectedFault<K>[];
  readonly counts: {
    /** Exchanges or pieces. */
    seen: number;
    /** Open connections of clients. */
    open: number;
  };
  /** No further faults; what is being held back goes on at once. `false` lets the plan go on. */
  quiet(value?: boolean): void;
  /** Resets every open connection. */
  cut(): void;
  close(): Promise<void>;
}

/** Options of {@link createHttpFaultProxy} and {@link createTcpFaultProxy}. */
export interface FaultProxyOptions<K extends string> {
  /** What lies behind: any URL with a host; its path is part of `url`. */
  target: string;
  /** Without one the proxy breaks nothing. */
  plan?: FaultPlan<K>;
  /** See {@link createFaultSchedule}. Default: exchanges or pieces are counted. */
  clock?: () => number;
  /**
   * Milliseconds after which a half-open connection is reset, as by a router that forgot it. Default: it stays until the
   * client gives up or the proxy is told to be quiet.
   */
  halfOpenMs?: number;
  /** Default: any free one. */
  port?: number;
}

/** Pauses that end early when the network calms down. */
export class Pauses {
  readonly #ends = new Set<() => void>();

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#ends.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#ends.add(end);
    });
  }

  endAll(): void {
    for (const end of this.#ends) end();
  }
}

/** What both proxies have in common. */
export interface ProxyParts<K extends string> {
  target: URL;
  schedule: FaultSchedule<K>;
  pauses: Pauses;
  counts: FaultProxy<K>["counts"];
}

/** Reads the options. */
export function proxyParts<K extends string>(options: FaultProxyOptions<K>): ProxyParts<K> {
  return {
    target: new URL(options.target),
    schedule: createFaultSchedule(options.plan, options.clock),
    pauses: new Pauses(),
    counts: { seen: 0, open: 0 },
  };
}

/** Listens, and puts the handle around the parts. `cut` resets connections, `quieted` releases what is held. */
export async function openProxy<K extends string>(
  { target, schedule, pauses, counts }: ProxyParts<K>,
  server: Server,
  port: number | undefined,
  { cut, quieted, closed }: Record<"cut" | "quieted" | "closed", () => void>,
): Promise<FaultProxy<K>> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const boundPort = typeof address === "object" && address !== null ? address.port : 0;
  const via = (url: string): string => {
    const changed = new URL(url);
    changed.hostname = "127.0.0.1";
    changed.port = String(boundPort);
    return changed.href;
  };
  return {
    url: via(target.href),
    via,
    get injected() {
      return schedule.injected;
    },
    counts,
    quiet(value = true) {
      schedule.quiet = value;
      if (!value) return;
      pauses.endAll();
      quieted();
    },
    cut,
    close: () =>
      new Promise<void>((resolve) => {
        schedule.quiet = true;
        server.close(() => resolve());
        pauses.endAll();
        cut();
        closed();
      }),
  };
}

/** Writes in pieces, single bytes while there are few, spread over `ms`. */
export async function drip(
  bytes: Buffer,
  ms: number,
  pauses: Pauses,
  write: (piece: Buffer) => void,
  gone: () => boolean,
): Promise<void> {
  const pieces = Math.min(bytes.length, 64);
  const size = Math.ceil(bytes.length / Math.max(1, pieces));
  for (let from = 0; from < bytes.length && !gone(); from += size) {
    if (from > 0) await pauses.wait(ms / pieces);
    write(bytes.subarray(from, from + size));
  }
}
