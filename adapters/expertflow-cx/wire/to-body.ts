import type { Attachment, Body } from "../../../src/transport/messages.ts";
import type { CarouselCard, ContactCard, LocationBody } from "../../../src/transport/rich-bodies.ts";
import { decodeChoice } from "./choice.ts";
import type { CimMessage } from "./cim-message.ts";
import { decodeForm } from "./form.ts";
import { given, list, record, text, webUrl, type Fields } from "../../../src/kit/read.ts";

type Reader = (message: CimMessage, said: string) => Body | undefined;

/** By `body.type` (OM `MessageBody` sub-types). What is not here, or cannot be read, is `custom`. */
const READERS: Readonly<Record<string, Reader | undefined>> = {
  PLAIN: (_, said) => ({ kind: "text", text: said }),
  // Written by agents for each other on other channels; here it can only be meant for the reader.
  COMMENT: (_, said) => ({ kind: "text", text: said }),
  IMAGE: toAttachments,
  VIDEO: toAttachments,
  AUDIO: toAttachments,
  FILE: toAttachments,
  MULTIMEDIA: toAttachments,
  URL: toLink,
  LOCATION: toLocation,
  CONTACT: toContacts,
  BUTTON: toChoices,
  CAROUSEL: toCarousel,
  FORM_DATA: toForm,
};

/** Every `body.type` that the contract has a word for. */
export const BODY_TYPES: readonly string[] = Object.keys(READERS);

/** What a CIM message says. */
export function toBody(message: CimMessage): Body {
  const { type, body, sender } = message;
  const words = text(body["markdownText"]);
  // What the customer wrote comes back as it was sent; what others write can be escaped, even twice.
  const said = sender.type === "CUSTOMER" ? words : unescapeQuotes(words);
  const read = READERS[type]?.(message, said);
  return read ?? { kind: "custom", type: type.toLowerCase(), text: said, data: body };
}

/** Whether that kind of body has a word in the contract. */
export function isKnownType(type: string): boolean {
  return READERS[type] !== undefined;
}

function unescapeQuotes(words: string): string {
  if (!words.includes("&")) return words;
  return words.replace(/&(?:amp;)?#0?39;/g, "'").replace(/&(?:amp;)?quot;/g, '"');
}

function toAttachments({ body }: CimMessage, said: string): Body | undefined {
  const file = record(body["attachment"]);
  const url = webUrl(file["mediaUrl"]);
  if (url === "") return undefined;
  const details = record(body["additionalDetails"]);
  const size = file["size"];
  const names = [details["fileName"], file["mediaName"], body["caption"], nameIn(url)].map(text);
  const attachment: Attachment = {
    url: new URL(url),
    name: names.find(Boolean) ?? "file",
    mediaType:
      [file["mimeType"], file["type"]].map(text).find((type) => type.includes("/")) ?? "application/octet-stream",
    ...(typeof size === "number" && size >= 0 && { sizeBytes: size }),
  };
  return { kind: "attachments", attachments: [attachment], ...given({ caption: said }) };
}

function nameIn(url: string): string {
  const { searchParams, pathname } = new URL(url);
  return searchParams.get("filename") ?? pathname.slice(pathname.lastIndexOf("/") + 1);
}

/** `mediaUrl` is top level; an early sample read it from the attachment. */
function toLink({ body }: CimMessage, said: string): Body | undefined {
  const url = webUrl(body["mediaUrl"]) || webUrl(record(body["attachment"])["mediaUrl"]);
  return url === "" ? undefined : { kind: "link", text: said || url, url };
}

function toLocation({ body }: CimMessage, said: string): LocationBody | undefined {
  const { latitude, longitude } = record(body["location"]);
  const details = record(body["additionalDetails"]);
  const [name, address] = [text(details["name"]), text(details["address"])];
  if (typeof latitude !== "number" || typeof longitude !== "number") return undefined;
  const where = [name, address].filter(Boolean).join(", ") || `${latitude}, ${longitude}`;
  return {
    kind: "location",
    text: said || where,
    latitude,
    longitude,
    ...given({ name, address }),
  };
}

function toContacts({ body }: CimMessage, said: string): Body {
  const contacts = list(body["contacts"]).map(toContact);
  const summary = contacts
    .map(({ name, phones }) => [name, ...phones.map(({ number }) => number)].join(" "))
    .join(", ");
  return { kind: "contacts", text: said || summary, contacts };
}

function toContact(value: unknown): ContactCard {
  const contact = record(value);
  const details = record(contact["additionalContactDetails"]);
  return {
    name: text(record(contact["name"])["formattedName"]),
    phones: list(contact["phones"]).map(toPhone),
    emails: list(details["emails"]).map(toEmail),
    ...given({ organization: text(record(details["org"])["company"]) }),
  };
}

function toPhone(value: unknown): ContactCard["phones"][number] {
  const phone = record(value);
  return { number: text(phone["phone"]), ...given({ type: text(record(phone["additionalPhoneDetails"])["type"]) }) };
}

function toEmail(value: unknown): ContactCard["emails"][number] {
  const email = record(value);
  return { address: text(email["email"]), ...given({ type: text(email["type"]) }) };
}

/** A list is a BUTTON whose `interactive.type` says so (OM has no LIST since 1.6.9). */
function toChoices({ id, body }: CimMessage, said: string): Body {
  const interactive = record(record(body["additionalDetails"])["interactive"]);
  const isQuick = /^quick_?repl/i.test(text(body["buttonMessageType"]));
  const isList = text(interactive["type"]).toLowerCase().includes("list");
  const plain = isQuick ? ("quick-replies" as const) : ("buttons" as const);
  const textOf = (part: "header" | "body" | "footer"): string => text(record(interactive[part])["text"]);
  const header = textOf("header");
  return {
    kind: "choices",
    text: said || textOf("body") || header,
    style: isList ? "list" : plain,
    ...given({ heading: header, footer: textOf("footer"), menu: text(interactive["button"]) }),
    choices: list(body["buttons"]).map((button) => decodeChoice(button, id)),
    once: isQuick || interactive["disableInteraction"] === true,
  };
}

function toCarousel({ id, body }: CimMessage, said: string): Body {
  const cards = list(body["elements"]).map((element) => toCard(record(element), id));
  return { kind: "carousel", text: said || cards.map(({ title }) => title).join(", "), cards };
}

function toCard(element: Fields, messageId: string): CarouselCard {
  const details = record(element["additionalCarouselElementDetails"]);
  const page = webUrl(element["url"]) || webUrl(record(element["defaultAction"])["url"]);
  return {
    title: text(details["title"]),
    text: text(element["text"]),
    ...given({ imageUrl: webUrl(details["image_url"]), imageAlt: text(details["alt"]), url: page }),
    choices: list(element["buttons"]).map((button) => decodeChoice(button, messageId, text(details["id"]))),
    once: details["disableInteraction"] === true,
  };
}

/** From others a form to fill in; from the customer, the answer that was given. */
function toForm({ body, sender }: CimMessage, said: string): Body {
  const form = decodeForm(body);
  const words = said || form.title || form.sections[0]?.title || "";
  return sender.type === "CUSTOMER" ? { kind: "text", text: words } : { kind: "form", text: words, form };
}
