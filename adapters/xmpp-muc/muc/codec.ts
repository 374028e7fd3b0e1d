import type { XmlNode } from "../../../src/kit/xml-node.ts";

/** A file as a vendor's payload names it; the address is not checked yet. */
export interface PayloadFile {
  url: string;
  name?: string;
  mediaType?: string;
  sizeBytes?: number;
}

/** What a vendor says beside the standard elements of a message. Every field is a claim of the sender. */
export interface MessagePayload {
  /** The vendor's word for the kind of message, verbatim. */
  subtype?: string | null;
  files?: readonly PayloadFile[] | null;
  /** Who the sender says it is. Believed only from an occupant with other evidence. */
  role?: string | null;
  /** The sender says that the chat is over. Believed only from who may end it. */
  ended?: boolean;
  interaction?: { chatId?: string; interactionId?: string } | null;
  form?: unknown;
  /** Anything else, for the vendor's own layer. */
  fields?: Readonly<Record<string, unknown>>;
}

/** Where a message came from, for a codec that trusts some places less. */
export interface CodecContext {
  archived: boolean;
  /** From the room itself, not from somebody in it. */
  fromRoom: boolean;
}

/** What {@link MessageCodec.encode} adds to a message. */
export interface EncodedPayload {
  children: readonly XmlNode[];
  attrs?: Readonly<Record<string, string>>;
}

/** A vendor's way to put its payload into a room message. Pure: it is called for every message. */
export interface MessageCodec {
  /** `null` when the message carries nothing of this vendor's. Must not throw; when it does, the message stands without. */
  decode(message: XmlNode, context: CodecContext): MessagePayload | null;
  /** Absent on codecs that only read. */
  encode?(payload: MessagePayload): EncodedPayload;
}

/** Asks several codecs; for each field the first one that has it wins. The first that can write, writes. */
export function chainCodecs(codecs: readonly MessageCodec[]): MessageCodec {
  const writer = codecs.find((codec) => "encode" in codec);
  return {
    decode(message, context) {
      let merged: MessagePayload | null = null;
      for (const codec of codecs) {
        const payload = codec.decode(message, context);
        if (payload) merged = merged ? { ...payload, ...withoutEmpty(merged) } : payload;
      }
      return merged;
    },
    ...(writer && { encode: (payload: MessagePayload) => writer.encode?.(payload) ?? { children: [] } }),
  };
}

function withoutEmpty(payload: MessagePayload): MessagePayload {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined && value !== null));
}
