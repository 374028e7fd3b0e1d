import type { HistoryCursor, MessageId } from "../transport/messages.ts";

/** A random UUID v4. `crypto.randomUUID` needs a secure context; `getRandomValues` does not. */
export function randomId(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Brands an id that the service gave. The one door into the type: call it where a frame is decoded, nowhere else. */
export function messageId(value: string): MessageId {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a brand exists for the type checker only
  return value as MessageId;
}

/** Brands a cursor of an adapter's own making. */
export function historyCursor(value: string): HistoryCursor {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a brand exists for the type checker only
  return value as HistoryCursor;
}
