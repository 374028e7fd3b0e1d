import { describe, it } from "vitest";
import { createXmppConnection, createXmppRoom, streamManagement } from "../../adapters/xmpp-muc/index.ts";
import { sharedProsody } from "../integration/servers.ts";
import { describeTransportContract } from "./index.ts";
import { websocketWire } from "./support/websocket-wire.ts";
import { ROOM_SUPPORTS } from "../../adapters/xmpp-muc/room-transport.ts";
import { xmppSubject, type TransportFactory } from "./xmpp-harness.ts";

/** A WebSocket that is resumed (XEP-0198): a lost link costs the room nothing. */
const resumedRoom: TransportFactory = ({ connection, customer, room, codec }) => {
  const link = createXmppConnection({ ...connection, credentials: customer, closeWhenUnused: true, streamManagement });
  const made = createXmppRoom({ link, room: room.jid, codec, timeouts: { joinMs: 60_000 } });
  return { transport: made, connection: () => link, room: () => made };
};

const subject = xmppSubject(sharedProsody(), ({ wsUrl }) => websocketWire(wsUrl), resumedRoom, ROOM_SUPPORTS);

describeTransportContract("Prosody over a WebSocket that is resumed", subject, { describe, it });
