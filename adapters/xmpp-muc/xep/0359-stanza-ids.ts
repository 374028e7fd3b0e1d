/** XEP-0359 Unique and Stable Stanza IDs, version 0.7.0. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_SID } from "./namespaces.ts";
import { nsOf } from "./read.ts";

/**
 * `stanza`: given by the entity `by`, and worth something only if that entity announces the feature. `origin`: the
 * sender's own, good for recognising what we sent and for nothing else.
 */
export type StableId = { kind: "stanza"; id: string; by: string } | { kind: "origin"; id: string };

/** `undefined` for another element or one that lacks an attribute. */
export function decodeStableId(element: XmlElement): StableId | undefined {
  const id = element.attrs["id"];
  const by = element.attrs["by"];
  if (nsOf(element) !== NS_SID || id === undefined || id === "") return undefined;
  if (element.name === "origin-id") return { kind: "origin", id };
  return element.name === "stanza-id" && by !== undefined ? { kind: "stanza", id, by } : undefined;
}

/** Writes an id. A client sends origin ids only. */
export function encodeStableId(stable: StableId): XmlElement {
  return stable.kind === "origin"
    ? xml("origin-id", { xmlns: NS_SID, id: stable.id })
    : xml("stanza-id", { xmlns: NS_SID, id: stable.id, by: stable.by });
}
