// Our XMPP adapter alone: a connection and a room.
import {
  createXmppConnection,
  createXmppRoom,
  type XmppConnection,
  type XmppRoom,
} from "../../adapters/xmpp-muc/index.ts";
import { expose } from "./peer.ts";

let connection: XmppConnection | undefined;
let room: XmppRoom | undefined;
let sent = 0;

expose({
  async start({ transport, boshUrl, wsUrl, domain, username, password, room: jid, nick }, onMessage) {
    connection = createXmppConnection({
      ...(transport === "bosh" ? { boshUrl } : { websocketUrl: wsUrl }),
      domain,
      credentials: { username, password, domain },
    });
    room = createXmppRoom({ link: connection, room: jid, nick });
    room.on("message", ({ body }) => {
      if (body.kind === "text") onMessage(body.text);
    });
    await room.open({ customer: { name: nick } });
  },
  send(text) {
    void room?.send({ clientId: `c${sent++}`, body: { kind: "text", text } });
  },
  async stop() {
    await room?.close();
    await connection?.close();
  },
});
