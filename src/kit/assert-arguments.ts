import { ChatError } from "../transport/errors.ts";
import type { OutgoingBody, UploadFile } from "../transport/messages.ts";

/** A message must say something. @throws ChatError `invalid-argument`. */
export function assertBody(body: OutgoingBody): void {
  if (body.kind === "text" ? body.text === "" : body.attachments.length === 0)
    throw new ChatError("invalid-argument", "A message needs a text or an attachment.");
}

/** Of a page of history, or of what was missed. @throws ChatError `invalid-argument`. */
export function assertLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit > 0) return;
  throw new ChatError("invalid-argument", "A page of history needs a limit of at least 1.");
}

/** A file must hold something, and exactly as much as is said. @throws ChatError `invalid-argument`. */
export function assertFileSize({ sizeBytes, data }: Pick<UploadFile, "sizeBytes" | "data">): void {
  if (sizeBytes > 0 && sizeBytes === data.size) return;
  const what = sizeBytes === 0 || data.size === 0 ? "An empty file cannot be stored." : undefined;
  throw new ChatError("invalid-argument", what ?? `The file has ${data.size} bytes, not ${sizeBytes}.`, {
    remedy: "Pass the file's exact size in bytes.",
  });
}
