import type { MessageId, UploadFile } from "../../../src/transport/index.ts";

/** Everything that a wire might mangle: markup, quotes, an emoji outside the BMP, accents, lines, spaces. */
export const AWKWARD_TEXT = `a < b && c > d "double" 'single' 😀 é ñ 日本\nsecond line  two spaces\t]]> &amp; <b>no</b>`;

/** An id that no service gave. */
export const UNKNOWN_ID: MessageId = "no-such-message-id" as MessageId;

/** A file of that many bytes. */
export function file(sizeBytes: number): UploadFile {
  const data = new Blob([new Uint8Array(sizeBytes).fill(65)], { type: "text/plain" });
  return { name: "notes.txt", mediaType: "text/plain", sizeBytes, data };
}

let lastClientId = 0;

/** A message to send, under a client id of its own. */
export function textMessage(text: string): { clientId: string; body: { kind: "text"; text: string } } {
  return { clientId: `contract-${Date.now().toString(36)}-${++lastClientId}`, body: { kind: "text", text } };
}
