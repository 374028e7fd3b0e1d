import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { ChatError } from "../../src/transport/errors.ts";
import { findCommand } from "./find-command.ts";
import { onProcessExit } from "./exit-hooks.ts";

/** A server that this process started. */
export interface ServerProcess {
  readonly pid: number;
  /** Whether it is still running. */
  readonly running: boolean;
  /** Settles when it has ended, with its exit code or signal. */
  readonly exited: Promise<string>;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when it has ended. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
}

/** What {@link spawnServer} needs. */
export interface SpawnServer {
  command: string;
  args: string[];
  env: Record<string, string | undefined>;
  /** File that gets standard output and standard error. */
  outputFile: string;
}

/**
 * Starts a server by its binary, without a shell. It dies with this process, however that ends; where there is no
 * `setpriv` (util-linux), unless that is killed by a signal.
 * @throws ChatError `unsupported` when the binary is missing.
 */
export async function spawnServer({ command, args, env, outputFile }: SpawnServer): Promise<ServerProcess> {
  const file = findCommand(command);
  if (file === undefined) throw new ChatError("unsupported", `There is no command ${command} on this machine.`);
  const [program, ...before] = [...diesWithParent(), file];
  const output = openSync(outputFile, "a");
  // A group of its own: Ctrl-C in the terminal goes to us, and we stop the server in our order.
  const child = spawn(program, [...before, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", output, output],
    detached: true,
  });
  closeSync(output);
  let running = true;
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      running = false;
      resolve(signal ?? `exit code ${code}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) =>
      reject(new ChatError("unsupported", `${command} could not be started: ${cause.message}`, { cause })),
    );
  });
  const die = (): void => void child.kill("SIGKILL");
  void exited.then(onProcessExit(die));
  const end = async (signal: NodeJS.Signals, graceMs: number): Promise<void> => {
    if (!running) return;
    child.kill(signal);
    const timer = setTimeout(die, graceMs);
    await exited;
    clearTimeout(timer);
  };
  return {
    pid: child.pid ?? -1,
    get running() {
      return running;
    },
    exited,
    stop: (graceMs = 8_000) => end("SIGTERM", graceMs),
    kill: () => end("SIGKILL", 1_000),
  };
}

/** Lets the kernel kill the server when this process is gone: exit hooks do not run on SIGKILL. */
function diesWithParent(): string[] {
  const setpriv = process.platform === "linux" ? findCommand("setpriv") : undefined;
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL"];
}

/**
 * Asks `ready` again and again until it says yes.
 * @throws ChatError `unreachable` with the end of `logs` when the process ends first, `timed-out` after `timeoutMs`.
 */
export async function untilReady(
  what: string,
  child: ServerProcess,
  ready: () => Promise<boolean>,
  { timeoutMs, logs }: { timeoutMs: number; logs: string[] },
): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await ready().catch(() => false)) return;
    if (!child.running) {
      throw new ChatError("unreachable", `${what} ended during start (${await child.exited}).\n${tail(logs)}`);
    }
    if (performance.now() > end) {
      throw new ChatError("timed-out", `${what} was not ready after ${timeoutMs} ms.\n${tail(logs)}`);
    }
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}

function tail(files: string[]): string {
  const text = files.map((file) => {
    try {
      return readFileSync(file, "utf8").trimEnd().split("\n").slice(-12).join("\n");
    } catch {
      return "";
    }
  });
  return text.filter((part) => part !== "").join("\n");
}
