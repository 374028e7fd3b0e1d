/**
 * XEP-0333 Displayed Markers, version 1.0.0 (2024): only `markable` and `displayed` exist. `received` and `acknowledged`
 * of the versions before 0.5.0 are still read, never sent.
 */
import { xml, type XmlElement } from "../xml.ts";
import { NS_MARKERS } from "./namespaces.ts";
import { nsOf } from "./read.ts";

/** `displayed` and the two old words refer to the message `id`; `markable` says that the sender would like to know. */
export type Marker = { kind: "markable" } | { kind: "displayed" | "received" | "acknowledged"; id: string };

/** `undefined` for another element, an unknown word, or a marker without an id. */
export function decodeMarker(element: XmlElement): Marker | undefined {
  if (nsOf(element) !== NS_MARKERS) return undefined;
  const { name } = element;
  if (name === "markable") return { kind: name };
  const id = element.attrs["id"];
  if (id === undefined || id === "") return undefined;
  return name === "displayed" || name === "received" || name === "acknowledged" ? { kind: name, id } : undefined;
}

/** Writes `markable` or `displayed`. */
export function encodeMarker(marker: { kind: "markable" } | { kind: "displayed"; id: string }): XmlElement {
  return xml(marker.kind, { xmlns: NS_MARKERS, id: marker.kind === "displayed" ? marker.id : undefined });
}
