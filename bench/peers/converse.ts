// @converse/headless 10 from its own build: `window.converse` is there already.
import { expose } from "./peer.ts";

interface Model {
  get(name: string): unknown;
}
interface Room extends Model {
  messages: { on(event: "add", listener: (message: Model) => void): void };
  sendMessage(attributes: { body: string }): Promise<unknown>;
}
interface Api {
  listen: { on(event: string, listener: (argument: never) => void): void };
  trigger(event: string): void;
  user: { logout(): Promise<unknown> };
}
interface Converse {
  plugins: { add(name: string, plugin: { initialize(this: { _converse: { api: Api } }): void }): void };
  initialize(settings: Record<string, unknown>): Promise<unknown>;
}
declare const converse: { default: Converse };

let api: Api | undefined;
let room: Room | undefined;

expose({
  start({ transport, boshUrl, wsUrl, domain, username, password, room: jid, nick }, onMessage) {
    return new Promise((resolve, reject) => {
      converse.default.plugins.add("bench", {
        initialize() {
          const { listen } = (api = this._converse.api);
          listen.on("chatRoomInitialized", (model: Room) => {
            room = model;
            // What a view renders: a new message of somebody else, or the reflection of an own one.
            model.messages.on("add", (message) => {
              if (message.get("sender") !== "me") onMessage(String(message.get("body")));
            });
          });
          listen.on("message", ({ attrs }: { attrs?: { body?: string; sender?: string } }) => {
            if (attrs?.sender === "me" && attrs.body !== undefined) onMessage(attrs.body);
          });
          listen.on("enteredNewRoom", () => resolve());
          listen.on("will-reconnect", () => reject(new Error("The connection was lost.")));
        },
      });
      converse.default
        .initialize({
          authentication: "login",
          auto_login: true,
          auto_reconnect: false,
          jid: `${username}@${domain}`,
          password,
          ...(transport === "bosh" ? { bosh_service_url: boshUrl } : { websocket_url: wsUrl }),
          discover_connection_methods: false,
          keepalive: false,
          nickname: nick,
          auto_join_rooms: [{ jid, nick }],
          // It loads its emoji data from there before it reads a first message.
          assets_path: "/",
          i18n: "en",
          loglevel: "error",
          whitelisted_plugins: ["bench"],
        })
        .catch(reject);
    });
  },
  send(text) {
    void room?.sendMessage({ body: text });
  },
  async stop() {
    await api?.user.logout();
  },
});
