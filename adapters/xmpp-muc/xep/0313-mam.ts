/** XEP-0313 Message Archive Management, version 1.1.3, with XEP-0297 Stanza Forwarding 1.0. */
import { xml, type XmlElement } from "../xml.ts";
import { childForm, encodeForm, formValue, submitForm } from "./0004-data-forms.ts";
import { decodeResultSet, encodeResultSet, type ResultSet } from "./0059-rsm.ts";
import { decodeDelay, encodeDelay } from "./0203-delay.ts";
import { NS_CLIENT, NS_DELAY, NS_FORWARD, NS_MAM, NS_RSM } from "./namespaces.ts";
import { isElement, opt, parseBoolean, parseStamp } from "./read.ts";

/** What to read from an archive. */
export interface ArchiveQuery {
  queryId: string;
  start?: Date;
  end?: Date;
  set?: ResultSet;
}

/** One archived message. */
export interface ArchiveResult {
  queryId: string;
  /** The archive's id: in a room the message's stanza-id. */
  id: string;
  /** The only time that counts for an archived message. */
  stamp: Date;
  message: XmlElement;
}

/** The end of a page. */
export interface ArchiveFin {
  /** There is nothing beyond this page in the direction it was asked. */
  complete: boolean;
  set?: ResultSet;
}

/** Writes the payload of the iq of type `set`. */
export function encodeArchiveQuery(query: ArchiveQuery): XmlElement {
  const filter = { ...opt("start", query.start?.toISOString()), ...opt("end", query.end?.toISOString()) };
  return xml(
    "query",
    { xmlns: NS_MAM, queryid: query.queryId },
    Object.keys(filter).length > 0 && encodeForm(submitForm(NS_MAM, filter)),
    query.set && encodeResultSet(query.set),
  );
}

/** `undefined` when it is another element. For test servers, and for the fixtures. */
export function decodeArchiveQuery(query: XmlElement): ArchiveQuery | undefined {
  if (!isElement(query, "query", NS_MAM)) return undefined;
  const form = childForm(query);
  const set = query.getChild("set", NS_RSM);
  return {
    queryId: query.attrs["queryid"] ?? "",
    ...opt("start", parseStamp(formValue(form, "start"))),
    ...opt("end", parseStamp(formValue(form, "end"))),
    ...opt("set", set && decodeResultSet(set)),
  };
}

/** `undefined` when anything of it is missing: a result without an id or a time is none. */
export function decodeArchiveResult(result: XmlElement): ArchiveResult | undefined {
  if (!isElement(result, "result", NS_MAM)) return undefined;
  const id = result.attrs["id"];
  const queryId = result.attrs["queryid"];
  const forwarded = result.getChild("forwarded", NS_FORWARD);
  const delay = forwarded?.getChild("delay", NS_DELAY);
  const message = forwarded?.getChild("message", NS_CLIENT);
  const stamp = delay && decodeDelay(delay)?.stamp;
  if (id === undefined || queryId === undefined || !stamp || !message) return undefined;
  return { queryId, id, stamp, message };
}

/** Writes what an archive sends. For test servers, and for the fixtures. */
export function encodeArchiveResult(result: ArchiveResult): XmlElement {
  return xml(
    "result",
    { xmlns: NS_MAM, queryid: result.queryId, id: result.id },
    xml("forwarded", { xmlns: NS_FORWARD }, encodeDelay({ stamp: result.stamp }), result.message),
  );
}

/** `undefined` when it is another element. */
export function decodeArchiveFin(fin: XmlElement): ArchiveFin | undefined {
  if (!isElement(fin, "fin", NS_MAM)) return undefined;
  const set = fin.getChild("set", NS_RSM);
  return { complete: parseBoolean(fin.attrs["complete"]), ...opt("set", set && decodeResultSet(set)) };
}

/** Writes the end of a page. */
export function encodeArchiveFin(fin: ArchiveFin): XmlElement {
  return xml(
    "fin",
    { xmlns: NS_MAM, complete: fin.complete ? "true" : undefined },
    fin.set && encodeResultSet(fin.set),
  );
}
