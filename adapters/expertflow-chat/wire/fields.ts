import { record, text, type Fields } from "../../../src/kit/read.ts";

/**
 * A field under its name, or under the spellings that the guides also print: a capital at the beginning (`Timestamp`, `Role`,
 * `Id`), and `reqestId`.
 */
export function field(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  const capital = name.charAt(0).toUpperCase() + name.slice(1);
  if (Object.hasOwn(fields, capital)) return fields[capital];
  return name === "requestId" ? fields["reqestId"] : undefined;
}

/** A text field, as {@link field}; `""` for none. */
export function textField(fields: Fields, name: string): string {
  return text(field(fields, name));
}

/** A list, or what a string says as JSON when that is one: `conversationInfo` has `"[]"` where a list is meant. */
export function listField(fields: Fields, name: string): readonly unknown[] {
  const value = field(fields, name);
  const read = typeof value === "string" ? parse(value) : value;
  return Array.isArray(read) ? read : [];
}

/** Whether {@link listField} can read it: absent is fine, broken is not. */
export function hasListField(fields: Fields, name: string): boolean {
  const value = field(fields, name);
  return value === undefined || Array.isArray(typeof value === "string" ? parse(value) : value);
}

/** An object, or what a string says as JSON when that is one. */
export function recordField(fields: Fields, name: string): Fields {
  const value = field(fields, name);
  return record(typeof value === "string" ? parse(value) : value);
}

/** ISO 8601, or milliseconds since 1970; `undefined` for what is neither. */
export function timeField(fields: Fields, name: string): Date | undefined {
  const value = field(fields, name);
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const time = new Date(value);
  return value === "" || Number.isNaN(time.getTime()) ? undefined : time;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
