import { describe, expect, it } from "vitest";
import { resolveWire } from "../../../adapters/exotel/exotel-options.ts";
import { exotelCodec } from "../../../adapters/exotel/index.ts";
import { decodeRoomMessage, parseXml } from "../../../adapters/xmpp-muc/index.ts";
import { toLegacyStanza } from "../../../src/exochat/vendor/legacy-stanza.ts";

const room = "room_7c1f@conference.chat.example";
const context = {
  room,
  domain: "chat.example",
  stanzaIds: true,
  occupantIds: true,
  joining: false,
  codec: exotelCodec(resolveWire()),
  locale: undefined,
};

const filesOf = (children: string): unknown => {
  const text = `<message xmlns='jabber:client' type='groupchat' from='${room}/Asha' id='a-1'><body>x</body>${children}</message>`;
  const stanza = decodeRoomMessage(parseXml(text), context);
  return stanza && toLegacyStanza(stanza, undefined).files;
};

describe("rule 12: host pages are given no file whose address is no web address", () => {
  const good = "https://files.chat.example/a.pdf";

  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    " JavaScript:alert(1)",
    "blob:https://x/1",
    "a.pdf",
  ])("%j is left out, however it is carried", (url) => {
    const exo = (...urls: string[]): string =>
      `<exo xmlns='urn:x-exochat:message:0'>${urls.map((each) => `<file url='${each}' name='a.pdf'/>`).join("")}</exo>`;
    expect(filesOf(exo(url))).toBeNull();
    expect(filesOf(exo(url, good))).toEqual([{ url: good, name: "a.pdf" }]);
    expect(filesOf(`<x xmlns='jabber:x:oob'><url>${url}</url></x>`)).toBeNull();
    expect(
      filesOf(
        `<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><name>a.pdf</name></file><sources><url-data xmlns='http://jabber.org/protocol/url-data' target='${url}'/></sources></file-sharing>`,
      ),
    ).toBeNull();
  });
});
