import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ChatError } from "../../src/transport/errors.ts";

/** The folder of this package, whether this file runs from the sources or from a bundle in `dist/`. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && readFileSync(manifest, "utf8").includes('"name": "switchboard-chat"')) return folder;
    if (folder === dirname(folder)) {
      throw new ChatError("invalid-config", "The sandbox does not find its own package folder.", {
        remedy: "Install switchboard-chat again; the sandbox needs the files of its sandbox/ folder.",
      });
    }
  }
}

/** A file the sandbox's servers read, for example `prosody/prosody.cfg.lua`, as an absolute path. */
export function assetPath(name: string): string {
  return join(packageRoot(), "sandbox", name);
}
