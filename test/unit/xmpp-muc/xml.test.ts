import { describe, expect, it } from "vitest";
import { parseXml, stripForbidden, xml } from "../../../adapters/xmpp-muc/xml.ts";

const LIMITS = { maxLength: 1_000, maxDepth: 8, maxChildElements: 12, maxElements: 20 };

describe("rule 14: XML from the wire", () => {
  it("resolves prefixes to namespaces, so that nobody else has to", () => {
    const body = parseXml(
      "<b:body xmlns:b='urn:b' xmlns:s='urn:s'><s:features><x xmlns='urn:x'><s:y/></x></s:features></b:body>",
    );
    expect([body.name, body.getNS()]).toEqual(["body", "urn:b"]);
    const features = body.getChild("features", "urn:s");
    expect(features?.getChild("x", "urn:x")?.getChild("y", "urn:s")).toBeDefined();
  });

  it("does not let a prefix of an inner element leak out", () => {
    expect(() => parseXml("<a><b xmlns:p='urn:p'/><p:c/></a>")).toThrow(/undeclared prefix/);
  });

  /** @source RFC 6120 §11.1 */
  it.each([
    ["a document type", "<!DOCTYPE a [<!ENTITY x 'y'>]><a/>"],
    ["an undeclared prefix", "<x:a/>"],
    ["a prefix that objects inherit", "<constructor:a/>"],
    ["an unfinished document", "<a><b></a>"],
    ["crossed tags", "<a><b></a></b>"],
    ["two roots", "<a/><b/>"],
    ["text around the root", "<a/>x"],
    ["nothing", ""],
  ])("refuses %s", (_what, text) => {
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ code: "bad-frame" }) as Error);
  });

  it("does not expand entities of its own", () => {
    expect(parseXml("<a>&lt;&amp;&quot;&#65;</a>").getText()).toBe('<&"A');
    expect(() => parseXml("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>")).toThrow(/document type/);
  });

  /** @source the "billion laughs", and an external entity */
  it.each([
    [
      "that grow",
      `<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;&l;&l;&l;&l;&l;&l;"><!ENTITY n "&m;&m;&m;&m;&m;&m;&m;&m;&m;&m;">]><a>&n;</a>`,
    ],
    ["that name a file", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`],
    ["of a type that stands elsewhere", `<!DOCTYPE a SYSTEM "https://evil.example/a.dtd"><a>&x;</a>`],
    ["declared inside", `<a><!ENTITY x "y">&x;</a>`],
  ])("refuses a document with entities %s, before it is read", (_what, text) => {
    expect(() => parseXml(text)).toThrow(
      expect.objectContaining({
        code: "bad-frame",
        message: expect.stringContaining("document type") as string,
      }) as Error,
    );
  });

  it("leaves out what is too deep, and keeps what stands around it", () => {
    const deep = (levels: number): string => "<b>".repeat(levels) + "x" + "</b>".repeat(levels);
    const parsed = parseXml(`<a>1${deep(7)}2${deep(9)}3<c>4</c></a>`, LIMITS);
    expect(parsed.toString()).toBe(`<a>1${deep(7)}2${deep(7).replace("<b>x</b>", "<b/>")}3<c>4</c></a>`);
    const bottomless = parseXml(deep(100_000));
    expect(bottomless.toString().length).toBe("<b></b>".length * 63 + "<b/>".length);
    expect(() => parseXml(`<a>${deep(9).replace("</b>", "</c>")}</a>`, LIMITS)).toThrow(/closes nothing/);
  });

  it("leaves out what one child of the root has too many of, and keeps its neighbours", () => {
    const many = (count: number): string => `<m>1${"<b>x</b>".repeat(count)}2<c>y</c>3</m>`;
    const parsed = parseXml(`<a>${many(12)}<m>next</m></a>`, LIMITS);
    expect(parsed.toString()).toBe(`<a><m>1${"<b>x</b>".repeat(11)}23</m><m>next</m></a>`);
    const history = parseXml(`<a>${many(60_000).repeat(4)}<m>next</m></a>`);
    expect(history.getChildren("m").map((one) => one.children.length > 3_000)).toEqual([true, true, true, true, false]);
    expect(history.getChildren("m").at(-1)?.getText()).toBe("next");
  });

  it.each([
    ["length", `<a>${"x".repeat(1_001)}</a>`],
    ["elements", `<a>${"<b/>".repeat(20)}</a>`],
  ])("bounds the %s", (_what, text) => {
    expect(() => parseXml(text, LIMITS)).toThrow(expect.objectContaining({ code: "too-large" }) as Error);
  });
});

describe("stripForbidden", () => {
  /** @source XML 1.0 §2.2; case 28 */
  it("removes what XML cannot carry and keeps everything else", () => {
    expect(stripForbidden("a\u0001b\uFFFEc\uD800d\u000be")).toBe("abcde");
    expect(stripForbidden("<&\"' \t\n 😀 नमस्ते")).toBe("<&\"' \t\n 😀 नमस्ते");
  });

  it("survives the way out and back", () => {
    const text = stripForbidden("<&>\"'\u0001 😀 line\nbreak");
    expect(parseXml(xml("body", {}, text).toString()).getText()).toBe(text);
  });
});
