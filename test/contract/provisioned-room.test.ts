import { describe, it } from "vitest";
import { xmppMuc } from "../../adapters/xmpp-muc/index.ts";
import { PROVISIONED_SUPPORTS } from "../../adapters/xmpp-muc/provisioned-room.ts";
import { sharedProsody } from "../integration/servers.ts";
import { describeTransportContract } from "./index.ts";
import { boshWire } from "./support/wire.ts";
import { xmppSubject } from "./xmpp-harness.ts";

// A room that a service makes for the chat keeps the contract too, from before there is a room.
const subject = xmppSubject(
  sharedProsody(),
  (server, endSession) => boshWire(server.boshUrl, endSession),
  ({ connection, customer, room, codec }) => {
    const { username, password } = customer;
    const credentials = { username, password, domain: connection.domain };
    const provision = {
      domain: connection.domain,
      codec,
      provision: () => Promise.resolve({ credentials, room: room.jid, nick: "Ravi" }),
    };
    const transport = xmppMuc({ ...connection, provision, timeouts: { joinMs: 60_000 } });
    return { transport, connection: () => transport.connection, room: () => transport.room };
  },
  PROVISIONED_SUPPORTS,
);

describeTransportContract("a provisioned room on Prosody over BOSH", subject, { describe, it });
