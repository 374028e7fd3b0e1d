import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onProcessExit } from "./exit-hooks.ts";

/** A folder under the system's temporary folder that is removed with this process at the latest. */
export interface TempFolder {
  readonly path: string;
  remove(): void;
}

/** Makes a {@link TempFolder} whose name begins with `switchboard-` and `purpose`. */
export function createTempFolder(purpose: string): TempFolder {
  const path = mkdtempSync(join(tmpdir(), `switchboard-${purpose}-`));
  const discard = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  const callOff = onProcessExit(discard);
  return {
    path,
    remove: () => {
      callOff();
      discard();
    },
  };
}
