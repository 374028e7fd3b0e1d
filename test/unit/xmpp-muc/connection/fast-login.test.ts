import { createHmac } from "node:crypto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { fastLogin, type FastToken } from "../../../../adapters/xmpp-muc/connection/sasl/fast-login.ts";
import { createXmppConnection, type XmppConnection } from "../../../../adapters/xmpp-muc/connection/xmpp-connection.ts";
import type { XmppConnectionOptions } from "../../../../adapters/xmpp-muc/connection/xmpp-connection-options.ts";
import type { XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";
import { scriptedWebSocketServer, type ScriptedWebSocketServer } from "./scripted-websocket.ts";

const OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='example.org'/>";
const SASL2 = "urn:xmpp:sasl:2";
const features = (inner: string): string =>
  `<stream:features xmlns:stream='http://etherx.jabber.org/streams'>${inner}</stream:features>`;
const BARE = "user@example.org";
const FULL = `${BARE}/switchboard/rQ7Lwut0CcxW6`;
const hashed = (token: string, role: string): Buffer => createHmac("sha256", token).update(role).digest();

/** XEP-0388 §2.1, XEP-0484 §3.1: the features of their examples. */
const login = (inline = ""): string =>
  features(
    `<authentication xmlns='${SASL2}'><mechanism>PLAIN</mechanism><inline>${inline}` +
      "<fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-NONE</mechanism></fast></inline></authentication>",
  );
/** XEP-0386 §3.1. */
const BIND2 = "<bind xmlns='urn:xmpp:bind:0'/>";
const BIND = features("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>");

let server: ScriptedWebSocketServer;
/** What the server takes, and what it gives with the next success. */
let valid: string;
let next: string | undefined;
let expiry: string;
let proof: (token: string) => string;
let kept: FastToken | undefined;
let offer: string;
/** What follows the identity in a success: XEP-0386 §3.2. */
let bound: string;
const store = { load: (): FastToken | undefined => kept, save: (token?: FastToken): void => void (kept = token) };

function success(): string[] {
  const token = next === undefined ? "" : `<token xmlns='urn:xmpp:fast:0' token='${next}' expiry='${expiry}'/>`;
  valid = next ?? valid;
  next = undefined;
  return [`<success xmlns='${SASL2}'>@${token}</success>`, BIND];
}

function answer(frame: XmlElement): string[] {
  if (frame.name === "open") return [OPEN, offer];
  if (frame.name === "authenticate") {
    const initial = Buffer.from(frame.getChildText("initial-response") ?? "", "base64");
    if (frame.attrs["mechanism"] === "PLAIN")
      return success().map((text) =>
        text.replace(
          "@",
          `<authorization-identifier>${frame.getChild("bind") && bound ? FULL : BARE}</authorization-identifier>${frame.getChild("bind") ? bound : ""}`,
        ),
      );
    const token = valid;
    if (!initial.equals(Buffer.concat([Buffer.from("user\0"), hashed(token, "Initiator")])))
      return [`<failure xmlns='${SASL2}'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>`];
    return success().map((text) => text.replace("@", `<additional-data>${proof(token)}</additional-data>`));
  }
  const id = frame.attrs["id"];
  const asked = frame.getChild("bind")?.getChildText("resource");
  if (frame.getChild("bind"))
    return [
      `<iq xmlns='jabber:client' type='result' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>user@example.org/${asked === FULL.slice(17) ? asked : "tab"}</jid></bind></iq>`,
    ];
  return frame.name === "close" ? ["<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"] : [];
}

beforeEach(() => {
  server = scriptedWebSocketServer(answer);
  valid = "none";
  next = "WXZzciBwYmFmdmZnZiBqdmd1IGp2eXFhcmZm";
  expiry = "2999-03-12T14:36:15Z";
  proof = (token) => hashed(token, "Responder").toString("base64");
  kept = undefined;
  offer = login();
  bound = "<bound xmlns='urn:xmpp:bind:0'/>";
});

const credentials = vi
  .fn<() => Promise<{ username: string; password: string }>>()
  .mockResolvedValue({ username: "user", password: "pencil" });

function connection(options: Partial<XmppConnectionOptions> = { credentials }): XmppConnection {
  credentials.mockClear();
  return createXmppConnection({
    websocketUrl: "wss://example.org/ws",
    domain: "example.org",
    WebSocket: server.WebSocket,
    reconnect: { nextDelayMs: () => 0 },
    fast: fastLogin(store),
    ...options,
  });
}

const logins = (): XmlElement[] => server.heard.filter(({ name }) => name === "authenticate");

/** @source XEP-0388 1.0.4, XEP-0484 0.2.0 (SASL2 and FAST), as in their examples */
describe("a login with a token", () => {
  it("is asked for with the password's, and follows it on the next connection, where nobody is asked for a password", async () => {
    const client = connection();
    await client.connect();
    const [first] = logins();
    expect(first?.getChild("request-token", "urn:xmpp:fast:0")?.attrs["mechanism"]).toBe("HT-SHA-256-NONE");
    expect(Buffer.from(first?.getChildText("initial-response") ?? "", "base64").toString()).toBe("\0user\0pencil");
    const again = new Promise<void>((resolve) => {
      client.onStream((event) => event.kind === "sendable" && resolve());
    });
    server.cut();
    await again;
    const [, second] = logins();
    expect(second?.attrs["mechanism"]).toBe("HT-SHA-256-NONE");
    expect(second?.getChild("fast", "urn:xmpp:fast:0")?.attrs["count"]).toBe("1");
    expect(second?.getChild("user-agent")?.attrs["id"]).toBe(first?.getChild("user-agent")?.attrs["id"]);
    expect(credentials).toHaveBeenCalledTimes(1);
    // Neither is followed by a second stream header (XEP-0388 §2.6).
    expect(server.heard.filter(({ name }) => name === "open")).toHaveLength(2);
    await client.close();
  });

  it("needs no credentials where the token was kept, and replaces it with what the server gives", async () => {
    await connection().connect();
    next = "bmV4dCB0b2tlbg==";
    const client = connection({});
    expect(await client.connect()).toBe("user@example.org/tab");
    expect(kept).toMatchObject({ token: "bmV4dCB0b2tlbg==", count: 0 });
    await client.close();
  });

  it("counts each use before it, so that a repeat can be told from a replay", async () => {
    await connection().connect();
    for (const count of [1, 2]) {
      await connection().connect();
      expect([kept?.count, logins().at(-1)?.getChild("fast")?.attrs["count"]]).toEqual([count, String(count)]);
    }
  });

  it("that is refused is forgotten, and the password follows on the same stream", async () => {
    await connection().connect();
    valid = "revoked";
    next = "new";
    await connection().connect();
    expect(logins().map(({ attrs }) => attrs["mechanism"])).toEqual(["PLAIN", "HT-SHA-256-NONE", "PLAIN"]);
    expect(server.opened).toBe(2);
    expect(kept?.token).toBe("new");
  });

  it("that is refused without credentials says what is missing", async () => {
    await connection().connect();
    valid = "revoked";
    const client = connection({});
    await expect(client.connect()).rejects.toMatchObject({ code: "unauthorized" });
    expect(kept).toBeUndefined();
  });

  it("is not used after its time, nor for another domain", async () => {
    expiry = "2001-01-01T00:00:00Z";
    await connection().connect();
    expect(kept?.expiresAt).toBe(Date.parse(expiry));
    await connection().connect();
    expect(logins().map(({ attrs }) => attrs["mechanism"])).toEqual(["PLAIN", "PLAIN"]);
    expect(fastLogin(store).token("example.net")).toBeUndefined();
  });

  it("trusts no server that does not know the token", async () => {
    await connection().connect();
    proof = () => Buffer.from("anything").toString("base64");
    await expect(connection().connect()).rejects.toMatchObject({
      code: "unauthorized",
      info: { vendor: { code: "xmpp/server-not-proven" } },
    });
  });
});

/** @source XEP-0386 1.1.0 (Bind 2), as in its examples */
describe("a resource that is bound with the login", () => {
  const binds = (): (string | null | undefined)[] =>
    server.heard.flatMap((frame) => (frame.name === "iq" ? [frame.getChild("bind")?.getChildText("resource")] : []));

  it("is the server's choice the first time, and asked for by name after that, which ends the session before", async () => {
    offer = login(BIND2);
    const client = connection();
    expect(await client.connect()).toBe(FULL);
    expect(client.resource).toBe("switchboard/rQ7Lwut0CcxW6");
    expect(logins()[0]?.getChild("bind", "urn:xmpp:bind:0")?.getChildText("tag")).toBe("switchboard");
    expect(binds()).toEqual([]);
    const again = new Promise<void>((resolve) => {
      client.onStream((event) => event.kind === "sendable" && resolve());
    });
    server.cut();
    await again;
    expect(await client.connect()).toBe(FULL);
    expect(logins()[1]?.getChild("bind")).toBeUndefined();
    expect(binds()).toEqual(["switchboard/rQ7Lwut0CcxW6"]);
    await client.close();
  });

  it("comes with a token's login, too", async () => {
    offer = login(BIND2);
    await connection().connect();
    proof = (token) =>
      `${hashed(token, "Responder").toString("base64")}</additional-data><authorization-identifier>${FULL}</authorization-identifier>${bound}<additional-data>`;
    expect(await connection({}).connect()).toBe(FULL);
    expect(logins()[1]?.getChild("bind", "urn:xmpp:bind:0")).toBeDefined();
    expect(binds()).toEqual([]);
  });

  it("is not left to the server where one was named, or where the server does not offer it or does not do it", async () => {
    await connection().connect();
    offer = login(BIND2);
    await connection({ credentials, resource: "mine" }).connect();
    expect(logins().map((each) => each.getChild("bind"))).toEqual([undefined, undefined]);
    bound = "";
    kept = undefined;
    expect(await connection().connect()).toBe("user@example.org/tab");
    expect(binds()).toHaveLength(3);
  });

  it("is preceded by the name of who comes back with a token, in the stream's header", async () => {
    await connection().connect();
    await connection({}).connect();
    const opened = server.heard.filter(({ name }) => name === "open");
    expect(opened.map(({ attrs }) => attrs["from"])).toEqual([undefined, BARE]);
  });
});
