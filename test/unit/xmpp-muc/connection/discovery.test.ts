import { describe, expect, it } from "vitest";
import { discoverAddresses } from "../../../../adapters/xmpp-muc/connection/discovery.ts";

const XBOSH = "urn:xmpp:alt-connections:xbosh";
const WEBSOCKET = "urn:xmpp:alt-connections:websocket";

/** Answers by path; anything else is 404. */
function host(documents: Record<string, string>): { fetch: typeof fetch; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    fetch: (input) => {
      const url = input instanceof Request ? input.url : String(input);
      asked.push(url);
      const text = documents[new URL(url).pathname];
      return Promise.resolve(new Response(text ?? "", { status: text === undefined ? 404 : 200 }));
    },
  };
}

const json = (...links: { rel: string; href: string }[]): string => JSON.stringify({ links });

/** @source XEP-0156 1.4.0 §3 */
describe("discoverAddresses", () => {
  it("reads host-meta.json over https", async () => {
    const { fetch, asked } = host({
      "/.well-known/host-meta.json": json(
        { rel: XBOSH, href: "https://chat.example/http-bind" },
        { rel: WEBSOCKET, href: "wss://chat.example/ws" },
      ),
    });
    await expect(discoverAddresses("chat.example", { fetch })).resolves.toEqual({
      boshUrl: "https://chat.example/http-bind",
      websocketUrl: "wss://chat.example/ws",
    });
    expect(asked).toEqual(["https://chat.example/.well-known/host-meta.json"]);
  });

  it("falls back to the XRD document", async () => {
    const xrd = `<?xml version='1.0'?><XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'><Link rel='${XBOSH}' href='https://chat.example/b'/></XRD>`;
    const { fetch } = host({ "/.well-known/host-meta": xrd });
    await expect(discoverAddresses("chat.example", { fetch })).resolves.toEqual({ boshUrl: "https://chat.example/b" });
  });

  it("ignores addresses that are not encrypted, and what is no list of links", async () => {
    const { fetch } = host({
      "/.well-known/host-meta.json": json(
        { rel: XBOSH, href: "http://chat.example/b" },
        { rel: WEBSOCKET, href: "ws://chat.example/ws" },
      ),
      "/.well-known/host-meta": "<html>",
    });
    await expect(discoverAddresses("chat.example", { fetch })).rejects.toMatchObject({ code: "not-found" });
    await expect(
      discoverAddresses("chat.example", { fetch: host({ "/.well-known/host-meta.json": '{"links":7}' }).fetch }),
    ).rejects.toMatchObject({ code: "not-found" });
  });

  it("takes plain addresses of this machine, for sandboxes", async () => {
    const { fetch } = host({ "/.well-known/host-meta.json": json({ rel: XBOSH, href: "http://127.0.0.1:5280/b" }) });
    await expect(discoverAddresses("localhost", { fetch, origin: "http://127.0.0.1:5280" })).resolves.toEqual({
      boshUrl: "http://127.0.0.1:5280/b",
    });
  });

  it("never asks an origin that is not encrypted", async () => {
    const { fetch, asked } = host({});
    await expect(discoverAddresses("x", { fetch, origin: "http://chat.example" })).rejects.toMatchObject({
      code: "invalid-config",
    });
    expect(asked).toEqual([]);
  });
});
