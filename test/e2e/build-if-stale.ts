import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT, sourceFiles } from "../support/source-files.ts";

/** Builds `dist` when it is missing or older than a source: pages are tested as they are published. */
export async function buildIfStale(): Promise<void> {
  const newest = ["src", "adapters", "sandbox"]
    .flatMap(sourceFiles)
    .reduce((latest, { path }) => Math.max(latest, statSync(join(ROOT, path)).mtimeMs), 0);
  if (builtAt() > newest) return;
  await promisify(execFile)("npx", ["rolldown", "-c", "rolldown.config.mjs"], { cwd: ROOT });
}

function builtAt(): number {
  try {
    return statSync(join(ROOT, "dist", "exochat.global.min.js")).mtimeMs;
  } catch {
    return 0;
  }
}
