// stanza 12 with `autoReconnect`. Stream management with resumption is on by default; it joins its rooms again by itself.
import { createClient } from "stanza";
import { exposeClient } from "./page.ts";

let client: ReturnType<typeof createClient> | undefined;
let room = "";

exposeClient({
  start(options, tell) {
    ({ room } = options);
    const { transport, url, domain, username, password, nick } = options;
    const made = createClient({
      jid: `${username}@${domain}`,
      password,
      transports: transport === "bosh" ? { bosh: url } : { websocket: url },
      autoReconnect: true,
    });
    client = made;
    made.on("groupchat", ({ body, from, stanzaIds }) => {
      if (body !== undefined) tell.shown(body, from === `${room}/${nick}`, stanzaIds?.[0]?.id);
    });
    made.on("message:failed", ({ body }) => {
      if (body !== undefined) tell.failed(body);
    });
    let first = true;
    made.on("session:started", () => {
      made.sendPresence();
      if (first) void made.joinRoom(room, nick).catch(() => undefined);
      first = false;
    });
    made.on("muc:join", () => tell.joined(true));
    made.on("stream:management:resumed", () => tell.joined(true));
    made.on("disconnected", () => tell.joined(false));
    made.connect();
  },
  send(text) {
    client?.sendMessage({ to: room, type: "groupchat", body: text });
  },
  stop() {
    client?.disconnect();
  },
});
