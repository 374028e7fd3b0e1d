/** XEP-0461 Message Replies, version 0.2.1. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_REPLY } from "./namespaces.ts";
import { isElement, opt } from "./read.ts";

/** This message answers another one. */
export interface Reply {
  /** In rooms the stanza-id the room gave it. */
  id: string;
  /** Occupant JID of its author. */
  to?: string;
}

/** `undefined` for another element or one without an id. */
export function decodeReply(element: XmlElement): Reply | undefined {
  const id = element.attrs["id"];
  if (!isElement(element, "reply", NS_REPLY) || id === undefined || id === "") return undefined;
  return { id, ...opt("to", element.attrs["to"]) };
}

/** Writes it. */
export function encodeReply(reply: Reply): XmlElement {
  return xml("reply", { xmlns: NS_REPLY, to: reply.to, id: reply.id });
}
