import type { Call } from "../../../src/transport/call.ts";
import { withDeadline } from "../../../src/kit/deadline.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import { parseXml } from "../xml.ts";
import { isLoopbackHost, secureUrl } from "../../../src/kit/secure-url.ts";

/** Where a domain says its XMPP services are. */
export interface DiscoveredAddresses {
  boshUrl?: string;
  websocketUrl?: string;
}

const XBOSH = "urn:xmpp:alt-connections:xbosh";
const WEBSOCKET = "urn:xmpp:alt-connections:websocket";

/**
 * Asks a domain for its BOSH and WebSocket addresses (XEP-0156 1.4.0): `host-meta.json` first, then `host-meta`. Over
 * https only, except for this machine; addresses that are not encrypted are ignored.
 * @param origin where the documents are; default `https://<domain>`. @param call `timeoutMs` default 10_000.
 * @throws ChatError `not-found` when the domain names no usable address, `unreachable`, `timed-out`, `aborted`.
 */
export async function discoverAddresses(
  domain: string,
  options: Call & { origin?: string; fetch?: typeof fetch } = {},
): Promise<DiscoveredAddresses> {
  const get = options.fetch ?? fetch;
  const origin = options.origin ?? `https://${domain}`;
  const base = secureUrl(origin, ["https:", "http:"], "The address of host-meta");
  return withDeadline(options, 10_000, `Looking up the chat server of ${domain}`, async (signal) => {
    const json = await read(get, new URL("/.well-known/host-meta.json", base), signal, linksOfJson);
    const links = json ?? (await read(get, new URL("/.well-known/host-meta", base), signal, linksOfXml)) ?? [];
    const boshUrl = pick(links, XBOSH, ["https:", "http:"]);
    const websocketUrl = pick(links, WEBSOCKET, ["wss:", "ws:"]);
    if (!boshUrl && !websocketUrl)
      throw new ChatError("not-found", `${domain} does not say where its chat server is.`, {
        remedy: "Give boshUrl or websocketUrl, or publish a host-meta document (XEP-0156).",
      });
    return { ...(boshUrl ? { boshUrl } : {}), ...(websocketUrl ? { websocketUrl } : {}) };
  });
}

interface Link {
  rel: string;
  href: string;
}

async function read(
  get: typeof fetch,
  url: URL,
  signal: AbortSignal,
  links: (text: string) => Link[],
): Promise<Link[] | undefined> {
  try {
    const response = await get(url, { signal, redirect: "follow", credentials: "omit" });
    if (!response.ok) return undefined;
    const found = links(await response.text());
    return found.length > 0 ? found : undefined;
  } catch {
    // A document that is absent or unreadable says nothing; the other one may.
    return undefined;
  }
}

function linksOfJson(text: string): Link[] {
  const document: unknown = JSON.parse(text);
  const links = isRecord(document) && Array.isArray(document["links"]) ? (document["links"] as unknown[]) : [];
  return links.flatMap((link) => {
    if (!isRecord(link)) return [];
    const { rel, href } = link;
    return typeof rel === "string" && typeof href === "string" ? [{ rel, href }] : [];
  });
}

function linksOfXml(text: string): Link[] {
  return parseXml(text.replace(/^\s*<\?xml[^>]*\?>/, ""))
    .getChildren("Link")
    .flatMap(({ attrs: { rel, href } }) => (rel !== undefined && href !== undefined ? [{ rel, href }] : []));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Encrypted ones first; plain ones only for this machine. */
function pick(links: Link[], rel: string, [encrypted, plain]: [string, string]): string | undefined {
  const urls = links.filter((link) => link.rel === rel && URL.canParse(link.href)).map(({ href }) => new URL(href));
  const usable =
    urls.find(({ protocol }) => protocol === encrypted) ??
    urls.find(({ protocol, hostname }) => protocol === plain && isLoopbackHost(hostname));
  return usable?.href;
}
