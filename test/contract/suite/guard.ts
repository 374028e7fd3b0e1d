import { ContractFailure } from "./assertions.ts";
import { realClearTimeout, realSetTimeout } from "./timer-control.ts";

/** A promise that never settles must fail its case with words, not the runner with a time-out. */
export async function withGuard(run: Promise<void>, guardMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const guard = new Promise<never>((_, reject) => {
    const failure = new ContractFailure(`a promise of the adapter did not settle within ${guardMs} ms`);
    timer = realSetTimeout(() => reject(failure), guardMs);
  });
  try {
    await Promise.race([run, guard]);
  } finally {
    realClearTimeout(timer);
  }
}
