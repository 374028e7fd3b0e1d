import { childForm, encodeForm, formValue, submitForm, type DataForm } from "../xep/0004-data-forms.ts";
import { encodeMucUser } from "../xep/0045-muc.ts";
import { encodeHint } from "../xep/0334-hints.ts";
import { NS_MUC_OWNER, NS_MUC_USER } from "../xep/namespaces.ts";
import { stripForbidden, xml, type XmlElement } from "../xml.ts";

const NS_MUC_ADMIN = "http://jabber.org/protocol/muc#admin";
const NS_MUC_REQUEST = "http://jabber.org/protocol/muc#request";
const NS_CARBONS = "urn:xmpp:carbons:2";

/** A private message to somebody in the room (XEP-0045 §7.5), to be stored and copied nowhere. */
export function encodeWhisper(to: string, id: string, text: string): XmlElement {
  return xml(
    "message",
    { type: "chat", to, id },
    xml("body", {}, stripForbidden(text)),
    encodeMucUser({}),
    encodeHint("no-store"),
    encodeHint("no-copy"),
    xml("private", { xmlns: NS_CARBONS }),
  );
}

/** Asks somebody in by way of the room, which vouches for it (§7.8.2). */
export function encodeMediatedInvite(room: string, id: string, to: string, reason: string | undefined): XmlElement {
  return xml(
    "message",
    { to: room, id },
    encodeMucUser({ invites: [{ to, ...(reason !== undefined && { reason }) }] }),
  );
}

/** Says no to a mediated invitation (§7.8.2). */
export function encodeDecline(room: string, id: string, to: string, reason: string | undefined): XmlElement {
  const decline = xml("decline", { to }, reason !== undefined && xml("reason", {}, reason));
  return xml("message", { to: room, id }, xml("x", { xmlns: NS_MUC_USER }, decline));
}

/** Puts somebody out (§8.2). */
export function encodeKick(room: string, nick: string): XmlElement {
  return adminQuery(room, { nick, role: "none" });
}

/** Makes somebody an owner of the room (§10.3). */
export function encodeOwner(room: string, jid: string): XmlElement {
  return adminQuery(room, { jid, affiliation: "owner" });
}

/** Closes the room for everybody (§10.9). */
export function encodeDestroy(room: string, reason: string): XmlElement {
  const query = xml("query", { xmlns: NS_MUC_OWNER }, xml("destroy", {}, xml("reason", {}, reason)));
  return xml("iq", { type: "set", to: room }, query);
}

/** Asks for voice (§7.13). */
export function encodeVoiceRequest(room: string, id: string): XmlElement {
  const form = submitForm(NS_MUC_REQUEST, { "muc#role": "participant" });
  return xml("message", { to: room, id }, encodeForm(form));
}

/** Somebody asks for voice, as the room tells its moderators (§8.6). */
export interface VoiceRequest {
  jid: string;
  nick: string;
  form: DataForm;
}

/** `undefined` for anything else. @param room bare JID. Only the room itself says so. */
export function decodeVoiceRequest(message: XmlElement, room: string): VoiceRequest | undefined {
  if (message.name !== "message" || message.attrs["from"] !== room || message.attrs["type"] === "groupchat")
    return undefined;
  const form = childForm(message);
  if (formValue(form, "FORM_TYPE") !== NS_MUC_REQUEST || !form) return undefined;
  const [jid, nick] = [formValue(form, "muc#jid"), formValue(form, "muc#roomnick")];
  return jid === undefined || nick === undefined ? undefined : { jid, nick, form };
}

/** Gives voice to who asked for it (§8.6). */
export function encodeVoiceGrant(room: string, id: string, { jid, nick }: VoiceRequest): XmlElement {
  const form = submitForm(NS_MUC_REQUEST, {
    "muc#role": "participant",
    "muc#jid": jid,
    "muc#roomnick": nick,
    "muc#request_allow": "true",
  });
  return xml("message", { to: room, id }, encodeForm(form));
}

function adminQuery(room: string, item: Record<string, string>): XmlElement {
  return xml("iq", { type: "set", to: room }, xml("query", { xmlns: NS_MUC_ADMIN }, xml("item", item)));
}
