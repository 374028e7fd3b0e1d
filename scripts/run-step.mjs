import { spawn } from "node:child_process";
import { tsImport } from "tsx/esm/api";

/** Runs one command in the foreground; resolves with its exit code. Signals for us are handed on to it. */
export function runStep(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit" });
    const forward = (signal) => child.kill(signal);
    // Ctrl-C reaches the child through the terminal already; we only have to outlive it.
    const ignore = () => {};
    process.on("SIGINT", ignore);
    process.on("SIGTERM", forward);
    const end = (code) => {
      process.removeListener("SIGINT", ignore);
      process.removeListener("SIGTERM", forward);
      resolve(code);
    };
    child.once("error", (error) => {
      console.error(`${command}: ${error.message}`);
      end(1);
    });
    child.once("exit", (code) => end(code ?? 1));
  });
}

/** Installs what is missing of the Debian packages; says what it does, before it does it. */
export async function ensurePackages(wanted) {
  const { ensureSystemPackages } = await tsImport("../sandbox/system-packages.ts", import.meta.url);
  await ensureSystemPackages(wanted, { log: (line) => console.log(line) });
}
