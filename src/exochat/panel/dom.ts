/** Builds an element: properties by name, `class` and `aria-*`/`for`-like ones as attributes. Children are text, never markup. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attrs: Record<string, string | boolean | undefined> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Black or white, whichever is read more easily on a colour (WCAG relative luminance). */
export function readableOn(colour: string): string {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) =>
    value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

function channels(colour: string): number[] {
  const hex = /^#([0-9a-f]{6}|[0-9a-f]{3})/i.exec(colour)?.[1];
  if (hex === undefined) return [0, 0, 0];
  const full = hex.length === 3 ? Array.from(hex, (digit) => digit + digit).join("") : hex;
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16) / 255);
}

const LINK_SCHEMES = new Set(["https:", "http:", "mailto:", "tel:", "geo:"]);

/** Whether an address may become a link: never `javascript:` or `data:`. */
export function isSafeLink(url: string): boolean {
  return URL.canParse(url) && LINK_SCHEMES.has(new URL(url).protocol);
}

/** A link that gives the opened page no handle on this one; plain text when the address is not safe. */
export function link(url: string, text: string): HTMLElement {
  if (!isSafeLink(url)) return el("span", {}, text);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, text);
}

const SVG = "http://www.w3.org/2000/svg";

/** A line drawing from one path, in the colour of the text around it. Not an emoji: not every machine has the font. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const drawing = document.createElementNS(SVG, "path");
  const attributes = { viewBox: "0 0 24 24", width: "1.3em", height: "1.3em", fill: "none", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  const stroke = { d: path, stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round" };
  for (const [name, value] of Object.entries(stroke)) drawing.setAttribute(name, value);
  svg.append(drawing);
  return svg;
}

/** A form's text field, trimmed; empty when it is absent or a file. */
export function formText(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value.trim() : "";
}
