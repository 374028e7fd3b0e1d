import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder under the system's temporary folder that is removed with this process at the latest. */
export interface TempFolder {
  readonly path: string;
  remove(): void;
}

/** Makes a {@link TempFolder} whose name begins with `switchboard-` and `purpose`. */
export function createTempFolder(purpose: string): TempFolder {
  const path = mkdtempSync(join(tmpdir(), `switchboard-${purpose}-`));
  const remove = (): void => {
    process.removeListener("exit", remove);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once("exit", remove);
  return { path, remove };
}
