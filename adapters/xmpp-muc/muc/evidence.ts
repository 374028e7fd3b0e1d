import type { ParticipantRole } from "../../../src/transport/messages.ts";
import { bareOf, normalBareJid } from "../jid.ts";
import type { Affiliation, MucRole } from "../xep/0045-muc.ts";
import { lookUp } from "../xep/read.ts";

/** Who the caller knows to be who. */
export interface KnownPeople {
  /** Bare JIDs of agents: owners and members of the room that the provisioning named, minus the customer. */
  agents?: readonly string[];
  /** Bare JIDs of bots, and patterns for nicks. A nick alone makes a bot to look at, never one to believe. */
  bots?: readonly (string | RegExp)[];
  /** What a hat's URI (XEP-0317) means here. */
  hats?: Readonly<Record<string, ParticipantRole>>;
  /** Who else is known, by bare JID in lower case. */
  roles?: Readonly<Record<string, ParticipantRole>>;
  /** What we are ourselves. Default `customer`. */
  self?: ParticipantRole;
  /** What somebody is whom nobody vouches for; never believed more for it. Default `unknown`; at an agent's, `customer`. */
  others?: ParticipantRole;
}

/** What the room says of somebody, in presences it stamped itself. */
export interface RoomEvidence {
  nick: string;
  affiliation?: Affiliation | undefined;
  role?: MucRole | undefined;
  /** The real one, only where we may see it. */
  jid?: string | undefined;
  /** URIs. */
  hats: readonly string[];
}

/** A role, and whether somebody other than its bearer vouches for it. */
export interface RoleEvidence {
  role: ParticipantRole;
  trusted: boolean;
}

/**
 * The role of somebody who is not us. Hats and known JIDs say more than an affiliation, so they come first; owner, admin
 * and moderator are the contact centre's side. Everybody else is `unknown`, whatever they call themselves.
 */
export function roleByEvidence(evidence: RoomEvidence, people: KnownPeople): RoleEvidence {
  for (const uri of evidence.hats) {
    const role = people.hats && lookUp(people.hats, uri);
    if (role !== undefined) return { role, trusted: true };
  }
  // Where we may not see it, one that nobody has.
  const jid = normalBareJid(evidence.jid ?? "@");
  const bots = people.bots ?? [];
  const isBot = bots.some((bot) => typeof bot === "string" && normalBareJid(bot) === jid);
  const known = isBot ? "bot" : people.roles && lookUp(people.roles, jid);
  if (known) return { role: known, trusted: true };
  const staff =
    evidence.affiliation === "owner" ||
    evidence.affiliation === "admin" ||
    evidence.role === "moderator" ||
    (people.agents ?? []).some((agent) => normalBareJid(agent) === jid);
  const looksLikeBot = bots.some((bot) => typeof bot !== "string" && bot.test(evidence.nick));
  if (looksLikeBot) return { role: "bot", trusted: staff };
  return { role: staff ? "agent" : (people.others ?? "unknown"), trusted: staff };
}

/** The role that a trusted sender's payload claims for itself; `undefined` for words that are none. */
export function mapClaimedRole(claim: string | null | undefined): ParticipantRole | undefined {
  return CLAIMABLE.find((role) => role === claim?.toLowerCase());
}

const CLAIMABLE = ["agent", "bot", "supervisor"] as const;

/** Whether two JIDs are the same account. */
export function sameAccount(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && normalBareJid(bareOf(a)) === normalBareJid(bareOf(b));
}
