import { assertFileSize } from "../../../src/kit/assert-arguments.ts";
import { withDeadline } from "../../../src/kit/deadline.ts";
import { uploadProgress } from "../../../src/kit/transfer-file.ts";
import type { UploadCall } from "../../../src/transport/call.ts";
import type { Attachment, UploadFile } from "../../../src/transport/messages.ts";
import type { StanzaLink } from "../connection/link.ts";
import { putFile } from "./put-file.ts";
import { assertSafeUrl } from "./request-slot.ts";
import { reserveSlot, type UploadSettings } from "./reserve-slot.ts";
import { asUploadError } from "./upload-errors.ts";

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
    // Slots are bound to the exact size, and have none for nothing.
    assertFileSize(file);
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
