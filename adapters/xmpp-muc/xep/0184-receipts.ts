/** XEP-0184 Message Delivery Receipts, version 1.4.0. In rooms nobody should ask for them (5.3); we only answer. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_RECEIPTS } from "./namespaces.ts";
import { nsOf } from "./read.ts";

/** `request` asks for a receipt; `received` is one, for the message whose `id` attribute it names. */
export type Receipt = { kind: "request" } | { kind: "received"; id: string };

/** `undefined` for another element, and for a `received` without an id. */
export function decodeReceipt(element: XmlElement): Receipt | undefined {
  if (nsOf(element) !== NS_RECEIPTS) return undefined;
  if (element.name === "request") return { kind: "request" };
  const id = element.attrs["id"];
  return element.name === "received" && id !== undefined && id !== "" ? { kind: "received", id } : undefined;
}

/** Writes either. */
export function encodeReceipt(receipt: Receipt): XmlElement {
  return xml(receipt.kind, { xmlns: NS_RECEIPTS, id: receipt.kind === "received" ? receipt.id : undefined });
}
