import { xml } from "@xmpp/client";

/** Who is to come where. */
export interface Invitation {
  roomJid: string;
  /** Bare JID. */
  to: string;
  /** Who asked for it: the service's domain. */
  from: string;
  reason: string;
}

/**
 * An invitation as Prosody's rooms write one: mediated (XEP-0045 §7.8.2), with the direct form (XEP-0249) and a body beside it
 * for clients that know neither. It comes from the room itself.
 */
export function invitationXml({ roomJid, to, from, reason }: Invitation): string {
  const invite = xml("invite", { from }, xml("reason", {}, reason));
  return xml(
    "message",
    { from: roomJid, to, id: crypto.randomUUID() },
    xml("x", { xmlns: "http://jabber.org/protocol/muc#user" }, invite),
    xml("x", { xmlns: "jabber:x:conference", jid: roomJid, reason }),
    xml("body", {}, `${from} invited you to the room ${roomJid} (${reason})`),
  ).toString();
}
