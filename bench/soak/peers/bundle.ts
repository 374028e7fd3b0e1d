// A process of its own: rolldown's threads now and then keep a process from ending, and take a core meanwhile.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { bundlePage, copyConverse } from "../../bundles.ts";

const [folder = "", peer = ""] = process.argv.slice(2);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await bundlePage(folder, join("soak", "peers", `${peer}.ts`), peer);
if (peer === "converse") await copyConverse(folder);
process.send?.("done");
