import {
  canTransition,
  type ChatMessage,
  type ChatTransport,
  type Conversation,
  type OpenRequest,
  type TransportEvents,
  type TransportStatus,
} from "../../../src/transport/index.ts";
import { check, ContractFailure, equal } from "./assertions.ts";
import { realClearTimeout, realSetTimeout, turns } from "./timer-control.ts";

const EVENT_TYPES = [
  "state",
  "message",
  "replay-ended",
  "message-changed",
  "chat-state",
  "receipt",
  "participant",
  "link",
  "resume-token",
  "handoff",
  "ended",
  "warning",
] as const satisfies readonly (keyof TransportEvents)[];

/** An event as it was heard. */
export type Heard = { [K in keyof TransportEvents]: { type: K; event: TransportEvents[K] } }[keyof TransportEvents];

/** A transport with everything it said. */
export class Probe {
  readonly transport: ChatTransport;
  readonly heard: Heard[] = [];
  readonly #request: OpenRequest;
  readonly #guardMs: number;
  readonly #waiting = new Set<() => void>();

  constructor(transport: ChatTransport, request: OpenRequest, guardMs: number) {
    this.transport = transport;
    this.#request = request;
    this.#guardMs = guardMs;
    for (const type of EVENT_TYPES) this.#listen(type);
  }

  #listen(type: keyof TransportEvents): void {
    this.transport.on(type, (event) => {
      this.heard.push({ type, event } as Heard);
      for (const look of this.#waiting) look();
    });
  }

  /** Opens with the harness' request. */
  open(): Promise<Conversation> {
    return this.transport.open(this.#request);
  }

  /** Everything heard of one type. */
  all<K extends keyof TransportEvents>(type: K): TransportEvents[K][] {
    return this.heard
      .filter((entry): entry is Heard & { type: K } => entry.type === type)
      .map(({ event }) => event as TransportEvents[K]);
  }

  /** The first event of that type that fits, whether it was heard already or is still to come. */
  async next<K extends keyof TransportEvents>(
    type: K,
    fits: (event: TransportEvents[K]) => boolean = () => true,
  ): Promise<TransportEvents[K]> {
    let found: TransportEvents[K] | undefined;
    const look = (): boolean => (found = this.all(type).find(fits)) !== undefined;
    await this.#until(look, `a ${type} event`);
    if (found === undefined) throw new ContractFailure(`a ${type} event went away`);
    return found;
  }

  /** The message with that text. */
  text(text: string): Promise<ChatMessage> {
    return this.next("message", ({ body }) => body.kind === "text" && body.text === text);
  }

  /** Resolves when the transport stands there for the `times`th time. */
  status(status: TransportStatus, times = 1): Promise<void> {
    const count = (): number => this.all("state").filter(({ current }) => current.status === status).length;
    return this.#until(() => count() >= times, `the state ${status}`);
  }

  /** The texts of the messages from others, in the order they were heard. */
  textsFromOthers(): string[] {
    return this.all("message").flatMap(({ from, body }) => (!from.isSelf && body.kind === "text" ? [body.text] : []));
  }

  #until(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (holds()) settle(resolve);
      };
      const settle = (then: () => void): void => {
        realClearTimeout(timer);
        this.#waiting.delete(look);
        then();
      };
      const timer = realSetTimeout(
        () =>
          settle(() => reject(new ContractFailure(`waited ${this.#guardMs} ms for ${what}; heard ${this.#story()}`))),
        this.#guardMs,
      );
      this.#waiting.add(look);
    });
  }

  #story(): string {
    const words = this.heard.map((entry) => (entry.type === "state" ? entry.event.current.status : entry.type));
    return words.length > 0 ? words.join(", ") : "nothing";
  }

  /** What holds at every moment of every conversation. */
  checkInvariants(): void {
    checkStates(this);
    checkEnd(this);
    checkMessages(this);
  }
}

/** Waits until the far end shows it. Far ends have no events for the suite, so it looks again and again. */
export async function eventually<T>(
  guardMs: number,
  what: string,
  read: () => T | Promise<T>,
  fits: (value: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + guardMs;
  for (;;) {
    const value = await read();
    if (fits(value)) return value;
    if (performance.now() > deadline)
      throw new ContractFailure(`waited ${guardMs} ms for ${what}; there is ${JSON.stringify(value)}`);
    await turns(1);
  }
}

function checkStates({ heard, transport }: Probe): void {
  let last: TransportStatus = "idle";
  for (const entry of heard) {
    check(last !== "closed", `a ${entry.type} event was emitted after the state became closed`);
    if (entry.type !== "state") continue;
    const { previous, current } = entry.event;
    equal(previous.status, last, "the previous state of a state event");
    check(canTransition(previous.status, current.status), `went from ${previous.status} to ${current.status}`);
    last = current.status;
  }
  equal(transport.state.status, last, "the state, compared with the last state event");
}

function checkEnd({ heard }: Probe): void {
  const ends = heard.filter(({ type }) => type === "ended").length;
  check(ends <= 1, `ended was emitted ${ends} times`);
}

function checkMessages({ heard }: Probe): void {
  const ids = new Set<string>();
  let live = false;
  for (const { type, event } of heard) {
    // A new connection may start with what was missed.
    if (type === "state") live = false;
    if (type === "replay-ended") live = true;
    if (type !== "message") continue;
    check(!ids.has(event.id), `the message ${event.id} was delivered twice`);
    ids.add(event.id);
    check(!(live && event.replayed), `the replayed message ${event.id} came after a live one, or after replay-ended`);
    live ||= !event.replayed;
  }
}
