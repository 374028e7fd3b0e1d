import { describe, expect, it } from "vitest";
import { chainCodecs } from "../../../../adapters/xmpp-muc/muc/codec.ts";
import { decodeRoomMessage, type RoomContext } from "../../../../adapters/xmpp-muc/muc/decode-room-message.ts";
import { encodeContent } from "../../../../adapters/xmpp-muc/muc/encode-room-message.ts";
import type { RoomStanza } from "../../../../adapters/xmpp-muc/muc/room-stanza.ts";
import { toBody } from "../../../../adapters/xmpp-muc/muc/to-chat-message.ts";
import { parseXml } from "../../../../adapters/xmpp-muc/xml.ts";
import { xmlChild } from "../../../../src/kit/xml-node.ts";
import type { OutgoingBody } from "../../../../src/transport/messages.ts";

const room = "room@conference.chat.example";
const context: RoomContext = {
  room,
  domain: "chat.example",
  stanzaIds: true,
  occupantIds: true,
  joining: false,
  codec: undefined,
  locale: undefined,
};

function decode(
  children: string,
  attrs = `from='${room}/Asha' type='groupchat' id='a-1'`,
  more: Partial<RoomContext> = {},
) {
  return decodeRoomMessage(parseXml(`<message xmlns='jabber:client' ${attrs}>${children}</message>`), {
    ...context,
    ...more,
  });
}

const plain = { filesFromUrls: false };
const bodyOf = (stanza: RoomStanza | undefined, settings = plain) => stanza && toBody(stanza, settings);

describe("decoding a room message", () => {
  it.each([
    ["another room", `from='other@conference.chat.example/Asha' type='groupchat'`],
    ["a longer domain", `from='${room}.evil.example/Asha' type='groupchat'`],
    ["nobody", `type='groupchat'`],
    ["a private message", `from='${room}/Asha' type='chat'`],
    ["a normal message", `from='${room}'`],
  ])("is nothing for %s (rule 1)", (_what, attrs) => {
    expect(decode("<body>x</body>", attrs)).toBeUndefined();
  });

  it("reads everything a rich message has in one record", () => {
    const stanza = decode(
      `<body>Hi</body><thread>t-1</thread><active xmlns='http://jabber.org/protocol/chatstates'/>` +
        `<origin-id xmlns='urn:xmpp:sid:0' id='o-1'/><stanza-id xmlns='urn:xmpp:sid:0' id='s-1' by='${room}'/>` +
        `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ'/><markable xmlns='urn:xmpp:chat-markers:0'/>` +
        `<request xmlns='urn:xmpp:receipts'/><what xmlns='urn:x:y'/>`,
    );
    expect(stanza).toMatchObject({
      kind: "live",
      id: "s-1",
      msgid: "a-1",
      originId: "o-1",
      stanzaId: "s-1",
      occupantId: "occ",
      nick: "Asha",
      body: "Hi",
      thread: "t-1",
      chatState: "active",
      markable: true,
      receiptRequested: true,
      hasContent: true,
      replayed: false,
    });
    expect(stanza?.unknown.map(({ name }) => name)).toEqual(["what"]);
  });

  it("reads an error with its condition, wherever that stands", () => {
    const error = `<error type='wait'><extra xmlns='urn:x'/><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>slow down</text></error>`;
    expect(decode(error, `from='${room}' type='error' id='c-1'`)).toMatchObject({
      type: "error",
      condition: "resource-constraint",
      errorText: "slow down",
      errorType: "wait",
      hasContent: false,
    });
  });

  it("prefers the body of the reader's language", () => {
    const bodies = `<body>Hello</body><body xml:lang='hi-IN'>नमस्ते</body>`;
    expect(decode(bodies)?.body).toBe("Hello");
    expect(decode(bodies, undefined, { locale: "hi" })?.body).toBe("नमस्ते");
  });

  it("a subject alone is no content; with a body it is a message", () => {
    expect(decode("<subject>Refund</subject>")).toMatchObject({ subject: "Refund", hasContent: false });
    expect(decode("<subject>Refund</subject><body>x</body>")).toMatchObject({ hasContent: true });
  });

  it("stands without a payload whose codec fails, and merges what codecs found, first wins", () => {
    const failing = {
      decode: () => {
        throw new Error("A codec's bug.");
      },
    };
    expect(decode("<body>x</body>", undefined, { codec: failing })).toMatchObject({ payload: null, body: "x" });
    const codec = chainCodecs([
      { decode: () => null },
      { decode: (message) => (xmlChild(message, "body") ? { role: "agent", subtype: null } : null) },
      { decode: () => ({ role: "bot", subtype: "MEDIA_MSG" }) },
    ]);
    expect(decode("<body>x</body>", undefined, { codec })?.payload).toEqual({ role: "agent", subtype: "MEDIA_MSG" });
  });
});

describe("what a message says", () => {
  const address = "https://files.chat.example/f/8Zk2/in%20voice.pdf";

  it("takes a vendor's files first, then file sharing, then out-of-band data", () => {
    const oob = `<x xmlns='jabber:x:oob'><url>${address}</url></x>`;
    const sfs = `<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><media-type>application/pdf</media-type><name>a.pdf</name><size>7</size></file><sources><url-data xmlns='http://jabber.org/protocol/url-data' target='${address}'/></sources></file-sharing>`;
    const body = `<body>${address}</body>`;
    const url = new URL(address);
    expect(bodyOf(decode(body + oob))).toEqual({
      kind: "attachments",
      attachments: [{ url, name: "in voice.pdf", mediaType: "application/octet-stream" }],
    });
    expect(bodyOf(decode(body + sfs + oob))).toEqual({
      kind: "attachments",
      attachments: [{ url, name: "a.pdf", mediaType: "application/pdf", sizeBytes: 7 }],
    });
    const codec = { decode: () => ({ files: [{ url: address, name: "vendor.pdf" }] }) };
    expect(bodyOf(decode(`<body>see this</body>${sfs}`, undefined, { codec }))).toEqual({
      kind: "attachments",
      attachments: [{ url, name: "vendor.pdf", mediaType: "application/octet-stream" }],
      caption: "see this",
    });
  });

  /** @source rule 12 of the security rules */
  it.each(["javascript:alert(1)", "data:text/html,x", "nothing", "file:///etc/passwd"])(
    "never takes %s for a file",
    (bad) => {
      expect(bodyOf(decode(`<body>x</body><x xmlns='jabber:x:oob'><url>${bad}</url></x>`))).toEqual({
        kind: "text",
        text: "x",
      });
    },
  );

  it("takes a bare address for a file only when told so", () => {
    const stanza = decode(`<body>${address}?v=1</body>`);
    expect(bodyOf(stanza)?.kind).toBe("text");
    expect(bodyOf(stanza, { filesFromUrls: true })?.kind).toBe("attachments");
    expect(bodyOf(decode("<body>see https://x.example/a.pdf</body>"), { filesFromUrls: true })?.kind).toBe("text");
    expect(bodyOf(decode("<body>https://x.example/shop</body>"), { filesFromUrls: true })?.kind).toBe("text");
  });

  it("shows a form, a tombstone, and a reply without what stands in for it", () => {
    const codec = { decode: () => ({ form: { field: 1 } }) };
    expect(bodyOf(decode("<body>x</body>", undefined, { codec }))).toEqual({
      kind: "custom",
      type: "form",
      text: "x",
      data: { field: 1 },
    });
    expect(bodyOf(decode("<retracted xmlns='urn:xmpp:message-retract:1' stamp='2026-05-04T10:11:12Z'/>"))).toEqual({
      kind: "retracted",
    });
    const reply = `<reply xmlns='urn:xmpp:reply:0' id='s-0'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='8'/></fallback>`;
    expect(bodyOf(decode(`<body>&gt; 😀 why?\nbecause</body>${reply}`))).toEqual({ kind: "text", text: "\nbecause" });
  });

  const files = [
    { url: new URL(address), name: "in voice.pdf", mediaType: "application/pdf", sizeBytes: 7 },
    { url: new URL("https://files.chat.example/f/9/b.png"), name: "b.png", mediaType: "image/png" },
  ];

  it.each<[string, OutgoingBody]>([
    ["a text", { kind: "text", text: "a < b && c 😀\n\tend " }],
    ["a file", { kind: "attachments", attachments: files.slice(0, 1) }],
    ["two files", { kind: "attachments", attachments: files }],
    ["files with a caption", { kind: "attachments", attachments: files, caption: "Look 😀 here\nplease" }],
  ])("%s survives the way to the room and back", (_what, body) => {
    const sent = encodeContent({ room, id: "c-1", body, markable: true, codec: undefined });
    const attrs = `from='${room}/Ravi' type='groupchat' id='c-1'`;
    expect(bodyOf(decode(sent.children.map(String).join(""), attrs))).toEqual(body);
  });

  it("leaves out what XML cannot carry, and refuses what is then empty", () => {
    const text = (given: string) =>
      encodeContent({ room, id: "c", body: { kind: "text", text: given }, markable: false, codec: undefined });
    expect(text("a\u0001b\ufffec").getChildText("body")).toBe("abc");
    expect(() => text("\u0000")).toThrow("no text");
    expect(() =>
      encodeContent({
        room,
        id: "c",
        body: { kind: "attachments", attachments: [] },
        markable: false,
        codec: undefined,
      }),
    ).toThrow("no attachment");
  });
});
