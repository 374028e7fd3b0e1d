import { describe, expect, it } from "vitest";
import { exotelCodec, type ExotelPayload, type PayloadDialect } from "../../../adapters/exotel/index.ts";
import { resolveWire } from "../../../adapters/exotel/exotel-options.ts";
import { parseXml } from "../../../adapters/xmpp-muc/xml.ts";
import { isXmlNode, type XmlNode } from "../../../src/kit/xml-node.ts";
import { fixture } from "./fake-rest.ts";

const DIALECTS: PayloadDialect[] = ["exo", "json", "jive", "plain", "body"];
const LIVE = { archived: false, fromRoom: false };

const FILE: ExotelPayload = {
  subtype: "MEDIA_MSG",
  role: "agent",
  files: [
    {
      url: "https://files.chat.example/f/8Zk2/invoice.pdf",
      name: "invoice.pdf",
      mediaType: "application/pdf",
      sizeBytes: 48_211,
    },
  ],
};
const END: ExotelPayload = { role: "agent", ended: true, interaction: { chatId: "CH-1009", interactionId: "IN-5521" } };

const reading = (...readDialects: PayloadDialect[]) => exotelCodec(resolveWire({ readDialects }));
const decode = (dialect: PayloadDialect, xml: string): ExotelPayload | null =>
  reading(dialect).decode(parseXml(xml), LIVE);

/** A node as its parser gives it: what is sent must be what is read. */
const asRead = (child: XmlNode): string => JSON.stringify(plain(child));
function plain({ name, attrs, children }: XmlNode): unknown {
  const set = Object.fromEntries(
    Object.entries(attrs).filter(([key, value]) => value !== undefined && key !== "xmlns"),
  );
  return [name, set, children.map((child) => (isXmlNode(child) ? plain(child) : child))];
}

describe.each(DIALECTS)("the dialect %s", (dialect) => {
  it("reads a file", () => {
    expect(decode(dialect, fixture(`payload-${dialect}.xml`))).toEqual(FILE);
  });

  it("reads the end of a chat", () => {
    expect(decode(dialect, fixture(`payload-end-${dialect}.xml`))).toEqual(END);
  });

  it("says nothing of a plain text, and does not read the other dialects", () => {
    expect(decode(dialect, "<message xmlns='jabber:client'><body>Hello</body></message>")).toBeNull();
    for (const other of DIALECTS.filter((each) => each !== dialect)) {
      expect(decode(dialect, fixture(`payload-end-${other}.xml`))).toBeNull();
    }
  });
});

describe.each(DIALECTS.filter((dialect) => dialect !== "body"))("sending in the dialect %s", (sendDialect) => {
  it("writes what its fixture has", () => {
    const { children } = exotelCodec(resolveWire({ sendDialect })).encode(FILE);
    const [, ...expected] = parseXml(fixture(`payload-${sendDialect}.xml`)).getChildElements();
    expect(children.map(asRead)).toEqual(expected.map((child) => asRead(child)));
  });

  it("names the type by itself, in the tenant's case", () => {
    const codec = exotelCodec(resolveWire({ sendDialect, subtypeCase: "lower" }));
    const read = (payload: ExotelPayload) =>
      reading(sendDialect).decode({ name: "message", attrs: {}, children: codec.encode(payload).children }, LIVE);
    expect(read({})).toEqual({ subtype: "normal_text_msg" });
    expect(read({ files: FILE.files ?? [] })).toMatchObject({ subtype: "media_msg" });
  });
});

describe("the chain", () => {
  it("the first dialect that says something wins, per field", () => {
    const message = `<message xmlns='jabber:client'><body>x</body>
      <exo xmlns='urn:x-exochat:message:0' role='bot'/>
      <json xmlns='urn:xmpp:json:0'>{"userRole":"agent","subtype":"FORM_MSG"}</json></message>`;
    expect(reading("exo", "json").decode(parseXml(message), LIVE)).toEqual({ role: "bot", subtype: "FORM_MSG" });
    expect(reading("json", "exo").decode(parseXml(message), LIVE)).toEqual({ role: "agent", subtype: "FORM_MSG" });
  });

  it("by default a typed body can say nothing, however it looks", () => {
    expect(exotelCodec(resolveWire()).decode(parseXml(fixture("payload-end-body.xml")), LIVE)).toBeNull();
  });

  it("matches namespaces, not only names", () => {
    const foreign = [
      "<exo xmlns='urn:evil'><chat-ended/></exo>",
      `<json xmlns='urn:evil'>{"chatEnded":true}</json>`,
      "<chatended xmlns='urn:evil'>true</chatended>",
      "<properties xmlns='urn:evil'><property><name>chatEnded</name><value>true</value></property></properties>",
    ].join("");
    const message = parseXml(`<message xmlns='jabber:client'><body>x</body>${foreign}</message>`);
    expect(exotelCodec(resolveWire()).decode(message, LIVE)).toBeNull();
  });

  it.each([
    `{"chatEnded":`,
    `[]`,
    `{"chatEnded":"yes"}`,
    `{"files":"[{}]"}`,
    `{"files":[{"url":7},null]}`,
    `{"interaction_data":"x"}`,
    `{"interaction_data":{"chatId":{}}}`,
  ])("makes nothing of %s", (text) => {
    const payload = decode(
      "json",
      `<message xmlns='jabber:client'><json xmlns='urn:xmpp:json:0'>${text}</json></message>`,
    );
    expect(payload ?? {}).toEqual({});
  });

  it("ids that are numbers are texts; a form is kept as it came", () => {
    const text = `{"interaction_data":{"chatid":7,"interactionId":8},"form":{"title":"x"}}`;
    expect(
      decode("json", `<message xmlns='jabber:client'><json xmlns='urn:xmpp:json:0'>${text}</json></message>`),
    ).toEqual({
      interaction: { chatId: "7", interactionId: "8" },
      form: { title: "x" },
    });
  });
});
