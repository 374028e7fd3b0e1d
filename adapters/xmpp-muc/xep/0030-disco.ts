/** XEP-0030 Service Discovery, version 2.5.0, with the forms of XEP-0128 1.0.1. */
import { xml, type XmlElement } from "../xml.ts";
import { decodeForm, encodeForm, formValue, type DataForm } from "./0004-data-forms.ts";
import { NS_DATA, NS_DISCO_INFO, NS_DISCO_ITEMS } from "./namespaces.ts";
import { isElement, opt } from "./read.ts";

/** What an entity is: `conference/text` for a room, `store/file` for an upload service. */
export interface DiscoIdentity {
  category: string;
  type: string;
  name?: string;
}

/** The answer to a disco#info request. An empty one is also how a request looks. */
export interface DiscoInfo {
  node?: string;
  identities: DiscoIdentity[];
  /** Namespaces and other feature names. */
  features: string[];
  forms: DataForm[];
}

/** The answer to a disco#items request. */
export interface DiscoItems {
  node?: string;
  items: { jid: string; node?: string; name?: string }[];
}

/** `undefined` when it is not a disco#info query. */
export function decodeDiscoInfo(query: XmlElement): DiscoInfo | undefined {
  if (!isElement(query, "query", NS_DISCO_INFO)) return undefined;
  const info: DiscoInfo = { ...opt("node", query.attrs["node"]), identities: [], features: [], forms: [] };
  for (const { attrs } of query.getChildren("identity", NS_DISCO_INFO)) {
    const category = attrs["category"];
    const type = attrs["type"];
    if (category !== undefined && type !== undefined) {
      info.identities.push({ category, type, ...opt("name", attrs["name"]) });
    }
  }
  for (const { attrs } of query.getChildren("feature", NS_DISCO_INFO)) {
    if (attrs["var"] !== undefined) info.features.push(attrs["var"]);
  }
  for (const x of query.getChildren("x", NS_DATA)) {
    const form = decodeForm(x);
    if (form) info.forms.push(form);
  }
  return info;
}

/** Writes a disco#info query: a request when only `node` is given, an answer otherwise. */
export function encodeDiscoInfo(info: Partial<DiscoInfo> = {}): XmlElement {
  return xml(
    "query",
    { xmlns: NS_DISCO_INFO, node: info.node },
    ...(info.identities ?? []).map(({ category, type, name }) => xml("identity", { category, type, name })),
    ...(info.features ?? []).map((feature) => xml("feature", { var: feature })),
    ...(info.forms ?? []).map(encodeForm),
  );
}

/** `undefined` when it is not a disco#items query. Items without a JID are left out. */
export function decodeDiscoItems(query: XmlElement): DiscoItems | undefined {
  if (!isElement(query, "query", NS_DISCO_ITEMS)) return undefined;
  const items: DiscoItems["items"] = [];
  for (const { attrs } of query.getChildren("item", NS_DISCO_ITEMS)) {
    const jid = attrs["jid"];
    if (jid !== undefined) items.push({ jid, ...opt("node", attrs["node"]), ...opt("name", attrs["name"]) });
  }
  return { ...opt("node", query.attrs["node"]), items };
}

/** Writes a disco#items query. */
export function encodeDiscoItems(items: Partial<DiscoItems> = {}): XmlElement {
  return xml(
    "query",
    { xmlns: NS_DISCO_ITEMS, node: items.node },
    ...(items.items ?? []).map(({ jid, node, name }) => xml("item", { jid, node, name })),
  );
}

/** The form of that FORM_TYPE (XEP-0128). */
export function discoForm(info: DiscoInfo, formType: string): DataForm | undefined {
  return info.forms.find((form) => formValue(form, "FORM_TYPE") === formType);
}
