import { isXmlNode, xmlChild, xmlNode, type XmlNode } from "../../../src/kit/xml-node.ts";
import type { ExotelPayload, PayloadFile } from "./payload.ts";

/** Our own carrier: documented, namespaced, survives a MUC. */
export const NS_EXO = "urn:x-exochat:message:0";

/** Reads `<exo xmlns='urn:x-exochat:message:0' subtype role><file/><chat-ended/><interaction/></exo>`. */
export function decodeExo(message: XmlNode): ExotelPayload | null {
  const exo = xmlChild(message, "exo", NS_EXO);
  if (!exo) return null;
  const payload: ExotelPayload = {};
  const { subtype, role } = exo.attrs;
  if (subtype !== undefined) payload.subtype = subtype;
  if (role !== undefined) payload.role = role;
  const files = exo.children
    .filter(isXmlNode)
    .filter(({ name }) => name === "file")
    .flatMap(fileOf);
  if (files.length > 0) payload.files = files;
  if (xmlChild(exo, "chat-ended")) payload.ended = true;
  const interaction = xmlChild(exo, "interaction");
  if (interaction) {
    const { "chat-id": chatId, "interaction-id": interactionId } = interaction.attrs;
    payload.interaction = {
      ...(chatId === undefined ? {} : { chatId }),
      ...(interactionId === undefined ? {} : { interactionId }),
    };
  }
  return payload;
}

function fileOf({ attrs }: XmlNode): PayloadFile[] {
  const { url, name, type, size } = attrs;
  if (url === undefined) return [];
  const bytes = size !== undefined && /^\d{1,15}$/.test(size) ? Number(size) : undefined;
  return [
    {
      url,
      ...(name === undefined ? {} : { name }),
      ...(type === undefined ? {} : { mediaType: type }),
      ...(bytes === undefined ? {} : { sizeBytes: bytes }),
    },
  ];
}

/** Writes the element that {@link decodeExo} reads. */
export function encodeExo(payload: ExotelPayload): XmlNode[] {
  const files = (payload.files ?? []).map(({ url, name, mediaType, sizeBytes }) =>
    xmlNode("file", { url, name, type: mediaType, size: sizeBytes === undefined ? undefined : String(sizeBytes) }),
  );
  const { chatId, interactionId } = payload.interaction ?? {};
  const ids = payload.interaction
    ? [xmlNode("interaction", { "chat-id": chatId, "interaction-id": interactionId })]
    : [];
  const ended = payload.ended ? [xmlNode("chat-ended")] : [];
  const attrs = { xmlns: NS_EXO, subtype: payload.subtype ?? undefined, role: payload.role ?? undefined };
  return [xmlNode("exo", attrs, ...files, ...ended, ...ids)];
}
