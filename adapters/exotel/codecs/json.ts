import { xmlChild, xmlNode, xmlText, type XmlNode } from "../../../src/kit/xml-node.ts";
import { parseJson, payloadOfRecord, recordOfPayload, type ExotelPayload } from "./payload.ts";

/** XEP-0335 JSON Containers 0.1.1. */
export const NS_JSON = "urn:xmpp:json:0";

/** Reads `<json xmlns='urn:xmpp:json:0'>{…}</json>` with the keys of the vendor's message object. */
export function decodeJson(message: XmlNode): ExotelPayload | null {
  const json = xmlChild(message, "json", NS_JSON);
  return json ? payloadOfRecord(parseJson(xmlText(json))) : null;
}

/** Writes the element that {@link decodeJson} reads. */
export function encodeJson(payload: ExotelPayload): XmlNode[] {
  return [xmlNode("json", { xmlns: NS_JSON }, JSON.stringify(recordOfPayload(payload)))];
}
