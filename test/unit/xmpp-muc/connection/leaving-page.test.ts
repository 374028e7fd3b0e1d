import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createXmppConnection, type XmppConnection } from "../../../../adapters/xmpp-muc/connection/xmpp-connection.ts";
import type { XmppConnectionOptions } from "../../../../adapters/xmpp-muc/connection/xmpp-connection-options.ts";
import { bodyOf, ScriptedBosh, sessionAnswer } from "./scripted-bosh.ts";

const SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND = "urn:ietf:params:xml:ns:xmpp-bind";
const features = (inner: string): string =>
  `<stream:features xmlns:stream='http://etherx.jabber.org/streams'>${inner}</stream:features>`;

let page: EventTarget;
let server: ScriptedBosh;

beforeEach(() => {
  page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  server = new ScriptedBosh();
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function online(options: Partial<XmppConnectionOptions> = {}): Promise<XmppConnection> {
  const connection = createXmppConnection({
    boshUrl: "https://chat.example/http-bind",
    domain: "chat.example",
    credentials: { username: "jane", password: "pencil" },
    bosh: { fetch: server.fetch },
    ...options,
  });
  const connected = connection.connect();
  (await server.next()).answer(
    sessionAnswer("", features(`<mechanisms xmlns='${SASL}'><mechanism>PLAIN</mechanism></mechanisms>`)),
  );
  (await server.next()).answer(bodyOf("", `<success xmlns='${SASL}'/>`));
  (await server.next()).answer(bodyOf("", features(`<bind xmlns='${BIND}'/>`)));
  const bind = await server.next();
  const id = bind.body.getChild("iq")?.attrs["id"] ?? "";
  const bound = `<bind xmlns='${BIND}'><jid>jane@chat.example/tab</jid></bind>`;
  bind.answer(bodyOf("", `<iq xmlns='jabber:client' type='result' id='${id}'>${bound}</iq>`));
  await connected;
  return connection;
}

const terminates = (): number => server.requests.filter(({ body }) => body.attrs["type"] === "terminate").length;

describe("a page that goes away", () => {
  it("ends its session", async () => {
    const connection = await online();
    page.dispatchEvent(new Event("pagehide"));
    expect(terminates()).toBe(1);
    connection.detach();
    expect(terminates()).toBe(1);
  });

  it.each([{ keepSessionOnPageHide: true }, { bosh: { terminateOnPageHide: false } }])(
    "leaves its session to the next one where that is wished: %j",
    async (options) => {
      const connection = await online({
        ...options,
        bosh: { ...options.bosh, fetch: server.fetch },
      });
      page.dispatchEvent(new Event("pagehide"));
      expect(terminates()).toBe(0);
      expect(connection.detach()).toMatchObject({ kind: "bosh", sid: "s-1", jid: "jane@chat.example/tab" });
      expect(terminates()).toBe(0);
    },
  );
});

describe("a resume state", () => {
  it("is not used at another address than the configured one, nor for another domain, nor when it is too old", async () => {
    const connection = await online();
    const resume = connection.detach();
    if (resume?.kind !== "bosh") throw new Error("nothing to resume");
    const wrong: Partial<XmppConnectionOptions>[] = [
      { resume: { ...resume, url: "https://evil.example/http-bind" } },
      { resume: { ...resume, jid: "jane@evil.example/tab" } },
      { resume: { ...resume, savedAt: resume.savedAt - 91_000 } },
    ];
    for (const options of wrong) {
      server = new ScriptedBosh();
      const other = await online(options);
      expect(server.requests[0]?.body.attrs["sid"]).toBeUndefined();
      other.detach();
    }
  });

  it("is in no error and in no log line", async () => {
    const lines: unknown[] = [];
    const log = (...line: unknown[]): void => void lines.push(line);
    const connection = await online();
    const resume = connection.detach();
    if (resume?.kind !== "bosh") throw new Error("nothing to resume");
    const other = createXmppConnection({
      resume: { ...resume, sid: "very-secret", pending: [] },
      boshUrl: resume.url,
      bosh: { fetch: server.fetch },
      logger: { debug: log, info: log, warn: log, error: log },
    });
    const failed = other.connect().catch((error: unknown) => error);
    for (let turn = 0; turn < 2; turn++) {
      await vi.waitFor(() => expect(server.requests.at(-1)?.body.attrs["sid"]).toBe("very-secret"));
    }
    server.requests.at(-2)?.answer(bodyOf("type='terminate' condition='item-not-found'"));
    server.requests.at(-1)?.answer(bodyOf("type='terminate' condition='item-not-found'"));
    const error = await failed;
    expect(error).toMatchObject({ code: "unauthorized" });
    lines.push(error, (error as Error).stack, JSON.stringify(error));
    expect(JSON.stringify(lines)).not.toContain("very-secret");
  });

  it("has to be there where there are no credentials", () => {
    expect(() => createXmppConnection({ boshUrl: "https://chat.example/http-bind" })).toThrow("who logs in");
  });
});
