/** A JSON object whose fields are not known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Tells a JSON object from everything else. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The list, or an empty one. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Misprints of the guide that are no mere capitals. */
const MISPRINTS: Readonly<Record<string, string | undefined>> = { requestId: "reqestId" };

/** A field by its name, by its capitalised name (the guide's tables have both) or by its misprint. */
export function field(from: Fields, name: string): unknown {
  const capitalised = name.charAt(0).toUpperCase() + name.slice(1);
  return from[name] ?? from[capitalised] ?? from[MISPRINTS[name] ?? name];
}

/** The field, if it is a text of at least one character or a number. */
export function textField(from: Fields, name: string): string | undefined {
  const value = field(from, name);
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Whom `{id}`, `{participantId}` or `{agentId}` means. */
export function idOf(value: unknown): string | undefined {
  const from = fieldsOf(value);
  return textField(from, "id") ?? textField(from, "participantId") ?? textField(from, "agentId");
}
