/** XEP-0203 Delayed Delivery, version 2.0. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_DELAY } from "./namespaces.ts";
import { isElement, opt, parseStamp } from "./read.ts";

/** When a stanza was really sent, and who says so. Anybody can add one: see `decodeRoomMessage` for when it counts. */
export interface Delay {
  stamp: Date;
  from?: string;
}

/** `undefined` for another element or an unreadable time. */
export function decodeDelay(element: XmlElement): Delay | undefined {
  const stamp = isElement(element, "delay", NS_DELAY) ? parseStamp(element.attrs["stamp"]) : undefined;
  return stamp && { stamp, ...opt("from", element.attrs["from"]) };
}

/** Writes it. */
export function encodeDelay(delay: Delay): XmlElement {
  return xml("delay", { xmlns: NS_DELAY, from: delay.from, stamp: delay.stamp.toISOString() });
}
