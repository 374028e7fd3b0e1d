import { describe, expect, it, vi } from "vitest";
import {
  createXmppConnection,
  createXmppRoom,
  fastLogin,
  type XmppCredentials,
} from "../../adapters/xmpp-muc/index.ts";
import { ROOM_SUPPORTS } from "../../adapters/xmpp-muc/room-transport.ts";
import { freshUser, sharedProsody } from "../integration/servers.ts";
import { describeTransportContract } from "./index.ts";
import { createSasl2Front, type Sasl2Front } from "./support/sasl2-front.ts";
import { websocketWire } from "./support/websocket-wire.ts";
import type { Wire } from "./support/wire.ts";
import { xmppSubject, type TransportFactory } from "./xmpp-harness.ts";

/**
 * Logins with SASL2, Bind2 and FAST. Neither test server offers them, so a scripted front speaks them, built from the
 * examples of XEP-0388 1.0.4, XEP-0386 1.1.0 and XEP-0484 0.2.0; the room behind it is Prosody's.
 */
const fastRoom: TransportFactory = ({ connection, customer, room, codec }) => {
  const link = createXmppConnection({ ...connection, credentials: customer, closeWhenUnused: true, fast: fastLogin() });
  const made = createXmppRoom({ link, room: room.jid, codec, timeouts: { joinMs: 60_000 } });
  return { transport: made, connection: () => link, room: () => made };
};

/** A wire to a front of its own. */
async function frontedWire(wsUrl: string): Promise<Wire & { front: Sasl2Front }> {
  const front = await createSasl2Front(wsUrl);
  const wire = await websocketWire(front.url);
  return {
    front,
    options: wire.options,
    get open() {
      return wire.open;
    },
    hang: () => wire.hang(),
    loseNext: (fits) => wire.loseNext(fits),
    cut: () => wire.cut(),
    close: async () => {
      await wire.close();
      await front.close();
    },
  };
}

const server = sharedProsody();
const subject = xmppSubject(server, ({ wsUrl }) => frontedWire(wsUrl), fastRoom, ROOM_SUPPORTS);

describeTransportContract("Prosody behind SASL2, Bind2 and FAST", subject, { describe, it });

/** @source XEP-0484 §3.4 and §3.5, XEP-0386 §3.2 */
it("logs in with the password and the server's resource once, then with tokens, and keeps the resource", async () => {
  const wire = await frontedWire(server.wsUrl);
  const { username, password } = await freshUser(server);
  const { domain } = server;
  const credentials = vi.fn<() => Promise<XmppCredentials>>().mockResolvedValue({ username, password });
  const reconnect = { nextDelayMs: () => 0 };
  const client = createXmppConnection({ ...wire.options, domain, credentials, reconnect, fast: fastLogin() });
  const jid = await client.connect();
  expect(jid).toContain("/switchboard/");
  for (let loss = 0; loss < 4; loss++) {
    const again = new Promise<void>((resolve) => {
      client.onStream((event) => event.kind === "sendable" && resolve());
    });
    await wire.cut();
    await again;
    expect(await client.connect()).toBe(jid);
  }
  const token = { mechanism: "HT-SHA-256-NONE", bind2: false, username };
  expect(wire.front.logins).toEqual([{ mechanism: "PLAIN", bind2: true, username }, token, token, token, token]);
  expect(credentials).toHaveBeenCalledTimes(1);
  await client.close();
  await wire.close();
});
