// stanza 12, as its documentation sets it up.
import { createClient } from "stanza";
import { expose } from "./peer.ts";

let client: ReturnType<typeof createClient> | undefined;
let room = "";

expose({
  start(options, onMessage) {
    ({ room } = options);
    const { transport, boshUrl, wsUrl, domain, username, password, nick } = options;
    const made = createClient({
      jid: `${username}@${domain}`,
      password,
      transports: transport === "bosh" ? { bosh: boshUrl } : { websocket: wsUrl },
    });
    client = made;
    made.on("groupchat", ({ body }) => {
      if (body !== undefined) onMessage(body);
    });
    return new Promise((resolve, reject) => {
      made.on("session:started", () => {
        made.sendPresence();
        made.joinRoom(room, nick).then(() => resolve(), reject);
      });
      made.on("auth:failed", () => reject(new Error("The login was refused.")));
      made.on("disconnected", (error) => reject(error ?? new Error("disconnected")));
      made.connect();
    });
  },
  send(text) {
    client?.sendMessage({ to: room, type: "groupchat", body: text });
  },
  async stop() {
    client?.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 100));
  },
});
