import { record, text, type Fields } from "../../src/kit/read.ts";
import { ChatError, type ChatErrorCode } from "../../src/transport/errors.ts";

/**
 * Whether an answer says no. The guides document neither acknowledgements nor refusals, so this reads what servers
 * commonly say: `error`, a `status` that is no success, `success: false`.
 */
export function refusalIn(answer: unknown, what: string): ChatError | undefined {
  const fields = record(answer);
  const { status, success, error } = fields;
  const failed =
    success === false ||
    (error !== undefined && error !== null && error !== false) ||
    (typeof status === "number" && status >= 400) ||
    (typeof status === "string" && /^(error|fail|refused|4\d\d|5\d\d)/i.test(status));
  return failed ? refused(fields, what) : undefined;
}

/** The refusal that such an answer, or an activity of the type `error`, tells. */
export function refused(fields: Fields, what: string): ChatError {
  const nested = record(fields["error"]);
  const code = text(fields["code"]) || text(nested["code"]) || text(fields["error"]) || text(fields["status"]);
  const reason = text(fields["message"]) || text(nested["message"]);
  const meaning = MEANINGS.find(([pattern]) => pattern.test(`${code} ${reason}`))?.[1] ?? "refused";
  return new ChatError(meaning, `${what} was refused by the chat service.`, {
    retryable: false,
    ...(reason !== "" && { remedy: `The service says: ${reason.slice(0, 200)}` }),
    vendor: { name: "expertflow-chat", code: `refused/${code.slice(0, 60) || "no-code"}` },
  });
}

const MEANINGS: readonly [RegExp, ChatErrorCode][] = [
  [/password|unauthori[sz]ed|\b401\b/i, "unauthorized"],
  [/already|conflict|\b409\b/i, "conflict"],
  [/over\b|ended|closed/i, "closed"],
  [/unknown|not.?found|no.?such|\b404\b/i, "not-found"],
];
