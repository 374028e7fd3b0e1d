import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ConnectorJournal } from "switchboard-chat/connector";

/** A journal of one file per entry: written beside it, flushed to the disk, then renamed, so that a crash leaves the old one or the new one. */
export async function fileJournal(folder: string): Promise<ConnectorJournal> {
  await mkdir(folder, { recursive: true });
  const pathOf = (key: string): string => join(folder, `${encodeURIComponent(key)}.json`);
  let count = 0;
  return {
    getItem: (key) => readFile(pathOf(key), "utf8").catch(() => null),
    async setItem(key, value) {
      const draft = `${pathOf(key)}.${++count}.tmp`;
      const file = await open(draft, "w");
      await file.writeFile(value);
      await file.sync();
      await file.close();
      await rename(draft, pathOf(key));
    },
    removeItem: (key) => rm(pathOf(key), { force: true }),
    async getKeys() {
      const names = await readdir(folder);
      return names
        .filter((name) => name.endsWith(".json"))
        .map((name) => decodeURIComponent(name.slice(0, -".json".length)));
    },
  };
}
