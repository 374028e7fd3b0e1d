// Unmodified @xmpp/client: WebSocket as it comes, BOSH with our transport plugged in.
import { client, xml, type XmppClient } from "@xmpp/client";
import { bosh } from "../../adapters/xmpp-muc/index.ts";
import { expose } from "./peer.ts";

const MUC = "http://jabber.org/protocol/muc";
let xmpp: XmppClient | undefined;
let room = "";

expose({
  async start(options, onMessage) {
    ({ room } = options);
    const { transport, boshUrl, wsUrl, domain, username, password, nick } = options;
    const made = client({
      service: transport === "bosh" ? boshUrl : wsUrl,
      domain,
      credentials: (authenticate) => authenticate({ username, password }, "PLAIN"),
    });
    xmpp = made;
    made.reconnect.stop();
    if (transport === "bosh") bosh({ entity: made as unknown as Parameters<typeof bosh>[0]["entity"] });
    const joined = new Promise<void>((resolve, reject) => {
      made.on("error", reject);
      made.on("stanza", (stanza) => {
        if (stanza.name === "message") {
          const body = stanza.getChildText("body");
          if (body !== null) onMessage(body);
        } else if (stanza.name === "presence") {
          const statuses = stanza.getChild("x", `${MUC}#user`)?.getChildren("status") ?? [];
          if (statuses.some(({ attrs }) => attrs["code"] === "110")) resolve();
          else if (stanza.attrs["type"] === "error") reject(new Error(stanza.toString()));
        }
      });
    });
    await made.start();
    const presence = made.send(xml("presence"));
    await made.send(xml("presence", { to: `${room}/${nick}` }, xml("x", { xmlns: MUC })));
    await presence;
    await joined;
  },
  send(text) {
    const attrs = { to: room, type: "groupchat", id: crypto.randomUUID() };
    void xmpp?.send(xml("message", attrs, xml("body", {}, text)));
  },
  async stop() {
    await xmpp?.stop();
  },
});
