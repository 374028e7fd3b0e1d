import { isLoopbackHost } from "../../../src/kit/secure-url.ts";

/** UTF-16 code units of one body or stanza. */
export const MAX_TEXT = 1_048_576;
/** The same of all together. */
const MAX_ALL_TEXT = 4 * MAX_TEXT;
export const MAX_SECONDS = 86_400;

/** Reads one own property. */
export type Own = (key: string) => unknown;

/** Own properties only: nothing that a prototype, polluted or not, has to say. */
export function ownValues(value: unknown): Own {
  check(typeof value === "object" && value !== null);
  const descriptors: Record<string, PropertyDescriptor | undefined> = Object.getOwnPropertyDescriptors(value);
  return (key) => (Object.hasOwn(descriptors, key) ? (descriptors[key]?.value as unknown) : undefined);
}

export function check(holds: boolean): asserts holds {
  if (!holds) throw new TypeError("not a resume state");
}

export function text(value: unknown, maxLength: number): string {
  check(typeof value === "string" && value !== "" && value.length <= maxLength);
  return value;
}

export function whole(value: unknown, min: number, max: number): number {
  check(typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max);
  return value;
}

export function optional<K extends "inactivity" | "maxpause" | "max">(key: K, own: Own): Partial<Record<K, number>> {
  const value = own(key);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key widens to string
  return value === undefined ? {} : ({ [key]: whole(value, 0, MAX_SECONDS) } as Partial<Record<K, number>>);
}

export function list(value: unknown, maxLength: number): unknown[] {
  check(Array.isArray(value) && value.length <= maxLength);
  return Array.from(value as unknown[]);
}

export function bounded(texts: string[]): void {
  check(texts.reduce((sum, { length }) => sum + length, 0) <= MAX_ALL_TEXT);
}

/** Encrypted, or on this machine: it is where the secret goes. */
export function address(value: unknown, encrypted: string, plain: string): string {
  const url = new URL(text(value, 2_048));
  check(url.protocol === encrypted || (url.protocol === plain && isLoopbackHost(url.hostname)));
  return url.href;
}

export function fullJid(value: unknown): string {
  const jid = text(value, 3_071);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  check(/^[^@/<>"'&\s\u0000-\u001f]+@[^@/<>"'&\s\u0000-\u001f]+\/[^<>\u0000-\u001f]+$/.test(jid));
  return jid;
}
