import { request } from "node:http";
import { ChatError } from "../../src/transport/errors.ts";

/** Whether a BOSH service opens sessions for `domain`; the session it opened is ended again. */
export async function boshAnswers(boshUrl: string, domain: string): Promise<boolean> {
  const rid = Math.floor(Math.random() * 2 ** 40);
  const open = `<body xmlns='http://jabber.org/protocol/httpbind' to='${domain}' rid='${rid}' wait='1' hold='1' ver='1.6' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'/>`;
  const sid = /\ssid=['"]([^'"]+)/.exec(await post(boshUrl, open))?.[1];
  if (sid === undefined) return false;
  await post(
    boshUrl,
    `<body xmlns='http://jabber.org/protocol/httpbind' sid='${sid}' rid='${rid + 1}' type='terminate'/>`,
  );
  return true;
}

async function post(url: string, body: string): Promise<string> {
  const headers = { "content-type": "text/xml; charset=utf-8", connection: "close" };
  const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(2_000) });
  return answer.text();
}

/** Whether a WebSocket service takes an upgrade with the sub-protocol `xmpp`; the connection is closed again. */
export function webSocketAnswers(wsUrl: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = request(wsUrl.replace(/^ws/, "http"), {
      agent: false,
      timeout: 2_000,
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGVzdC1rZXktMTIzNDU2Nw==",
        "sec-websocket-protocol": "xmpp",
      },
    });
    probe.once("upgrade", (_answer, socket) => {
      socket.destroy();
      resolve(true);
    });
    probe.once("response", (answer) => {
      answer.destroy();
      resolve(false);
    });
    probe.once("timeout", () => probe.destroy(new ChatError("timed-out", "No answer to the WebSocket upgrade.")));
    probe.once("error", reject);
    probe.end();
  });
}
