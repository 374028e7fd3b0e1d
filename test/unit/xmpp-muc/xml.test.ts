import { describe, expect, it } from "vitest";
import { parseXml, stripForbidden, xml } from "../../../adapters/xmpp-muc/xml.ts";

const LIMITS = { maxLength: 1_000, maxDepth: 8, maxElements: 20 };

describe("parseXml", () => {
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
    expect(parseXml("<a>&lt;&amp;&quot;</a>").getText()).toBe('<&"');
    expect(() => parseXml("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>")).toThrow(/document type/);
  });

  it.each([
    ["length", `<a>${"x".repeat(1_001)}</a>`],
    ["depth", `${"<a>".repeat(9)}${"</a>".repeat(9)}`],
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
