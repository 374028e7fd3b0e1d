import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";
import { dts } from "rolldown-plugin-dts";
import { pageOutput, pageScript } from "./scripts/page-script.mjs";

const pkg = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"));
const define = { __VERSION__: JSON.stringify(pkg.version) };

/** What a user of the package has installed with it, and what only Node has. */
const external = [
  ...Object.keys({ ...pkg.dependencies, ...pkg.peerDependencies }).map((name) => new RegExp(`^${name}(/|$)`)),
  /^node:/,
];

/** The published entries: one file each, shared code in chunks. */
const library = {
  index: "src/index.ts",
  exochat: "src/exochat/index.ts",
  expertflow: "adapters/expertflow-cx/dropin/index.ts",
  tabs: "src/tabs/index.ts",
  agent: "src/agent/index.ts",
  bot: "src/bot/index.ts",
  connector: "src/connector/index.ts",
  contract: "test/contract/index.ts",
  "adapters/memory": "adapters/memory/index.ts",
  "adapters/memory/agent": "adapters/memory/agent/index.ts",
  "adapters/xmpp-muc": "adapters/xmpp-muc/index.ts",
  "adapters/xmpp-muc/agent": "adapters/xmpp-muc/agent/index.ts",
  "adapters/exotel": "adapters/exotel/index.ts",
  "adapters/expertflow-cx": "adapters/expertflow-cx/index.ts",
  "adapters/expertflow-chat": "adapters/expertflow-chat/index.ts",
  "adapters/expertflow-chat/agent": "adapters/expertflow-chat/agent/index.ts",
  "adapters/expertflow-chat/bot": "adapters/expertflow-chat/bot/index.ts",
  "adapters/expertflow-chat/connector": "adapters/expertflow-chat/connector/index.ts",
};

/** A classic script that defines `window.exoChat`, everything inside. */
const script = (minify) => ({
  ...pageScript,
  output: {
    ...pageOutput(minify),
    dir: "dist",
    sourcemap: true,
    entryFileNames: minify ? "[name].global.min.js" : "[name].global.js",
  },
});

/** A classic script that defines the functions of Expertflow's SDK on the page, everything inside. */
const expertflowScript = (minify) => ({
  input: { expertflow: "adapters/expertflow-cx/dropin/global.ts" },
  platform: "browser",
  transform: { target: "es2022", define: { ...define, "process.env.NODE_ENV": '"production"' } },
  output: {
    ...pageOutput(minify),
    dir: "dist",
    sourcemap: true,
    // One file: a page that loads a script by hand cannot know of others.
    codeSplitting: false,
    entryFileNames: minify ? "[name].global.min.js" : "[name].global.js",
  },
});

export default defineConfig([
  {
    input: library,
    external,
    platform: "neutral",
    transform: { target: "es2022", define },
    plugins: [dts({ oxc: true, sourcemap: true, tsconfig: "tsconfig.lib.json" })],
    output: { dir: "dist", cleanDir: true, format: "esm", sourcemap: true, chunkFileNames: "chunks/[name]-[hash].js" },
  },
  {
    // The sandbox brings its server libraries inside: installing the package installs none.
    input: { sandbox: "sandbox/index.ts", cli: "sandbox/cli.ts" },
    // socket.io 2 brings a `ws` of its own inside: what it is given by the current one it takes for binary.
    external: (id, importer) =>
      /^(node:|bufferutil$|utf-8-validate$)/.test(id) || (id === "ws" && !importer?.includes("/socket.io-2/")),
    platform: "node",
    resolve: {
      alias: {
        // Written for Node, it looks for its fonts beside its own file.
        pdfkit: fileURLToPath(new URL("scripts/shims/pdfkit.mjs", import.meta.url)),
        // Half a megabyte for fonts that are not built in; none is used.
        fontkit: fileURLToPath(new URL("scripts/shims/fontkit.mjs", import.meta.url)),
      },
    },
    transform: { target: "es2022", define },
    plugins: [dts({ tsconfig: "tsconfig.json", sourcemap: true })],
    output: { dir: "dist", format: "esm", sourcemap: true, chunkFileNames: "chunks/sandbox-[name]-[hash].js" },
  },
  {
    // The demo's pages: like any other, everything inside.
    input: { "demo/agent": "sandbox/demo/agent.ts", "demo/customer": "sandbox/demo/customer.ts" },
    platform: "browser",
    transform: { target: "es2022", define },
    output: { dir: "dist", format: "esm", sourcemap: true, chunkFileNames: "demo/[name]-[hash].js" },
  },
  script(false),
  script(true),
  expertflowScript(false),
  expertflowScript(true),
]);
