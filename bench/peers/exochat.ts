// The drop-in API, as a page has it from the script build: `window.exoChat` is there already.
import type { ExoChat } from "../../src/exochat/index.ts";
import { expose } from "./peer.ts";

declare const exoChat: ExoChat;

let jid = "";

expose({
  async start({ transport, boshUrl, wsUrl, domain, username, password, room, nick, rest }, onMessage) {
    // Without REST the account is given beforehand, so that the same work is compared with the other clients.
    const given = {
      userEntity: { username, password, name: nick },
      mucRoomEntity: { roomName: room, members: [`${username}@${domain}`], owners: [] },
      exportTranscriptAllowed: true,
    };
    const service = rest?.chatServiceUrl ?? location.origin;
    exoChat.initialize({
      CHAT_SERVICE_DOMAIN: service,
      CMS_SERVICE_DOMAIN: service,
      CONVERSE_BOSH_SERVICE_URL: boshUrl,
      ...(rest ? { AUTH_TOKEN: rest.authToken } : { connectionProvider: () => Promise.resolve(given) }),
      ...(transport === "websocket" ? { websocketUrl: wsUrl } : {}),
      contactCenterId: 1,
      campaignId: 1,
      nodeflowId: 5,
      processId: 4,
      xmppDomain: domain,
      headless: true,
    });
    exoChat.on("messageReceived", ({ body }) => {
      if (body !== undefined) onMessage(body);
    });
    const joined = await exoChat.startChat({ fullName: nick, email: "jane@example.com", phone: "+15550100200" });
    jid = joined.jid;
  },
  send(text) {
    void exoChat.sendMessage(jid, text, "NORMAL_TEXT_MSG", null);
  },
  stop: () => exoChat.dispose(),
});
