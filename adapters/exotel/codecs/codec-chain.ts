import type { XmlNode } from "../../../src/kit/xml-node.ts";
import type { ResolvedExotelWire } from "../exotel-options.ts";
import { decodeBody } from "./body.ts";
import { decodeExo, encodeExo } from "./exo.ts";
import { decodeJive, encodeJive } from "./jive.ts";
import { decodeJson, encodeJson } from "./json.ts";
import type { ExotelPayload } from "./payload.ts";
import { decodePlain, encodePlain } from "./plain.ts";

/** How a tenant carries type, files, role and end of chat inside a stanza: not documented, so all usual ways are known. */
export type PayloadDialect = "exo" | "json" | "jive" | "plain" | "body";

/** Structurally the `MessageCodec` port of the XMPP adapter. */
export interface ExotelCodec {
  decode(message: XmlNode, context: { archived: boolean; fromRoom: boolean }): ExotelPayload | null;
  encode(payload: ExotelPayload): { children: XmlNode[] };
}

const DECODERS: Readonly<Record<PayloadDialect, (message: XmlNode) => ExotelPayload | null>> = {
  exo: decodeExo,
  json: decodeJson,
  jive: decodeJive,
  plain: decodePlain,
  body: decodeBody,
};

const ENCODERS: Readonly<Record<PayloadDialect, (payload: ExotelPayload) => XmlNode[]>> = {
  exo: encodeExo,
  json: encodeJson,
  jive: encodeJive,
  plain: encodePlain,
  // A JSON body would be shown to the agent as text.
  body: encodeExo,
};

/** Reads with every dialect in order, the first that says something wins per field; writes with one. */
export function exotelCodec(wire: ResolvedExotelWire): ExotelCodec {
  const decoders = wire.readDialects.map((dialect) => DECODERS[dialect]);
  const encode = ENCODERS[wire.sendDialect];
  return {
    decode(message) {
      let found: ExotelPayload | null = null;
      for (const decode of decoders) {
        const payload = decode(message);
        if (payload) found = found === null ? payload : Object.assign(payload, found);
      }
      return found;
    },
    encode: (payload) => ({ children: encode({ ...payload, subtype: payload.subtype ?? subtypeOf(payload, wire) }) }),
  };
}

function subtypeOf({ files }: ExotelPayload, { subtypeCase }: ResolvedExotelWire): string {
  const subtype = files && files.length > 0 ? "MEDIA_MSG" : "NORMAL_TEXT_MSG";
  return subtypeCase === "lower" ? subtype.toLowerCase() : subtype;
}
