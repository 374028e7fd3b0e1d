import type { Call } from "../../../src/transport/call.ts";
import type { StanzaLink } from "../connection/link.ts";
import { formValue } from "../xep/0004-data-forms.ts";
import {
  decodeDiscoInfo,
  decodeDiscoItems,
  discoForm,
  encodeDiscoInfo,
  encodeDiscoItems,
  type DiscoInfo,
} from "../xep/0030-disco.ts";
import { NS_DISCO_INFO, NS_DISCO_ITEMS, NS_UPLOAD } from "../xep/namespaces.ts";
import { opt, parseCount } from "../xep/read.ts";
import { xml } from "../xml.ts";

/** Where files can be stored. */
export interface UploadService {
  jid: string;
  /** Largest file, where the service says it. */
  maxFileSizeBytes?: number;
}

const found = new WeakMap<StanzaLink, Promise<UploadService | undefined>>();

/**
 * Finds the account's upload service (XEP-0363 §3), once per link: items of the domain, then each one's features, at
 * the same time. An item that does not answer supports nothing. Resolves with `undefined` when there is none.
 * @param service its JID, if it is known already. @throws ChatError when the domain itself could not be asked.
 */
export function discoverUpload(link: StanzaLink, service?: string, call?: Call): Promise<UploadService | undefined> {
  if (service !== undefined) return askOne(link, service, call);
  const known = found.get(link);
  if (known) return known;
  // Others wait for it too: one caller's abort must not end it.
  const search = askAll(link);
  found.set(link, search);
  search.catch(() => {
    // What failed is asked again; only an answer is worth keeping.
    if (found.get(link) === search) found.delete(link);
  });
  return search;
}

async function askAll(link: StanzaLink): Promise<UploadService | undefined> {
  const answer = await link.request(xml("iq", { type: "get", to: link.domain }, encodeDiscoItems()));
  const query = answer.getChild("query", NS_DISCO_ITEMS);
  const items = (query && decodeDiscoItems(query)?.items) ?? [];
  const jids = [...new Set([...items.map(({ jid }) => jid), link.domain])];
  const services = await Promise.all(jids.map(async (jid) => askOne(link, jid).catch(() => undefined)));
  return services.find((service) => service !== undefined);
}

/**
 * Asks any JID what it is and can do (XEP-0030). An answer without a query says nothing.
 * @throws ChatError `not-found`, `unsupported`, `timed-out`, `unreachable` …
 */
export async function queryInfo(link: StanzaLink, jid: string, call?: Call): Promise<DiscoInfo | undefined> {
  const answer = await link.request(xml("iq", { type: "get", to: jid }, encodeDiscoInfo()), call);
  const query = answer.getChild("query", NS_DISCO_INFO);
  return query && decodeDiscoInfo(query);
}

/** The limit in an upload service's own words, bytes; `undefined` when it has none to say. */
export function uploadLimit(info: DiscoInfo): number | undefined {
  return parseCount(formValue(discoForm(info, NS_UPLOAD), "max-file-size"));
}

async function askOne(link: StanzaLink, jid: string, call?: Call): Promise<UploadService | undefined> {
  const info = await queryInfo(link, jid, call);
  if (!info?.features.includes(NS_UPLOAD)) return undefined;
  return { jid, ...opt("maxFileSizeBytes", uploadLimit(info)) };
}
