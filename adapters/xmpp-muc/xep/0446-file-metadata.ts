/** XEP-0446 File metadata element, version 0.2.0; the same children serve XEP-0385 in another namespace. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_FILE_METADATA, NS_HASHES } from "./namespaces.ts";
import { nsOf, opt, ownText, parseCount } from "./read.ts";

/** What is known of a file. */
export interface FileMetadata {
  name?: string;
  mediaType?: string;
  sizeBytes?: number;
  desc?: string;
  widthPixels?: number;
  heightPixels?: number;
  hashes: { algo: string; value: string }[];
}

/** Reads `<file>` in the namespace it has; `undefined` for another element. */
export function decodeFileMetadata(file: XmlElement): FileMetadata | undefined {
  if (file.name !== "file" || nsOf(file) === undefined) return undefined;
  const hashes: FileMetadata["hashes"] = [];
  for (const hash of file.getChildren("hash", NS_HASHES)) {
    const algo = hash.attrs["algo"];
    if (algo !== undefined) hashes.push({ algo, value: hash.getText().trim() });
  }
  return {
    ...opt("name", ownText(file, "name")),
    ...opt("mediaType", ownText(file, "media-type")),
    ...opt("sizeBytes", parseCount(ownText(file, "size"))),
    ...opt("desc", ownText(file, "desc")),
    ...opt("widthPixels", parseCount(ownText(file, "width"))),
    ...opt("heightPixels", parseCount(ownText(file, "height"))),
    hashes,
  };
}

/** Writes `<file>`. */
export function encodeFileMetadata(file: FileMetadata): XmlElement {
  const part = (name: string, value: string | number | undefined): XmlElement | undefined =>
    value === undefined ? undefined : xml(name, {}, String(value));
  return xml(
    "file",
    { xmlns: NS_FILE_METADATA },
    part("media-type", file.mediaType),
    part("name", file.name),
    part("size", file.sizeBytes),
    part("desc", file.desc),
    part("width", file.widthPixels),
    part("height", file.heightPixels),
    ...file.hashes.map(({ algo, value }) => xml("hash", { xmlns: NS_HASHES, algo }, value)),
  );
}
