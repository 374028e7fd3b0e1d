import { abortedError } from "../../../src/kit/deadline.ts";
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
 * Stores the bytes (XEP-0363 §7) and resolves on any 2xx. In pages by XMLHttpRequest, the only one there that tells how
 * far it got; elsewhere by fetch with a metered Blob.
 * @throws ChatError `aborted`, `unreachable`, `refused`, `too-large`, `rate-limited`, `unsupported`.
 */
export async function putFile(request: PutRequest): Promise<void> {
  const status = typeof XMLHttpRequest === "function" ? await putByXhr(request) : await putByFetch(request);
  if (status < 200 || status > 299) throw mapPutStatus(status, request.data.size);
  request.onProgress(request.data.size);
}

function putByXhr({ slot, data, mediaType, signal, onProgress }: PutRequest): Promise<number> {
  if (slot.headers.some(({ name }) => name.toLowerCase() === "cookie")) return Promise.reject(cookieSlot());
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = (): void => xhr.abort();
    const settle = (run: () => void): void => {
      signal.removeEventListener("abort", abort);
      run();
    };
    xhr.open("PUT", slot.putUrl);
    for (const { name, value } of slot.headers) xhr.setRequestHeader(name, value);
    xhr.setRequestHeader("Content-Type", mediaType);
    xhr.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    xhr.addEventListener("load", () => settle(() => resolve(xhr.status)));
    xhr.addEventListener("error", () => settle(() => reject(putUnreachable(undefined))));
    xhr.addEventListener("abort", () => settle(() => reject(asUploadError(abortedError("The upload", signal.reason)))));
    signal.addEventListener("abort", abort, { once: true });
    xhr.send(data);
  });
}

async function putByFetch({ slot, data, mediaType, signal, onProgress }: PutRequest): Promise<number> {
  const headers = new Headers({ "Content-Type": mediaType });
  for (const { name, value } of slot.headers) headers.append(name, value);
  try {
    const response = await fetch(slot.putUrl, {
      method: "PUT",
      headers,
      body: new MeteredBlob(data, onProgress),
      signal,
      // The slot's headers are for this address only.
      redirect: "manual",
    });
    await response.body?.cancel();
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
      throw badSlot("the store sends us elsewhere");
    }
    return response.status;
  } catch (error) {
    if (signal.aborted) throw asUploadError(abortedError("The upload", error));
    throw error instanceof TypeError ? putUnreachable(error) : error;
  }
}

/** How much is handed to the network at once, bytes: small enough for a progress bar, large enough not to cost. */
const PIECE_BYTES = 65_536;

/**
 * A Blob that tells how much of it was read. A stream as body would make fetch send chunks without a Content-Length,
 * which upload services refuse (Prosody: 411, 413); for a Blob, fetch takes the length from `size` and the bytes from
 * `stream()`, as the network asks for them (Fetch standard, "extract a body").
 */
class MeteredBlob extends Blob {
  readonly #onRead: (sentBytes: number) => void;

  constructor(data: Blob, onRead: (sentBytes: number) => void) {
    super([data]);
    this.#onRead = onRead;
  }

  override stream(): ReturnType<Blob["stream"]> {
    let sentBytes = 0;
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: async (controller) => {
          // What was handed out before has gone by now: more is only asked for when there is room again.
          this.#onRead(sentBytes);
          const piece = await this.slice(sentBytes, sentBytes + PIECE_BYTES).arrayBuffer();
          sentBytes += piece.byteLength;
          if (piece.byteLength === 0) controller.close();
          else controller.enqueue(new Uint8Array(piece));
        },
      },
      { highWaterMark: 0 },
    );
  }
}
