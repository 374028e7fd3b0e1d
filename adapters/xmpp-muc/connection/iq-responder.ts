import { xml, type XmlElement } from "../xml.ts";

const NS_DISCO_INFO = "http://jabber.org/protocol/disco#info";
const NS_PING = "urn:xmpp:ping";
const NS_STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas";

/** What we say we understand (XEP-0030): what other clients look at before they use it on us. */
const FEATURES = [
  NS_DISCO_INFO,
  NS_PING,
  "http://jabber.org/protocol/chatstates",
  "urn:xmpp:receipts",
  "urn:xmpp:chat-markers:0",
  "urn:xmpp:message-correct:0",
  "urn:xmpp:message-retract:1",
  "urn:xmpp:reactions:0",
  "urn:xmpp:reply:0",
  "jabber:x:oob",
  "urn:xmpp:sfs:0",
];

/**
 * Answers a request of the other side: disco#info and ping; anything else is `service-unavailable`, because RFC 6120
 * §8.2.3 wants an answer to every request.
 * @returns the answer, or `undefined` when the stanza is no request.
 */
export function answerIq(iq: XmlElement): XmlElement | undefined {
  const { type, id, from } = iq.attrs;
  if (type !== "get" && type !== "set") return undefined;
  const result = { type: "result", id, to: from };
  if (type === "get" && iq.getChild("ping", NS_PING)) return xml("iq", result);
  const query = type === "get" ? iq.getChild("query", NS_DISCO_INFO) : undefined;
  if (query) {
    return xml(
      "iq",
      result,
      xml(
        "query",
        { xmlns: NS_DISCO_INFO, node: query.attrs["node"] },
        xml("identity", { category: "client", type: "web", name: "Switchboard" }),
        ...FEATURES.map((feature) => xml("feature", { var: feature })),
      ),
    );
  }
  const condition = xml("service-unavailable", { xmlns: NS_STANZA_ERRORS });
  return xml("iq", { type: "error", id, to: from }, xml("error", { type: "cancel" }, condition));
}
