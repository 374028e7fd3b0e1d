import { isXmlNode, xmlChild, xmlNode, xmlText, type XmlNode } from "../../../src/kit/xml-node.ts";
import { payloadOfRecord, recordOfPayload, type ExotelPayload } from "./payload.ts";

/** Jive properties: the habit of Smack and Openfire back ends. */
export const NS_JIVE = "http://www.jivesoftware.com/xmlns/xmpp/properties";

/** Reads `<properties><property><name/><value/></property>…</properties>`; values that are lists hold JSON. */
export function decodeJive(message: XmlNode): ExotelPayload | null {
  const properties = xmlChild(message, "properties", NS_JIVE);
  if (!properties) return null;
  const entries = properties.children.filter(isXmlNode).flatMap((property) => {
    const name = xmlChild(property, "name");
    const value = xmlChild(property, "value");
    return name && value ? [[xmlText(name), xmlText(value)] as const] : [];
  });
  return payloadOfRecord(Object.fromEntries(entries));
}

/** Writes the element that {@link decodeJive} reads. */
export function encodeJive(payload: ExotelPayload): XmlNode[] {
  const properties = Object.entries(recordOfPayload(payload)).map(([name, value]) =>
    xmlNode(
      "property",
      {},
      xmlNode("name", {}, name),
      xmlNode("value", { type: "string" }, typeof value === "string" ? value : JSON.stringify(value)),
    ),
  );
  return [xmlNode("properties", { xmlns: NS_JIVE }, ...properties)];
}
