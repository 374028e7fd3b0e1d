import type { Reporter, TestModule } from "vitest/node";

/** Prints one plain closing line, such as `41 passed, 0 failed, 2 skipped`. */
// oxlint-disable-next-line import/no-default-export -- vitest loads a reporter by its default export
export default class PlainSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    let skipped = 0;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "failed") failed++;
        else skipped++;
      }
    }
    const tail = skipped > 0 ? `, ${skipped} skipped` : "";
    // The default reporter prints its own summary after this hook, so wait until the very end.
    process.once("exit", () => {
      process.stdout.write(`${passed} passed, ${failed} failed${tail}\n`);
    });
  }
}
