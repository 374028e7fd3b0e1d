import { createDeferred, withDeadline, type Deferred } from "../../../src/kit/deadline.ts";
import type { Call } from "../../../src/transport/call.ts";
import type { ChatError } from "../../../src/transport/errors.ts";
import { refusalIn } from "../refusals.ts";
import type { Wire } from "../solution-link.ts";
import type { SolutionActivity } from "../wire/decode-message.ts";
import type { Frame } from "../wire/encode.ts";

/** No guide gives some events an answer: no refusal within this time is taken for done. */
const SILENCE_MS = 500;

/** What is asked of the service. */
export interface Operation {
  event: string;
  payload: Frame;
  /** Names it in errors: "Handing over". */
  what: string;
  /** Whether an activity proves that it is done; absent where none ever follows. */
  proof?: ((activity: SolutionActivity) => boolean) | undefined;
}

interface Pending extends Operation {
  done: Deferred<void>;
}

/**
 * What was asked for and is not done yet. The guide lets an activity follow most events; an acknowledgement proves as much. A
 * refusal names its event, and goes to the oldest that waits for it.
 */
export class Operations {
  readonly #wire: Wire;
  readonly #pending = new Set<Pending>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Emits, and resolves when it is proven. @throws ChatError `timed-out`, and what the service refuses with. */
  async run(operation: Operation, interruption: AbortSignal, call: Call | undefined): Promise<void> {
    const pending: Pending = { ...operation, done: createDeferred<void>() };
    pending.done.promise.catch(() => undefined);
    this.#pending.add(pending);
    const silence = operation.proof ? undefined : setTimeout(pending.done.resolve, SILENCE_MS);
    const signal = call?.signal ? AbortSignal.any([call.signal, interruption]) : interruption;
    try {
      await withDeadline({ ...call, signal }, 20_000, operation.what, () => {
        this.#wire.ask(operation.event, operation.payload, (answer) => {
          const no = refusalIn(answer, operation.what);
          if (no) pending.done.reject(no);
          else pending.done.resolve();
        });
        return pending.done.promise;
      });
    } finally {
      clearTimeout(silence);
      this.#pending.delete(pending);
    }
  }

  /** An activity came. */
  onActivity(activity: SolutionActivity): void {
    for (const { proof, done } of this.#pending) if (proof?.(activity) === true) done.resolve();
  }

  /** @returns whether somebody waited for it. */
  onRefusal(event: string, error: ChatError): boolean {
    const found = [...this.#pending].find((pending) => pending.event === event);
    found?.done.reject(error);
    return found !== undefined;
  }
}
