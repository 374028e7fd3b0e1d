import { isXmlNode, xmlNode, xmlText, type XmlNode } from "../../../src/kit/xml-node.ts";
import { normalForm } from "../names.ts";
import { payloadOfRecord, recordOfPayload, type ExotelPayload } from "./payload.ts";

const FIELDS = new Set(["subtype", "files", "userrole", "chatended", "interactiondata", "form"]);

/** Reads direct children or attributes of the message in no namespace of their own; lists and objects hold JSON. */
export function decodePlain(message: XmlNode): ExotelPayload | null {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.attrs)) {
    if (value !== undefined && FIELDS.has(normalForm(name))) found[name] = value;
  }
  for (const child of message.children) {
    if (!isXmlNode(child) || !isPlain(child) || !FIELDS.has(normalForm(child.name))) continue;
    found[child.name] = xmlText(child);
  }
  return payloadOfRecord(found);
}

/** A child declares a namespace only when it differs from the stanza's. */
function isPlain({ attrs: { xmlns } }: XmlNode): boolean {
  return xmlns === undefined || xmlns === "" || xmlns === "jabber:client";
}

/** Writes the children that {@link decodePlain} reads. */
export function encodePlain(payload: ExotelPayload): XmlNode[] {
  return Object.entries(recordOfPayload(payload)).map(([name, value]) =>
    xmlNode(name.toLowerCase(), {}, typeof value === "string" ? value : JSON.stringify(value)),
  );
}
