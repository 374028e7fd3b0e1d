import { ChatError } from "../transport/errors.ts";
import type { EventBus } from "./event-bus.ts";
import type { ExoChatLine } from "./ports.ts";

/** Slot and transfer in one; progress is the event `uploadProgress`. Resolves with the public address. @throws ChatError */
export async function putFile(line: ExoChatLine, file: File, bus: EventBus): Promise<string> {
  if (!(file instanceof Blob)) throw new ChatError("invalid-argument", "There is no file to upload.");
  const slot = await line.requestSlot({ name: file.name, size: file.size, type: mediaTypeOf(file) });
  return line.putFile(file, slot, { onProgress: (sent) => bus.emit("uploadProgress", sent, file.size, file.name) });
}

/** The media type that slot and transfer must agree on. */
export function mediaTypeOf({ type }: { type: string }): string {
  return type === "" ? "application/octet-stream" : type;
}
