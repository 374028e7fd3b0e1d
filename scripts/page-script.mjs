// How the classic script that defines `window.exoChat` is bundled, for whoever bundles it: the build, the benchmark, the
// test of its size.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(here("../package.json"), "utf8"));

/** What a page gets instead of a package, or of a folder of one. */
const alias = {
  events: here("shims/events.mjs"),
  "@xmpp/jid": here("shims/jid.mjs"),
  // The same code as ES modules: nothing has to stand in for `require`.
  "ltx/lib": here("../node_modules/ltx/src"),
};

/** Input options of rolldown. */
export const pageScript = {
  cwd: here(".."),
  input: { exochat: "src/exochat/global.ts" },
  platform: "browser",
  resolve: { alias },
  transform: {
    target: "es2022",
    define: { __VERSION__: JSON.stringify(version), "process.env.NODE_ENV": '"production"' },
  },
};

/** Output options. Comments are hints for bundlers, and the licences are in THIRD-PARTY-NOTICES.md. */
export const pageOutput = (minify) => ({ format: "iife", minify, comments: !minify });
