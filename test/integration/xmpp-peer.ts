import { createXmppConnection, type XmppConnection } from "../../adapters/xmpp-muc/connection/xmpp-connection.ts";
import type { XmppConnectionOptions } from "../../adapters/xmpp-muc/connection/xmpp-connection-options.ts";
import { xml, type XmlElement } from "../../adapters/xmpp-muc/xml.ts";
import { freshRoom, freshUser, type ServerHandle, type TestRoom, type TestUser } from "./servers.ts";

/** A connection that sits in a room without the room layer above: what the wire did is what a test sees. */
export interface Peer {
  connection: XmppConnection;
  user: TestUser;
  room: TestRoom;
  /** Bodies of the room's messages, in order of arrival. */
  bodies: string[];
  /** Stream events, oldest first. */
  events: string[];
  /** `resumed` of each `sendable`. */
  resumed: boolean[];
  /** Nicks of those who left the room. */
  left: string[];
  say(text: string): Promise<void>;
  /** Resolves when a condition on what arrived holds. */
  until(holds: () => boolean): Promise<void>;
  join(): Promise<void>;
  close(): Promise<void>;
}

/** Makes a user (unless given), connects and joins. `options` win over the server's addresses. */
export async function joinedPeer(
  server: ServerHandle,
  options: Partial<XmppConnectionOptions> & { room?: TestRoom; user?: TestUser } = {},
): Promise<Peer> {
  const { room = await freshRoom(server), user = await freshUser(server), ...rest } = options;
  const peer = unjoinedPeer(server, room, user, rest);
  await peer.join();
  return peer;
}

/** What a page does that comes after another: the same user, and the room only if it is still in it. */
export function nextPage(server: ServerHandle, { room, user }: Peer, options: Partial<XmppConnectionOptions>): Peer {
  return unjoinedPeer(server, room, user, options);
}

function unjoinedPeer(
  server: ServerHandle,
  room: TestRoom,
  user: TestUser,
  options: Partial<XmppConnectionOptions>,
): Peer {
  const connection = createXmppConnection({
    domain: server.domain,
    credentials: user,
    ...(options.boshUrl === undefined && options.websocketUrl === undefined ? { websocketUrl: server.wsUrl } : {}),
    ...options,
  });
  const bodies: string[] = [];
  const events: string[] = [];
  const resumed: boolean[] = [];
  const left: string[] = [];
  const waiting = new Set<() => void>();
  const changed = (): void => waiting.forEach((check) => check());
  let joined = 0;
  connection.onStanza((stanza: XmlElement) => {
    const body = stanza.getChildText("body");
    if (stanza.name === "message" && body !== null) bodies.push(body);
    if (stanza.name === "presence" && stanza.attrs["from"] === `${room.jid}/${user.username}`) {
      if (stanza.attrs["type"] === undefined) joined++;
    }
    if (stanza.name === "presence" && stanza.attrs["type"] === "unavailable")
      left.push((stanza.attrs["from"] ?? "").slice(room.jid.length + 1));
    changed();
  });
  connection.onStream((event) => {
    if (event.kind === "sendable") resumed.push(event.resumed);
    events.push(event.kind === "closed" ? `closed:${event.reason}` : event.kind);
    changed();
  });
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  const join = async (): Promise<void> => {
    const before = joined;
    await connection.sendable();
    const history = xml("history", { maxchars: "0" });
    const muc = xml("x", { xmlns: "http://jabber.org/protocol/muc" }, history);
    await connection.send(xml("presence", { to: `${room.jid}/${user.username}` }, muc));
    await until(() => joined > before);
  };
  return {
    connection,
    user,
    room,
    bodies,
    events,
    resumed,
    left,
    until,
    join,
    say: (text) =>
      connection.send(
        xml("message", { to: room.jid, type: "groupchat", id: crypto.randomUUID() }, xml("body", {}, text)),
      ),
    close: () => connection.close(),
  };
}

/** `["m0", "m1", …]`. */
export function numbered(count: number, prefix = "m"): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}
