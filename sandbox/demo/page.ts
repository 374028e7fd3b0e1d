// What both pages with a chat have in common.
import { ChatError, type UploadFile } from "../../src/transport/index.ts";

/** The element of the page with that id. */
export function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`The page has no #${id}.`);
}

/** Shows what went wrong, and what to do. */
export function problem(error: unknown): void {
  const known = ChatError.isInstance(error) ? error : undefined;
  const text = known ? [known.message, known.info.remedy].filter(Boolean).join("\n") : String(error);
  find("problem", HTMLElement).textContent = text;
}

/** The demo's own error: what could not be started, and how it could be. */
export function unavailable({ message, remedy = "" }: { message: string; remedy?: string }): ChatError {
  return new ChatError("unsupported", message, { remedy });
}

/** Where things are written. */
export interface Composer {
  send: (text: string) => void;
  keyPressed: (typing: boolean) => void;
  sendFile: (file: UploadFile) => void;
}

/** Wires `#composer` with its `#text` and `#file`: Enter sends, Shift+Enter begins a line. */
export function wireComposer({ send, keyPressed, sendFile }: Composer): void {
  const form = find("composer", HTMLFormElement);
  const text = find("text", HTMLTextAreaElement);
  const input = find("file", HTMLInputElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (said === "") return;
    send(said);
    text.value = "";
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  text.addEventListener("input", () => keyPressed(text.value !== ""));
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (!file) return;
    const mediaType = file.type === "" ? "application/octet-stream" : file.type;
    sendFile({ name: file.name, mediaType, sizeBytes: file.size, data: file });
    input.value = "";
  });
}
