import { xmlChild, xmlText, type XmlNode } from "../../../src/kit/xml-node.ts";
import { parseJson, payloadOfRecord, type ExotelPayload } from "./payload.ts";

/** Reads a body that as a whole is a JSON object with one of the known keys. Last resort: anybody can type that. */
export function decodeBody(message: XmlNode): ExotelPayload | null {
  const body = xmlChild(message, "body");
  const text = body ? xmlText(body).trim() : "";
  return text.startsWith("{") ? payloadOfRecord(parseJson(text)) : null;
}
