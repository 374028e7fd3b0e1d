import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown, type InputOptions, type OutputOptions, type Plugin } from "rolldown";
import { pageOutput, pageScript } from "../scripts/page-script.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const pkg = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** A client under measurement. */
export interface PeerKind {
  name: string;
  /** Its file in `bench/peers`. */
  page: string;
  /** A script that the page loads before. */
  script?: "exochat.global.min.js" | "converse-headless.min.js";
  transports: readonly ("bosh" | "websocket")[];
  /** Makes the service's REST call inside its start. */
  rest?: boolean;
  /** Why it cannot log in with SCRAM. */
  noScram?: string;
}

const BOTH = ["bosh", "websocket"] as const;

/** In the order of the tables. */
export const PEERS: readonly PeerKind[] = [
  { name: "exoChat", page: "exochat", script: "exochat.global.min.js", transports: BOTH },
  { name: "exoChat + REST", page: "exochat", script: "exochat.global.min.js", transports: BOTH, rest: true },
  { name: "our adapter", page: "adapter", transports: BOTH },
  { name: "@xmpp/client 0.14", page: "xmpp-js", transports: BOTH, noScram: "its browser build has no SCRAM" },
  { name: "Strophe 5", page: "strophe", transports: BOTH },
  { name: "stanza 12", page: "stanza", transports: BOTH },
  { name: "@converse/headless 10", page: "converse", script: "converse-headless.min.js", transports: BOTH },
  { name: "raw socket", page: "raw", transports: ["websocket"], noScram: "it only counts" },
];

/** Which bytes a page loads for an entry, everything inside. */
export interface EntrySize {
  entry: string;
  minified: number;
  gzip: number;
}

const define = { __VERSION__: JSON.stringify(pkg.version), "process.env.NODE_ENV": '"production"' };

/** `@xmpp/client` asks for it also in browsers, and never uses it there. */
const withoutDns: Plugin = {
  name: "without-dns",
  resolveId: (id) => (id === "node:dns" ? "\0empty" : null),
  load: (id) => (id === "\0empty" ? "export default {};" : null),
};

async function bundle(input: string, format: "iife" | "esm"): Promise<string> {
  const options: InputOptions = { input, cwd: root, platform: "browser", transform: { target: "es2022", define } };
  return generate({ ...options, plugins: [withoutDns] }, { format, minify: true, codeSplitting: false });
}

/** As it is published. */
function bundleExoChat(): Promise<string> {
  return generate(pageScript, pageOutput(true));
}

async function generate(input: InputOptions, output: OutputOptions): Promise<string> {
  const build = await rolldown({ ...input, onLog: () => undefined });
  try {
    return (await build.generate(output)).output[0].code;
  } finally {
    await build.close();
  }
}

/** Bundles every page script from the sources as they are, into `folder`. */
export async function bundlePages(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const page of new Set(PEERS.map(({ page }) => page)))
    await bundlePage(folder, join("peers", `${page}.ts`), page);
  await writeFile(join(folder, "exochat.global.min.js"), await bundleExoChat());
  await copyConverse(folder);
}

/** Bundles one page script of this folder into `folder`, under a name. */
export async function bundlePage(folder: string, file: string, name: string): Promise<void> {
  await writeFile(join(folder, `${name}.js`), await bundle(join(here, file), "iife"));
}

/** Puts Converse's own build beside the page scripts. */
export async function copyConverse(folder: string): Promise<void> {
  for (const file of ["converse-headless.min.js", "emojis.js"]) {
    await writeFile(join(folder, file), readFileSync(join(converseFolder(), file)));
  }
}

const ENTRIES: Readonly<Record<string, string>> = {
  ". (vendor-free core)": "src/index.ts",
  "./tabs": "src/tabs/index.ts",
  "./agent": "src/agent/index.ts",
  "./bot": "src/bot/index.ts",
  "./connector": "src/connector/index.ts",
  "./exochat": "src/exochat/index.ts",
  "./adapters/xmpp-muc": "adapters/xmpp-muc/index.ts",
  "./adapters/exotel": "adapters/exotel/index.ts",
  "./adapters/memory": "adapters/memory/index.ts",
  "./contract (tests only)": "test/contract/index.ts",
};

const OTHERS: Readonly<Record<string, string>> = {
  "(@xmpp/client 0.14, no BOSH)": "@xmpp/client",
  "(Strophe 5)": "strophe.js",
  "(stanza 12)": "stanza",
};

/** Bytes of each entry with everything it brings, dependencies included, and of what others load instead. */
export async function entrySizes(): Promise<EntrySize[]> {
  const sizes: EntrySize[] = [];
  const add = (entry: string, code: string | Buffer): void => {
    const bytes = Buffer.from(code);
    sizes.push({ entry, minified: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length });
  };
  add("exochat.global.min.js", await bundleExoChat());
  for (const [entry, file] of Object.entries(ENTRIES)) add(entry, await bundle(file, "esm"));
  for (const [entry, name] of Object.entries(OTHERS)) add(entry, await bundle(name, "esm"));
  add("(@converse/headless 10)", readFileSync(join(converseFolder(), "converse-headless.min.js")));
  return sizes;
}

function converseFolder(): string {
  const manifest = createRequire(import.meta.url).resolve("@converse/headless/package.json");
  return join(dirname(manifest), "dist");
}
