import { withDeadline } from "../kit/deadline.ts";
import { createEmitter } from "../kit/emitter.ts";
import type { Call, UploadCall } from "../transport/call.ts";
import { ChatError } from "../transport/errors.ts";
import type { EventBus } from "./event-bus.ts";
import type { ExoChatLine, UploadSlot } from "./ports.ts";

/** How an upload is watched and stopped. `timeoutMs` covers all of it; default: no limit. */
export interface UploadOptions extends Call {
  /** Called with the bytes sent so far, which never fall. Silent after the upload has ended. */
  onProgress?(sentBytes: number, totalBytes: number): void;
}

/**
 * Slot and transfer in one; progress is the event `uploadProgress` and the caller's own. Resolves with the public address.
 * @throws ChatError `aborted` with the vendor code `upload/aborted`, and what slot and transfer throw.
 */
export function putFile(line: ExoChatLine, file: File, bus: EventBus, options?: UploadOptions): Promise<string> {
  return transfer(file, bus, options, async (call) => {
    const slot = await line.requestSlot({ name: file.name, size: file.size, type: mediaTypeOf(file) }, call);
    return line.putFile(file, slot, call);
  });
}

/** The transfer alone, into a slot that was asked for before. @throws ChatError as {@link putFile}. */
export function putIntoSlot(
  line: ExoChatLine,
  file: File,
  slot: UploadSlot,
  bus: EventBus,
  options?: UploadOptions,
): Promise<string> {
  return transfer(file, bus, options, (call) => line.putFile(file, slot, call));
}

async function transfer(
  file: File,
  bus: EventBus,
  options: UploadOptions = {},
  work: (call: UploadCall) => Promise<string>,
): Promise<string> {
  if (!(file instanceof Blob)) throw new ChatError("invalid-argument", "There is no file to upload.");
  // An emitter, so that a page's failing progress bar does not fail the upload.
  const progress = createEmitter<{ sent: number }>();
  progress.on("sent", (sent) => options.onProgress?.(sent, file.size));
  const onProgress = (sent: number): void => {
    bus.emit("uploadProgress", sent, file.size, file.name);
    progress.emit("sent", sent);
  };
  let over = false;
  try {
    return await withDeadline(options, Infinity, "The upload", (signal) =>
      work({
        signal,
        timeoutMs: Infinity,
        onProgress: (sent) => (over || signal.aborted ? undefined : onProgress(sent)),
      }),
    );
  } catch (error) {
    throw namedAbort(error);
  } finally {
    over = true;
  }
}

/** An abort with the vendor code of the catalogue; everything else as it is. */
function namedAbort(error: unknown): unknown {
  if (!ChatError.isInstance(error) || error.code !== "aborted") return error;
  return new ChatError("aborted", error.message, { vendor: { name: "xmpp", code: "upload/aborted" }, ...error.info });
}

/** The media type that slot and transfer must agree on. */
export function mediaTypeOf({ type }: { type: string }): string {
  return type === "" ? "application/octet-stream" : type;
}
