import { xml, type XmlElement } from "../../xml.ts";

/** XEP-0124, version 1.11.2. */
export const NS_HTTPBIND = "http://jabber.org/protocol/httpbind";
/** XEP-0206, version 1.4. */
export const NS_XBOSH = "urn:xmpp:xbosh";

/** Attributes of a body; `undefined` ones are left out. */
export type BodyAttrs = Record<string, string | number | undefined>;

/** Writes a body around stanzas that are already text. */
export function writeBody(attrs: BodyAttrs, payload = ""): string {
  const open = xml("body", { xmlns: NS_HTTPBIND, ...attrs }).toString();
  return payload === "" ? open : `${open.slice(0, -2)}>${payload}</body>`;
}

/** What the server granted in its answer to the session request (XEP-0124 §7.2). */
export interface SessionParameters {
  sid: string;
  /** Seconds. */
  wait: number;
  /** Requests open at a time. */
  requests: number;
  hold: number;
  /** Seconds between empty requests of a polling session. */
  pollingSeconds: number;
  /** Seconds without a request until the server forgets the session; `undefined` when it does not say. */
  inactivitySeconds: number | undefined;
  /** Seconds that a pause may last; `undefined` when pausing is not supported. */
  maxPauseSeconds: number | undefined;
}

/** Reads the session parameters; `undefined` when there is no `sid`. `ack`, `report` and `time` are ignored. */
export function readSessionParameters(
  body: XmlElement,
  asked: { wait: number; hold: number },
): SessionParameters | undefined {
  const { sid } = body.attrs;
  if (sid === undefined || sid === "") return undefined;
  const hold = count(body.attrs["hold"]) ?? asked.hold;
  return {
    sid,
    wait: count(body.attrs["wait"]) ?? asked.wait,
    hold,
    requests: Math.max(1, count(body.attrs["requests"]) ?? hold + 1),
    pollingSeconds: count(body.attrs["polling"]) ?? 5,
    inactivitySeconds: count(body.attrs["inactivity"]),
    maxPauseSeconds: count(body.attrs["maxpause"]),
  };
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

const UNUSABLE_OVER_BOSH: ReadonlySet<string> = new Set([
  // Both test servers advertise stream management on BOSH; Prosody never answers <resume/> there.
  "urn:xmpp:sm:2",
  "urn:xmpp:sm:3",
  // XEP-0206 §3: encryption and compression are HTTP's business.
  "urn:ietf:params:xml:ns:xmpp-tls",
  "http://jabber.org/features/compress",
  // Prosody 0.12 advertises SASL2 over BOSH and never answers <authenticate/>.
  "urn:xmpp:sasl:2",
]);

/** Takes out of `<stream:features/>` what must not be used over BOSH. */
export function cleanFeatures(features: XmlElement): void {
  features.children = features.children.filter(
    (child) => typeof child === "string" || !UNUSABLE_OVER_BOSH.has(child.getNS() ?? ""),
  );
}
