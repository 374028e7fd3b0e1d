/** XEP-0444 Message Reactions, version 0.2.1. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_REACTIONS } from "./namespaces.ts";
import { isElement } from "./read.ts";

/** All reactions of the sender to one message; replaces those sent before. */
export interface Reactions {
  /** The room's stanza-id of the message. */
  id: string;
  reactions: string[];
}

/** `undefined` for another element or one without an id. Each reaction once, empty ones never (4.2). */
export function decodeReactions(element: XmlElement): Reactions | undefined {
  const id = element.attrs["id"];
  if (!isElement(element, "reactions", NS_REACTIONS) || id === undefined || id === "") return undefined;
  const given = element.getChildren("reaction", NS_REACTIONS).map((reaction) => reaction.getText().trim());
  return { id, reactions: [...new Set(given)].filter((reaction) => reaction !== "") };
}

/** Writes it. */
export function encodeReactions(reactions: Reactions): XmlElement {
  return xml(
    "reactions",
    { xmlns: NS_REACTIONS, id: reactions.id },
    ...reactions.reactions.map((reaction) => xml("reaction", {}, reaction)),
  );
}
