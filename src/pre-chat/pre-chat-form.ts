import type { Call } from "../transport/call.ts";
import { ChatError } from "../transport/errors.ts";
import type { Form, FormAnswer, FormField } from "../transport/rich-bodies.ts";

/** The form before a chat. An adapter whose vendor has one implements it; where it has none, there is none. */
export interface PreChatForm {
  /** Reads the form; `null` when the business asks nothing. @throws ChatError as the vendor's REST calls. */
  form(call?: Call): Promise<Form | null>;
}

/** Why a field's value cannot be sent. `pattern`: it does not match; `option`: there is no such choice. */
export type FieldProblem = "required" | "pattern" | "option" | "number";

/**
 * What is wrong with the values, by the field's id; empty when the form can be sent. The same rules in the page before
 * sending and here.
 */
export function checkForm(form: Form, values: FormAnswer["values"]): ReadonlyMap<string, FieldProblem> {
  const problems = new Map<string, FieldProblem>();
  for (const { fields } of form.sections) {
    for (const field of fields) {
      const problem = checkField(field, [values[field.id] ?? []].flat());
      if (problem) problems.set(field.id, problem);
    }
  }
  return problems;
}

/** A filled form for `OpenRequest.preChat` or an answer in the chat. @throws ChatError `invalid-argument`, naming the fields. */
export function fillForm(form: Form, values: FormAnswer["values"]): FormAnswer {
  const problems = checkForm(form, values);
  if (problems.size === 0) return { form, outcome: "submitted", values };
  const labels = form.sections.flatMap(({ fields }) =>
    fields.filter(({ id }) => problems.has(id)).map(({ label }) => label),
  );
  throw new ChatError("invalid-argument", `The form cannot be sent: check ${labels.join(", ")}.`, {
    remedy: "checkForm says what is wrong with each field.",
  });
}

function checkField(field: FormField, given: readonly string[]): FieldProblem | undefined {
  const values = given.filter((value) => value.trim() !== "");
  if (values.length === 0) return field.required ? "required" : undefined;
  if (field.options.length > 0)
    return values.every((value) => field.options.some((option) => option.value === value)) ? undefined : "option";
  if (values.some((value) => !inRange(field, value))) return "number";
  return values.every((value) => matches(field.pattern, value)) ? undefined : "pattern";
}

/** Ranges that a type has by itself. */
function inRange({ type }: FormField, value: string): boolean {
  const number = Number(value);
  if (type === "nps") return Number.isInteger(number) && number >= 0 && number <= 10;
  if (type === "stars") return Number.isInteger(number) && number >= 1 && number <= 5;
  if (type === "positive-number") return number > 0;
  return type !== "number" || Number.isFinite(number);
}

/** A pattern of the service's that is no regular expression must not lock the customer out. */
function matches(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined) return true;
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(value);
  } catch {
    return true;
  }
}
