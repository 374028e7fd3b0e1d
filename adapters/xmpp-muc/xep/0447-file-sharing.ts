/**
 * XEP-0447 Stateless File Sharing, version 0.3.1, with XEP-0103 url-data 0.4; and, for receiving only, XEP-0385 Stateless
 * Inline Media Sharing, version 0.2.1 (deferred).
 */
import { xml, type XmlElement } from "../xml.ts";
import { decodeFileMetadata, encodeFileMetadata, type FileMetadata } from "./0446-file-metadata.ts";
import { NS_FILE_METADATA, NS_JINGLE_FILE, NS_REFERENCE, NS_SFS, NS_SIMS, NS_URL_DATA } from "./namespaces.ts";
import { isElement, oneOf, opt, ownChild } from "./read.ts";

/** A file and where it can be fetched. */
export interface SharedFile {
  id?: string;
  /** `attachment` is not fetched before somebody asks for it. */
  disposition?: "inline" | "attachment";
  file: FileMetadata;
  /** Addresses, best first; at least one. */
  urls: string[];
}

/** `undefined` for another element, without metadata, or without an address. */
export function decodeFileSharing(element: XmlElement): SharedFile | undefined {
  if (!isElement(element, "file-sharing", NS_SFS)) return undefined;
  const file = element.getChild("file", NS_FILE_METADATA);
  const metadata = file && decodeFileMetadata(file);
  const sources = ownChild(element, "sources")?.getChildren("url-data", NS_URL_DATA) ?? [];
  const urls = sources.map((source) => source.attrs["target"]).filter((url) => url !== undefined);
  if (!metadata || urls.length === 0) return undefined;
  const disposition = oneOf(["inline", "attachment"] as const, element.attrs["disposition"]);
  return { ...opt("id", element.attrs["id"]), ...opt("disposition", disposition), file: metadata, urls };
}

/** Writes it. */
export function encodeFileSharing(shared: SharedFile): XmlElement {
  return xml(
    "file-sharing",
    { xmlns: NS_SFS, id: shared.id, disposition: shared.disposition },
    encodeFileMetadata(shared.file),
    xml("sources", {}, ...shared.urls.map((target) => xml("url-data", { xmlns: NS_URL_DATA, target }))),
  );
}

/** XEP-0385, a `<reference>` of XEP-0372 around `<media-sharing>`; `undefined` for any other reference. */
export function decodeMediaSharing(reference: XmlElement): SharedFile | undefined {
  if (!isElement(reference, "reference", NS_REFERENCE)) return undefined;
  const sharing = reference.getChild("media-sharing", NS_SIMS);
  const file = sharing?.getChild("file", NS_JINGLE_FILE);
  const metadata = file && decodeFileMetadata(file);
  const sources = (sharing && ownChild(sharing, "sources"))?.getChildren("reference", NS_REFERENCE) ?? [];
  const urls = sources.flatMap(({ attrs }) => (attrs["uri"]?.startsWith("http") === true ? [attrs["uri"]] : []));
  return metadata && urls.length > 0 ? { file: metadata, urls } : undefined;
}
