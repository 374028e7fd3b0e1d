/** XEP-0317 Hats, version 0.3.1, and the older namespace of Prosody's module: what a room says a participant is. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_HATS, NS_HATS_PROSODY } from "./namespaces.ts";
import { nsOf, opt } from "./read.ts";

/** One hat. Only its `uri` means anything; the title is for people. */
export interface Hat {
  uri: string;
  title?: string;
}

/** The hats of a presence's `<hats>`; `undefined` for another element. */
export function decodeHats(element: XmlElement): Hat[] | undefined {
  const xmlns = nsOf(element);
  if (element.name !== "hats" || (xmlns !== NS_HATS && xmlns !== NS_HATS_PROSODY)) return undefined;
  const hats: Hat[] = [];
  for (const { attrs } of element.getChildren("hat", xmlns)) {
    if (attrs["uri"] !== undefined) hats.push({ uri: attrs["uri"], ...opt("title", attrs["title"]) });
  }
  return hats;
}

/** Writes hats in the current namespace. */
export function encodeHats(hats: readonly Hat[]): XmlElement {
  return xml("hats", { xmlns: NS_HATS }, ...hats.map(({ uri, title }) => xml("hat", { title, uri })));
}
