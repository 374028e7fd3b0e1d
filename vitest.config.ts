import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import pkg from "./package.json" with { type: "json" };

const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export default defineConfig({
  define: { __VERSION__: JSON.stringify(pkg.version) },
  test: {
    reporters: ["default", "./scripts/plain-summary.ts"],
    // Two cores, and real servers beside the tests: more workers only make them wait for each other.
    maxWorkers: 2,
    // A condition that is waited for is not a race against a busy machine.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      { extends: true, test: { name: "unit", include: ["test/unit/**/*.test.ts", "test/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/{contract,integration,security,faults}/**/*.test.ts"],
          globalSetup: ["./test/integration/global-setup.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: ["./test/integration/global-setup.ts"],
          testTimeout: 30_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: chromium, args: [] } }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
