import createElement, { Element as LtxElement, Parser } from "@xmpp/xml";
import { ChatError } from "../../src/transport/errors.ts";
import type { XmlNode } from "../../src/kit/xml-node.ts";

/**
 * An element of `@xmpp/xml`, as this adapter sees it. What {@link parseXml} returns is free of prefixes: each element
 * whose namespace differs from its parent's declares it in `attrs.xmlns`.
 */
export interface XmlElement extends XmlNode {
  name: string;
  attrs: Record<string, string | undefined>;
  children: (XmlElement | string)[];
  parent: XmlElement | null;
  is(name: string, xmlns?: string): boolean;
  getNS(): string | undefined;
  getChild(name: string, xmlns?: string): XmlElement | undefined;
  getChildren(name: string, xmlns?: string): XmlElement[];
  getChildElements(): XmlElement[];
  getChildText(name: string, xmlns?: string): string | null;
  getText(): string;
  append(...nodes: (XmlElement | string)[]): void;
  toString(): string;
}

/** Attributes of a new element; `undefined` ones are left out. */
export type XmlAttrs = Record<string, string | number | undefined>;

/** Builds an element. Children that are `undefined`, `null` or `false` are left out. */
export function xml(
  name: string,
  attrs: XmlAttrs = {},
  ...children: (XmlElement | string | undefined | null | false)[]
): XmlElement {
  const given: Record<string, string> = {};
  for (const [key, value] of Object.entries(attrs)) if (value !== undefined) given[key] = String(value);
  const kept = children.filter(
    (child): child is XmlElement | string => child !== undefined && child !== null && child !== false,
  );
  return createElement(name, given, ...kept);
}

/** Turns plain nodes (a vendor codec's) into elements. */
export function fromXmlNode(node: XmlNode): XmlElement {
  return xml(
    node.name,
    { ...node.attrs },
    ...node.children.map((child) => (typeof child === "string" ? child : fromXmlNode(child))),
  );
}

/** What a document from the wire may be at most. */
export interface XmlLimits {
  /** UTF-16 code units of the whole document. */
  maxLength: number;
  /**
   * Elements inside elements. What is deeper is left out and not refused: servers relay it, and one member's message
   * must not end everybody's stream, again each time that the history has it.
   */
  maxDepth: number;
  /** Elements in one child of the root: a stanza of a BOSH body. What is more is left out, for the same reason. */
  maxChildElements: number;
  /** Elements in all, without those that were left out. */
  maxElements: number;
}

/** Generous for XMPP, harmless for a browser tab. */
export const DEFAULT_XML_LIMITS: XmlLimits = {
  maxLength: 16 * 1024 * 1024,
  maxDepth: 64,
  // Fifty messages of the worst kind, a whole join history, are still read.
  maxChildElements: 4_000,
  maxElements: 200_000,
};

const PREDEFINED: Record<string, string | undefined> = Object.assign(inherit(null), {
  xml: "http://www.w3.org/XML/1998/namespace",
});

class DocumentParser extends Parser {
  document: XmlElement | undefined;
  open: XmlElement | undefined;
  #scopes: Record<string, string | undefined>[] = [PREDEFINED];
  #count = 0;
  #countInChild = 0;
  /** Depth of the element that is being left out, with everything in it. */
  #skippedFrom: number | undefined;
  readonly #limits: XmlLimits;

  constructor(limits: XmlLimits) {
    super();
    this.#limits = limits;
  }

  override onStartElement(name: string, attrs: Record<string, string>): void {
    const depth = this.#names.push(name);
    if (this.#skippedFrom !== undefined) return;
    if (depth === 2) this.#countInChild = 0;
    if (depth > this.#limits.maxDepth || ++this.#countInChild > this.#limits.maxChildElements) {
      this.#skippedFrom = depth;
      return;
    }
    if (++this.#count > this.#limits.maxElements) throw tooMuch("elements", this.#limits.maxElements);
    if (this.document && !this.open) throw notXml("more than one root element");
    const scope = this.#scope(attrs);
    const colon = name.indexOf(":");
    if (colon > 0) {
      const uri = scope[name.slice(0, colon)];
      if (uri === undefined) throw notXml(`undeclared prefix of <${name.slice(0, 64)}>`);
      attrs["xmlns"] = uri;
      scope[""] = uri;
    }
    const element = new LtxElement(colon > 0 ? name.slice(colon + 1) : name, attrs);
    this.#scopes.push(scope);
    if (this.open) this.open.append(element);
    else this.document = element;
    this.open = element;
  }

  readonly #names: string[] = [];

  /** Prefixes in force inside this element; the parent's object itself when it declares none. */
  #scope(attrs: Record<string, string>): Record<string, string | undefined> {
    const outer = this.#scopes[this.#scopes.length - 1] ?? PREDEFINED;
    let scope = outer;
    for (const key of Object.keys(attrs)) {
      if (!key.startsWith("xmlns:")) continue;
      if (scope === outer) scope = inherit(outer);
      scope[key.slice(6)] = attrs[key];
    }
    return scope;
  }

  override onEndElement(name: string): void {
    if (this.#names.pop() !== name) throw notXml(`</${name.slice(0, 64)}> closes nothing`);
    if (this.#skippedFrom !== undefined) {
      if (this.#names.length < this.#skippedFrom) this.#skippedFrom = undefined;
      return;
    }
    this.#scopes.pop();
    this.open = this.open?.parent ?? undefined;
  }

  override onText(text: string): void {
    if (this.#skippedFrom !== undefined) return;
    if (this.open) this.open.children.push(text);
    else if (text.trim() !== "") throw notXml("text outside of the root element");
  }
}

/** A scope that sees through to `outer`, which it does not change. */
function inherit(outer: Record<string, string | undefined> | null): Record<string, string | undefined> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.create is typed any
  return Object.create(outer) as Record<string, string | undefined>;
}

/**
 * Parses one whole XML document: a BOSH body or a WebSocket frame. DTDs, processing instructions and undeclared
 * prefixes are refused (RFC 6120 §11.1); entities are limited to the five predefined ones by the parser.
 * @throws ChatError `bad-frame` when it is not well-formed, `too-large` over the limit of length or elements.
 */
export function parseXml(text: string, limits: XmlLimits = DEFAULT_XML_LIMITS): XmlElement {
  if (text.length > limits.maxLength) throw tooMuch("characters", limits.maxLength);
  if (/<!(?!\[CDATA\[|--)/.test(text)) throw notXml("a document type declaration");
  // The parser reports text only when the next tag ends it.
  if (text.slice(text.lastIndexOf(">") + 1).trim() !== "") throw notXml("text outside of the root element");
  const parser = new DocumentParser(limits);
  try {
    parser.write(text);
  } catch (cause) {
    throw ChatError.from(cause, "bad-frame", "The service sent text that is not well-formed XML.");
  }
  if (!parser.document || parser.open) throw notXml("an unfinished document");
  return parser.document;
}

function notXml(what: string): ChatError {
  return new ChatError("bad-frame", `The service sent text that is not well-formed XML: ${what}.`);
}

function tooMuch(what: string, limit: number): ChatError {
  return new ChatError("too-large", `The service sent a document of more than ${limit} ${what}.`);
}

// Characters that XML 1.0 forbids even as references (§2.2). One of them ends a whole BOSH session with bad-request.
const FORBIDDEN =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Removes what XML 1.0 cannot carry: most control characters, U+FFFE, U+FFFF and halves of surrogate pairs. */
export function stripForbidden(text: string): string {
  return text.replace(FORBIDDEN, "");
}
