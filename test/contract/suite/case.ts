import type { Capabilities, CloseReason, Conversation } from "../../../src/transport/index.ts";
import { check } from "./assertions.ts";
import type { ContractHarness, ContractSubject, HarnessAbilities, HarnessAbility } from "./harness.ts";
import { eventually, Probe } from "./probe.ts";

/** One proof. */
export interface ContractCase {
  name: string;
  /** What the harness must be able to do. */
  needs?: readonly HarnessAbility[];
  /** Whether it applies to an adapter with these capabilities. Default: to all. */
  when?: (supports: Capabilities) => boolean;
  run(context: CaseContext): Promise<void>;
}

/** What a case works with. Everything it made is closed after it. */
export class CaseContext {
  readonly harness: ContractHarness;
  readonly guardMs: number;
  /** What the subject says it supports. */
  readonly declared: Capabilities;
  /** Whose transport it is. */
  readonly serves: "customer" | "agent";
  readonly probes: Probe[] = [];

  constructor(
    harness: ContractHarness,
    { supports, serves = "customer" }: Pick<ContractSubject, "supports" | "serves">,
    guardMs: number,
  ) {
    this.harness = harness;
    this.declared = supports;
    this.serves = serves;
    this.guardMs = guardMs;
  }

  /** What a close without a reason, and an aborted open, are called. */
  get leaving(): CloseReason {
    return this.serves === "agent" ? "left" : "customer-left";
  }

  /** A fresh transport that is listened to. */
  make(): Probe {
    const probe = new Probe(this.harness.make(), this.harness.request, this.guardMs);
    this.probes.push(probe);
    return probe;
  }

  /** A fresh transport, connected. */
  async connected(): Promise<Probe & { conversation: Conversation }> {
    const probe = this.make();
    const conversation = await probe.open();
    return Object.assign(probe, { conversation });
  }

  /** An ability that the case has declared in `needs`. */
  far<K extends HarnessAbility>(ability: K): HarnessAbilities[K] {
    const found = this.harness[ability];
    check(found !== undefined, `the harness has no ${ability}: implement it, or say in cannot why it cannot`);
    return found.bind(this.harness) as HarnessAbilities[K];
  }

  /** Says something and waits for it: whatever was sent before it has arrived, or never will. */
  async fence(probe: Probe, text = "fence"): Promise<void> {
    await this.harness.say(text);
    await probe.text(text);
  }

  /** Waits until the far end shows something that fits. */
  eventually<T>(what: string, read: () => T | Promise<T>, fits: (value: T) => boolean): Promise<T> {
    return eventually(this.guardMs, what, read, fits);
  }

  /** Waits until the far end has received that text. */
  async received(text: string): Promise<void> {
    await this.eventually(
      `the text at the far end`,
      () => this.harness.sent(),
      (sent) => sent.some((message) => message.text === text),
    );
  }

  /** Checks what must hold after every case, and releases everything. */
  async finish(): Promise<void> {
    try {
      for (const { transport } of this.probes) await transport.close();
      for (const probe of this.probes) probe.checkInvariants();
      await this.eventually(
        "no open handles after close",
        () => this.harness.openHandles(),
        (count) => count === 0,
      );
    } finally {
      await this.harness.dispose();
    }
  }
}
