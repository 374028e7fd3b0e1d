/** XEP-0421 Occupant identifiers, version 1.0.1. To be believed only in rooms that announce the feature (section 4). */
import { xml, type XmlElement } from "../xml.ts";
import { NS_OCCUPANT_ID } from "./namespaces.ts";
import { isElement } from "./read.ts";

/** Longest identifier there may be (section 3). */
const MAX_LENGTH = 128;

/** The identifier; `undefined` for another element, an empty or an overlong one. */
export function decodeOccupantId(element: XmlElement): string | undefined {
  const id = element.attrs["id"];
  if (!isElement(element, "occupant-id", NS_OCCUPANT_ID) || id === undefined) return undefined;
  return id !== "" && id.length <= MAX_LENGTH ? id : undefined;
}

/** Writes one; rooms do. */
export function encodeOccupantId(id: string): XmlElement {
  return xml("occupant-id", { xmlns: NS_OCCUPANT_ID, id });
}
