import type { AgentEvents, AgentTransport, ChatRequest } from "../../../../src/agent/index.ts";
import { canTransition, type TransportStatus } from "../../../../src/transport/index.ts";
import { check, ContractFailure, equal } from "../assertions.ts";
import { eventually } from "../probe.ts";

const EVENT_TYPES = [
  "state",
  "availability",
  "request",
  "request-ended",
  "floor",
  "suggestion",
  "warning",
] as const satisfies readonly (keyof AgentEvents)[];

/** An event as it was heard. */
export type AgentHeard = { [K in keyof AgentEvents]: { type: K; event: AgentEvents[K] } }[keyof AgentEvents];

/** An agent's transport with everything it said. */
export class AgentProbe {
  readonly transport: AgentTransport;
  readonly heard: AgentHeard[] = [];
  readonly #guardMs: number;

  constructor(transport: AgentTransport, guardMs: number) {
    this.transport = transport;
    this.#guardMs = guardMs;
    for (const type of EVENT_TYPES) this.#listen(type);
  }

  #listen(type: keyof AgentEvents): void {
    this.transport.on(type, (event) => void this.heard.push({ type, event } as AgentHeard));
  }

  /** Everything heard of one type. */
  all<K extends keyof AgentEvents>(type: K): AgentEvents[K][] {
    return this.heard
      .filter((entry): entry is AgentHeard & { type: K } => entry.type === type)
      .map(({ event }) => event as AgentEvents[K]);
  }

  /** The first event of that type that fits, whether it was heard already or is still to come. */
  async next<K extends keyof AgentEvents>(
    type: K,
    fits: (event: AgentEvents[K]) => boolean = () => true,
  ): Promise<AgentEvents[K]> {
    const find = (): AgentEvents[K] | undefined => this.all(type).find(fits);
    await this.#until(`a ${type} event`, () => find() !== undefined);
    const found = find();
    if (found === undefined) throw new ContractFailure(`a ${type} event went away`);
    return found;
  }

  /** The request for that conversation, once it rings. */
  request(conversationId: string): Promise<ChatRequest> {
    return this.next("request", (request) => request.conversationId === conversationId);
  }

  /** Resolves when the transport stands there for the `times`th time. */
  async status(status: AgentTransport["state"]["status"], times = 1): Promise<void> {
    const count = (): number => this.all("state").filter(({ current }) => current.status === status).length;
    await this.#until(`the state ${status}`, () => count() >= times);
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const read = (): { heard: string; holds: boolean } => ({ heard: this.#story(), holds: holds() });
    await eventually(this.#guardMs, what, read, (seen) => seen.holds);
  }

  #story(): string {
    const words = this.heard.map((entry) => (entry.type === "state" ? entry.event.current.status : entry.type));
    return words.length > 0 ? words.join(", ") : "nothing";
  }

  /** What holds at every moment of every agent's life. */
  checkInvariants(): void {
    let last: TransportStatus = "idle";
    const open = new Set<string>();
    const told = new Set<string>();
    for (const entry of this.heard) {
      check(last !== "closed", `a ${entry.type} event was emitted after the state became closed`);
      if (entry.type === "request") {
        check(!told.has(entry.event.id), `the request ${entry.event.id} was told twice`);
        told.add(entry.event.id);
        open.add(entry.event.id);
      }
      if (entry.type === "request-ended")
        check(open.delete(entry.event.request.id), "a request ended twice, or was never told");
      if (entry.type !== "state") continue;
      const [from, to] = [asTransport(entry.event.previous.status), asTransport(entry.event.current.status)];
      equal(from, last, "the previous state of a state event");
      check(canTransition(from, to), `went from ${from} to ${to}`);
      last = to;
    }
    if (last === "closed") equal([...open], [], "requests that were told and never ended");
    equal(asTransport(this.transport.state.status), last, "the state, compared with the last state event");
  }
}

function asTransport(status: AgentTransport["state"]["status"]): TransportStatus {
  return status === "online" ? "connected" : status;
}
