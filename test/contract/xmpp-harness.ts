import {
  createXmppConnection,
  createXmppRoom,
  xml,
  type MessageCodec,
  type XmppConnection,
  type XmppConnectionOptions,
  type XmppRoom,
} from "../../adapters/xmpp-muc/index.ts";
import { ROOM_SUPPORTS } from "../../adapters/xmpp-muc/room-transport.ts";
import { xmlChild } from "../../src/kit/xml-node.ts";
import type { Capabilities, ChatTransport } from "../../src/transport/index.ts";
import { freshRoom, freshUser, type ServerHandle, type TestRoom, type TestUser } from "../integration/servers.ts";
import { controlTimers, type ContractHarness, type ContractSubject } from "./index.ts";
import type { Wire } from "./support/wire.ts";
import { XmppAgent } from "./support/xmpp-agent.ts";

const CUSTOMER = "Ravi";
const NS_END = "urn:test:end";

/** How a vendor's layer above would say that the chat is over. */
export const TEST_CODEC: MessageCodec = {
  decode(message) {
    const end = xmlChild(message, "end", NS_END);
    if (!end) return null;
    const { chat = "", interaction = "" } = end.attrs;
    return { ended: true, interaction: { chatId: chat, interactionId: interaction } };
  },
  encode: ({ ended, interaction }) => ({
    children: ended
      ? [xml("end", { xmlns: NS_END, chat: interaction?.chatId, interaction: interaction?.interactionId })]
      : [],
  }),
};

/** Puts a wire between the customer of one case and the server. */
export type WireFactory = (server: ServerHandle, endSession: () => Promise<unknown>) => Wire | Promise<Wire>;

/**
 * The XMPP adapter on a real server. Each case has an account, a room, an agent in it and a wire of its own; the agent
 * is a second occupant on a connection of its own, and what arrived is read from the stanzas that it got.
 */
export function xmppSubject(
  server: ServerHandle,
  makeWire: WireFactory,
  makeTransport: TransportFactory = ownRoom,
  supports: Capabilities = ROOM_SUPPORTS,
): ContractSubject {
  return {
    supports,
    createHarness: () => createHarness(server, makeWire, makeTransport),
  };
}

/** What a transport under test is made of. */
export interface TransportParts {
  connection: Omit<XmppConnectionOptions, "credentials"> & { domain: string };
  customer: TestUser;
  room: TestRoom;
  codec: MessageCodec;
}

/** Makes the transport under test, and tells what lies below it. */
export type TransportFactory = (parts: TransportParts) => {
  transport: ChatTransport;
  /** Which one it is may only be known once the chat is being opened. */
  connection: () => XmppConnection;
  room: () => XmppRoom | undefined;
};

const ownRoom: TransportFactory = ({ connection, customer, room, codec }) => {
  const link = createXmppConnection({ ...connection, credentials: customer, closeWhenUnused: true });
  const made = createXmppRoom({ link, room: room.jid, codec, timeouts: { joinMs: 60_000 } });
  return { transport: made, connection: () => link, room: () => made };
};

async function createHarness(
  server: ServerHandle,
  makeWire: WireFactory,
  makeTransport: TransportFactory,
): Promise<ContractHarness> {
  const [customer, staff] = await Promise.all([freshUser(server), freshUser(server, "agent")]);
  // Not moderated: in a moderated room ejabberd 23.01 lets the banned in.
  const room = await freshRoom(server, { owners: [staff.jid], members: [customer.jid], moderated: false });
  const agent = await XmppAgent.join(server, staff, room);
  const connections: (() => XmppConnection)[] = [];
  const rooms: (() => XmppRoom | undefined)[] = [];
  const wire = await makeWire(server, async () => {
    await Promise.all(connections.map((connection) => forget(server, connection().jid)));
  });
  const timers = controlTimers();
  return {
    request: { customer: { name: CUSTOMER } },
    make: () => {
      const made = makeTransport({ connection: connectionOptions(server, wire), customer, room, codec: TEST_CODEC });
      connections.push(made.connection);
      rooms.push(made.room);
      return made.transport;
    },
    openHandles: () => wire.open + timers.open() + connections.filter((connection) => isOpen(connection())).length,
    dispose: async () => {
      timers.restore();
      await agent.close();
      await wire.close();
    },
    useClock: () => timers.useClock(),
    ...network(server, wire, { agent, room, customer, connections, rooms }),
    ...farEnd(agent),
  };
}

/** How the transport under test gets onto its wire. */
export function connectionOptions(server: ServerHandle, wire: Wire): TransportParts["connection"] {
  return {
    ...wire.options,
    domain: server.domain,
    reconnect: { nextDelayMs: () => 0 },
    // Longer than the contract's default for open: the cases on time-outs are about that one.
    connectTimeoutMs: 60_000,
  };
}

function knowsUpload(room: () => XmppRoom | undefined): boolean {
  const state = room()?.state;
  return state?.status === "connected" && state.conversation.maxUploadBytes !== undefined;
}

function isOpen({ status }: XmppConnection): boolean {
  return status !== "idle" && status !== "closed";
}

/** Who takes part in a case. */
interface Cast {
  agent: XmppAgent;
  room: TestRoom;
  customer: TestUser;
  connections: (() => XmppConnection)[];
  rooms: (() => XmppRoom | undefined)[];
}

/** What a harness can do to the server and to the wire. */
function network(server: ServerHandle, wire: Wire, cast: Cast): Partial<ContractHarness> {
  const { agent, room, customer, connections, rooms } = cast;
  return {
    refuseNextOpen: () => server.control.setAffiliation(room.jid, customer.jid, "outcast"),
    hangNextOpen: () => wire.hang(),
    refuseNextSend: () => agent.silence(CUSTOMER),
    // The room takes it, but its answer gets lost.
    hangNextSend: () =>
      wire.loseNext(
        (stanza) =>
          stanza.name === "message" &&
          stanza.attrs["from"] === `${room.jid}/${CUSTOMER}` &&
          stanza.getChild("body") !== undefined,
      ),
    hangNextUpload: async () => {
      // The service is looked for after the join; with a clock at a halt, the search must not be what hangs.
      while (!rooms.some(knowsUpload)) await agent.roundTrip();
      wire.loseNext((stanza) => stanza.name === "iq" && stanza.getChild("slot") !== undefined);
    },
    dropLink: () => wire.cut(),
    repeatLast: async () => {
      const to = connections.flatMap((connection) => connection().jid ?? [])[0] ?? "";
      await forge(server, `${room.jid}/${agent.nick}`, to, agent.lastSaid?.toString() ?? "");
    },
    sendGarbage: async () => void (await agent.say([xml("what", { xmlns: "urn:x:y" })])),
    seedHistory: async (count) => {
      const texts = Array.from({ length: count }, (_, index) => `old ${index}`);
      for (const text of texts) await agent.sayText(text);
      return texts;
    },
  };
}

/** What whoever speaks at the far end does, and what they got. */
export function farEnd(agent: XmppAgent): Pick<ContractHarness, "say" | "sent" | "endChat"> & Partial<ContractHarness> {
  return {
    say: (text, id) => agent.sayText(text, id),
    sent: () => agent.sent,
    endChat: async ({ interactionId, chatId }) => {
      const end = xml("end", { xmlns: NS_END, chat: chatId, interaction: interactionId });
      await agent.say([xml("body", {}, "Bye"), end]);
    },
    composing: () => signal(agent, "composing", "http://jabber.org/protocol/chatstates"),
    receives: async (id) => signal(agent, "received", "urn:xmpp:receipts", await agent.msgidOf(id)),
    displays: (id) => signal(agent, "displayed", "urn:xmpp:chat-markers:0", id),
    sentStates: () => agent.sentStates,
    sentMarks: () => agent.sentMarks,
    sentChanges: () => agent.sentChanges,
    replies: (text, to) => agent.say([xml("body", {}, text), xml("reply", { xmlns: "urn:xmpp:reply:0", id: to })]),
    edits: async (id, text) => {
      const replace = xml("replace", { xmlns: "urn:xmpp:message-correct:0", id: await agent.msgidOf(id) });
      await agent.say([xml("body", {}, text), replace]);
    },
    retracts: async (id) => {
      await agent.say([xml("body", {}, "gone"), xml("retract", { xmlns: "urn:xmpp:message-retract:1", id })]);
    },
    reacts: async (id, reactions) => {
      const list = reactions.map((reaction) => xml("reaction", {}, reaction));
      await agent.say([xml("reactions", { xmlns: "urn:xmpp:reactions:0", id }, ...list)]);
    },
  };
}

async function signal(agent: XmppAgent, name: string, xmlns: string, id?: string): Promise<void> {
  await agent.say([xml(name, { xmlns, id })]);
}

/** Sends a stanza in somebody's name. */
export async function forge(server: ServerHandle, from: string, to: string, stanza: string): Promise<void> {
  if (server.kind === "ejabberd") return server.control.sendStanza(from, to, stanza);
  const target = stanza.replace(/^(<message[^>]*? to=)("[^"]*"|'[^']*')/, `$1'${to}'`);
  return server.control.sendStanza(target);
}

/** Makes the server forget a session, as after its own inactivity time. */
async function forget(server: ServerHandle, jid: string | undefined): Promise<void> {
  if (jid === undefined) return;
  if (server.kind === "prosody") {
    await server.control.closeSessions({ jid, mode: "forget" });
    return;
  }
  const [user = "", resource = ""] = [jid.split("@")[0], jid.split("/")[1]];
  await server.control.kickSession(user, resource);
}
