import type { Call } from "../../../src/transport/call.ts";
import { isLoopbackHost } from "../../../src/kit/secure-url.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { StanzaLink } from "../connection/link.ts";
import { decodeSlot, encodeSlotRequest, type Slot, type SlotRequest } from "../xep/0363-http-upload.ts";
import { NS_UPLOAD } from "../xep/namespaces.ts";
import { xml } from "../xml.ts";
import { badSlot, mapSlotError } from "./upload-errors.ts";

/**
 * Asks for a slot. Ask right before the PUT: it lasts minutes. The headers in it are secrets.
 * @throws ChatError `too-large`, `rate-limited`, `refused`, `invalid-argument`, `unsupported`, `bad-frame`.
 */
export async function requestSlot(link: StanzaLink, service: string, file: SlotRequest, call?: Call): Promise<Slot> {
  let answer;
  try {
    answer = await link.request(xml("iq", { type: "get", to: service }, encodeSlotRequest(file)), call);
  } catch (error) {
    const known = ChatError.from(error, "unreachable", "The upload service could not be asked.");
    throw mapSlotError(known, file.sizeBytes, Date.now());
  }
  // By its name: the request's child is called differently from the answer's.
  const element = answer.getChild("slot", NS_UPLOAD);
  const slot = element && decodeSlot(element);
  if (!slot) throw badSlot("it has no addresses");
  assertSafeUrl(slot.putUrl);
  assertSafeUrl(slot.getUrl);
  return slot;
}

/** https, or http to this very machine. @throws ChatError `bad-frame`. */
export function assertSafeUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw badSlot("an address is none");
  const safe = url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname));
  if (!safe) throw badSlot("an address is not encrypted");
  return url;
}
