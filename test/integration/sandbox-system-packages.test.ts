import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { ensureSystemPackages, missingSystemPackages, type SystemPackage } from "../../sandbox/index.ts";
import { ChatError } from "../../src/transport/errors.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function refusal(wanted: SystemPackage[], policyFile = "/nonexistent/policy"): Promise<ChatError> {
  const error: unknown = await ensureSystemPackages(wanted, { policyFile }).catch((cause: unknown) => cause);
  if (!ChatError.isInstance(error)) throw new Error(`not a ChatError: ${String(error)}`);
  expect(error.code).toBe("unsupported");
  return error;
}

it("announces, then installs without starting a service, and leaves no policy behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-apt-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const policyFile = join(folder, "policy-rc.d");
  const record = `echo "$@ [$DEBIAN_FRONTEND] policy: $(sh ${policyFile}; echo $?)" >> ${folder}/calls`;
  writeFileSync(join(folder, "apt-get"), `#!/bin/sh\n${record}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:/usr/bin:/bin`);
  vi.stubEnv("CHROMIUM", "/nonexistent/chromium");
  vi.spyOn(process, "getuid").mockReturnValue(0);
  const lines: string[] = [];
  await ensureSystemPackages(["chromium"], { policyFile, log: (line) => lines.push(line) });
  expect(lines[0]).toBe("Not on this machine yet: chromium as the browser of the tests.");
  expect(lines[1]).toBe("Installing from Debian: chromium. No service will be started.");
  expect(readFileSync(join(folder, "calls"), "utf8").split("\n")).toEqual([
    "-o DPkg::Lock::Timeout=300 update -qq [noninteractive] policy: 101",
    "-o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends chromium [noninteractive] policy: 101",
    "",
  ]);
  expect(existsSync(policyFile)).toBe(false);
  writeFileSync(join(folder, "apt-get"), "#!/bin/sh\necho no space >&2; exit 100\n");
  const failed = await refusal(["chromium"], policyFile);
  expect(failed.message).toContain("apt-get failed");
  expect(existsSync(policyFile)).toBe(false);
});

it("does nothing and says nothing when all is there", async () => {
  const log = vi.fn<(line: string) => void>();
  expect(missingSystemPackages(["prosody", "ejabberd", "chromium"])).toEqual([]);
  await ensureSystemPackages(["prosody", "ejabberd", "chromium"], { log });
  expect(log).not.toHaveBeenCalled();
});

it("stops with the exact command where there is no apt, or no root", async () => {
  vi.stubEnv("PATH", "/nonexistent");
  const install = "apt-get install -y --no-install-recommends";
  const noApt = await refusal(["prosody"]);
  expect(noApt.message).toContain("no apt-get");
  expect(noApt.info.remedy).toContain(`${install} prosody prosody-modules lua-unbound lua-dbi-sqlite3 openssl`);
  vi.stubEnv("PATH", "/usr/bin:/bin");
  vi.stubEnv("CHROMIUM", "/nonexistent/chromium");
  vi.spyOn(process, "getuid").mockReturnValue(1000);
  const noRoot = await refusal(["chromium"]);
  expect(noRoot.message).toContain("not root");
  expect(noRoot.info.remedy).toBe(`sudo apt-get update && sudo ${install} chromium`);
});
