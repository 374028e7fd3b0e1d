import { cleanFileName } from "../../../src/kit/file-name.ts";
import type { Call } from "../../../src/transport/call.ts";
import type { StanzaLink } from "../connection/link.ts";
import type { Slot } from "../xep/0363-http-upload.ts";
import { discoverUpload } from "./discover-upload.ts";
import { requestSlot } from "./request-slot.ts";
import { emptyFile, fileTooLarge, uploadUnsupported } from "./upload-errors.ts";

/** How to upload. */
export interface UploadSettings {
  /** JID of the upload service; found by asking the server when absent. */
  service?: string | undefined;
}

/** A slot, and what the transfer must say as the request did. */
export interface ReservedSlot {
  slot: Slot;
  /** Cleaned. */
  name: string;
  mediaType: string;
}

/**
 * Finds the service, checks its limit and asks for a slot. Ask right before the transfer: a slot lasts minutes.
 * @throws ChatError `too-large` (with `limitBytes`), `invalid-argument` (nothing to store), `unsupported`, and what the
 * service answers.
 */
export async function reserveSlot(
  link: StanzaLink,
  file: { name: string; sizeBytes: number; mediaType: string },
  settings: UploadSettings = {},
  call: Call = {},
): Promise<ReservedSlot> {
  if (file.sizeBytes === 0) throw emptyFile("An empty file cannot be stored.");
  const service = await discoverUpload(link, settings.service, call);
  if (!service) throw uploadUnsupported();
  const { maxFileSizeBytes } = service;
  if (maxFileSizeBytes !== undefined && file.sizeBytes > maxFileSizeBytes) {
    throw fileTooLarge(file.sizeBytes, maxFileSizeBytes);
  }
  const name = cleanFileName(file.name);
  const mediaType = file.mediaType === "" ? "application/octet-stream" : file.mediaType;
  const request = { filename: name, sizeBytes: file.sizeBytes, contentType: mediaType };
  return { slot: await requestSlot(link, service.jid, request, call), name, mediaType };
}
