import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown, type InputOptions, type OutputOptions, type Plugin } from "rolldown";
import { describe, expect, it } from "vitest";
import { pageOutput, pageScript, UNREACHABLE } from "../scripts/page-script.mjs";
import { ROOT } from "./support/source-files.ts";

const CORE: InputOptions = { cwd: ROOT, input: "src/index.ts", platform: "browser", transform: { target: "es2022" } };

async function bundle(input: InputOptions, output: OutputOptions): Promise<string> {
  const build = await rolldown(input);
  const { code } = (await build.generate(output)).output[0];
  await build.close();
  return code;
}

/** Bytes as a server sends them. */
const gzipBytes = (code: string): number => gzipSync(code, { level: 9 }).length;

const STUB = [
  "Outbox",
  "toBody",
  "unknownOutcome",
  "CatchUp",
  "ChatKeeper",
  "decodeSavedChat",
  "toSavedDelivery",
  "restoreChat",
  "Mirror",
  "LEFT_TO_OTHERS",
];

/** Takes out what keeps and repairs: it is only measured, never run. */
const withoutOutbox: Plugin = {
  name: "without-outbox",
  load: (id) =>
    /src\/session\/(outbox|mirror|send-job|send-handle|catch-up|chat-keeper|saved-chat|restore-chat)\.ts$/.test(id)
      ? `const nothing = undefined; export { ${STUB.map((name) => `nothing as ${name}`).join(", ")} };`
      : null,
};

describe("bytes, minified and gzipped", () => {
  it("of exochat.global.min.js do not grow unseen", async () => {
    // The goal is 32 kB; docs/benchmarks.md says what stands in the way. Lower it with every byte that goes.
    expect(gzipBytes(await bundle(pageScript, pageOutput(true)))).toBeLessThan(74_900);
  });

  it("of the vendor-free core stay under 14 kB, of which outbox and gap repair are at most 6 kB", async () => {
    const output: OutputOptions = { format: "esm", minify: true };
    const whole = gzipBytes(await bundle(CORE, output));
    const bare = gzipBytes(await bundle({ ...CORE, plugins: [withoutOutbox] }, output));
    expect(whole).toBeLessThan(14_336);
    expect(bare).toBeLessThan(8_192);
    expect(whole - bare).toBeGreaterThan(1_000);
    expect(whole - bare).toBeLessThan(6_144);
    console.info(`core ${whole}, without outbox and gap repair ${bare}`);
  });
});

/** @source V8's explicit compile hints: only at the very beginning of a script. */
it.each([true, false])(
  "the page's script begins with the hint to compile it while it loads (minified: %s)",
  async (min) => {
    expect(await bundle(pageScript, pageOutput(min))).toMatch(/^\/\/# allFunctionsCalledOnLoad\n/);
  },
);

it("what the page's script leaves out is there to be left out", () => {
  expect(UNREACHABLE.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
