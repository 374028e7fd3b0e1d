import { abortedError } from "./deadline.ts";
import type { FileTransfer, TransferAnswer } from "./transfer-file.ts";

/** Where there is no XMLHttpRequest: by fetch with a metered Blob. */
export async function transferByFetch({
  method,
  url,
  headers,
  data,
  signal,
  onProgress,
}: FileTransfer): Promise<TransferAnswer> {
  try {
    const response = await fetch(url, {
      method,
      headers: new Headers([...headers].map(([name, value]): [string, string] => [name, value])),
      body: new MeteredBlob(data, onProgress),
      signal,
      redirect: "manual",
    });
    const text = await readStart(response);
    const elsewhere = response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400);
    return { status: elsewhere ? 0 : response.status, text };
  } catch (error) {
    throw signal.aborted ? abortedError("The upload", error) : error;
  }
}

/** As much as any store has to say; what follows is not waited for. */
const MAX_ANSWER = 65_536;

async function readStart({ body }: Response): Promise<string> {
  if (!body) return "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (text.length < MAX_ANSWER) continue;
    await reader.cancel();
    return text.slice(0, MAX_ANSWER);
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
