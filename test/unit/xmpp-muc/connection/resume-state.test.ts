import { describe, expect, it } from "vitest";
import { decodeResumeState } from "../../../../adapters/xmpp-muc/connection/resume-state.ts";

const bosh = {
  version: 1,
  kind: "bosh",
  url: "https://chat.example/http-bind",
  jid: "jane@chat.example/tab",
  sid: "s-1",
  rid: 12,
  requests: 2,
  wait: 30,
  hold: 1,
  inactivity: 60,
  polling: 5,
  savedAt: 1_790_000_000_000,
  pending: [{ rid: 11, body: '<body xmlns="http://jabber.org/protocol/httpbind" rid="11" sid="s-1"/>' }],
};

const websocket = {
  version: 1,
  kind: "websocket-sm",
  url: "wss://chat.example/ws",
  jid: "jane@chat.example/tab",
  id: "previous",
  inbound: 4_294_967_295,
  outbound: 0,
  savedAt: 1_790_000_000_000,
  unacked: ["<message xmlns='jabber:client'><body>hi</body></message>"],
};

describe("a stored resume state", () => {
  it.each([bosh, websocket, { ...bosh, pending: [], maxpause: 120 }, { ...websocket, max: 120, unacked: [] }])(
    "is read as it was written: $kind",
    (state) => {
      expect(decodeResumeState(JSON.parse(JSON.stringify(state)))).toEqual(state);
    },
  );

  it("holds nothing but what is known", () => {
    expect(decodeResumeState({ ...bosh, password: "x" })).toEqual(bosh);
  });

  const broken: [string, unknown][] = [
    ["nothing", undefined],
    ["null", null],
    ["text", JSON.stringify(bosh)],
    ["a list", [bosh]],
    ["another version", { ...bosh, version: 2 }],
    ["another kind", { ...bosh, kind: "tcp" }],
    ["a plain address", { ...bosh, url: "http://chat.example/http-bind" }],
    ["a plain socket", { ...websocket, url: "ws://chat.example/ws" }],
    ["a script's address", { ...bosh, url: "javascript:alert(1)" }],
    ["a bare JID", { ...bosh, jid: "jane@chat.example" }],
    ["markup in the JID", { ...bosh, jid: "jane@chat.example/<x>" }],
    ["an empty sid", { ...bosh, sid: "" }],
    ["a long sid", { ...bosh, sid: "s".repeat(2_000) }],
    ["a rid that is no whole number", { ...bosh, rid: 12.5 }],
    ["a rid beyond 2^53", { ...bosh, rid: 2 ** 53 }],
    ["a negative wait", { ...bosh, wait: -1 }],
    ["a pause of a year", { ...bosh, maxpause: 31_536_000 }],
    ["a pending rid in the future", { ...bosh, rid: 11 }],
    ["pending rids out of order", { ...bosh, rid: 20, pending: [bosh.pending[0], bosh.pending[0]] }],
    ["a body of another session", { ...bosh, sid: "s-2" }],
    ["a body that is none", { ...bosh, pending: [{ rid: 11, body: "POST / HTTP/1.1" }] }],
    ["too many bodies", { ...bosh, pending: Array.from({ length: 17 }, () => bosh.pending[0]) }],
    ["too long a body", { ...bosh, pending: [{ rid: 11, body: (bosh.pending[0]?.body ?? "") + "x".repeat(2 ** 20) }] }],
    [
      "too much text in bodies",
      {
        ...bosh,
        rid: 99,
        pending: [11, 12, 13, 14, 15].map((rid) => ({
          rid,
          body: `<body xmlns="http://jabber.org/protocol/httpbind" rid="${rid}" sid="s-1">${"x".repeat(2 ** 20 - 99)}`,
        })),
      },
    ],
    ["a counter over 2^32", { ...websocket, inbound: 2 ** 32 }],
    ["a stanza that is none", { ...websocket, unacked: ["<resume/>"] }],
    ["too many stanzas", { ...websocket, unacked: Array.from({ length: 5_001 }, () => "<iq/>") }],
    [
      "too much text",
      { ...websocket, unacked: Array.from({ length: 5 }, () => `<iq a='${"x".repeat(2 ** 20 - 20)}'/>`) },
    ],
    ["missing fields", { version: 1, kind: "bosh" }],
  ];
  it.each(broken)("is none when it is %s", (_what, value) => {
    expect(decodeResumeState(value)).toBeUndefined();
  });

  it("takes nothing from prototypes, and runs no getter", () => {
    const inherited: unknown = Object.create(bosh);
    expect(decodeResumeState(inherited)).toBeUndefined();
    const hostile = JSON.parse(
      JSON.stringify(bosh).replace('"version"', '"__proto__":{"polluted":1},"version"'),
    ) as object;
    expect(decodeResumeState(hostile)).toEqual(bosh);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    let ran = false;
    const getter = Object.defineProperty({ ...bosh }, "sid", { get: () => (ran = true), enumerable: true });
    expect(decodeResumeState(getter)).toBeUndefined();
    expect(ran).toBe(false);
  });
});
