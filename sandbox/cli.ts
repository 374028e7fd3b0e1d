#!/usr/bin/env node
import { ChatError } from "../src/transport/errors.ts";
import { HELP, readCliOptions, type CliOptions } from "./cli-options.ts";
import { startDemoWithoutServer } from "./demo-without-server.ts";
import { addDemoRoutes } from "./demo-routes.ts";
import { startChatSolutionSandbox, type ChatSolutionSandbox } from "./chat-solution/index.ts";
import { startExpertflowCxSandbox } from "./expertflow-cx/index.ts";
import { startExotelSandbox, type ExotelSandboxOptions } from "./exotel/start-exotel-sandbox.ts";

const EXIT_USAGE = 64;
const EXIT_INTERRUPTED = 130;

/** What was started, however much of it there is. */
interface Running {
  /** Printed as the one line of `--json`. */
  facts: Record<string, unknown>;
  /** Printed for people. */
  lines: string[];
  stop: () => Promise<void>;
}

async function main(args: string[]): Promise<void> {
  const options = readCliOptions(args);
  if (options.help) {
    print(HELP);
    return;
  }
  const log = (line: string): void => {
    // With --json, stdout belongs to the one line.
    process[options.json ? "stderr" : "stdout"].write(`${line}\n`);
  };
  // While it starts there is nothing to say goodbye to: what runs already is ended on exit.
  const interrupted = (): void => process.exit(EXIT_INTERRUPTED);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupted);
  const running = await start(options, log);
  let stopping = false;
  for (const signal of signals) {
    process.removeListener(signal, interrupted);
    process.on(signal, () => {
      if (stopping) interrupted();
      stopping = true;
      log("\nStopping ...");
      running.stop().then(() => process.exit(0), fail);
    });
  }
  if (options.json) print(JSON.stringify(running.facts));
  else print(["", ...running.lines, "", "Ctrl-C stops everything."].join("\n"));
}

async function start(options: CliOptions, log: (line: string) => void): Promise<Running> {
  if (options.vendor === "expertflow-cx" && !options.demo) return startExpertflow(options);
  if (options.vendor === "chat-solution" && !options.demo) return startChatSolution(options);
  const others = options.demo ? await startOthers() : undefined;
  try {
    return await startExotel(options, log, others);
  } catch (error) {
    if (others && ChatError.isInstance(error) && error.code === "unsupported")
      return startWithoutExotel(options, error, others);
    await others?.stop();
    throw error;
  }
}

/** The vendors of the demo that need no XMPP server. */
interface Others {
  /** What the pages are told of them. */
  config: { expertflowCx: unknown; chatSolution: unknown };
  stop: () => Promise<void>;
}

async function startOthers(): Promise<Others> {
  const cx = await startExpertflowCxSandbox({ bot: true });
  const solution = await startChatSolutionSandbox({ bot: true });
  return {
    config: { expertflowCx: cx.addresses(), chatSolution: toDesk(solution) },
    stop: async () => void (await Promise.all([cx.stop(), solution.stop()])),
  };
}

/** What the pages need to know: the server, its queues, and an agent to sign in as. */
function toDesk({ url, centre: { queues, accounts } }: ChatSolutionSandbox): Record<string, unknown> {
  const [agent] = accounts;
  return { url, queues, agent: { agentId: agent?.id, password: agent?.password } };
}

/** The demo, as far as it goes where Prosody is missing. */
async function startWithoutExotel({ port }: CliOptions, error: ChatError, others: Others): Promise<Running> {
  const demo = await startDemoWithoutServer(port, error, others.config);
  const lines = [
    `The pages are at ${demo.url}, but nobody can chat by XMPP there:`,
    error.message,
    ...(error.info.remedy === undefined ? [] : [error.info.remedy]),
    "",
    `What needs no XMPP      ${demo.url}vendors.html`,
    `and the agent desk      ${demo.url}agent.html`,
  ];
  const stop = async (): Promise<void> => void (await Promise.all([demo.stop(), others.stop()]));
  const facts = { demoUrl: demo.url, error: error.message, remedy: error.info.remedy, ...others.config };
  return { facts, lines, stop };
}

async function startExpertflow({ port }: CliOptions): Promise<Running> {
  const sandbox = await startExpertflowCxSandbox({ port, bot: true });
  const addresses = sandbox.addresses();
  const lines = Object.entries(addresses).map(([name, address]) => `${name.padEnd(20)}${address}`);
  return { facts: addresses, lines, stop: () => sandbox.stop() };
}

async function startChatSolution({ port, socketIo }: CliOptions): Promise<Running> {
  const sandbox = await startChatSolutionSandbox({ port, socketIo, bot: true });
  const addresses = sandbox.addresses();
  const lines = [
    `Chat server         ${addresses.url}`,
    `Control endpoints   ${addresses.controlUrl}`,
    `Agents              ${sandbox.centre.accounts.map(({ id, password }) => `${id} / ${password}`).join(", ")}`,
    `Queues              ${sandbox.centre.queues.join(", ")}`,
  ];
  const accounts = sandbox.centre.accounts.map(({ id, password, type }) => ({ id, password, type }));
  return { facts: { ...addresses, socketIo, accounts }, lines, stop: () => sandbox.stop() };
}

async function startExotel(
  options: CliOptions,
  log: (line: string) => void,
  others: Others | undefined,
): Promise<Running> {
  const request: ExotelSandboxOptions = { settings: options.settings, port: options.port, log };
  if (options.openfire) Object.assign(request, OPENFIRE);
  if (options.demo) {
    request.routes = (app, addresses, control) =>
      addDemoRoutes(app, async () => ({
        ...addresses,
        agent: await control.agentAccount(),
        ...others?.config,
      }));
  }
  const sandbox = await startExotelSandbox(request);
  const facts: Record<string, unknown> = { ...sandbox.addresses(), prosodyPid: sandbox.prosody.pid };
  facts["dataDir"] = sandbox.prosody.dataDir;
  const lines = [
    `Chat REST service   ${sandbox.chatServiceUrl}`,
    `CMS                 ${sandbox.cmsServiceUrl}`,
    `BOSH                ${sandbox.boshUrl}`,
    `WebSocket           ${sandbox.wsUrl}`,
    `Token               ${sandbox.authToken}`,
    `Control endpoints   ${sandbox.controlUrl}`,
  ];
  if (options.demo) {
    facts["demoUrl"] = `${sandbox.chatServiceUrl}/`;
    facts["agent"] = await sandbox.control.agentAccount();
    Object.assign(facts, others?.config);
    lines.push(
      "",
      `Open the shop       ${sandbox.chatServiceUrl}/`,
      `one chat, vendors   ${sandbox.chatServiceUrl}/vendors.html`,
      `and the agent desk  ${sandbox.chatServiceUrl}/agent.html`,
    );
  }
  return { facts, lines, stop: async () => void (await Promise.all([sandbox.stop(), others?.stop()])) };
}

/** An Openfire as it comes: see the sources each switch is named after. */
const OPENFIRE: Pick<ExotelSandboxOptions, "dialect" | "prosody"> = {
  dialect: {
    historyDelayFrom: "real",
    occupantId: "off",
    stanzaId: "on",
    stableId: "off",
    mam: "off",
    uploadHeaders: "off",
    boshMaxPauseSeconds: 300,
    bodylessHistory: "off",
  },
  prosody: { boshInactivitySeconds: 30 },
};

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(error: unknown): void {
  const known = ChatError.isInstance(error);
  process.stderr.write(`${known ? error.message : String(error)}\n`);
  if (known && error.info.remedy !== undefined) process.stderr.write(`${error.info.remedy}\n`);
  process.exit(known && error.code === "invalid-argument" ? EXIT_USAGE : 1);
}

main(process.argv.slice(2)).catch(fail);
