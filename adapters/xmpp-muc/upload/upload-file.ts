import { withDeadline } from "../../../src/kit/deadline.ts";
import { uploadProgress } from "../../../src/kit/transfer-file.ts";
import type { Call, UploadCall } from "../../../src/transport/call.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { Attachment, UploadFile } from "../../../src/transport/messages.ts";
import type { StanzaLink } from "../connection/link.ts";
import type { Slot } from "../xep/0363-http-upload.ts";
import { discoverUpload } from "./discover-upload.ts";
import { cleanFileName } from "../../../src/kit/file-name.ts";
import { putFile } from "./put-file.ts";
import { assertSafeUrl, requestSlot } from "./request-slot.ts";
import { asUploadError, fileTooLarge, uploadUnsupported } from "./upload-errors.ts";

/** How to upload. */
export interface UploadSettings {
  /** JID of the upload service; found by asking the server when absent. */
  service?: string | undefined;
}

/**
 * Finds the service, checks the limit, gets a slot and stores the file. Resolves when it is stored.
 * @param call `timeoutMs` covers all of it, default 60_000.
 * @throws ChatError as `ChatTransport.upload`.
 */
export function uploadFile(
  link: StanzaLink,
  file: UploadFile,
  settings: UploadSettings = {},
  call: UploadCall = {},
): Promise<Attachment> {
  const progress = uploadProgress(call, file.sizeBytes);
  const work = withDeadline(call, 60_000, "The upload", async (signal) => {
    assertSize(file);
    const { slot, name, mediaType } = await reserveSlot(link, file, settings, { signal, timeoutMs: Infinity });
    await putFile({ slot, data: file.data, mediaType, signal, onProgress: (sentBytes) => progress.report(sentBytes) });
    return { url: assertSafeUrl(slot.getUrl), name, mediaType, sizeBytes: file.sizeBytes };
  });
  return work
    .catch((error: unknown) => {
      throw asUploadError(error);
    })
    .finally(() => progress.settle());
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

/** Slots are bound to the exact size, and have none for nothing. */
function assertSize(file: UploadFile): void {
  if (file.sizeBytes > 0 && file.sizeBytes === file.data.size) return;
  const message =
    file.sizeBytes === 0 || file.data.size === 0
      ? "An empty file cannot be stored."
      : `The file has ${file.data.size} bytes, not ${file.sizeBytes}.`;
  throw emptyFile(message);
}

function emptyFile(message: string): ChatError {
  return new ChatError("invalid-argument", message, { remedy: "Pass the file's exact size in bytes." });
}
