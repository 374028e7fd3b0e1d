import type { Capabilities } from "../../../src/transport/index.ts";
import { check } from "./assertions.ts";
import { CaseContext, type ContractCase } from "./case.ts";
import { CAPABILITY_CASES } from "./cases-capabilities.ts";
import { CHANGE_CASES } from "./cases-changes.ts";
import { END_CASES } from "./cases-end.ts";
import { LINK_CASES } from "./cases-link.ts";
import { OPEN_CASES } from "./cases-open.ts";
import { phaseCases } from "./cases-phases.ts";
import { RECEIVE_CASES } from "./cases-receive.ts";
import { SEND_CASES } from "./cases-send.ts";
import { UPLOAD_CASES } from "./cases-upload.ts";
import { withGuard } from "./guard.ts";
import type { ContractRunner, ContractSubject, HarnessAbility } from "./harness.ts";

const DEFAULT_GUARD_MS = 20_000;

/**
 * Registers the contract's cases with a test runner, one test each. A case runs where the adapter declares what it
 * needs; where a capability is not declared, its absence is tested instead.
 * @param name what the tests are listed under.
 * @param subject the adapter and its far end, see {@link ContractSubject}.
 * @param runner `describe` and `it` of any test runner.
 */
export function describeTransportContract(name: string, subject: ContractSubject, runner: ContractRunner): void {
  const cannot = subject.cannot ?? {};
  const groups = Object.entries(groupsFor(subject));
  runner.describe(`${name}: transport contract`, () => {
    for (const [group, cases] of groups) {
      const fitting = cases.filter(({ needs = [] }) => needs.every((ability) => cannot[ability] === undefined));
      if (fitting.length === 0) continue;
      runner.describe(group, () => {
        for (const each of fitting) runner.it(each.name, () => runCase(subject, each));
      });
    }
    for (const ability of Object.keys(cannot) as HarnessAbility[]) {
      const left = groups.flatMap(([, cases]) => cases).filter(({ needs }) => needs?.includes(ability));
      const names = left.map(({ name }) => name).join("; ");
      runner.it(`cannot ${ability}, because ${cannot[ability]}; left out: ${names || "nothing"}`, () =>
        checkCannot(subject, ability),
      );
    }
  });
}

function groupsFor({ supports, serverLacks = [] }: ContractSubject): Record<string, readonly ContractCase[]> {
  const lacking = Object.fromEntries(serverLacks.map((key) => [key, false]));
  const effective: Capabilities = { ...supports, ...lacking };
  const applies = ({ when }: ContractCase): boolean => when?.(effective) ?? true;
  return {
    open: OPEN_CASES.filter(applies),
    send: SEND_CASES.filter(applies),
    receive: RECEIVE_CASES.filter(applies),
    link: LINK_CASES.filter(applies),
    end: END_CASES.filter(applies),
    capabilities: CAPABILITY_CASES.filter(applies),
    upload: effective.upload ? UPLOAD_CASES : [],
    changes: CHANGE_CASES.filter(applies),
    phases: phaseCases(supports, serverLacks),
  };
}

async function runCase(subject: ContractSubject, each: ContractCase): Promise<void> {
  const harness = await subject.createHarness();
  const context = new CaseContext(harness, subject, subject.guardMs ?? DEFAULT_GUARD_MS);
  try {
    await withGuard(each.run(context), context.guardMs * 1.25);
  } catch (error) {
    // The first failure is the one to read; what the clean-up finds is its consequence.
    await context.finish().catch(() => undefined);
    throw error;
  }
  await context.finish();
}

/** An entry of `cannot` must be true: a harness that can, must. */
async function checkCannot(subject: ContractSubject, ability: HarnessAbility): Promise<void> {
  const harness = await subject.createHarness();
  try {
    check(harness[ability] === undefined, `the harness has ${ability}: take it out of cannot`);
  } finally {
    await harness.dispose();
  }
}
