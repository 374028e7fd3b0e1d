/** Longest name that servers and file systems take, in UTF-8 bytes. */
const MAX_BYTES = 255;

const utf8 = new TextEncoder();

/**
 * A file name without its path, control characters and what file systems refuse; the extension stays. `"file"` when
 * nothing is left.
 */
export function cleanFileName(name: string): string {
  const last = name.split(/[/\\]/).pop() ?? "";
  const plain = last.replace(/[\p{Cc}\p{Cf}\ufffe\uffff<>:"|?*]/gu, "").replace(/^[.\s]+|[.\s]+$/g, "");
  return shorten(plain === "" ? "file" : plain);
}

function shorten(name: string): string {
  if (utf8.encode(name).length <= MAX_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : "";
  let stem = Array.from(extension === "" ? name : name.slice(0, dot));
  while (utf8.encode(stem.join("") + extension).length > MAX_BYTES) stem = stem.slice(0, -1);
  return stem.join("") + extension;
}
