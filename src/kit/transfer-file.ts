import type { UploadCall } from "../transport/call.ts";
import { abortedError } from "./deadline.ts";
import { createEmitter } from "./emitter.ts";
import { transferByFetch } from "./transfer-by-fetch.ts";

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
 * only one there that tells how far it got; elsewhere by fetch.
 * @throws ChatError `aborted`; what the platform throws where nothing answered.
 */
export function transferFile(transfer: FileTransfer): Promise<TransferAnswer> {
  return typeof XMLHttpRequest === "function" ? byXhr(transfer) : transferByFetch(transfer);
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
