/** XEP-0363 HTTP File Upload, version 1.2.0: slot request, slot, and the errors that carry a number or a time. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_UPLOAD } from "./namespaces.ts";
import { isElement, opt, ownChild, ownText, parseCount, parseStamp } from "./read.ts";

/** What we want to store. */
export interface SlotRequest {
  filename: string;
  sizeBytes: number;
  contentType?: string;
}

/** Where to PUT, with which headers, and where it can be read afterwards. The headers are secrets. */
export interface Slot {
  putUrl: string;
  getUrl: string;
  /** Only those that may be sent on (section 5), in their order, without line breaks. */
  headers: { name: string; value: string }[];
}

/** The children of a slot error that say more than its condition. */
export interface SlotErrorDetail {
  /** From `<file-too-large>`. */
  maxFileSizeBytes?: number;
  /** From `<retry>`: when to ask again. */
  retryAt?: Date;
}

const ALLOWED_HEADERS: ReadonlySet<string> = new Set(["authorization", "cookie", "expires"]);

/** Writes the payload of the iq of type `get`. */
export function encodeSlotRequest(request: SlotRequest): XmlElement {
  return xml("request", {
    xmlns: NS_UPLOAD,
    filename: request.filename,
    size: request.sizeBytes,
    "content-type": request.contentType,
  });
}

/** `undefined` for anything that is not a complete request. For test servers, and for the fixtures. */
export function decodeSlotRequest(request: XmlElement): SlotRequest | undefined {
  const filename = request.attrs["filename"];
  const sizeBytes = parseCount(request.attrs["size"]);
  if (!isElement(request, "request", NS_UPLOAD) || filename === undefined || sizeBytes === undefined) return undefined;
  return { filename, sizeBytes, ...opt("contentType", request.attrs["content-type"]) };
}

/** `undefined` when an address is missing. Headers other than the three of section 5 are dropped. */
export function decodeSlot(slot: XmlElement): Slot | undefined {
  if (!isElement(slot, "slot", NS_UPLOAD)) return undefined;
  const put = ownChild(slot, "put");
  const putUrl = put?.attrs["url"];
  const getUrl = ownChild(slot, "get")?.attrs["url"];
  if (!put || putUrl === undefined || getUrl === undefined) return undefined;
  const headers: Slot["headers"] = [];
  for (const header of put.getChildren("header", NS_UPLOAD)) {
    const name = (header.attrs["name"] ?? "").replace(/[\r\n]/g, "");
    if (ALLOWED_HEADERS.has(name.toLowerCase())) {
      headers.push({ name, value: header.getText().replace(/[\r\n]/g, "") });
    }
  }
  return { putUrl, getUrl, headers };
}

/** Writes what a service answers. For test servers, and for the fixtures. */
export function encodeSlot(slot: Slot): XmlElement {
  return xml(
    "slot",
    { xmlns: NS_UPLOAD },
    xml("put", { url: slot.putUrl }, ...slot.headers.map(({ name, value }) => xml("header", { name }, value))),
    xml("get", { url: slot.getUrl }),
  );
}

/** Reads `<file-too-large>` and `<retry>` out of an `<error>`, wherever they stand in it (ejabberd puts them first). */
export function decodeSlotError(error: XmlElement): SlotErrorDetail {
  const tooLarge = error.getChild("file-too-large", NS_UPLOAD);
  const retry = error.getChild("retry", NS_UPLOAD);
  return {
    ...opt("maxFileSizeBytes", tooLarge && parseCount(ownText(tooLarge, "max-file-size"))),
    ...opt("retryAt", parseStamp(retry?.attrs["stamp"])),
  };
}
