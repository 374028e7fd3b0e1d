import { afterEach, expect, it, vi } from "vitest";
import { ensureSystemPackages, missingSystemPackages, type SystemPackage } from "../../sandbox/index.ts";
import { ChatError } from "../../src/transport/errors.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function refusal(wanted: SystemPackage[]): Promise<ChatError> {
  const error: unknown = await ensureSystemPackages(wanted).catch((cause: unknown) => cause);
  if (!ChatError.isInstance(error)) throw new Error(`not a ChatError: ${String(error)}`);
  expect(error.code).toBe("unsupported");
  return error;
}

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
