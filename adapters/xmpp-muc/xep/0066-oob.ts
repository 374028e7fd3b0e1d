/** XEP-0066 Out of Band Data, version 1.5: the `jabber:x:oob` form in messages. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_OOB } from "./namespaces.ts";
import { isElement, opt, ownText } from "./read.ts";

/** An address beside the message. Other clients show a file when it equals the body. */
export interface OutOfBand {
  url: string;
  desc?: string;
}

/** `undefined` when it is another element or has no address. */
export function decodeOob(x: XmlElement): OutOfBand | undefined {
  const url = ownText(x, "url")?.trim();
  if (!isElement(x, "x", NS_OOB) || url === undefined || url === "") return undefined;
  return { url, ...opt("desc", ownText(x, "desc")) };
}

/** Writes it. */
export function encodeOob(oob: OutOfBand): XmlElement {
  return xml("x", { xmlns: NS_OOB }, xml("url", {}, oob.url), oob.desc !== undefined && xml("desc", {}, oob.desc));
}
