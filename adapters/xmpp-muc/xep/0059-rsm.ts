/** XEP-0059 Result Set Management, version 1.0. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_RSM } from "./namespaces.ts";
import { isElement, opt, ownChild, ownText, parseCount } from "./read.ts";

/** `<set>`: asked with `max`, `before`, `after`; answered with `first`, `last`, `count`. */
export interface ResultSet {
  max?: number;
  /** `""` asks for the last page. */
  before?: string;
  after?: string;
  first?: string;
  /** Position of `first` in the whole set. */
  firstIndex?: number;
  last?: string;
  /** How many there are in all. */
  count?: number;
}

/** `undefined` when it is another element. */
export function decodeResultSet(set: XmlElement): ResultSet | undefined {
  if (!isElement(set, "set", NS_RSM)) return undefined;
  return {
    ...opt("max", parseCount(ownText(set, "max"))),
    ...opt("before", ownText(set, "before")),
    ...opt("after", ownText(set, "after")),
    ...opt("first", ownText(set, "first")),
    ...opt("firstIndex", parseCount(ownChild(set, "first")?.attrs["index"])),
    ...opt("last", ownText(set, "last")),
    ...opt("count", parseCount(ownText(set, "count"))),
  };
}

/** Writes a set. */
export function encodeResultSet(set: ResultSet): XmlElement {
  const part = (name: string, value: string | number | undefined, attrs = {}): XmlElement | undefined =>
    value === undefined ? undefined : xml(name, attrs, ...(value === "" ? [] : [String(value)]));
  return xml(
    "set",
    { xmlns: NS_RSM },
    part("max", set.max),
    part("before", set.before),
    part("after", set.after),
    part("first", set.first, { index: set.firstIndex }),
    part("last", set.last),
    part("count", set.count),
  );
}
