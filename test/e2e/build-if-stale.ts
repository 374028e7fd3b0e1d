import { execFile } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../support/source-files.ts";

/** Builds `dist` when it is missing or older than what it is made of: pages are tested as they are published. */
export async function buildIfStale(): Promise<void> {
  const files = ["src", "adapters", "sandbox", "scripts"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const newest = Math.max(...[...files, "rolldown.config.mjs"].map((file) => statSync(join(ROOT, file)).mtimeMs));
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
