import { ChatError } from "../../../src/transport/errors.ts";
import { transferFile } from "../../../src/kit/transfer-file.ts";
import type { Slot } from "../xep/0363-http-upload.ts";
import { asUploadError, badSlot, cookieSlot, mapPutStatus, putUnreachable } from "./upload-errors.ts";

/** One transfer. */
export interface PutRequest {
  slot: Slot;
  data: Blob;
  mediaType: string;
  signal: AbortSignal;
  /** Bytes handed to the network so far; rises to `data.size`. */
  onProgress: (sentBytes: number) => void;
}

/**
 * Stores the bytes (XEP-0363 §7) and resolves on any 2xx.
 * @throws ChatError `aborted`, `unreachable`, `refused`, `too-large`, `rate-limited`, `unsupported`.
 */
export async function putFile({ slot, data, mediaType, signal, onProgress }: PutRequest): Promise<void> {
  if (typeof XMLHttpRequest === "function" && slot.headers.some(({ name }) => name.toLowerCase() === "cookie"))
    throw cookieSlot();
  const headers = slot.headers.map(({ name, value }) => [name, value] as const);
  const { status } = await transferFile({
    method: "PUT",
    url: slot.putUrl,
    headers: [["Content-Type", mediaType], ...headers],
    data,
    signal,
    onProgress,
  }).catch((error: unknown) => {
    throw ChatError.isInstance(error) ? asUploadError(error) : putUnreachable(error);
  });
  if (status === 0) throw badSlot("the store sends us elsewhere");
  if (status < 200 || status > 299) throw mapPutStatus(status, data.size);
  onProgress(data.size);
}
