/** XEP-0249 Direct MUC Invitations, version 1.2. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_CONFERENCE } from "./namespaces.ts";
import { isElement, opt } from "./read.ts";

/** Somebody asks us into a room. */
export interface DirectInvite {
  /** The room's bare JID, as the sender gave it. */
  jid: string;
  password?: string;
  reason?: string;
}

/** `undefined` for another element or one without a room. */
export function decodeDirectInvite(x: XmlElement): DirectInvite | undefined {
  const jid = x.attrs["jid"];
  if (!isElement(x, "x", NS_CONFERENCE) || jid === undefined) return undefined;
  return { jid, ...opt("password", x.attrs["password"]), ...opt("reason", x.attrs["reason"]) };
}

/** Writes it. */
export function encodeDirectInvite(invite: DirectInvite): XmlElement {
  return xml("x", { xmlns: NS_CONFERENCE, jid: invite.jid, password: invite.password, reason: invite.reason });
}
