import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

it("the example in docs/contract.md is the one that is run", () => {
  const [, printed] = /```ts\n\/\/ my-adapter.contract.test.ts\n(.*?)```/s.exec(read("docs/contract.md")) ?? [];
  const run = read("test/contract/docs-example.test.ts")
    .replace(/^\/\/ docs.*\n/, "")
    .replace(`"./index.ts"`, `"switchboard-chat/contract"`)
    .replace(`"../../adapters/memory/index.ts"`, `"switchboard-chat/adapters/memory"`);
  const compact = (text: string | undefined): string | undefined => text?.replaceAll(/[\s,]+/g, " ");
  expect(compact(printed)).toBe(compact(run));
});
