/** XEP-0428 Fallback Indication, version 0.2.1: parts of the body that only old clients should show. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_FALLBACK } from "./namespaces.ts";
import { isElement, opt, parseCount } from "./read.ts";

/** Which part of the body stands in for the feature `for`. Positions count Unicode code points. */
export interface Fallback {
  for?: string;
  /** Empty with `wholeBody` false: the body is no fallback (another part of the message is). */
  ranges: { start: number; end: number }[];
  wholeBody: boolean;
}

/** `undefined` for another element. */
export function decodeFallback(element: XmlElement): Fallback | undefined {
  if (!isElement(element, "fallback", NS_FALLBACK)) return undefined;
  const bodies = element.getChildren("body", NS_FALLBACK);
  const ranges: Fallback["ranges"] = [];
  let wholeBody = element.getChildElements().length === 0;
  for (const { attrs } of bodies) {
    const start = parseCount(attrs["start"]);
    const end = parseCount(attrs["end"]);
    if (attrs["start"] === undefined && attrs["end"] === undefined) wholeBody = true;
    else if (start !== undefined && end !== undefined && start <= end) ranges.push({ start, end });
  }
  return { ...opt("for", element.attrs["for"]), ranges, wholeBody };
}

/** Writes it. */
export function encodeFallback(fallback: Fallback): XmlElement {
  return xml(
    "fallback",
    { xmlns: NS_FALLBACK, for: fallback.for },
    ...fallback.ranges.map(({ start, end }) => xml("body", { start, end })),
  );
}

/** The body without the parts that stand in for `feature`. */
export function stripFallback(body: string, fallbacks: readonly Fallback[], feature: string): string {
  const mine = fallbacks.filter((fallback) => fallback.for === feature);
  if (mine.some((fallback) => fallback.wholeBody)) return "";
  const ranges = mine.flatMap((fallback) => fallback.ranges);
  if (ranges.length === 0) return body;
  return Array.from(body)
    .filter((_, at) => !ranges.some(({ start, end }) => at >= start && at < end))
    .join("");
}
