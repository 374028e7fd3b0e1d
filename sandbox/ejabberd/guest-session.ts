import { ChatError } from "../../src/transport/errors.ts";

/** A bound session that does nothing but exist. */
export interface GuestSession {
  /** Full JID. */
  readonly jid: string;
  close(): Promise<void>;
}

/**
 * Logs in over BOSH with SASL ANONYMOUS. What is sent in the name of a JID without a session bounces, and a room kicks
 * whoever bounces; so whoever is to act in a room needs one.
 * @throws ChatError `refused` with what the server said instead.
 */
export async function openGuestSession(boshUrl: string, guestDomain: string): Promise<GuestSession> {
  let rid = Math.floor(Math.random() * 2 ** 40);
  let sid: string | undefined;
  const post = async (attributes: string, payload = ""): Promise<string> => {
    const session = sid === undefined ? "" : ` sid='${sid}'`;
    const body = `<body xmlns='http://jabber.org/protocol/httpbind' rid='${rid++}'${session} ${attributes}>${payload}</body>`;
    const answer = await fetch(boshUrl, {
      method: "POST",
      headers: { "content-type": "text/xml; charset=utf-8" },
      body,
    });
    return answer.text();
  };
  const find = (text: string, pattern: RegExp): string => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new ChatError("refused", `The guest login failed: ${text.slice(0, 300)}`);
    return found;
  };
  const stream = `to='${guestDomain}' xmlns:xmpp='urn:xmpp:xbosh'`;
  const opened = await post(`${stream} wait='1' hold='1' ver='1.6' xmpp:version='1.0'`);
  sid = find(opened, /\ssid=['"]([^'"]+)/);
  find(await post("", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"), /(<success)/);
  await post(`${stream} xmpp:restart='true'`);
  const bind = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
  const jid = find(await post("", bind), /<jid>([^<]+)/);
  return {
    jid,
    close: async () => {
      await post("type='terminate'");
    },
  };
}
