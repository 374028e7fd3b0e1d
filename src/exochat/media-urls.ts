/** Extensions named in the vendor's document, joined with those of Converse 10.1.4 and today's browsers. */
const IMAGE = new Set(["jpg", "jpeg", "png", "gif", "webp", "bmp", "tiff", "svg", "avif"]);
const AUDIO = new Set(["mp3", "ogg", "wav", "m4a", "aac", "opus"]);
const VIDEO = new Set(["mp4", "webm", "mov", "m4v", "ogv"]);

/** Whether the path ends like an image's. Query and fragment do not count; a bad URL is `false`. */
export function isImageURL(url: string): boolean {
  return IMAGE.has(extensionOf(url));
}

/** Whether the path ends like a sound's. */
export function isAudioURL(url: string): boolean {
  return AUDIO.has(extensionOf(url));
}

/** Whether the path ends like a film's. */
export function isVideoURL(url: string): boolean {
  return VIDEO.has(extensionOf(url));
}

/** Whether the path ends in `.pdf`. */
export function isDocumentPdf(url: string): boolean {
  return extensionOf(url) === "pdf";
}

/** The last path segment, percent-decoded; empty when there is none. */
export function getFileName(url: string): string {
  const segment = pathOf(url).split("/").pop() ?? "";
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function extensionOf(url: string): string {
  const name = getFileName(url);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
}

function pathOf(url: unknown): string {
  if (typeof url !== "string") return "";
  // Relative addresses are names too.
  return URL.canParse(url, "https://relative.invalid") ? new URL(url, "https://relative.invalid").pathname : "";
}
