import type { EntrySize } from "./bundles.ts";
import type { Counts } from "./counts.ts";
import type { Row } from "./measures.ts";
import type { Target } from "./targets.ts";

/** The whole result; `--json` prints it. */
export interface Report {
  takenAt: string;
  machine: Record<string, string | number>;
  counts: Counts;
  rows: Row[];
  bytes: EntrySize[];
  targets: Target[];
}

const UNITS: Readonly<Record<Row["measure"], string>> = {
  start: "Start to joined room, milliseconds",
  echo: "Echo round trip, milliseconds",
  "delivery at 50/s": "Delivery latency at a steady 50 messages/s, milliseconds",
  "delivery at 250/s": "Delivery latency at a steady 250 messages/s, milliseconds",
  cpu: "Main thread time for each delivered message, microseconds",
  heap: "JavaScript heap after garbage collection, KiB",
};

/** The report as Markdown. */
export function toMarkdown({ takenAt, machine, counts, rows, bytes, targets }: Report): string {
  const measures = (Object.keys(UNITS) as Row["measure"][]).filter((name) =>
    rows.some(({ measure }) => measure === name),
  );
  return [
    `Taken ${takenAt.slice(0, 16).replace("T", " ")} UTC. ${Object.entries(machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join("; ")}.`,
    `Counts: ${Object.entries(counts)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}.`,
    ...(targets.length > 0 ? ["## Targets", targetTable(targets)] : []),
    ...measures.flatMap((name) => [`## ${UNITS[name]}`, measureTable(rows.filter(({ measure }) => measure === name))]),
    ...(bytes.length > 0 ? ["## Bytes of each entry, everything inside", sizeTable(bytes)] : []),
  ].join("\n\n");
}

function table(head: readonly string[], lines: readonly (readonly (string | number)[])[]): string {
  const all = [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...lines];
  return all.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A line for each client, a column for each wire, delay and mechanism. */
function measureTable(rows: readonly Row[]): string {
  const columnOf = ({ transport, delayMs, mechanism }: Row): string =>
    [
      transport === "bosh" ? "BOSH" : "WebSocket",
      delayMs === undefined ? "" : `+${delayMs} ms`,
      mechanism === "SCRAM" ? "SCRAM" : "",
    ]
      .filter((part) => part !== "")
      .join(" ");
  const columns = [...new Set(rows.map(columnOf))].sort();
  const peers = [...new Set(rows.map(({ peer }) => peer))];
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures ?? {})))];
  const cellOf = (peer: string, column: string): string =>
    cell(
      rows.find((row) => row.peer === peer && columnOf(row) === column),
      names,
    );
  const lines = peers.map((peer) => [peer].concat(columns.map((column) => cellOf(peer, column))));
  return `Each cell: ${names.join(" / ")}.\n\n${table(["", ...columns], lines)}`;
}

function cell(row: Row | undefined, names: readonly string[]): string {
  if (!row) return "";
  if (!row.figures) return `failed: ${row.failed}`;
  const { figures } = row;
  const values = names.filter((name) => figures[name] !== undefined).map((name) => figures[name]);
  const runs = row.measure === "cpu" ? ` (runs: ${row.samples})` : "";
  return values.join(" / ") + runs + (row.failed === undefined ? "" : ` (then failed: ${row.failed})`);
}

function sizeTable(bytes: readonly EntrySize[]): string {
  return table(
    ["entry", "minified", "gzip"],
    bytes.map(({ entry, minified, gzip }) => [entry, minified, gzip]),
  );
}

function targetTable(targets: readonly Target[]): string {
  return table(
    ["target", "limit", "measured", ""],
    targets.map(({ name, limit, measured, met }) => [name, limit, measured, met ? "met" : "**missed**"]),
  );
}

const BEGIN = "<!-- figures: npm run bench -- --write -->";
const END = "<!-- end of figures -->";

/** Puts the report between the marks of a document. @throws Error when they are missing. */
export function replaceFigures(document: string, report: Report): string {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`The document has no "${BEGIN}" and "${END}".`);
  return `${before}${BEGIN}\n\n${toMarkdown(report)}\n\n${END}${after}`;
}
