/** XEP-0045 Multi-User Chat, version 1.35.5: join, the room's `x` in presences and messages, invitations, instant rooms. */
import { xml, type XmlElement } from "../xml.ts";
import { encodeForm } from "./0004-data-forms.ts";
import { NS_MUC, NS_MUC_OWNER, NS_MUC_USER } from "./namespaces.ts";
import { isElement, oneOf, opt, ownChild, ownText, parseCount, parseStamp } from "./read.ts";

/** Long-lived standing in a room (5.2). */
export type Affiliation = "owner" | "admin" | "member" | "outcast" | "none";
/** Standing for this visit (5.1). */
export type MucRole = "moderator" | "participant" | "visitor" | "none";

/** How much history to get at join (7.2.14); the service sends what all of them allow. */
export interface HistoryRequest {
  maxStanzas?: number;
  maxChars?: number;
  /** Only messages of the last so many seconds. */
  seconds?: number;
  since?: Date;
}

/** `<x xmlns='http://jabber.org/protocol/muc'>`, what a join carries (7.2). */
export interface MucJoin {
  password?: string;
  history?: HistoryRequest;
}

/** One `<item>`: what the room says of an occupant. */
export interface MucItem {
  affiliation?: Affiliation;
  role?: MucRole;
  /** The real JID, only where we may know it. */
  jid?: string;
  /** The new nick, with status 303. */
  nick?: string;
  reason?: string;
  actorNick?: string;
}

/** A mediated invitation (7.8.2). As received, `from` is the inviter; as sent, `to` is the invited. */
export interface MucInvite {
  from?: string;
  to?: string;
  reason?: string;
}

/** `<x xmlns='http://jabber.org/protocol/muc#user'>`. */
export interface MucUser {
  /** More than one when the same person is there twice under one nick. */
  items: MucItem[];
  statuses: number[];
  destroy?: { jid?: string; reason?: string };
  invites: MucInvite[];
  password?: string;
}

const AFFILIATIONS: readonly Affiliation[] = ["owner", "admin", "member", "outcast", "none"];
const ROLES: readonly MucRole[] = ["moderator", "participant", "visitor", "none"];

/** Writes the `x` of a join. */
export function encodeMucJoin(join: MucJoin): XmlElement {
  const { history } = join;
  return xml(
    "x",
    { xmlns: NS_MUC },
    history &&
      xml("history", {
        maxstanzas: history.maxStanzas,
        maxchars: history.maxChars,
        seconds: history.seconds,
        since: history.since?.toISOString(),
      }),
    join.password !== undefined && xml("password", {}, join.password),
  );
}

/** `undefined` when it is not a join. For test servers, and for the fixtures. */
export function decodeMucJoin(x: XmlElement): MucJoin | undefined {
  if (!isElement(x, "x", NS_MUC)) return undefined;
  const history = ownChild(x, "history");
  return {
    ...opt("password", ownText(x, "password")),
    ...opt(
      "history",
      history && {
        ...opt("maxStanzas", parseCount(history.attrs["maxstanzas"])),
        ...opt("maxChars", parseCount(history.attrs["maxchars"])),
        ...opt("seconds", parseCount(history.attrs["seconds"])),
        ...opt("since", parseStamp(history.attrs["since"])),
      },
    ),
  };
}

/** `undefined` when it is another element. Unknown words are left out, never passed on. */
export function decodeMucUser(x: XmlElement): MucUser | undefined {
  if (!isElement(x, "x", NS_MUC_USER)) return undefined;
  const user: MucUser = { items: [], statuses: [], invites: [], ...opt("password", ownText(x, "password")) };
  for (const child of x.getChildElements()) {
    if (child.name === "item") user.items.push(decodeItem(child));
    else if (child.name === "status") pushDefined(user.statuses, parseCount(child.attrs["code"]));
    else if (child.name === "invite") user.invites.push(decodeInvite(child));
    else if (child.name === "destroy") {
      user.destroy = { ...opt("jid", child.attrs["jid"]), ...opt("reason", ownText(child, "reason")) };
    }
  }
  return user;
}

/** Writes what a room would send; a client uses it for invitations only. */
export function encodeMucUser(user: Partial<MucUser>): XmlElement {
  return xml(
    "x",
    { xmlns: NS_MUC_USER },
    ...(user.invites ?? []).map((invite) => xml("invite", { from: invite.from, to: invite.to }, reason(invite))),
    ...(user.items ?? []).map((item) =>
      xml(
        "item",
        { affiliation: item.affiliation, role: item.role, jid: item.jid, nick: item.nick },
        item.actorNick !== undefined && xml("actor", { nick: item.actorNick }),
        reason(item),
      ),
    ),
    user.destroy && xml("destroy", { jid: user.destroy.jid }, reason(user.destroy)),
    user.password !== undefined && xml("password", {}, user.password),
    ...(user.statuses ?? []).map((code) => xml("status", { code })),
  );
}

/** The query that accepts the default configuration of a room we created (10.1.2). */
export function encodeInstantRoom(): XmlElement {
  return xml("query", { xmlns: NS_MUC_OWNER }, encodeForm({ type: "submit", fields: [] }));
}

function decodeItem(item: XmlElement): MucItem {
  return {
    ...opt("affiliation", oneOf(AFFILIATIONS, item.attrs["affiliation"])),
    ...opt("role", oneOf(ROLES, item.attrs["role"])),
    ...opt("jid", item.attrs["jid"]),
    ...opt("nick", item.attrs["nick"]),
    ...opt("reason", ownText(item, "reason")),
    ...opt("actorNick", ownChild(item, "actor")?.attrs["nick"]),
  };
}

function decodeInvite(invite: XmlElement): MucInvite {
  return {
    ...opt("from", invite.attrs["from"]),
    ...opt("to", invite.attrs["to"]),
    ...opt("reason", ownText(invite, "reason")),
  };
}

function reason(holder: { reason?: string }): XmlElement | undefined {
  return holder.reason === undefined ? undefined : xml("reason", {}, holder.reason);
}

function pushDefined<T>(list: T[], value: T | undefined): void {
  if (value !== undefined) list.push(value);
}
