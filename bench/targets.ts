import type { EntrySize } from "./bundles.ts";
import type { Row } from "./measures.ts";
import { rounded } from "./statistics.ts";

/** Something we set out to reach. */
export interface Target {
  name: string;
  limit: number;
  measured: number;
  met: boolean;
}

const OURS = ["exoChat", "exoChat + REST", "our adapter"];
const RULER = "raw socket";

type Wanted = Partial<Pick<Row, "measure" | "transport" | "delayMs" | "mechanism">>;

/** Compares the figures with what was set out; what was not measured is left out. */
export function judge(rows: readonly Row[], bytes: readonly EntrySize[]): Target[] {
  const targets: Target[] = [];
  const add = (name: string, limit: number | undefined, measured: number | undefined, strictly = false): void => {
    if (limit === undefined || measured === undefined || !Number.isFinite(limit)) return;
    const met = strictly ? measured < limit : measured <= limit;
    targets.push({ name, limit: rounded(limit), measured: rounded(measured), met });
  };
  const matching = (peer: (name: string) => boolean, wanted: Wanted): Row[] =>
    rows.filter(
      (row) => peer(row.peer) && Object.entries(wanted).every(([key, value]) => row[key as keyof Row] === value),
    );
  const of = (peer: string, figure: string, wanted: Wanted): number | undefined =>
    matching((name) => name === peer, { mechanism: "PLAIN", ...wanted })[0]?.figures?.[figure];
  const best = (figure: string, wanted: Wanted): number =>
    Math.min(
      ...matching((name) => !OURS.includes(name) && name !== RULER, { mechanism: "PLAIN", ...wanted }).map(
        ({ figures }) => figures?.[figure] ?? Infinity,
      ),
    );

  const sequence = { measure: "start", transport: "bosh", delayMs: 100 } as const;
  for (const peer of OURS)
    for (const [mechanism, limit] of [
      ["PLAIN", 4],
      ["SCRAM", 5],
    ] as const) {
      const wanted = { ...sequence, mechanism };
      const requests = of(peer, "requestsInSequence", wanted);
      add(`${peer}: BOSH requests in sequence, ${mechanism}`, limit, requests);
      const fewest = best("requestsInSequence", wanted);
      add(`${peer}: BOSH requests in sequence, ${mechanism}, fewer than every peer`, fewest, requests, true);
    }
  for (const peer of ["exoChat", "our adapter"])
    for (const transport of ["bosh", "websocket"] as const) {
      for (const delayMs of [0, 100] as const) {
        const start = { measure: "start", transport, delayMs } as const;
        add(
          `${peer}: start over ${transport} at ${delayMs} ms, no slower than the fastest peer`,
          best("median", start),
          of(peer, "median", start),
        );
      }
      for (const measure of ["delivery at 50/s", "delivery at 250/s"] as const) {
        const delivery = { measure, transport, delayMs: 0 } as const;
        add(
          `${peer}: ${measure} over ${transport}, below the best peer`,
          best("median", delivery),
          of(peer, "median", delivery),
          true,
        );
      }
    }
  for (const peer of ["exoChat", "our adapter"]) {
    const echo = { measure: "echo", delayMs: 0 } as const;
    const overWebSocket = of(peer, "median", { ...echo, transport: "websocket" });
    add(
      `${peer}: echo over BOSH, at most 3 times WebSocket`,
      overWebSocket === undefined ? undefined : 3 * overWebSocket,
      of(peer, "median", { ...echo, transport: "bosh" }),
    );
  }
  for (const transport of ["bosh", "websocket"] as const) {
    const cpu = { measure: "cpu", transport } as const;
    const times = (peer: string, factor: number): number | undefined => {
      const value = of(peer, "median", cpu);
      return value === undefined ? undefined : value * factor;
    };
    add(
      `exoChat: CPU a message over ${transport}, at most 1.5 times bare xmpp.js`,
      times("@xmpp/client 0.14", 1.5),
      of("exoChat", "median", cpu),
    );
    add(
      `exoChat: CPU a message over ${transport}, below a fifth of Converse`,
      times("@converse/headless 10", 0.2),
      of("exoChat", "median", cpu),
      true,
    );
  }
  const size = (start: string): number | undefined => bytes.find(({ entry }) => entry.startsWith(start))?.gzip;
  add("exochat.global.min.js, gzip bytes", 32_768, size("exochat.global"));
  add("vendor-free core with outbox and ledger, gzip bytes", 14_336, size(". ("));
  return targets;
}
