/** XEP-0334 Message Processing Hints, version 0.4.1. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_HINTS } from "./namespaces.ts";
import { nsOf } from "./read.ts";

/** What we would like servers to do with a message. */
export type Hint = "store" | "no-store" | "no-permanent-store" | "no-copy";

/** `undefined` for another element or an unknown word. */
export function decodeHint(element: XmlElement): Hint | undefined {
  if (nsOf(element) !== NS_HINTS) return undefined;
  const { name } = element;
  return name === "store" || name === "no-store" || name === "no-permanent-store" || name === "no-copy"
    ? name
    : undefined;
}

/** Writes a hint. */
export function encodeHint(hint: Hint): XmlElement {
  return xml(hint, { xmlns: NS_HINTS });
}
