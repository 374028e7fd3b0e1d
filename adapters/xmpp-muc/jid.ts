/** A JID in its parts (RFC 7622). */
export interface JidParts {
  /** Before the `@`; absent for a domain. */
  local: string | undefined;
  domain: string;
  /** After the first `/`; in a room this is the nick. */
  resource: string | undefined;
}

const MAX_PART_BYTES = 1023;
const utf8 = new TextEncoder();

/** Splits a JID; `undefined` when it is not one. The resource keeps its case, the rest is compared in lower case. */
export function parseJid(text: string): JidParts | undefined {
  const slash = text.indexOf("/");
  const bare = slash < 0 ? text : text.slice(0, slash);
  const resource = slash < 0 ? undefined : text.slice(slash + 1);
  const at = bare.indexOf("@");
  const local = at < 0 ? undefined : bare.slice(0, at);
  const domain = bare.slice(at + 1);
  if (!isDomain(domain) || (local !== undefined && !isLocal(local)) || resource === "") return undefined;
  if (resource !== undefined && byteLength(resource) > MAX_PART_BYTES) return undefined;
  return { local: local?.toLowerCase(), domain: domain.toLowerCase(), resource };
}

/** Whether this is a bare JID with a local part: what a room or an account has. */
export function isBareJid(text: string): boolean {
  const jid = parseJid(text);
  return jid !== undefined && jid.local !== undefined && jid.resource === undefined;
}

/** Everything before the first `/`, as it is. No check, no copy of the resource: this runs for each stanza. */
export function bareOf(jid: string): string {
  const slash = jid.indexOf("/");
  return slash < 0 ? jid : jid.slice(0, slash);
}

/** Everything after the first `/`, or `undefined`. */
export function resourceOf(jid: string): string | undefined {
  const slash = jid.indexOf("/");
  return slash < 0 ? undefined : jid.slice(slash + 1);
}

/** The domain of a JID. */
export function domainOf(jid: string): string {
  const bare = bareOf(jid);
  return bare.slice(bare.indexOf("@") + 1);
}

/** The bare JID in the form that servers answer with: local part and domain in lower case. */
export function normalBareJid(jid: string): string {
  return bareOf(jid).toLowerCase();
}

const ESCAPES: Record<string, string | undefined> = {
  "20": " ",
  "22": '"',
  "26": "&",
  "27": "'",
  "2f": "/",
  "3a": ":",
  "3c": "<",
  "3e": ">",
  "40": "@",
  "5c": "\\",
};

/** Undoes XEP-0106 escaping (version 1.1.1): `\20` is a space. */
export function unescapeNode(text: string): string {
  return text.replace(/\\([0-9a-f]{2})/gi, (whole, code: string) => ESCAPES[code.toLowerCase()] ?? whole);
}

function isDomain(domain: string): boolean {
  return domain !== "" && byteLength(domain) <= MAX_PART_BYTES && !/[\s@/"&'<>\\]/.test(domain);
}

function isLocal(local: string): boolean {
  return local !== "" && byteLength(local) <= MAX_PART_BYTES && !/[\s"&'/:<>@]/.test(local);
}

function byteLength(text: string): number {
  return utf8.encode(text).length;
}
