import { ChatError, type ChatErrorCode } from "../../../src/transport/index.ts";

/** What a failed case throws. */
export class ContractFailure extends Error {
  override readonly name = "ContractFailure";
}

/** Fails with `message` unless the condition holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new ContractFailure(message);
}

/** Fails unless both show the same JSON; strings are compared as they are. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [show(actual), show(expected)];
  check(is === should, `${what}: expected ${should}, got ${is}`);
}

/** Fails unless the promise rejects with a `ChatError` of one of the codes; returns the error. */
export async function rejects(
  promise: Promise<unknown>,
  codes: ChatErrorCode | readonly ChatErrorCode[],
  what: string,
): Promise<ChatError> {
  const wanted = typeof codes === "string" ? [codes] : codes;
  const [error] = await promise.then(
    (value): [unknown] => [
      new ContractFailure(`${what}: expected ${wanted.join(" or ")}, but it resolved: ${show(value)}`),
    ],
    (reason: unknown): [unknown] => [reason],
  );
  if (error instanceof ContractFailure) throw error;
  check(ChatError.isInstance(error), `${what}: rejected with ${show(error)}, which is no ChatError`);
  check(wanted.includes(error.code), `${what}: expected ${wanted.join(" or ")}, got ${error.code}: ${error.message}`);
  check(error.message !== "", `${what}: its error has no message`);
  return error;
}

/** The promise of a method that is there, as was declared. */
export function called<T>(promise: Promise<T> | undefined): Promise<T> {
  check(promise !== undefined, "the method is missing although it is declared");
  return promise;
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  // What JSON cannot say (undefined, functions) comes back as undefined, whatever the declaration says.
  const json: unknown = JSON.stringify(value);
  return typeof json === "string" ? json : String(value);
}
