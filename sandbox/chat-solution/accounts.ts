/** Somebody who works here. */
export interface SolutionAccount {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly type: "Agent" | "Supervisor";
  /** Teams he is a member of or, as a supervisor, responsible for. */
  readonly teams: readonly string[];
}

/** Ready or not, as the server writes it. */
export type AgentState = "READY" | "NOT_READY";

/** Who works in the sandbox: two agents and a supervisor of one team, one of each of another. */
export const SOLUTION_ACCOUNTS: readonly SolutionAccount[] = [
  { id: "asha", name: "Asha Rao", password: "asha-secret", type: "Agent", teams: ["support"] },
  { id: "omar", name: "Omar Said", password: "omar-secret", type: "Agent", teams: ["support"] },
  { id: "sara", name: "Sara Lind", password: "sara-secret", type: "Supervisor", teams: ["support"] },
  { id: "lena", name: "Lena Graf", password: "lena-secret", type: "Agent", teams: ["sales"] },
  { id: "victor", name: "Victor Paz", password: "victor-secret", type: "Supervisor", teams: ["sales"] },
];

/** Names of the teams. */
export const SOLUTION_TEAMS: Readonly<Record<string, string>> = { support: "Support", sales: "Sales" };

/** Queues of the routing engine. Whatever names none of them waits in the first. */
export const SOLUTION_QUEUES: readonly string[] = ["General", "ADSL", "Billing"];

/** The state that a client means: the guide writes `NOT_READY` and not-ready. */
export function readState(text: string | undefined): AgentState | undefined {
  const state = text?.toUpperCase().replaceAll(/[\s-]/g, "_");
  return state === "READY" || state === "NOT_READY" ? state : undefined;
}
