import { parseArgs } from "node:util";
import { ChatError } from "../src/transport/errors.ts";
import type { AgentDialect } from "./exotel/agent-payloads.ts";
import type { ExotelSettings } from "./exotel/shim-state.ts";

/** Which contact centre is started. */
export type SandboxVendor = "exotel" | "expertflow-cx" | "chat-solution";

/** What the command line asks for. */
export interface CliOptions {
  help: boolean;
  json: boolean;
  demo: boolean;
  port: number;
  openfire: boolean;
  vendor: SandboxVendor;
  socketIo: 2 | 4;
  settings: Partial<ExotelSettings>;
}

/** Text of `--help`. */
export const HELP = `Usage: switchboard-chat sandbox [options]

Starts a contact centre of your own on 127.0.0.1: an Exotel (the chat REST calls and the
CMS, a real XMPP server, Prosody, for BOSH, WebSocket, rooms and uploads, and a scripted
agent), an Expertflow CX (a real socket.io server, the REST services, and a bot), or the
older Expertflow Chat Solution (the same, with its agent, bot and connector APIs).
Everything stops and all data is removed on Ctrl-C.

Options:
  --vendor <name>    exotel (default), expertflow-cx or chat-solution
  --socket-io <n>    version of the Chat Solution's socket.io server: 4 (default) or 2
  --demo             all, and the demo pages: shops with a customer, and an agent's desk
  --json             print exactly one line of JSON when ready, nothing else on stdout
  --port <number>    port of the REST calls and the pages (default: any free one)
  --agent <when>     when the scripted agent joins a room: before, never, or milliseconds
                     after the customer's REST call (default: 0; never with --demo)
  --payload <kind>   how agents write the vendor's payloads: exo, json, jive, plain
  --openfire         rooms, uploads and BOSH behave like an Openfire without plug-ins
  --help             this text

For Exotel Debian needs: apt-get install prosody prosody-modules lua-unbound lua-dbi-sqlite3 openssl`;

const VENDORS: readonly SandboxVendor[] = ["exotel", "expertflow-cx", "chat-solution"];
const DIALECTS: readonly AgentDialect[] = ["exo", "json", "jive", "plain"];

/** Reads the arguments after the program's name. @throws ChatError `invalid-argument` with what to do instead. */
export function readCliOptions(args: string[]): CliOptions {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (values.help !== true) {
    if (command === undefined) throw wrong("Say what to do: the only command is sandbox.");
    if (command !== "sandbox") throw wrong(`There is no command ${command}: the only one is sandbox.`);
    if (rest.length > 0) throw wrong(`Nothing is known of ${rest.join(" ")}.`);
  }
  const settings: Partial<ExotelSettings> = {};
  const agent = values.agent ?? (values.demo === true ? "never" : undefined);
  if (agent !== undefined) settings.agentJoin = agentJoin(agent);
  if (values.payload !== undefined) {
    const dialect = DIALECTS.find((known) => known === values.payload);
    if (!dialect) throw wrong(`--payload is one of ${DIALECTS.join(", ")}, not ${values.payload}.`);
    settings.payloadDialect = dialect;
  }
  const vendor = VENDORS.find((known) => known === (values.vendor ?? "exotel"));
  if (!vendor) throw wrong(`--vendor is one of ${VENDORS.join(", ")}, not ${values.vendor}.`);
  return {
    vendor,
    socketIo: socketIoVersion(values["socket-io"] ?? "4"),
    help: values.help === true,
    json: values.json === true,
    demo: values.demo === true,
    openfire: values.openfire === true,
    port: portNumber(values.port ?? "0"),
    settings,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        json: { type: "boolean" },
        demo: { type: "boolean" },
        openfire: { type: "boolean" },
        vendor: { type: "string" },
        "socket-io": { type: "string" },
        port: { type: "string" },
        agent: { type: "string" },
        payload: { type: "string" },
      },
    });
  } catch (cause) {
    // Node adds advice about positional arguments, which nobody here has asked for.
    throw wrong(cause instanceof Error ? (cause.message.split(". ")[0] ?? cause.message) : String(cause));
  }
}

function agentJoin(text: string): ExotelSettings["agentJoin"] {
  if (text === "before" || text === "never") return text;
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw wrong(`--agent is before, never or milliseconds, not ${text}.`);
}

function socketIoVersion(text: string): 2 | 4 {
  if (text === "2") return 2;
  if (text === "4") return 4;
  throw wrong(`--socket-io is 2 or 4, not ${text}.`);
}

function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw wrong(`--port is a number up to 65535, not ${text}.`);
}

function wrong(message: string): ChatError {
  return new ChatError("invalid-argument", message, { remedy: "Run: npx switchboard-chat --help" });
}
