import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createXmppConnection } from "../../../../adapters/xmpp-muc/connection/xmpp-connection.ts";
import { bodyOf, ScriptedBosh, sessionAnswer } from "./scripted-bosh.ts";

const SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND = "urn:ietf:params:xml:ns:xmpp-bind";
const features = (inner: string): string =>
  `<stream:features xmlns:stream='http://etherx.jabber.org/streams'>${inner}</stream:features>`;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
});

it("a server that never answers the goodbye leaves no timer behind", async () => {
  const server = new ScriptedBosh();
  const connection = createXmppConnection({
    boshUrl: "https://chat.example/http-bind",
    domain: "chat.example",
    credentials: { username: "jane", password: "pencil" },
    connectTimeoutMs: 60_000,
    bosh: { fetch: server.fetch },
  });
  const connected = connection.connect();
  const plain = `<mechanisms xmlns='${SASL}'><mechanism>PLAIN</mechanism></mechanisms>`;
  (await server.next()).answer(sessionAnswer("", features(plain)));
  (await server.next()).answer(bodyOf("", `<success xmlns='${SASL}'/>`));
  (await server.next()).answer(bodyOf("", features(`<bind xmlns='${BIND}'/>`)));
  const bind = await server.next();
  const id = bind.body.getChild("iq")?.attrs["id"] ?? "";
  const bound = `<bind xmlns='${BIND}'><jid>jane@chat.example/tab</jid></bind>`;
  bind.answer(bodyOf("", `<iq xmlns='jabber:client' type='result' id='${id}'>${bound}</iq>`));
  await connected;
  const closing = connection.close();
  await vi.advanceTimersByTimeAsync(5_000);
  await closing;
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0));
});
