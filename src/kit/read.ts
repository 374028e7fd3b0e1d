/** An object off the wire: nothing of it is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one for anything else. */
export function record(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The text, or `""` for anything else; a number as it is written. */
export function text(value: unknown): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : "";
}

/** The list, or an empty one for anything else. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts that are not empty: optional ones are absent rather than `""`. */
export function given<T extends Readonly<Record<string, string>>>(texts: T): { [K in keyof T]?: string } {
  const found: { [K in keyof T]?: string } = { ...texts };
  for (const key in found) if (found[key] === "") delete found[key];
  return found;
}

/** An http or https address, normalised; `""` for anything else: it ends up in a page. */
export function webUrl(value: unknown): string {
  const address = text(value).trim();
  if (!URL.canParse(address)) return "";
  const url = new URL(address);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
}
