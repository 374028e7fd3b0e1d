import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { packageRoot } from "../../sandbox/support/asset-path.ts";

interface Run {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  /** Exit code or signal. */
  exited: Promise<number | string>;
}

const runs: Run[] = [];
afterEach(() => {
  for (const { child } of runs.splice(0)) child.kill("SIGKILL");
});

function run(args: string[], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, ["--import", "tsx", "sandbox/cli.ts", ...args], {
    cwd: packageRoot(),
    env: { ...process.env, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const exited = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  const started = { child, stdout: () => stdout, stderr: () => stderr, exited };
  runs.push(started);
  return started;
}

function isRunning(pid: number): boolean {
  try {
    // A killed process without a parent may stay as a zombie in a container.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

interface Facts {
  chatServiceUrl: string;
  authToken: string;
  dataDir: string;
  prosodyPid: number;
  demoUrl: string;
  agent: { name: string; jid: string; password: string };
}

async function facts(started: Run): Promise<Facts> {
  await expect.poll(started.stdout, { timeout: 20_000 }).toContain("\n");
  return JSON.parse(started.stdout()) as Facts;
}

describe("switchboard-chat sandbox", () => {
  it("prints one JSON line when ready, and on Ctrl-C leaves no process and no file behind", async () => {
    const started = run(["sandbox", "--json"]);
    const { chatServiceUrl, dataDir, prosodyPid } = await facts(started);
    expect((await fetch(`${chatServiceUrl}/control`)).ok).toBe(true);
    expect(existsSync(dataDir)).toBe(true);
    started.child.kill("SIGINT");
    await expect(started.exited).resolves.toBe(0);
    expect(started.stdout().trim().split("\n")).toHaveLength(1);
    expect(started.stderr()).toContain("Starting Prosody");
    expect(existsSync(dataDir)).toBe(false);
    expect(() => process.kill(prosodyPid, 0)).toThrow("ESRCH");
    await expect(fetch(chatServiceUrl)).rejects.toThrow("fetch failed");
  });

  it("can be interrupted while it starts", async () => {
    const started = run(["sandbox", "--json"]);
    await expect.poll(started.stderr, { timeout: 20_000 }).toContain("Starting Prosody");
    started.child.kill("SIGINT");
    await expect(started.exited).resolves.toBeTypeOf("number");
    expect(started.stdout()).toBe("");
  });

  it("takes its servers along even when it is killed", async () => {
    const started = run(["sandbox", "--json"]);
    const { prosodyPid, dataDir } = await facts(started);
    started.child.kill("SIGKILL");
    await started.exited;
    await expect.poll(() => isRunning(prosodyPid)).toBe(false);
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("serves the demo's configuration with an agent who may enter the rooms", async () => {
    const started = run(["sandbox", "--demo", "--json"]);
    const { demoUrl, authToken, agent } = await facts(started);
    const config = (await (await fetch(`${demoUrl}config.json`)).json()) as Facts;
    expect(config).toMatchObject({ authToken, agent });
    expect(agent).toMatchObject({ name: "Asha", jid: "agent-asha@localhost" });
    expect((await fetch(`${demoUrl}dist/..%2fpackage.json`)).status).toBe(404);
    expect((await fetch(`${demoUrl}%2e%2e/cli.ts`)).status).toBe(404);
    started.child.kill("SIGTERM");
    await expect(started.exited).resolves.toBe(0);
  });

  it("starts an Expertflow CX when asked to, without any XMPP server", async () => {
    const started = run(["sandbox", "--vendor", "expertflow-cx", "--json"], { PATH: "/nonexistent" });
    await expect.poll(started.stdout, { timeout: 20_000 }).toContain("\n");
    const { ccmUrl, controlUrl } = JSON.parse(started.stdout()) as { ccmUrl: string; controlUrl: string };
    expect((await fetch(`${ccmUrl}/widget-configs/Web`)).status).toBe(200);
    expect(await (await fetch(`${controlUrl}/chats`)).json()).toEqual([]);
    started.child.kill("SIGINT");
    expect(await started.exited).toBe(0);
  });

  it.each(["2", "4"])("starts a Chat Solution on socket.io %s when asked to", async (version) => {
    const args = ["sandbox", "--vendor", "chat-solution", "--socket-io", version, "--json"];
    const started = run(args, { PATH: "/nonexistent" });
    await expect.poll(started.stdout, { timeout: 20_000 }).toContain("\n");
    const { url, controlUrl } = JSON.parse(started.stdout()) as { url: string; controlUrl: string };
    const shake = await fetch(`${url}/socket.io/?EIO=${version === "2" ? 3 : 4}&transport=polling`);
    expect([shake.status, await shake.text()]).toEqual([200, expect.stringContaining('"sid"')]);
    expect(await (await fetch(`${controlUrl}/chats`)).json()).toEqual([]);
    started.child.kill("SIGINT");
    expect(await started.exited).toBe(0);
  });

  it("serves the pages of the demo also where Prosody is missing, and says what to install", async () => {
    const started = run(["sandbox", "--demo", "--json"], { PROSODY: "/nonexistent/prosody" });
    const { demoUrl } = await facts(started);
    const config = (await (await fetch(`${demoUrl}config.json`)).json()) as { error: { remedy: string } };
    expect(config.error.remedy).toContain("apt-get install");
    started.child.kill("SIGINT");
    await expect(started.exited).resolves.toBe(0);
    const bare = run(["sandbox"], { PROSODY: "/nonexistent/prosody" });
    await expect(bare.exited).resolves.toBe(1);
    expect(bare.stderr()).toMatch(/Prosody is not installed\.\nInstall it: apt-get install/);
  });

  it("explains itself, and says what to do about arguments it does not know", async () => {
    const help = run(["--help"]);
    await expect(help.exited).resolves.toBe(0);
    expect(help.stdout()).toContain("Usage: switchboard-chat sandbox");
    const wrong = [
      ["--frobnicate"],
      ["sandbox", "--port", "many"],
      ["sandbox", "--agent", "soon"],
      ["sandbox", "--socket-io", "3"],
      ["dance"],
      [],
    ].map((args) => run(args));
    for (const { exited, stderr } of wrong) {
      await expect(exited).resolves.toBe(64);
      expect(stderr()).toContain("Run: npx switchboard-chat --help");
    }
  });
});
