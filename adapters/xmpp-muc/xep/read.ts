import type { XmlElement } from "../xml.ts";

/** The namespace in force for an element. */
export function nsOf(element: XmlElement): string | undefined {
  return element.attrs["xmlns"] ?? element.getNS();
}

/** Whether an element has that name and namespace. */
export function isElement(element: XmlElement, name: string, xmlns: string): boolean {
  return element.name === name && nsOf(element) === xmlns;
}

/** The first child of that name in the parent's own namespace. */
export function ownChild(parent: XmlElement, name: string): XmlElement | undefined {
  return parent.getChild(name, nsOf(parent));
}

/** The text of the first child of that name in the parent's own namespace. */
export function ownText(parent: XmlElement, name: string): string | undefined {
  return ownChild(parent, name)?.getText();
}

/** `{ [key]: value }`, or `{}` when there is no value: optional properties are absent, not `undefined`. */
export function opt<K extends string, V>(key: K, value: V | undefined | null): { [P in K]?: V } {
  const holder: { [P in K]?: V } = {};
  if (value !== undefined && value !== null) holder[key] = value;
  return holder;
}

/** `text` if it is one of `words`. */
export function oneOf<T extends string>(words: readonly T[], text: string | undefined): T | undefined {
  return words.find((word) => word === text);
}

/** What a table says of a word off the wire: own entries only, or `constructor` would be found in every table. */
export function lookUp<T>(table: Readonly<Record<string, T | undefined>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

/** A whole number that is not negative; `undefined` for anything else. */
export function parseCount(text: string | undefined | null): number | undefined {
  if (text === undefined || text === null || text.trim() === "") return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A time stamp of XEP-0082 (1.1.1), which is ISO 8601 with a zone; `undefined` when it is not one. */
export function parseStamp(text: string | undefined): Date | undefined {
  // Date.parse takes many other things, and reads a stamp without a zone as local time.
  if (text === undefined || text.length < 20 || text[10] !== "T") return undefined;
  const last = text[text.length - 1];
  if (last !== "Z" && text[text.length - 3] !== ":") return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds);
}

/** A true/false attribute of XML Schema. */
export function parseBoolean(text: string | undefined): boolean {
  return text === "true" || text === "1";
}
