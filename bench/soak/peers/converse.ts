// @converse/headless 10 from its own build: `window.converse` is there already. Its defaults: `auto_reconnect`, stream
// management over WebSocket, and the archive (XEP-0313) after each join.
import { exposeClient } from "./page.ts";

interface Model {
  get(name: string): unknown;
}
interface Room extends Model {
  messages: { on(event: "add" | "change:error_text", listener: (message: Model) => void): void };
  sendMessage(attributes: { body: string }): Promise<unknown>;
}
interface Api {
  listen: { on(event: string, listener: (argument: never) => void): void };
  user: { logout(): Promise<unknown> };
}
interface Converse {
  plugins: { add(name: string, plugin: { initialize(this: { _converse: { api: Api } }): void }): void };
  initialize(settings: Record<string, unknown>): Promise<unknown>;
}
declare const converse: { default: Converse };

let api: Api | undefined;
let room: Room | undefined;

exposeClient({
  start({ transport, url, domain, username, password, room: jid, nick }, tell) {
    converse.default.plugins.add("soak", {
      initialize() {
        const { listen } = (api = this._converse.api);
        const textOf = (message: Model): string => String(message.get("body"));
        listen.on("chatRoomInitialized", (model: Room) => {
          room = model;
          // What a view renders: a new message of somebody else, or the reflection of an own one.
          model.messages.on("add", (message) => {
            if (message.get("sender") !== "me") tell.shown(textOf(message), false);
          });
          model.messages.on("change:error_text", (message) => tell.failed(textOf(message)));
        });
        listen.on("message", ({ attrs }: { attrs?: { body?: string; sender?: string } }) => {
          if (attrs?.sender === "me" && attrs.body !== undefined) tell.shown(attrs.body, true);
        });
        // After each new connection it joins again, resumed or not.
        listen.on("enteredNewRoom", () => tell.joined(true));
        listen.on("will-reconnect", () => tell.joined(false));
        listen.on("disconnected", () => tell.joined(false));
      },
    });
    void converse.default.initialize({
      authentication: "login",
      auto_login: true,
      jid: `${username}@${domain}`,
      password,
      ...(transport === "bosh" ? { bosh_service_url: url } : { websocket_url: url }),
      discover_connection_methods: false,
      keepalive: false,
      nickname: nick,
      auto_join_rooms: [{ jid, nick }],
      // It loads its emoji data from there before it reads a first message.
      assets_path: "/",
      i18n: "en",
      loglevel: "error",
      whitelisted_plugins: ["soak"],
    });
  },
  send(text) {
    void room?.sendMessage({ body: text });
  },
  stop() {
    void api?.user.logout();
  },
});
