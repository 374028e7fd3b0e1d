// Strophe 5: connect, then presence and join in one flush.
import { $msg, $pres, Strophe } from "strophe.js";
import { expose } from "./peer.ts";

const MUC = "http://jabber.org/protocol/muc";
let connection: InstanceType<typeof Strophe.Connection> | undefined;
let room = "";

expose({
  start(options, onMessage) {
    ({ room } = options);
    const { transport, boshUrl, wsUrl, domain, username, password, nick } = options;
    const line = new Strophe.Connection(transport === "bosh" ? boshUrl : wsUrl);
    connection = line;
    return new Promise((resolve, reject) => {
      line.addHandler(
        (presence: Element) => {
          const type = presence.getAttribute("type");
          if (type === "error") reject(new Error(presence.outerHTML));
          if (type === null && presence.querySelector("status[code='110']")) resolve();
          return true;
        },
        "",
        "presence",
        "",
      );
      line.addHandler(
        (message: Element) => {
          const body = message.getElementsByTagName("body")[0];
          if (body) onMessage(body.textContent);
          return true;
        },
        "",
        "message",
        "groupchat",
      );
      line.connect(`${username}@${domain}`, password, (status: number, reason?: string | null) => {
        if (status === Strophe.Status.AUTHFAIL || status === Strophe.Status.CONNFAIL)
          reject(new Error(reason ?? "refused"));
        if (status !== Strophe.Status.CONNECTED) return;
        line.send($pres());
        line.send($pres({ to: `${room}/${nick}` }).c("x", { xmlns: MUC }));
      });
    });
  },
  send(text) {
    connection?.send($msg({ to: room, type: "groupchat", id: connection.getUniqueId() }).c("body").t(text));
  },
  async stop() {
    connection?.disconnect("done");
    await new Promise((resolve) => setTimeout(resolve, 100));
  },
});
