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

/**
 * Modules that a page never gets to, or whose answer nothing in it looks at. They are small, and together cost it as much as the
 * whole REST adapter's codecs.
 */
export const UNREACHABLE = [
  // Only Node says what is wrong with a certificate, uploads without XMLHttpRequest, looks for the package ws.
  "src/kit/certificate-advice.ts",
  "src/kit/transfer-by-fetch.ts",
  "adapters/xmpp-muc/connection/websocket/platform-websocket.ts",
  // The configuration has the chat server's address: CONVERSE_BOSH_SERVICE_URL is required.
  "adapters/xmpp-muc/connection/discovery.ts",
  // exoChat takes no message back, changes none, reads the vendor's archive, and asks the transport itself for the rest.
  "src/session/send-handle.ts",
  "src/session/session-actions.ts",
  "adapters/xmpp-muc/room-changes.ts",
  "adapters/xmpp-muc/room-history.ts",
  // No hat means anything to it.
  "adapters/xmpp-muc/xep/0317-hats.ts",
  // Nobody there hears of invitations, nor of what else is not for the room.
  "adapters/xmpp-muc/muc/invites.ts",
  // It shares no conversation between tabs, so no other transport has delivered anything.
  "adapters/xmpp-muc/muc/recall-delivered.ts",
  "src/session/mirror.ts",
  // It resumes BOSH sessions only, and uploads in the vendor's three steps.
  "adapters/xmpp-muc/connection/resume-state-websocket.ts",
  "adapters/xmpp-muc/upload/upload-file.ts",
  // Our transports and our client replace the methods of xmpp.js that would call these.
  "node_modules/@xmpp/connection/lib/StreamError.js",
  "node_modules/@xmpp/connection/lib/util.js",
  "node_modules/@xmpp/websocket/lib/FramedParser.js",
];

const withoutUnreachable = {
  name: "without-unreachable",
  load: {
    filter: { id: UNREACHABLE.map((path) => new RegExp(`/${path}$`)) },
    handler: () => readFileSync(here("shims/unreachable.mjs"), "utf8"),
  },
};

/** Input options of rolldown. */
export const pageScript = {
  cwd: here(".."),
  input: { exochat: "src/exochat/global.ts" },
  platform: "browser",
  resolve: { alias },
  plugins: [withoutUnreachable],
  transform: {
    target: "es2022",
    define: { __VERSION__: JSON.stringify(version), "process.env.NODE_ENV": '"production"' },
  },
};

/**
 * Chromium compiles a function when it is first called, which costs the click that starts a chat 14 of 29 ms of main thread.
 * Told that all of them will be called, it compiles them while the script is loading, on another thread. Must come first.
 */
const COMPILE_HINT = "//# allFunctionsCalledOnLoad";

/** Output options. Other comments are hints for bundlers, and the licences are in THIRD-PARTY-NOTICES.md. */
export const pageOutput = (minify) => ({ format: "iife", minify, comments: !minify, postBanner: COMPILE_HINT });
