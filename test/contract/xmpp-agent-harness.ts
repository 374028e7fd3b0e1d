import { xmppAgent, XMPP_AGENT_SUPPORTS } from "../../adapters/xmpp-muc/agent/index.ts";
import { parseXml, xml, type XmlElement } from "../../adapters/xmpp-muc/index.ts";
import { ROOM_SUPPORTS } from "../../adapters/xmpp-muc/room-transport.ts";
import type { AgentCapabilities, AgentTransport } from "../../src/agent/index.ts";
import { rawClient, type RawClient } from "../integration/raw-client.ts";
import { freshRoom, freshUser, type ProsodyHandle, type TestRoom, type TestUser } from "../integration/servers.ts";
import {
  controlTimers,
  type AgentContractHarness,
  type AgentContractSubject,
  type ContractHarness,
  type ContractSubject,
  type FarCustomer,
  type StaffMember,
} from "./index.ts";
import type { Wire } from "./support/wire.ts";
import { XmppAgent } from "./support/xmpp-agent.ts";
import { connectionOptions, farEnd, forge, TEST_CODEC, type WireFactory } from "./xmpp-harness.ts";

const NAMES = { agent: "Asha", colleague: "Ben", supervisor: "Sonia" } as const;
const MEMBERS = ["agent", "colleague", "supervisor"] as const;
const NS_USER = "http://jabber.org/protocol/muc#user";

/** With a promise that visitors are unseen: the rooms below keep it. */
export const XMPP_SUPERVISED: AgentCapabilities = { ...XMPP_AGENT_SUPPORTS, monitor: true, bargeIn: true };

/**
 * XMPP agents on a real Prosody: three accounts, each on a wire of its own. Customers are clients that know nothing of this
 * project; what reached them is read from their frames.
 */
export function xmppAgentSubject(server: ProsodyHandle, makeWire: WireFactory): AgentContractSubject {
  return {
    supports: XMPP_SUPERVISED,
    cannot: {
      hangNextEntry: "a join that waits outlives the link: it is written again on the next stream",
    },
    createHarness: () => createHarness(server, makeWire),
  };
}

type Staff = Record<StaffMember, TestUser>;

async function createHarness(server: ProsodyHandle, makeWire: WireFactory): Promise<AgentContractHarness> {
  const [agent, colleague, supervisor] = await Promise.all(MEMBERS.map((who) => freshUser(server, who)));
  if (!agent || !colleague || !supervisor) throw new Error("Three accounts were asked for.");
  const staff: Staff = { agent, colleague, supervisor };
  const wires = {
    agent: await wireFor(server, makeWire, agent),
    colleague: await wireFor(server, makeWire, colleague),
    supervisor: await wireFor(server, makeWire, supervisor),
  };
  const timers = controlTimers();
  const clients: RawClient[] = [];
  const made = new Set<StaffMember>();
  let asked = 0;
  let wrong = false;
  return {
    ids: { agent: agent.jid, colleague: colleague.jid, supervisor: supervisor.jid },
    stranger: { id: "nobody" },
    make(who) {
      made.add(who);
      return makeAgent(server, wires[who], staff, who, async () => {
        if (who === "agent") asked++;
        const { username, password } = staff[who];
        if (!wrong) return { username, password };
        wrong = false;
        return { username, password: "wrong" };
      });
    },
    async customer(name) {
      const { client, customer } = await farCustomer(server, staff, name);
      clients.push(client);
      for (const who of made) if (who !== "supervisor") await ring(server, customer.conversationId, staff[who]);
      return customer;
    },
    openHandles: () => timers.open() + MEMBERS.reduce((sum, who) => sum + wires[who].open, 0),
    async dispose() {
      timers.restore();
      await Promise.all(clients.map((client) => client.close()));
      await Promise.all(MEMBERS.map((who) => wires[who].close()));
    },
    refuseNextSignIn: () => {
      wrong = true;
    },
    hangNextSignIn: () => wires.agent.hang(),
    dropLink: () => wires.agent.cut(),
    sendGarbage: () =>
      forge(
        server,
        "x@y",
        agent.jid,
        `<message from='x@y' to='${agent.jid}'><x xmlns='jabber:x:conference'/></message>`,
      ),
    replace: () => endAsConflict(server, agent),
    useClock: () => timers.useClock(),
    credentialsAsked: () => asked,
  };
}

/** As when another session takes the resource. Who ends a BOSH session while it holds no request can tell nobody why. */
async function endAsConflict({ control }: ProsodyHandle, { jid }: TestUser): Promise<void> {
  const isTold = async (): Promise<boolean> => {
    const own = (await control.listSessions()).filter((session) => session.jid.startsWith(`${jid}/`));
    return own.every(({ transport, heldRequests }) => transport !== "bosh" || heldRequests === 1);
  };
  while (!(await isTold())) await control.health();
  await control.closeSessions({ jid, mode: "error", condition: "conflict" });
}

async function wireFor(server: ProsodyHandle, makeWire: WireFactory, { jid }: TestUser): Promise<Wire> {
  return makeWire(server, () => server.control.closeSessions({ jid, mode: "forget" }));
}

function makeAgent(
  server: ProsodyHandle,
  wire: Wire,
  staff: Staff,
  who: StaffMember,
  credentialsProvider: () => Promise<{ username: string; password: string }>,
): AgentTransport {
  return xmppAgent({
    connection: {
      ...connectionOptions(server, wire),
      // A session that another one ended stays ended.
      reconnect: { nextDelayMs: ({ cause }) => (cause.info.retryable ? 0 : null) },
    },
    credentialsProvider,
    name: NAMES[who],
    role: who === "supervisor" ? "supervisor" : "agent",
    colleagues: MEMBERS.map((each) => ({
      id: staff[each].jid,
      name: NAMES[each],
      role: each === "supervisor" ? ("supervisor" as const) : ("agent" as const),
    })),
    codec: TEST_CODEC,
    unseenVisitors: true,
    room: { timeouts: { joinMs: 60_000 } },
  });
}

/** The room vouches for it, as it does for an invitation by an occupant. */
async function ring(server: ProsodyHandle, room: string, { jid }: TestUser): Promise<void> {
  const invite = xml("x", { xmlns: NS_USER }, xml("invite", { from: `centre@${server.domain}` }));
  await server.control.sendStanza(xml("message", { from: room, to: jid, id: crypto.randomUUID() }, invite).toString());
}

async function farCustomer(
  server: ProsodyHandle,
  staff: Staff,
  name: string,
): Promise<{ client: RawClient; customer: FarCustomer }> {
  const user = await freshUser(server);
  const room = await freshRoom(server, {
    owners: [staff.agent.jid],
    members: [user.jid, staff.colleague.jid],
    moderated: true,
    presenceBroadcast: ["moderator", "participant"],
  });
  const client = await rawClient({ ...server, ...user });
  await client.join(room.jid, name);
  const own = `${room.jid}/${name}`;
  return {
    client,
    customer: {
      conversationId: room.jid,
      name,
      async say(text) {
        const id = crypto.randomUUID();
        const message = xml("message", { to: room.jid, type: "groupchat", id }, xml("body", {}, text));
        message.attrs["xmlns"] = "jabber:client";
        client.send(message.toString());
        await client.frame((frame) => frame.includes(id));
      },
      heard: () => client.frames.flatMap((frame) => textOf(parseXml(frame), own)),
      raw: () => client.frames.join("\n"),
      isOver: () => client.frames.some((frame) => frame.includes("urn:test:end") || frame.includes("<destroy")),
    },
  };
}

function textOf(stanza: XmlElement, own: string): string[] {
  const { from, type } = stanza.attrs;
  const text = stanza.getChildText("body");
  return stanza.name === "message" && type === "groupchat" && from !== own && text !== null ? [text] : [];
}

/** An agent's conversation in a room, for the transport suite: the customer speaks, an owner of the room ends it. */
export function xmppConversationSubject(server: ProsodyHandle, makeWire: WireFactory): ContractSubject {
  return { supports: ROOM_SUPPORTS, serves: "agent", createHarness: () => conversationHarness(server, makeWire) };
}

async function conversationHarness(server: ProsodyHandle, makeWire: WireFactory): Promise<ContractHarness> {
  const [agentUser, customerUser, ownerUser] = await Promise.all([
    freshUser(server, "agent"),
    freshUser(server),
    freshUser(server, "owner"),
  ]);
  const room: TestRoom = await freshRoom(server, {
    owners: [ownerUser.jid],
    members: [agentUser.jid, customerUser.jid],
    moderated: false,
  });
  const customer = await XmppAgent.join(server, customerUser, room, "Ravi");
  const owner = await XmppAgent.join(server, ownerUser, room, "Omar");
  const wire = await wireFor(server, makeWire, agentUser);
  const timers = controlTimers();
  const agent = xmppAgent({
    connection: connectionOptions(server, wire),
    credentialsProvider: async () => agentUser,
    name: "Asha",
    codec: TEST_CODEC,
    room: { timeouts: { joinMs: 60_000 } },
  });
  await agent.signIn();
  const made: ReturnType<AgentTransport["conversation"]>[] = [];
  return {
    ...farEnd(customer),
    ...network(server, wire, { customer, owner, agentUser, room, made }),
    request: { customer: { name: "Ravi" } },
    make() {
      const conversation = agent.conversation({ conversationId: room.jid, participants: [] }, "enter");
      made.push(conversation);
      return conversation;
    },
    endChat: (ids) => farEnd(owner).endChat(ids),
    async openHandles() {
      // The agent's link is the agent's: it goes when the conversations are gone.
      if (made.every(({ state }) => state.status === "closed")) {
        await agent.close();
        // The wire hears of it a moment later.
        for (let tries = 0; wire.open > 0 && tries < 50; tries++) await customer.roundTrip();
      }
      return wire.open + timers.open();
    },
    async dispose() {
      timers.restore();
      await agent.close();
      await Promise.all([customer.close(), owner.close()]);
      await wire.close();
    },
    useClock: () => timers.useClock(),
  };
}

interface Cast {
  customer: XmppAgent;
  owner: XmppAgent;
  agentUser: TestUser;
  room: TestRoom;
  made: ReturnType<AgentTransport["conversation"]>[];
}

/** What a harness can do to the server and to the wire. */
function network(
  server: ProsodyHandle,
  wire: Wire,
  { customer, owner, agentUser, room, made }: Cast,
): Partial<ContractHarness> {
  const isReflection = ({ name, attrs, ...stanza }: XmlElement): boolean =>
    name === "message" && attrs["from"] === `${room.jid}/Asha` && stanza.children.length > 0;
  return {
    refuseNextOpen: () => server.control.setAffiliation(room.jid, agentUser.jid, "outcast"),
    hangNextOpen: () => wire.loseNext(({ name, attrs }) => name === "presence" && attrs["from"] === `${room.jid}/Asha`),
    refuseNextSend: () => owner.silence("Asha"),
    hangNextSend: () => wire.loseNext((stanza) => isReflection(stanza) && stanza.getChild("body") !== undefined),
    hangNextUpload: async () => {
      // The service is looked for after the join; with a clock at a halt, the search must not be what hangs.
      const knows = ({ state }: (typeof made)[number]): boolean =>
        state.status === "connected" && state.conversation.maxUploadBytes !== undefined;
      while (!made.some(knows)) await customer.roundTrip();
      wire.loseNext((stanza) => stanza.name === "iq" && stanza.getChild("slot") !== undefined);
    },
    dropLink: () => wire.cut(),
    repeatLast: async () => {
      const sessions = await server.control.listSessions();
      const to = sessions.find(({ jid }) => jid.startsWith(`${agentUser.jid}/`))?.jid ?? "";
      await forge(server, `${room.jid}/Ravi`, to, customer.lastSaid?.toString() ?? "");
    },
    sendGarbage: async () => void (await customer.say([xml("what", { xmlns: "urn:x:y" })])),
    seedHistory: async (count) => {
      const texts = Array.from({ length: count }, (_, index) => `old ${index}`);
      for (const text of texts) await customer.sayText(text);
      return texts;
    },
  };
}
