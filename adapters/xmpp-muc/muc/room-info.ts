import { discoForm, type DiscoInfo } from "../xep/0030-disco.ts";
import { formValue } from "../xep/0004-data-forms.ts";
import * as ns from "../xep/namespaces.ts";
import { parseCount } from "../xep/read.ts";

/** What the room's disco#info says. Where it did not answer, nothing is supported. */
export interface RoomInfo {
  name: string | undefined;
  stanzaIds: boolean;
  occupantIds: boolean;
  archive: boolean;
  /** Reflections keep the sender's `id` attribute. */
  stableId: boolean;
  selfPingOptimized: boolean;
  moderated: boolean;
  membersOnly: boolean;
  passwordProtected: boolean;
  /** Everybody sees real JIDs. */
  nonAnonymous: boolean;
  occupants: number | undefined;
  features: ReadonlySet<string>;
}

/** Reads it; `undefined` (no answer) gives a room without features. */
export function toRoomInfo(info: DiscoInfo | undefined): RoomInfo {
  const features = new Set(info?.features);
  const form = info && discoForm(info, "http://jabber.org/protocol/muc#roominfo");
  return {
    name: info?.identities.find(({ category }) => category === "conference")?.name,
    stanzaIds: features.has(ns.NS_SID),
    occupantIds: features.has(ns.NS_OCCUPANT_ID),
    archive: features.has(ns.NS_MAM),
    stableId: features.has(ns.NS_MUC_STABLE_ID),
    selfPingOptimized: features.has("http://jabber.org/protocol/muc#self-ping-optimization"),
    moderated: features.has("muc_moderated"),
    membersOnly: features.has("muc_membersonly"),
    passwordProtected: features.has("muc_passwordprotected"),
    nonAnonymous: features.has("muc_nonanonymous"),
    occupants: parseCount(formValue(form, "muc#roominfo_occupants")),
    features,
  };
}
