import { client, xml, type XmppClient } from "@xmpp/client";
import { ChatError } from "../../src/transport/errors.ts";
import type { AgentDialect } from "./agent-payloads.ts";
import { createSeat, type AgentSeat } from "./agent-seat.ts";

/** Options of {@link createScriptedAgent}. */
export interface ScriptedAgentOptions {
  /** `xmpp://host:port` of a server without STARTTLS. */
  tcpUrl: string;
  domain: string;
  uploadDomain: string;
  username: string;
  password: string;
  /** Nick in the rooms. */
  name: string;
  /** How the vendor's payloads are written; asked for each message. */
  dialect?: () => AgentDialect;
}

/** An agent of the contact centre: a real XMPP client (`@xmpp/client`) that does what it is told. */
export interface ScriptedAgent {
  readonly name: string;
  /** Full JID. */
  readonly jid: string;
  /** Enters a room; resolves with its seat when the room has let it in. Entering twice gives the same seat. */
  join(roomJid: string): Promise<AgentSeat>;
  /** The seat in a room, if it has one. */
  seatIn(roomJid: string): AgentSeat | undefined;
  close(): Promise<void>;
}

/**
 * Logs an agent in over TCP.
 * @throws ChatError `unauthorized` or `unreachable` as the server would have it.
 */
export async function createScriptedAgent(options: ScriptedAgentOptions): Promise<ScriptedAgent> {
  const { username, password } = options;
  const xmpp: XmppClient = client({
    service: options.tcpUrl,
    domain: options.domain,
    // PLAIN, because the SCRAM of @xmpp/client takes a second; the way is loopback only.
    credentials: (authenticate) => authenticate({ username, password }, "PLAIN"),
  });
  let failure: Error | undefined;
  xmpp.on("error", (error) => (failure = error));
  // One agent sits in any number of rooms, and each seat listens.
  xmpp.setMaxListeners(0);
  xmpp.reconnect.stop();
  const counting = streamManagementOn(xmpp);
  const jid = await xmpp.start().catch((cause: unknown) => {
    throw new ChatError("unreachable", `The agent ${options.name} cannot log in.`, { cause: failure ?? cause });
  });
  await counting;
  await xmpp.send(xml("presence"));
  const seats = new Map<string, AgentSeat>();
  return {
    name: options.name,
    jid: String(jid),
    seatIn: (roomJid) => seats.get(roomJid),
    join: async (roomJid) => {
      const seated = seats.get(roomJid);
      if (seated) return seated;
      const seat = await createSeat({
        xmpp,
        roomJid,
        nick: options.name,
        uploadDomain: options.uploadDomain,
        dialect: options.dialect ?? (() => "exo"),
        onLeft: () => seats.delete(roomJid),
      });
      seats.set(roomJid, seat);
      return seat;
    },
    close: async () => {
      // A server that is gone already cannot be told goodbye.
      await xmpp.stop().catch(() => undefined);
    },
  };
}

/**
 * Settles a turn after `<enabled/>`. @xmpp/client resets its count of stanzas a microtask after it has read that
 * element; stanzas that come in the same packet are then missing in the count, and the server ends the stream.
 */
function streamManagementOn(xmpp: XmppClient): Promise<void> {
  return new Promise((resolve) => {
    xmpp.on("element", (element) => {
      if (element.is("enabled", "urn:xmpp:sm:3")) setImmediate(resolve);
    });
  });
}
