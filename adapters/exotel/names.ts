/**
 * The vendor's document reached the public in lower case and without punctuation, so the true spelling of many names is
 * unknown; their normal form is not. Everything received is looked up by it.
 */
export function normalForm(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** The value of the key whose normal form is that of `name`, whatever its spelling. Own properties only. */
export function pick(record: unknown, name: string): unknown {
  if (!isRecord(record)) return undefined;
  if (Object.hasOwn(record, name)) return record[name];
  const wanted = normalForm(name);
  const key = Object.keys(record).find((key) => normalForm(key) === wanted);
  return key === undefined ? undefined : record[key];
}

/** A JSON object: not null, not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** {@link pick} for text; `undefined` when it is no string or empty. */
export function pickText(record: unknown, name: string): string | undefined {
  const value = pick(record, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** {@link pick} for a list of texts; what is no text is left out. */
export function pickTexts(record: unknown, name: string): string[] {
  const value = pick(record, name);
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string" && item !== "") : [];
}
