// `npm run soak`: hours of a conversation over a network that breaks. Beside the benchmarks, because it is run by hand and its
// figures go into docs/benchmarks.md; what it is made of is in test/faults/support.
import { existsSync } from "node:fs";
import { CX_USAGE, isCxClean, readCxOptions, soakCx, toCxText } from "./cx-soak.ts";
import { readOptions, USAGE } from "./options.ts";
import { isClean, toText } from "./report.ts";
import { soak } from "./soak.ts";

// The archive has to outlive the server's process, not the machine: in memory the disk does not set the pace.
if (existsSync("/dev/shm")) process.env["TMPDIR"] ??= "/dev/shm";

const args = process.argv.slice(2);
if (args.includes("--vendor")) {
  const report = await soakCx(readCxOptions(args));
  console.log(toCxText(report));
  process.exitCode = isCxClean(report) ? 0 : 1;
} else await soakRooms();

async function soakRooms(): Promise<void> {
  const options = readOptions(args);
  if (!options) return console.log(`${USAGE}\n\n${CX_USAGE}`);
  const report = await soak(
    options,
    (line) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
  );
  console.log(options.json ? JSON.stringify(report) : toText(report));
  // What others lose is a finding, not a failure.
  process.exitCode = isClean(report) || options.peer ? 0 : 1;
}
