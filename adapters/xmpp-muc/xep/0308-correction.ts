/** XEP-0308 Last Message Correction, version 1.2.1. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_CORRECT } from "./namespaces.ts";
import { isElement } from "./read.ts";

/** This message replaces another one: `id` is the original's `id` attribute, also in rooms and for repeated edits. */
export interface Correction {
  id: string;
}

/** `undefined` for another element or one without an id. */
export function decodeCorrection(element: XmlElement): Correction | undefined {
  const id = element.attrs["id"];
  return isElement(element, "replace", NS_CORRECT) && id !== undefined && id !== "" ? { id } : undefined;
}

/** Writes it. */
export function encodeCorrection(correction: Correction): XmlElement {
  return xml("replace", { xmlns: NS_CORRECT, id: correction.id });
}
