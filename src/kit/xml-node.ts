/**
 * An XML element as plain data: what every XML library's element already looks like, so that a codec for a vendor's
 * payload needs none of them.
 */
export interface XmlNode {
  readonly name: string;
  readonly attrs: Readonly<Record<string, string | undefined>>;
  readonly children: readonly (XmlNode | string)[];
}

/** Makes a node; attributes that are `undefined` are left out. */
export function xmlNode(
  name: string,
  attrs: Record<string, string | undefined> = {},
  ...children: (XmlNode | string)[]
): XmlNode {
  return { name, attrs, children };
}

/** Whether a child is an element (text is a string). */
export function isXmlNode(child: XmlNode | string): child is XmlNode {
  return typeof child !== "string";
}

/** The first child element of that name and, if given, declared in that namespace. */
export function xmlChild(node: XmlNode, name: string, xmlns?: string): XmlNode | undefined {
  return node.children.find(
    (child): child is XmlNode =>
      isXmlNode(child) && child.name === name && (xmlns === undefined || child.attrs["xmlns"] === xmlns),
  );
}

/** The text directly inside a node. */
export function xmlText(node: XmlNode): string {
  return node.children.filter((child): child is string => typeof child === "string").join("");
}
