/** XEP-0425 Moderated Message Retraction, version 0.3.0 (`:1`), and the form of 0.2 (`:0`, Debian's `mod_muc_moderation`). */
import type { XmlElement } from "../xml.ts";
import { NS_FASTEN, NS_MODERATE, NS_MODERATE_OLD, NS_OCCUPANT_ID, NS_RETRACT, NS_RETRACT_OLD } from "./namespaces.ts";
import { decodeOccupantId } from "./0421-occupant-id.ts";
import { isElement, opt, ownText } from "./read.ts";

/** The room withdrew a message. Only believed from the bare JID of the room; nothing we send. */
export interface Moderation {
  /** The room's stanza-id of the message. */
  id: string;
  /** Occupant JID of the moderator. */
  by?: string;
  byOccupantId?: string;
  reason?: string;
}

/** Reads both forms; `undefined` for anything else. */
export function decodeModeration(element: XmlElement): Moderation | undefined {
  const id = element.attrs["id"];
  if (id === undefined || id === "") return undefined;
  if (isElement(element, "retract", NS_RETRACT)) {
    const moderated = element.getChild("moderated", NS_MODERATE);
    return moderated && describe(id, moderated, ownText(element, "reason"));
  }
  if (!isElement(element, "apply-to", NS_FASTEN)) return undefined;
  const moderated = element.getChild("moderated", NS_MODERATE_OLD);
  // Version 0.2 could moderate in other ways too; only a retraction is one.
  if (!moderated?.getChild("retract", NS_RETRACT_OLD)) return undefined;
  return describe(id, moderated, ownText(moderated, "reason"));
}

function describe(id: string, moderated: XmlElement, reason: string | undefined): Moderation {
  const occupant = moderated.getChild("occupant-id", NS_OCCUPANT_ID);
  return {
    id,
    ...opt("by", moderated.attrs["by"]),
    ...opt("byOccupantId", occupant && decodeOccupantId(occupant)),
    ...opt("reason", reason),
  };
}
