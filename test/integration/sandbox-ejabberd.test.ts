import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createXmppConnection } from "../../adapters/xmpp-muc/connection/xmpp-connection.ts";
import { startEjabberd } from "../../sandbox/index.ts";
import { rawClient } from "./raw-client.ts";
import { freshCustomer, sharedEjabberd } from "./servers.ts";

describe("ejabberd", () => {
  it("kicks an occupant and removes a member", async () => {
    const server = sharedEjabberd();
    const { user, room } = await freshCustomer(server, { membersOnly: true });
    const client = await rawClient({ ...server, ...user });
    await client.join(room.jid, "Jane");
    await server.control.kick(room.jid, "Jane", "enough");
    await expect(client.frame(/code=['"]307/)).resolves.toContain("enough");
    await client.join(room.jid, "Jane again");
    await expect(server.control.occupants(room.jid)).resolves.toMatchObject([{ nick: "Jane again" }]);
    await server.control.setAffiliation(room.jid, user.jid, "none");
    await client.frame(/code=['"]321/);
    await client.close();
  });

  it("routes any stanza and ends sessions", async () => {
    const server = sharedEjabberd();
    const { user } = await freshCustomer(server);
    const client = await rawClient({ ...server, ...user });
    await server.control.sendStanza("stranger@localhost/x", client.jid, "<message><body>psst</body></message>");
    await client.frame(/psst/);
    expect(await server.control.listSessions()).toContain(client.jid);
    await server.control.kickSession(user.username, client.jid.split("/")[1] ?? "");
    await client.frame(/stream:error/);
    await client.close();
  });

  it("refuses with ChatErrors", async () => {
    const { control } = sharedEjabberd();
    const { user } = await freshCustomer(sharedEjabberd());
    await expect(control.registerUser(user.username, "x")).rejects.toMatchObject({ code: "conflict" });
  });

  it("offers SCRAM-SHA-512 when started for it, logs in, and leaves nothing behind", async () => {
    const server = await startEjabberd({ scramHash: "sha512", disablePlain: true });
    await server.control.registerUser("scram", "pw");
    const credentials = { username: "scram", password: "pw", domain: server.domain };
    const connection = createXmppConnection({ websocketUrl: server.wsUrl, credentials });
    await connection.connect();
    await connection.close();
    const { pid = 0 } = server;
    await server.stop();
    expect(existsSync(server.dataDir)).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});
