// `npm run bench`: our client beside others, in one Chromium, on one Prosody. See docs/benchmarks.md.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format, resolveConfig } from "prettier";
import { packageRoot } from "../sandbox/support/asset-path.ts";
import { bundlePages, entrySizes, PEERS } from "./bundles.ts";
import { FULL, QUICK, withCounts } from "./counts.ts";
import { measureCpu, measureHeap, measureLatency, measureStart, type Lab, type Row } from "./measures.ts";
import { replaceFigures, toMarkdown, type Report } from "./report.ts";
import { openStage, type Contender } from "./stage.ts";
import { judge } from "./targets.ts";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "start,latency,cpu,heap,scram,bytes" },
    peers: { type: "string", default: "" },
    counts: { type: "string", default: "" },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const USAGE = `npm run bench -- [--quick] [--json] [--only start,latency,cpu,heap,scram,bytes] [--peers exoChat,Strophe] [--counts ...] [--write]
  --quick   a tenth of the samples: to see that everything works, not to quote
  --json    prints one JSON object instead of tables
  --only    which measurements
  --peers   which clients, by the beginning of their names
  --counts  other counts, for example starts=5,cpuRuns=3
  --write   also puts the tables into docs/benchmarks.md`;

const progress = (line: string): void =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

async function main(): Promise<void> {
  if (flags.help) return console.log(USAGE);
  const wanted = new Set(flags.only.split(","));
  const counts = withCounts(flags.quick ? QUICK : FULL, flags.counts);
  const named = flags.peers.split(",");
  const contenders = PEERS.filter(({ name }) =>
    named.some((part) => name.toLowerCase().startsWith(part.toLowerCase())),
  ).flatMap((kind) => kind.transports.map((transport): Contender => ({ kind, transport })));
  const folder = join(packageRoot(), ".cache", "bench");
  const loadBefore = loadavg()[0] ?? 0;
  progress("bundling");
  await bundlePages(folder);
  const bytes = wanted.has("bytes") ? await entrySizes() : [];
  const rows: Row[] = [];
  let chromium = "";
  if (["start", "latency", "cpu", "heap"].some((name) => wanted.has(name))) {
    const stage = await openStage(folder, "PLAIN");
    try {
      chromium = stage.browser.version();
      const lab: Lab = { stage, mechanism: "PLAIN", counts, contenders, progress };
      // The start is where the REST call belongs; afterwards it is the same client.
      const without: Lab = { ...lab, contenders: contenders.filter(({ kind }) => !kind.rest) };
      for (const delayMs of [0, 100] as const) {
        if (wanted.has("start")) rows.push(...(await measureStart(lab, delayMs)));
        if (wanted.has("latency")) rows.push(...(await measureLatency(without, delayMs)));
      }
      if (wanted.has("cpu")) rows.push(...(await measureCpu(without)));
      if (wanted.has("heap")) rows.push(...(await measureHeap(without)));
    } finally {
      await stage.stop();
    }
  }
  if (wanted.has("scram")) rows.push(...(await scramPass(folder, contenders, counts)));
  const report: Report = {
    takenAt: new Date().toISOString(),
    machine: machine(chromium, loadBefore),
    counts,
    rows,
    bytes,
    targets: judge(rows, bytes),
  };
  if (flags.write) {
    const path = join(packageRoot(), "docs", "benchmarks.md");
    const text = replaceFigures(readFileSync(path, "utf8"), report);
    writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
  }
  console.log(flags.json ? JSON.stringify(report) : toMarkdown(report));
}

/** The start once more where the server offers SCRAM: who can do it takes it. */
async function scramPass(folder: string, all: readonly Contender[], counts: Lab["counts"]): Promise<Row[]> {
  const contenders = all.filter(({ kind }) => kind.noScram === undefined);
  const stage = await openStage(folder, "SCRAM");
  try {
    const lab: Lab = { stage, mechanism: "SCRAM", counts, contenders, progress };
    return [...(await measureStart(lab, 0)), ...(await measureStart(lab, 100))];
  } finally {
    await stage.stop();
  }
}

function machine(chromium: string, loadBefore: number): Report["machine"] {
  const prosody = execFileSync("prosodyctl", ["about"], { encoding: "utf8" });
  return {
    CPU: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    "memory GiB": Math.round(totalmem() / 2 ** 30),
    Node: process.version,
    Chromium: chromium,
    Prosody: /^Prosody (\S+)/m.exec(prosody)?.[1] ?? "unknown",
    "load before": loadBefore.toFixed(1),
    "load after": (loadavg()[0] ?? 0).toFixed(1),
  };
}

await main();
// A process that lingers takes a core from whatever is measured next. Say what holds it, instead of hiding it.
setTimeout(() => {
  progress(`still open after the report: ${process.getActiveResourcesInfo().join(", ")}`);
  process.exit();
}, 5_000).unref();
