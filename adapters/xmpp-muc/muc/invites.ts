import type { Unsubscribe } from "../../../src/transport/call.ts";
import type { StanzaLink } from "../connection/link.ts";
import { bareOf, isBareJid, normalBareJid } from "../jid.ts";
import { decodeMucUser } from "../xep/0045-muc.ts";
import { decodeDirectInvite } from "../xep/0249-direct-invitations.ts";
import { NS_CONFERENCE, NS_MUC_USER } from "../xep/namespaces.ts";
import { opt } from "../xep/read.ts";
import type { XmlElement } from "../xml.ts";

/** Somebody asks us into a room. Nothing is joined because of it: anybody can send one. */
export interface RoomInvite {
  /** `mediated`: vouched for by the room (XEP-0045 §7.8.2); `direct`: by its sender alone (XEP-0249). */
  kind: "mediated" | "direct";
  /** Bare JID of the room. */
  room: string;
  /** Who invites, as far as it is said. */
  from: string | undefined;
  reason?: string;
  password?: string;
}

/** Reads a message that is an invitation; its body is for people without such a program and is never a chat message. */
export function decodeInvite(message: XmlElement): RoomInvite | undefined {
  const { from, type } = message.attrs;
  if (message.name !== "message" || from === undefined || type === "error" || type === "groupchat") return undefined;
  const x = message.getChild("x", NS_MUC_USER);
  const user = x && decodeMucUser(x);
  const [mediated] = user?.invites ?? [];
  if (mediated && isBareJid(from)) {
    const { reason, from: inviter } = mediated;
    const room = normalBareJid(from);
    return { kind: "mediated", room, from: inviter, ...opt("reason", reason), ...opt("password", user?.password) };
  }
  const conference = message.getChild("x", NS_CONFERENCE);
  const direct = conference && decodeDirectInvite(conference);
  if (!direct || !isBareJid(direct.jid)) return undefined;
  const { reason, password } = direct;
  const room = normalBareJid(direct.jid);
  return { kind: "direct", room, from: bareOf(from), ...opt("reason", reason), ...opt("password", password) };
}

/** Calls `listener` for each invitation that arrives on the connection. */
export function onInvite(link: StanzaLink, listener: (invite: RoomInvite) => void): Unsubscribe {
  return link.onStanza((stanza) => {
    const invite = decodeInvite(stanza);
    if (invite) listener(invite);
  });
}
