import { check } from "../assertions.ts";
import { withGuard } from "../guard.ts";
import type { ContractRunner } from "../harness.ts";
import { AgentContext, type AgentCase } from "./agent-case.ts";
import type { AgentContractSubject, AgentHarnessAbility } from "./agent-harness.ts";
import { AGENT_LINK_CASES } from "./cases-agent-link.ts";
import { agentPhaseCases } from "./cases-agent-phases.ts";
import { CONVERSATION_CASES } from "./cases-conversation.ts";
import { REQUEST_CASES } from "./cases-requests.ts";
import { SIGN_IN_CASES } from "./cases-sign-in.ts";
import { SUPERVISOR_CASES } from "./cases-supervisor.ts";

const DEFAULT_GUARD_MS = 20_000;

/**
 * Registers the cases of the agents' contract with a test runner, one test each. A case runs where the adapter declares
 * what it needs; where a capability is not declared, its absence is tested instead. What a conversation owes as a chat is
 * the transport suite's: give it one with `serves: "agent"`.
 * @param name what the tests are listed under.
 * @param subject the adapter and its far end, see {@link AgentContractSubject}.
 * @param runner `describe` and `it` of any test runner.
 */
export function describeAgentTransportContract(
  name: string,
  subject: AgentContractSubject,
  runner: ContractRunner,
): void {
  const cannot = subject.cannot ?? {};
  const groups = groupsFor(subject);
  runner.describe(`${name}: agent transport contract`, () => {
    for (const [group, cases] of Object.entries(groups)) {
      const fitting = cases.filter(({ needs = [] }) => needs.every((ability) => cannot[ability] === undefined));
      if (fitting.length === 0) continue;
      runner.describe(group, () => {
        for (const each of fitting) runner.it(each.name, () => runCase(subject, each));
      });
    }
    for (const ability of Object.keys(cannot) as AgentHarnessAbility[]) {
      const left = Object.values(groups)
        .flat()
        .filter(({ needs }) => needs?.includes(ability));
      const names = left.map((each) => each.name).join("; ");
      runner.it(`cannot ${ability}, because ${cannot[ability]}; left out: ${names || "nothing"}`, () =>
        checkCannot(subject, ability),
      );
    }
  });
}

function groupsFor({ supports }: AgentContractSubject): Record<string, readonly AgentCase[]> {
  const applies = ({ when }: AgentCase): boolean => when?.(supports) ?? true;
  return {
    "sign in": SIGN_IN_CASES.filter(applies),
    requests: REQUEST_CASES.filter(applies),
    conversations: CONVERSATION_CASES.filter(applies),
    supervisors: SUPERVISOR_CASES.filter(applies),
    link: AGENT_LINK_CASES,
    phases: agentPhaseCases(supports),
  };
}

async function runCase(subject: AgentContractSubject, each: AgentCase): Promise<void> {
  const harness = await subject.createHarness();
  const context = new AgentContext(harness, subject.supports, subject.guardMs ?? DEFAULT_GUARD_MS);
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
async function checkCannot(subject: AgentContractSubject, ability: AgentHarnessAbility): Promise<void> {
  const harness = await subject.createHarness();
  try {
    check(harness[ability] === undefined, `the harness has ${ability}: take it out of cannot`);
  } finally {
    await harness.dispose();
  }
}
