import { createDeferred, withDeadline } from "../../src/kit/deadline.ts";
import { refusalIn } from "./refusals.ts";
import type { Wire } from "./solution-link.ts";
import type { Frame } from "./wire/encode.ts";

/** No guide gives `registerBot` and `registerConnector` an answer: no refusal within this time is taken for done. */
const SILENCE_MS = 300;

/** Says who connects. Resolves when the server acknowledges it, or says nothing against it. @throws ChatError what it refuses with. */
export async function announced<Who>(
  wire: Wire,
  event: string,
  payload: Frame,
  who: Who,
  signal: AbortSignal,
): Promise<Who> {
  const done = createDeferred<Who>();
  const silence = setTimeout(() => done.resolve(who), SILENCE_MS);
  try {
    return await withDeadline({ signal }, Infinity, "Registering", () => {
      wire.ask(event, payload, (answer) => {
        const no = refusalIn(answer, "Registering");
        if (no) done.reject(no);
        else done.resolve(who);
      });
      return done.promise;
    });
  } finally {
    clearTimeout(silence);
  }
}
