/**
 * XEP-0424 Message Retraction, version 0.4.2, and the form of 0.3 (`apply-to` of XEP-0422), which Converse 10 and
 * Debian's Prosody modules speak. XEP-0425 builds on it: see `0425-moderation.ts`.
 */
import { xml, type XmlElement } from "../xml.ts";
import { NS_FASTEN, NS_RETRACT, NS_RETRACT_OLD } from "./namespaces.ts";
import { isElement, opt, ownText, parseStamp } from "./read.ts";

/** The author withdraws a message. */
export interface Retraction {
  /** `stanza-id`: the id the room gave it; `origin-id` (old form): the one the author gave it. */
  refersTo: "stanza-id" | "origin-id";
  id: string;
  reason?: string;
}

/** What is left of a withdrawn message in an archive. */
export interface Tombstone {
  stamp?: Date;
}

/** Reads both forms; `undefined` for anything else, and for moderations. */
export function decodeRetraction(element: XmlElement): Retraction | undefined {
  const id = element.attrs["id"];
  if (id === undefined || id === "") return undefined;
  if (isElement(element, "retract", NS_RETRACT)) {
    if (element.getChildElements().some((child) => child.name === "moderated")) return undefined;
    return { refersTo: "stanza-id", id, ...opt("reason", ownText(element, "reason")) };
  }
  if (isElement(element, "apply-to", NS_FASTEN) && element.getChild("retract", NS_RETRACT_OLD)) {
    return { refersTo: "origin-id", id };
  }
  return undefined;
}

/** Writes the current form; the old one is only read. */
export function encodeRetraction(retraction: Retraction): XmlElement {
  return xml(
    "retract",
    { xmlns: NS_RETRACT, id: retraction.id },
    retraction.reason !== undefined && xml("reason", {}, retraction.reason),
  );
}

/** `undefined` when it is no tombstone. */
export function decodeTombstone(element: XmlElement): Tombstone | undefined {
  if (!isElement(element, "retracted", NS_RETRACT) && !isElement(element, "retracted", NS_RETRACT_OLD)) {
    return undefined;
  }
  return opt("stamp", parseStamp(element.attrs["stamp"]));
}
