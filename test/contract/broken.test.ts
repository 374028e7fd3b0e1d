import { describe, expect, it } from "vitest";
import { NO_CAPABILITIES } from "../../src/transport/index.ts";
import { BROKEN_ADAPTERS } from "./broken/broken-adapters.ts";
import { ContractFailure, describeTransportContract, type ContractSubject } from "./index.ts";
import { memorySubject } from "./support/memory-subject.ts";

/** Long enough for a case on a busy machine that finds its event, short enough for one that never will. */
const GUARD_MS = 1_000;

interface CollectedCase {
  name: string;
  body(): Promise<void>;
}

/** A test runner that only takes notes. */
function collect(subject: ContractSubject): CollectedCase[] {
  const cases: CollectedCase[] = [];
  describeTransportContract("collected", subject, {
    describe: (_name, body) => body(),
    it: (name, body) => void cases.push({ name, body }),
  });
  return cases;
}

describe("the contract suite catches an adapter that", () => {
  for (const { fault, caughtBy, make } of BROKEN_ADAPTERS) {
    it(`${fault} (by: ${caughtBy})`, async () => {
      const subject = memorySubject({ guardMs: GUARD_MS, make });
      const found = collect(subject).find(({ name }) => name === caughtBy);
      expect(found, "the case exists").toBeDefined();
      const failure: unknown = await found?.body().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ContractFailure);
      // The same case passes on the adapter without the fault, so it is the fault that fails it.
      const sound = collect(memorySubject()).find(({ name }) => name === caughtBy);
      await sound?.body();
    });
  }
});

describe("the contract suite's list of tests", () => {
  const names = (subject: ContractSubject): string[] => collect(subject).map(({ name }) => name);

  it("has no two cases of one name", () => {
    const all = names(memorySubject());
    expect(new Set(all).size).toBe(all.length);
  });

  it("names what a harness cannot, why, and the cases that were left out", () => {
    const subject = { ...memorySubject(), cannot: { hangNextUpload: "the file server cannot be stopped" } };
    const line = names(subject).find((name) => name.startsWith("cannot"));
    expect(line).toContain("cannot hangNextUpload, because the file server cannot be stopped");
    expect(line).toContain("an upload without an answer rejects with timed-out after timeoutMs");
    expect(names(subject)).not.toContain("upload waits 60 seconds unless told otherwise");
  });

  it("fails where cannot names an ability that the harness has", async () => {
    const subject = { ...memorySubject(), cannot: { dropLink: "no reason" } };
    const claim = collect(subject).find(({ name }) => name.startsWith("cannot dropLink"));
    await expect(claim?.body()).rejects.toThrow("the harness has dropLink");
  });

  it("fails a case whose ability is neither there nor in cannot", async () => {
    const subject = memorySubject();
    const silent: ContractSubject = {
      ...subject,
      async createHarness() {
        const { repeatLast: _repeatLast, ...rest } = await subject.createHarness();
        return rest;
      },
    };
    const needy = collect(silent).find(({ name }) => name.startsWith("a message that arrives again"));
    await expect(needy?.body()).rejects.toThrow("the harness has no repeatLast");
  });

  it("tests absence where a capability is not declared", () => {
    const bare = names(memorySubject({ supports: NO_CAPABILITIES }));
    expect(bare).toContain("there is no upload, because upload is not declared");
    expect(bare.filter((name) => name.startsWith("there is no "))).toHaveLength(10);
  });
});
