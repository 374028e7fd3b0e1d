// Strophe 5. It has no reconnecting of its own: as its reference says, `reset` and `connect` again. Over WebSocket with the
// stream management of its README; a resumed stream needs no new join, as its README says, too.
import { $msg, $pres, Strophe } from "strophe.js";
import { exposeClient, type SoakPageOptions, type SoakTell } from "./page.ts";

const MUC = "http://jabber.org/protocol/muc";
const RETRY_MS = 1_000;
const ENDED = new Set<number>([
  Strophe.Status.DISCONNECTED,
  Strophe.Status.CONNFAIL,
  Strophe.Status.CONNTIMEOUT,
  Strophe.Status.ERROR,
]);

let connection: InstanceType<typeof Strophe.Connection> | undefined;
let room = "";
let stopped = false;

exposeClient({
  start(options, tell) {
    ({ room } = options);
    connection = new Strophe.Connection(options.url, {
      enableStreamManagement: options.transport === "websocket",
    });
    connect(connection, options, tell);
  },
  send(text) {
    connection?.send($msg({ to: room, type: "groupchat", id: connection.getUniqueId() }).c("body").t(text));
  },
  stop() {
    stopped = true;
    connection?.disconnect("done");
  },
});

type Line = NonNullable<typeof connection>;

function connect(line: Line, options: SoakPageOptions, tell: SoakTell): void {
  const { domain, username, password, nick } = options;
  let again: ReturnType<typeof setTimeout> | undefined;
  // `reset` forgets them.
  listen(line, nick, tell);
  line.connect(`${username}@${domain}`, password, (status: number) => {
    if (status === Strophe.Status.CONNECTED) {
      if (line.hasResumed()) return tell.joined(true);
      line.send($pres());
      line.send($pres({ to: `${room}/${nick}` }).c("x", { xmlns: MUC }));
    }
    if (!ENDED.has(status)) return undefined;
    tell.joined(false);
    if (stopped) return undefined;
    again ??= setTimeout(() => {
      line.reset();
      connect(line, options, tell);
    }, RETRY_MS);
    return undefined;
  });
}

function listen(line: Line, nick: string, tell: SoakTell): void {
  line.addHandler(
    (presence: Element) => {
      const own = presence.querySelector("status[code='110']") !== null;
      if (own && presence.getAttribute("type") === null) tell.joined(true);
      return true;
    },
    "",
    "presence",
    "",
  );
  line.addHandler(
    (message: Element) => {
      const body = message.getElementsByTagName("body")[0];
      const id = message.querySelector("stanza-id")?.getAttribute("id") ?? undefined;
      if (body) tell.shown(body.textContent, message.getAttribute("from") === `${room}/${nick}`, id);
      return true;
    },
    "",
    "message",
    "groupchat",
  );
}
