import { assertFileSize } from "../../../src/kit/assert-arguments.ts";
import { withDeadline } from "../../../src/kit/deadline.ts";
import { cleanFileName } from "../../../src/kit/file-name.ts";
import { statusPhrase } from "../../../src/kit/http-answer.ts";
import { randomId } from "../../../src/kit/ids.ts";
import { under } from "../../../src/kit/json-rest.ts";
import { secureUrl } from "../../../src/kit/secure-url.ts";
import { transferFile, uploadProgress } from "../../../src/kit/transfer-file.ts";
import type { Call, UploadCall } from "../../../src/transport/call.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { Attachment, UploadFile } from "../../../src/transport/messages.ts";
import { record, text } from "../../../src/kit/read.ts";
import type { CxRest } from "./cx-rest.ts";

/**
 * Stores a file (`POST {fileServerUrl}/api/uploadFileStream`, multipart `file` and `conversationId`). Resolves with the
 * address at which the file engine gives it out.
 * @param call `timeoutMs` default 60_000.
 * @throws ChatError `invalid-argument` (empty, wrong size), `too-large` (413), `refused`, `unauthorized`, `bad-frame`,
 * `unreachable`, `timed-out`, `aborted`.
 */
export async function uploadToFileEngine(
  rest: CxRest,
  fileServerUrl: string,
  file: UploadFile,
  call: UploadCall = {},
): Promise<Attachment> {
  assertFileSize(file);
  const url = secureUrl(under(fileServerUrl, "api", "uploadFileStream"), ["https:", "http:"], "fileServerUrl");
  const name = cleanFileName(file.name);
  const mediaType = file.mediaType === "" ? "application/octet-stream" : file.mediaType;
  const form = toMultipart(file.data, name, mediaType);
  const progress = uploadProgress(call, file.sizeBytes);
  return withDeadline(call, 60_000, "The upload", async (signal) => {
    const { status, text: answer } = await transferFile({
      method: "POST",
      url: url.href,
      headers: [["Content-Type", form.contentType], ...rest.headers(false)],
      data: form.data,
      signal,
      onProgress: (sentBytes) => progress.report(sentBytes - form.headBytes),
    }).catch((error: unknown) => {
      throw ChatError.isInstance(error) ? error : rest.unreachable(url.origin, error);
    });
    if (status < 200 || status > 299) throw rest.statusError(status, statusPhrase({ status, statusText: "" }));
    progress.report(file.sizeBytes);
    return {
      url: new URL(downloadUrl(fileServerUrl, storedName(rest, answer))),
      name,
      mediaType,
      sizeBytes: file.sizeBytes,
    };
  }).finally(() => progress.settle());
}

/** Where the file engine gives out a file (`GET {fileServerUrl}/api/downloadFileStream?filename=`). */
export function downloadUrl(fileServerUrl: string, storedAs: string): string {
  return `${under(fileServerUrl, "api", "downloadFileStream")}?filename=${encodeURIComponent(storedAs)}`;
}

/** Reads a file with the token that it needs since 4.9.2. @throws ChatError by status, `unreachable`, `aborted`. */
export function downloadFile(rest: CxRest, url: URL, call?: Call): Promise<Blob> {
  return rest.blob(url.href, call);
}

/** The answer is `{ message, etag, name, type, size }`; `name` is what the file is stored as. */
function storedName(rest: CxRest, answer: string): string {
  const name = text(record(rest.parse(answer))["name"]);
  if (name !== "") return name;
  throw new ChatError("bad-frame", "The file engine did not say under which name it stored the file.", {
    vendor: { name: "expertflow-cx", code: "upload/no-name" },
  });
}

interface Multipart {
  data: Blob;
  contentType: string;
  /** What goes out before the first byte of the file. */
  headBytes: number;
}

/** Written here, not by FormData: only so is the length known, and with it how far an upload got. */
function toMultipart(data: Blob, name: string, mediaType: string): Multipart {
  // Five digits, any: the widget makes them up, too.
  const conversationId = 10_000 + Math.floor(Math.random() * 90_000);
  const boundary = `switchboard-${randomId()}`;
  // The name is clean of quotes and line ends; the type may be anything.
  const type = /^[\w.+-]+\/[\w.+-]+$/.test(mediaType) ? mediaType : "application/octet-stream";
  const head = new Blob([
    `--${boundary}\r\nContent-Disposition: form-data; name="conversationId"\r\n\r\n${conversationId}\r\n`,
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`,
  ]);
  return {
    data: new Blob([head, data, `\r\n--${boundary}--\r\n`]),
    contentType: `multipart/form-data; boundary=${boundary}`,
    headBytes: head.size,
  };
}
