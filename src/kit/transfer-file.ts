import type { UploadCall } from "../transport/call.ts";
import { abortedError } from "./deadline.ts";
import { createEmitter } from "./emitter.ts";

/** One file on its way. */
export interface FileTransfer {
  method: "PUT" | "POST";
  url: string;
  headers: Iterable<readonly [name: string, value: string]>;
  data: Blob;
  signal: AbortSignal;
  /** Bytes handed to the network so far; rises to `data.size`. */
  onProgress: (sentBytes: number) => void;
}

/** Tells the caller of an upload how far it got, as `UploadCall.onProgress` promises it. */
export interface UploadProgress {
  report(sentBytes: number): void;
  /** The call has settled: from now on silence. */
  settle(): void;
}

/** Never falls, never exceeds the file, and a failing progress bar does not fail the upload. */
export function uploadProgress(call: UploadCall, sizeBytes: number): UploadProgress {
  let settled = false;
  let told = 0;
  const progress = createEmitter<{ sent: number }>();
  progress.on("sent", (sentBytes) => call.onProgress?.(sentBytes));
  return {
    report(sentBytes) {
      if (settled || sentBytes <= told) return;
      told = Math.min(sentBytes, sizeBytes);
      progress.emit("sent", told);
    },
    settle() {
      settled = true;
    },
  };
}

/** What the store said. */
export interface TransferAnswer {
  /** 0 when it wanted to send us elsewhere: headers are for one address only. */
  status: number;
  text: string;
}

/**
 * Sends a file with its exact length and resolves with the answer, whatever its status. In pages by XMLHttpRequest, the
 * only one there that tells how far it got; elsewhere by fetch with a metered Blob.
 * @throws ChatError `aborted`; what the platform throws where nothing answered.
 */
export function transferFile(transfer: FileTransfer): Promise<TransferAnswer> {
  return typeof XMLHttpRequest === "function" ? byXhr(transfer) : byFetch(transfer);
}

function byXhr({ method, url, headers, data, signal, onProgress }: FileTransfer): Promise<TransferAnswer> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = (): void => xhr.abort();
    const settle = (run: () => void): void => {
      signal.removeEventListener("abort", abort);
      run();
    };
    xhr.open(method, url);
    for (const [name, value] of headers) xhr.setRequestHeader(name, value);
    xhr.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    xhr.addEventListener("load", () => settle(() => resolve({ status: xhr.status, text: xhr.responseText })));
    xhr.addEventListener("error", () => settle(() => reject(new TypeError("The network request failed."))));
    xhr.addEventListener("abort", () => settle(() => reject(abortedError("The upload", signal.reason))));
    signal.addEventListener("abort", abort, { once: true });
    xhr.send(data);
  });
}

async function byFetch({ method, url, headers, data, signal, onProgress }: FileTransfer): Promise<TransferAnswer> {
  try {
    const response = await fetch(url, {
      method,
      headers: new Headers([...headers].map(([name, value]): [string, string] => [name, value])),
      body: new MeteredBlob(data, onProgress),
      signal,
      redirect: "manual",
    });
    const text = await response.text();
    const elsewhere = response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400);
    return { status: elsewhere ? 0 : response.status, text };
  } catch (error) {
    throw signal.aborted ? abortedError("The upload", error) : error;
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
