import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { ChatError } from "../src/transport/errors.ts";
import { findCommand } from "./support/find-command.ts";
import { onProcessExit } from "./support/exit-hooks.ts";

const run = promisify(execFile);

/** What the clone's commands may need from Debian. */
export type SystemPackage = "prosody" | "ejabberd" | "chromium";

interface Need {
  /** Debian packages. */
  debian: readonly string[];
  /** Why, as the end of "is needed …". */
  why: string;
  /** Whether everything of it is there. */
  present(): boolean;
}

const NEEDS: Record<SystemPackage, Need> = {
  prosody: {
    debian: ["prosody", "prosody-modules", "lua-unbound", "lua-dbi-sqlite3", "openssl"],
    why: "as the XMPP server of the sandbox",
    present: () => onPath("prosody") && onPath("openssl") && existsSync("/usr/lib/prosody/modules/mod_sasl2"),
  },
  ejabberd: {
    debian: ["ejabberd", "openssl"],
    why: "as the second XMPP server of the tests",
    present: () => onPath("erl") && onPath("openssl") && hasEjabberd(),
  },
  chromium: {
    debian: ["chromium"],
    why: "as the browser of the tests",
    present: () => existsSync(process.env["CHROMIUM"] ?? "/usr/bin/chromium"),
  },
};

function onPath(command: string): boolean {
  return findCommand(command) !== undefined;
}

function hasEjabberd(): boolean {
  if (!existsSync("/usr/lib")) return false;
  const folders = readdirSync("/usr/lib").filter((name) => name.includes("-linux-"));
  return folders.some((folder) => readdirSync(`/usr/lib/${folder}`).some((name) => /^ejabberd-[\d.]+/.test(name)));
}

/** Options of {@link ensureSystemPackages}. */
export interface EnsureOptions {
  /** Told what will be installed and why, before it happens. Default: silent. */
  log?: (line: string) => void;
  /** The file that keeps Debian from starting services; default `/usr/sbin/policy-rc.d`. */
  policyFile?: string;
}

/** Which of the wanted packages are not installed. Looks only at files. */
export function missingSystemPackages(wanted: readonly SystemPackage[]): SystemPackage[] {
  return wanted.filter((name) => !NEEDS[name].present());
}

/**
 * Installs from Debian what is missing of `wanted`: announced first, nothing done when all is there. No service is
 * started by the installation. Meant for the commands of a clone (`npm start`, `npm test`), never for an npm install
 * script.
 * @throws ChatError `unsupported` without root or apt, or when apt fails; its `remedy` is the exact command to run.
 */
export async function ensureSystemPackages(
  wanted: readonly SystemPackage[],
  { log = () => {}, policyFile = "/usr/sbin/policy-rc.d" }: EnsureOptions = {},
): Promise<void> {
  const missing = missingSystemPackages(wanted);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((name) => NEEDS[name].debian))];
  const needs = missing.map((name) => `${name} ${NEEDS[name].why}`).join(", ");
  if (process.getuid?.() !== 0 || !onPath("apt-get")) throw cannotInstall(needs, packages);
  log(`Not on this machine yet: ${needs}.`);
  log(`Installing from Debian: ${packages.join(" ")}. No service will be started.`);
  const startedAt = Date.now();
  await withoutServiceStart(policyFile, async () => {
    // Without fresh lists the packages may still be found, so the installation has the last word.
    await apt(["update", "-qq"], log).catch(() => {});
    await apt(["install", "-y", "-qq", "--no-install-recommends", ...packages], log);
  }).catch((cause: unknown) => {
    throw cannotInstall(needs, packages, cause);
  });
  log(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

function cannotInstall(needs: string, packages: readonly string[], cause?: unknown): ChatError {
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  const command = `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  const obstacle =
    cause !== undefined ? "apt-get failed" : onPath("apt-get") ? "this is not root" : "this machine has no apt-get";
  const elsewhere = onPath("apt-get") ? "" : " On other systems install the same programs by their own names.";
  return new ChatError(
    "unsupported",
    `Missing: ${needs}; and they cannot be installed from here, because ${obstacle}. Run: ${command}${elsewhere}`,
    { remedy: command, cause },
  );
}

/** Debian starts a server on installation; a policy of 101 forbids that. A policy that is there already stays. */
async function withoutServiceStart(policyFile: string, work: () => Promise<void>): Promise<void> {
  if (existsSync(policyFile)) {
    const answer = await run(policyFile, ["prosody", "start"]).then(
      () => 0,
      (error: { code?: unknown }) => error.code,
    );
    if (answer !== 101) {
      throw new ChatError(
        "refused",
        `${policyFile} exists and would let a system-wide server start; nothing was installed.`,
      );
    }
    return work();
  }
  const restore = (): void => rmSync(policyFile, { force: true });
  writeFileSync(policyFile, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const callOff = onProcessExit(restore);
  try {
    await work();
  } finally {
    callOff();
    restore();
  }
}

function apt(args: string[], log: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let problems = "";
    child.stderr.on("data", (text: Buffer) => (problems += text.toString()));
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) return resolve();
      for (const line of problems.trim().split("\n").slice(-5)) log(line);
      return reject(new ChatError("unsupported", `apt-get ${args[0]} ended with ${code}`));
    });
  });
}
