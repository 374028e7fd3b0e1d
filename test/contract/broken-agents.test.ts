import { describe, expect, it } from "vitest";
import { BROKEN_AGENTS } from "./broken/broken-agents.ts";
import { ContractFailure, describeAgentTransportContract, type AgentContractSubject } from "./index.ts";
import { memoryAgentSubject } from "./support/memory-agent-subject.ts";

/** Long enough for a case on a busy machine that finds its event, short enough for one that never will. */
const GUARD_MS = 1_000;

interface CollectedCase {
  name: string;
  body(): Promise<void>;
}

/** A test runner that only takes notes. */
function collect(subject: AgentContractSubject): CollectedCase[] {
  const cases: CollectedCase[] = [];
  describeAgentTransportContract("collected", subject, {
    describe: (_name, body) => body(),
    it: (name, body) => void cases.push({ name, body }),
  });
  return cases;
}

describe("the agents' contract suite catches an adapter that", () => {
  for (const { fault, caughtBy, make } of BROKEN_AGENTS) {
    it(`${fault} (by: ${caughtBy})`, async () => {
      const found = collect(memoryAgentSubject({ guardMs: GUARD_MS, make })).find(({ name }) => name === caughtBy);
      expect(found, "the case exists").toBeDefined();
      const failure: unknown = await found?.body().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ContractFailure);
      // The same case passes on the adapter without the fault, so it is the fault that fails it.
      const sound = collect(memoryAgentSubject()).find(({ name }) => name === caughtBy);
      await sound?.body();
    });
  }
});

describe("the agents' contract suite's list of tests", () => {
  const names = (subject: AgentContractSubject): string[] => collect(subject).map(({ name }) => name);

  it("has no two cases of one name", () => {
    const all = names(memoryAgentSubject());
    expect(new Set(all).size).toBe(all.length);
  });

  it("names what a harness cannot, why, and the cases that were left out", () => {
    const subject = { ...memoryAgentSubject(), cannot: { replace: "the service keeps both" } };
    const line = names(subject).find((name) => name.startsWith("cannot"));
    expect(line).toContain("cannot replace, because the service keeps both");
    expect(line).toContain("the same agent elsewhere closes this one as replaced");
    expect(names(subject)).not.toContain("the same agent elsewhere closes this one as replaced");
  });

  it("fails where cannot names an ability that the harness has", async () => {
    const subject = { ...memoryAgentSubject(), cannot: { dropLink: "no reason" } };
    const claim = collect(subject).find(({ name }) => name.startsWith("cannot dropLink"));
    await expect(claim?.body()).rejects.toThrow("the harness has dropLink");
  });
});
