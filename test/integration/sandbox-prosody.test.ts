import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createXmppConnection } from "../../adapters/xmpp-muc/connection/xmpp-connection.ts";
import { createProsodyControl, startProsody, type ProsodyServer } from "../../sandbox/index.ts";
import type { ChatError } from "../../src/transport/errors.ts";
import { rawClient, type RawClient } from "./raw-client.ts";
import { freshCustomer, freshRoom, freshUser, sharedProsody, type TestUser } from "./servers.ts";

const clients: RawClient[] = [];

async function connected(user: TestUser): Promise<RawClient> {
  const client = await rawClient({ ...sharedProsody(), ...user });
  clients.push(client);
  return client;
}

afterAll(() => Promise.all(clients.map((client) => client.close())));

async function offeredMechanisms(boshUrl: string): Promise<string[]> {
  const body = `<body xmlns='http://jabber.org/protocol/httpbind' to='localhost' rid='1' wait='1' hold='1' ver='1.6' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'/>`;
  const answer = await (await fetch(boshUrl, { method: "POST", body })).text();
  return [...answer.matchAll(/<mechanism>(.*?)<\/mechanism>/g)].map((match) => match[1] ?? "").toSorted();
}

describe("control of a running Prosody", () => {
  const { control } = sharedProsody();

  it("records every groupchat stanza of a room, also those without a body", async () => {
    const { user, room } = await freshCustomer(sharedProsody());
    const client = await connected(user);
    await client.join(room.jid, "Jane");
    client.send(`<message xmlns='jabber:client' type='groupchat' to='${room.jid}'><body>hello</body></message>`);
    const composing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
    client.send(`<message xmlns='jabber:client' type='groupchat' to='${room.jid}'>${composing}</message>`);
    await client.frame(/<composing/);
    const stanzas = await control.stanzasOf(room.jid);
    expect(stanzas).toHaveLength(2);
    expect(stanzas[0]).toMatch(/<body>hello<\/body>.*<stanza-id/);
    expect(stanzas[1]).toContain("<composing");
    await control.clearStanzas(room.name);
    await expect(control.stanzasOf(room.name)).resolves.toEqual([]);
  });

  it("changes roles and kicks, as the room tells its occupants", async () => {
    const { user, room } = await freshCustomer(sharedProsody());
    const client = await connected(user);
    await client.join(room.jid, "Jane");
    await control.setRole(room.jid, "Jane", "moderator");
    await client.frame(/role=['"]moderator/);
    await control.kick(room.jid, "Jane", "enough");
    await expect(client.frame(/code=['"]307/)).resolves.toContain("enough");
    expect((await control.describeRoom(room.jid)).occupants).toEqual([]);
  });

  it("bans, speaks, and destroys a room with its reason", async () => {
    const { user, room } = await freshCustomer(sharedProsody(), { membersOnly: true });
    const client = await connected(user);
    await client.join(room.jid, "Jane");
    await control.sendMessage(room.jid, { nick: "Asha", body: "Good morning", id: "m-1" });
    await expect(client.frame(/Good morning/)).resolves.toContain(`${room.jid}/Asha`);
    await control.destroyRoom(room.jid, "closed for today");
    await expect(client.frame(/<destroy/)).resolves.toContain("closed for today");
  });

  it("writes onto a WebSocket stream what no router would let through", async () => {
    const client = await connected(await freshUser(sharedProsody()));
    const forged = `<iq xmlns='jabber:client' type='result' id='forged'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>evil@localhost/x</jid></bind></iq>`;
    await expect(control.raw({ jid: client.jid, xml: forged })).resolves.toBe(1);
    await expect(client.frame(/forged/)).resolves.toContain("evil@localhost/x");
  });

  it("closes sessions with a stream error", async () => {
    const user = await freshUser(sharedProsody());
    const client = await connected(user);
    await expect(
      control.closeSessions({ user: user.username, mode: "error", condition: "conflict", text: "elsewhere" }),
    ).resolves.toBe(1);
    await expect(client.frame(/stream:error/)).resolves.toMatch(/<conflict.*elsewhere/);
  });

  it("answers with one ChatError per refusal", async () => {
    const room = await freshRoom(sharedProsody());
    await expect(control.createRoom({ name: room.name })).rejects.toMatchObject({ code: "conflict" });
    await expect(control.describeRoom("no-such-room")).rejects.toMatchObject({ code: "not-found" });
    await expect(control.sendStanza("<message/>")).rejects.toMatchObject({ code: "invalid-argument" });
    const stranger = createProsodyControl({ url: sharedProsody().testApiUrl, token: "wrong" });
    await expect(stranger.health()).rejects.toMatchObject({ code: "unauthorized" });
    const nobody = createProsodyControl({ url: "http://127.0.0.1:9", token: "x" });
    await expect(nobody.health()).rejects.toMatchObject({ code: "unreachable" });
  });
});

describe("a Prosody of one's own", () => {
  let server: ProsodyServer;
  beforeAll(async () => {
    server = await startProsody({ storage: "internal", saslHash: "SHA-512", disablePlain: true });
  });
  afterAll(() => server.stop());

  it("comes back on the same ports with its accounts after a kill", async () => {
    await server.control.createUser("survivor", "pw");
    const { boshUrl } = server.addresses();
    await server.kill();
    expect(server.pid).toBeUndefined();
    await expect(server.control.health()).rejects.toMatchObject({ code: "unreachable" });
    await server.start();
    expect(server.boshUrl).toBe(boshUrl);
    await expect(server.control.listUsers()).resolves.toContain("survivor");
    const before = server.pid;
    await server.restart();
    expect(server.pid).not.toBe(before);
    await expect(server.control.listUsers()).resolves.toContain("survivor");
  });

  it("offers SCRAM-SHA-512 alone, and a client can log in with it", async () => {
    await expect(offeredMechanisms(server.boshUrl)).resolves.toEqual(["SCRAM-SHA-512"]);
    await server.control.createUser("scram", "pä55");
    const connection = createXmppConnection({
      boshUrl: server.boshUrl,
      credentials: { username: "scram", password: "pä55", domain: server.domain },
    });
    await connection.connect();
    expect((await server.control.listSessions()).map(({ transport }) => transport)).toEqual(["bosh"]);
    await connection.close();
  });

  it("offers the hash that was asked for", async () => {
    const sha256 = await startProsody({ saslHash: "SHA-256", disablePlain: true });
    await expect(offeredMechanisms(sha256.boshUrl)).resolves.toEqual(["SCRAM-SHA-256"]);
    await sha256.stop();
    const all = await startProsody({ saslHash: "all" });
    const offered = await offeredMechanisms(all.boshUrl);
    await all.stop();
    expect(offered).toEqual(["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"]);
  });

  it("leaves no process and no file behind", async () => {
    const short = await startProsody();
    const pid = short.pid ?? 0;
    expect(existsSync(short.dataDir)).toBe(true);
    await short.stop();
    await short.stop();
    expect(existsSync(short.dataDir)).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  it("says what to install when Prosody is missing", async () => {
    process.env["PROSODY"] = "/nonexistent/prosody";
    try {
      const error: unknown = await startProsody().catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: "unsupported", message: "Prosody is not installed." });
      expect((error as ChatError).info.remedy).toContain("apt-get install");
    } finally {
      delete process.env["PROSODY"];
    }
  });
});
