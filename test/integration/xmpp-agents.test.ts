import { afterEach, describe, expect, it, vi } from "vitest";
import { exotelCodec } from "../../adapters/exotel/codecs/codec-chain.ts";
import { resolveWire } from "../../adapters/exotel/exotel-options.ts";
import { xmppAgent, type XmppAgentOptions } from "../../adapters/xmpp-muc/agent/index.ts";
import { createXmppConnection, createXmppRoom } from "../../adapters/xmpp-muc/index.ts";
import { createAgentSession, type AgentChat, type AgentSession } from "../../src/agent/index.ts";
import { textsOf } from "../support/memory-desk.ts";
import { rawClient, type RawClient } from "./raw-client.ts";
import { freshRoom, freshUser, sharedProsody, type TestRoom, type TestRoomOptions, type TestUser } from "./servers.ts";

const server = sharedProsody();
const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** An agent's desk on an account of its own. */
async function desk(user: TestUser, options: Partial<XmppAgentOptions> = {}): Promise<AgentSession> {
  const transport = xmppAgent({
    connection: { domain: server.domain, websocketUrl: server.wsUrl, reconnect: { nextDelayMs: () => 0 } },
    credentialsProvider: async () => user,
    name: user.username,
    ...options,
  });
  const session = createAgentSession(transport, { watchPage: false });
  await session.signIn();
  open.push(() => session.close());
  return session;
}

async function customer(room: TestRoom, user: TestUser, name = "Ravi"): Promise<RawClient> {
  const client = await rawClient({ ...server, ...user });
  open.push(() => client.close());
  await client.join(room.jid, name);
  return client;
}

/** An agent who owns a room, in it with a customer. */
async function talking(
  options: Partial<XmppAgentOptions> = {},
  room: TestRoomOptions = {},
): Promise<{ asha: AgentSession; chat: AgentChat; ravi: RawClient; room: TestRoom; owner: TestUser }> {
  const [owner, visitor] = [await freshUser(server, "asha"), await freshUser(server)];
  const made = await freshRoom(server, { owners: [owner.jid], members: [visitor.jid], ...room });
  const ravi = await customer(made, visitor);
  const asha = await desk(owner, options);
  const chat = await asha.enter({ conversationId: made.jid, participants: [] });
  return { asha, chat, ravi, room: made, owner };
}

function colleagueOf({ jid }: TestUser, role: "agent" | "supervisor"): NonNullable<XmppAgentOptions["colleagues"]>[0] {
  return { id: jid, name: jid, role };
}

describe("an agent in a room on Prosody", () => {
  it("knows the customer by what the room says, and the customer sees the agent", async () => {
    const { chat, ravi } = await talking();
    expect(chat.customer.name).toBe("Ravi");
    expect(chat.part).toBe("owner");
    expect(chat.session.participants.map(({ role }) => role).toSorted()).toEqual(["agent", "customer"]);
    await chat.session.send("Hello Ravi").accepted;
    await ravi.frame(/Hello Ravi/);
  });

  it.each(["exo", "json", "jive", "plain"] as const)(
    "ends the chat in Exotel's dialect %s: the customer's side has the ids for the rating",
    async (sendDialect) => {
      const codec = exotelCodec(resolveWire({ sendDialect }));
      const ids = { interactionId: "IN-1", chatId: "CH-1" };
      const { chat, room } = await talking({ codec, endPayload: () => ({ interaction: ids }) });
      const visitor = await freshUser(server);
      const link = createXmppConnection({ domain: server.domain, websocketUrl: server.wsUrl, credentials: visitor });
      open.push(() => link.close());
      const there = createXmppRoom({ link, room: room.jid, codec });
      const ended: unknown[] = [];
      there.on("ended", (event) => ended.push(event));
      await there.open({ customer: { name: "Jane" } });
      await chat.end();
      await vi.waitFor(() => expect(there.state.status).toBe("closed"));
      expect(ended).toEqual([expect.objectContaining({ by: "agent", ...ids })]);
    },
  );

  it("ends the chat without a codec by closing its room", async () => {
    const { chat, ravi, asha } = await talking();
    await chat.end();
    await ravi.frame(/<destroy/);
    expect(chat.session.state).toMatchObject({ status: "closed", reason: "agent-ended" });
    expect(asha.state.status).toBe("online");
  });

  it("shows nobody a whisper of the customer: a warning", async () => {
    const { asha, chat, ravi, room, owner } = await talking();
    const warnings: string[] = [];
    asha.on("warning", ({ code, message }) => warnings.push(`${code}: ${message}`));
    ravi.send(
      `<message xmlns='jabber:client' type='chat' to='${room.jid}/${owner.username}'><body>give me a refund</body></message>`,
    );
    await vi.waitFor(() => expect(warnings).toEqual([expect.stringMatching(/^refused: .*no colleague/)]));
    expect(textsOf(chat.session)).toEqual([]);
  });

  it("lets no stranger speak who asks for voice: a warning", async () => {
    const { asha, room } = await talking({}, { moderated: true });
    const warnings: string[] = [];
    asha.on("warning", ({ info }) => warnings.push(info.vendor?.code ?? ""));
    const stranger = await customer(room, await freshUser(server), "Mallory");
    stranger.send(
      `<message xmlns='jabber:client' to='${room.jid}'><x xmlns='jabber:x:data' type='submit'>` +
        `<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>` +
        `<field var='muc#role'><value>participant</value></field></x></message>`,
    );
    await vi.waitFor(() => expect(warnings).toEqual(["muc/foreign-voice-request"]));
    const { occupants } = await server.control.describeRoom(room.jid);
    expect(occupants.find(({ nick }) => nick === "Mallory")?.role).toBe("visitor");
  });

  it("looks on in no room where it would be seen, and is not even there for a moment", async () => {
    const { room, ravi, chat } = await talking();
    const sonia = await desk(await freshUser(server, "sonia"), { role: "supervisor", unseenVisitors: true });
    const before = ravi.frames.length;
    await expect(sonia.monitor({ conversationId: room.jid, participants: [] })).rejects.toMatchObject({
      code: "refused",
      info: { vendor: { code: "muc/seen" } },
    });
    await chat.session.send("fence").accepted;
    await ravi.frame(/fence/);
    expect(ravi.frames.slice(before).filter((frame) => frame.includes("sonia"))).toEqual([]);
  });

  it("rings for what the room vouches for, not for a stranger's direct invitation, and once for both kinds", async () => {
    const [asha, ben] = [await freshUser(server, "asha"), await freshUser(server, "ben")];
    const room = await freshRoom(server, { owners: [ben.jid] });
    const session = await desk(asha, { colleagues: [colleagueOf(ben, "agent")] });
    const direct = (from: string): Promise<void> =>
      server.control.sendStanza(
        `<message from='${from}' to='${asha.jid}'><x xmlns='jabber:x:conference' jid='${room.jid}'/></message>`,
      );
    await direct(`mallory@${server.domain}`);
    await direct(ben.jid);
    await server.control.sendStanza(
      `<message from='${room.jid}' to='${asha.jid}'><x xmlns='http://jabber.org/protocol/muc#user'><invite from='${ben.jid}'/></x></message>`,
    );
    await vi.waitFor(() => expect(session.requests).toHaveLength(1));
    expect(session.requests[0]).toMatchObject({ kind: "help", conversationId: room.jid, from: ben.jid });
  });

  it("declines by way of the room: who invited hears of it", async () => {
    const [asha, ben] = [await freshUser(server, "asha"), await freshUser(server, "ben")];
    const room = await freshRoom(server, { owners: [ben.jid] });
    const inviter = await customer(room, ben, "Ben");
    const session = await desk(asha);
    inviter.send(
      `<message xmlns='jabber:client' to='${room.jid}'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='${asha.jid}'/></x></message>`,
    );
    await vi.waitFor(() => expect(session.requests).toHaveLength(1));
    const [request] = session.requests;
    if (request) await session.decline(request, { reason: "at lunch" });
    await inviter.frame(/<decline[^>]*>.*at lunch/);
    expect(session.requests).toEqual([]);
  });

  it("misses a whisper that came during an outage, and nothing of what was said aloud", async () => {
    const sonia = await freshUser(server, "sonia");
    const { asha, chat, ravi, room, owner } = await talking({
      colleagues: [colleagueOf(sonia, "supervisor")],
    });
    const theirs = await (
      await desk(sonia, { role: "supervisor", colleagues: [colleagueOf(owner, "agent")] })
    ).enter({ conversationId: room.jid, participants: [] });
    await theirs.whisper("before");
    await vi.waitFor(() => expect(chat.session.messages).toHaveLength(1));
    expect(chat.session.messages[0]).toMatchObject({ whisper: true, from: { role: "supervisor" } });
    const gaps: boolean[] = [];
    chat.session.on("gap", ({ repaired }) => gaps.push(repaired));
    await server.control.closeSessions({ jid: owner.jid, mode: "forget" });
    await vi.waitFor(() => expect(asha.state.status).toBe("reconnecting"), { interval: 1 });
    await theirs.session.send("aloud").accepted;
    await vi.waitFor(() => expect(textsOf(chat.session)).toEqual(["before", "aloud"]));
    expect(gaps).toEqual([true]);
    expect(ravi.frames.filter((frame) => frame.includes("before"))).toEqual([]);
    const archived = await server.control.stanzasOf(room.jid);
    expect(archived.filter((stanza) => stanza.includes("before"))).toEqual([]);
  });
});
