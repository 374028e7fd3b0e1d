/** XEP-0199 XMPP Ping, version 2.0.1. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_PING } from "./namespaces.ts";
import { isElement } from "./read.ts";

/** Whether it is a ping. */
export function decodePing(element: XmlElement): true | undefined {
  return isElement(element, "ping", NS_PING) ? true : undefined;
}

/** Writes a ping, the payload of an iq of type `get`. */
export function encodePing(): XmlElement {
  return xml("ping", { xmlns: NS_PING });
}
