/**
 * Public names of the Exotel chat API (docs.exotel.com, "Exotel Chat SDK — Integration Reference"). The document is only
 * known in lower case and without punctuation, so every name is matched by its normal form, and written in one canonical
 * spelling with aliases.
 */
export function normalForm(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Aliases of methods beyond the all-lower-case one that each has. */
const ALIASES: Readonly<Record<string, string>> = {
  initialize: "init",
  discoverFileUploadJID: "discoverFileUploadJid",
  isImageURL: "isImageUrl",
  isAudioURL: "isAudioUrl",
  isVideoURL: "isVideoUrl",
  isDocumentPdf: "isDocumentPDF",
  getFileName: "getFilename",
};

/** Names under which the global is found. */
export const GLOBAL_NAMES = ["exoChat", "exochat", "ExoChat"] as const;

/** Id of the chat icon in the page. */
export const ICON_ID = "exotel-chat-icon";

/** The three documented events. */
export const DOCUMENTED_EVENTS = ["messageReceived", "displayedReceipt", "receiveReceipt"] as const;

/** Message type constants, canonical spelling. */
export const SUBTYPES = ["NORMAL_TEXT_MSG", "MEDIA_MSG", "FORM_MSG"] as const;

/** Adds each method's aliases to an object that has the canonical ones. They are the same functions. */
export function withAliases<T extends object>(api: T): T {
  for (const name of Object.keys(api)) {
    const value: unknown = Object.getOwnPropertyDescriptor(api, name)?.value;
    if (typeof value !== "function") continue;
    for (const alias of [name.toLowerCase(), ALIASES[name] ?? name]) {
      if (alias !== name) Object.defineProperty(api, alias, { value, configurable: true, writable: true });
    }
  }
  return api;
}
