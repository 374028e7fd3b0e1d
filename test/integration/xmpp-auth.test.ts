import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { createXmppConnection, discoverAddresses, type XmppConnectionOptions } from "../../adapters/xmpp-muc/index.ts";
import { createBoshFaultProxy, startEjabberd, startProsody } from "../../sandbox/index.ts";
import { freshUser, sharedEjabberd, sharedProsody } from "./servers.ts";

/** Connects, tells what it became, and says goodbye. */
async function logIn(options: XmppConnectionOptions): Promise<{ jid: string; transport: string | undefined }> {
  const connection = createXmppConnection({ reconnect: { nextDelayMs: () => null }, ...options });
  try {
    return { jid: await connection.connect(), transport: connection.transport };
  } finally {
    await connection.close();
  }
}

/** Logs in over BOSH, with the mechanism as the wire saw it, and over WebSocket. */
async function mechanismOf(server: { domain: string; boshUrl: string; wsUrl: string }): Promise<string | undefined> {
  const proxy = await createBoshFaultProxy({ target: server.boshUrl });
  onTestFinished(() => proxy.close());
  const account = { domain: server.domain, credentials: { username: "jane", password: "pencil ✏️" } };
  const { jid } = await logIn({ ...account, boshUrl: proxy.url });
  expect(jid).toMatch(/^jane@localhost\//);
  expect((await logIn({ ...account, websocketUrl: server.wsUrl })).transport).toBe("websocket");
  return proxy.log.map(({ body }) => /mechanism="([^"]*)"/.exec(body)?.[1]).find((name) => name !== undefined);
}

describe("logging in", () => {
  it.each([
    ["SCRAM-SHA-256", { saslHash: "SHA-256", disablePlain: true }],
    ["SCRAM-SHA-512", { saslHash: "SHA-512", disablePlain: true }],
    ["SCRAM-SHA-512", { saslHash: "all" }],
    ["PLAIN", { disableScram: true }],
  ] as const)("uses %s on a Prosody with %j", async (mechanism, options) => {
    const prosody = await startProsody(options);
    onTestFinished(() => prosody.stop());
    await prosody.control.createUser("jane", "pencil ✏️");
    expect(await mechanismOf(prosody)).toBe(mechanism);
  });

  it.each([
    ["SCRAM-SHA-256", "sha256"],
    ["SCRAM-SHA-512", "sha512"],
  ] as const)("uses %s on an ejabberd with %s", async (mechanism, scramHash) => {
    const ejabberd = await startEjabberd({ scramHash, disablePlain: true });
    onTestFinished(() => ejabberd.stop());
    await ejabberd.control.registerUser("jane", "pencil ✏️");
    expect(await mechanismOf(ejabberd)).toBe(mechanism);
  });
});

describe("a provider of credentials", () => {
  const server = sharedProsody();

  async function losesItsSession(passwords: string[]): Promise<{ asked: () => number; next: () => Promise<string> }> {
    const user = await freshUser(server);
    let asked = 0;
    const connection = createXmppConnection({
      domain: server.domain,
      websocketUrl: server.wsUrl,
      reconnect: { nextDelayMs: ({ cause }) => (cause.info.retryable ? 0 : null) },
      credentials: () => {
        const password = passwords[Math.min(asked++, passwords.length - 1)];
        return Promise.resolve({ ...user, password: password === "right" ? user.password : "expired" });
      },
    });
    onTestFinished(() => connection.close());
    const next = (): Promise<string> =>
      new Promise((resolve) => {
        const off = connection.onStream((event) => {
          if (event.kind !== "sendable" && event.kind !== "closed") return;
          off();
          resolve(event.kind === "closed" ? `closed ${event.cause?.code ?? ""}` : "sendable");
        });
      });
    await connection.connect();
    const outcome = next();
    await server.control.closeSessions({ user: user.username, mode: "drop" });
    return { asked: () => asked, next: () => outcome };
  }

  it("is asked once more when what it gave has expired meanwhile, and the chat goes on", async () => {
    const { asked, next } = await losesItsSession(["right", "expired", "right"]);
    expect(await next()).toBe("sendable");
    expect(asked()).toBe(3);
  });

  it("is not asked for ever: twice refused is unauthorized", async () => {
    const { asked, next } = await losesItsSession(["right", "expired", "expired"]);
    expect(await next()).toBe("closed unauthorized");
    expect(asked()).toBe(3);
  });
});

describe.each([
  ["Prosody", sharedProsody],
  ["ejabberd", sharedEjabberd],
])("on %s", (_name, getServer) => {
  const server = getServer();
  const wires = [
    ["BOSH", { boshUrl: server.boshUrl }],
    ["WebSocket", { websocketUrl: server.wsUrl }],
  ] as const;

  it.each(wires)("over %s the server names an anonymous guest", async (_wire, address) => {
    const { jid } = await logIn({
      ...address,
      domain: server.guestDomain,
      credentials: { anonymous: true },
    });
    expect(jid).toMatch(new RegExp(`^[^@]+@${server.guestDomain}/.+`));
  });

  it.each(wires)("over %s a wrong password is unauthorized, said once, with a remedy", async (_wire, address) => {
    const { username } = await freshUser(server);
    const credentials = { username, password: "wrong" };
    await expect(logIn({ ...address, domain: server.domain, credentials })).rejects.toMatchObject({
      code: "unauthorized",
      info: { remedy: expect.any(String) as string },
    });
  });

  it("its host-meta names addresses that work", async () => {
    const credentials = await freshUser(server);
    // By name: ejabberd 23.01 closes the connection when it serves no host of that name.
    const origin = `http://localhost:${new URL(server.hostMetaUrl).port}`;
    const found = await discoverAddresses(server.domain, { origin });
    const ca = readFileSync(server.caCertPath);
    class TrustingSocket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { ca, allowSynchronousEvents: false });
      }
    }
    const { websocketUrl = "" } = found;
    const { transport } = await logIn({ websocketUrl, WebSocket: TrustingSocket, domain: server.domain, credentials });
    expect(transport).toBe("websocket");
    expect(found.boshUrl).toMatch(/\/http-bind$/);
  });
});

it("of the addresses in host-meta the encrypted ones are taken", async () => {
  const { hostMetaUrl, wssUrl, boshTlsUrl, domain } = sharedProsody();
  const found = await discoverAddresses(domain, { origin: new URL(hostMetaUrl).origin });
  expect(found).toEqual({ boshUrl: boshTlsUrl, websocketUrl: wssUrl });
});
