import { ChatError } from "../../../src/transport/errors.ts";
import type { Attachment, OutgoingBody } from "../../../src/transport/messages.ts";
import type { CxDialect } from "../releases.ts";
import { decodeChoiceId } from "./choice.ts";
import { encodeFormAnswer } from "./form.ts";
import type { Fields } from "../../../src/kit/read.ts";

/** Who the customer is, as `CHAT_REQUESTED` took it: repeated on every message (3.2 of the widget's own code path). */
export interface CxCustomer {
  serviceIdentifier: string;
  channelCustomerIdentifier: string;
  browserDeviceInfo: Fields;
  queue: string;
  locale: Fields;
  formData: object;
}

/** A message on its way out. Not a CIM message: it has no id, and the server fills in the time. */
export interface CxEnvelope {
  type: string;
  header: object;
  body: Fields;
  customer: CxCustomer;
  timestamp: "";
}

/** What an envelope is made of. */
export interface EnvelopeParts {
  customer: CxCustomer;
  senderName: string;
  dialect: CxDialect;
}

/** The id that the vendor's widget puts into every message; the server does not look at it. */
const SENDER_ID = "460df46c-adf9-11ed-afa1-0242ac120002";

/** The request for a chat (`CHAT_REQUESTED`). */
export function encodeChatRequest(customer: CxCustomer): object {
  const { channelCustomerIdentifier, serviceIdentifier, ...value } = customer;
  return {
    channelCustomerIdentifier,
    serviceIdentifier,
    additionalAttributes: [{ key: "WebChannelData", type: "WebChannelData", value }],
  };
}

/** A message with something to say. @param replyTo the message it answers. @throws ChatError `unsupported`: several files. */
export function encodeContent(body: OutgoingBody, replyTo: string | undefined, parts: EnvelopeParts): CxEnvelope {
  if (body.kind === "attachments") {
    const [file] = body.attachments;
    if (file && body.attachments.length === 1) return encodeFile(file, body.caption ?? "", replyTo, parts);
    throw new ChatError("unsupported", "This service takes one file per message.", {
      remedy: "Send each file as a message of its own.",
    });
  }
  const { text: markdownText, answer } = body;
  if (answer?.to === "form") return envelope("FORM_DATA", { ...encodeFormAnswer(answer) }, { replyTo }, parts);
  const pressed = answer && decodeChoiceId(answer.id);
  const header = { replyTo: pressed?.messageId ?? replyTo, ...pressed };
  return envelope("PLAIN", { type: "PLAIN", markdownText }, header, parts);
}

function encodeFile(
  { url, name, mediaType, sizeBytes }: Attachment,
  markdownText: string,
  replyTo: string | undefined,
  parts: EnvelopeParts,
): CxEnvelope {
  const major = mediaType.slice(0, mediaType.indexOf("/"));
  const media = { mediaUrl: url.href, type: mediaType, size: sizeBytes ?? 0 };
  const extType = name.slice(name.lastIndexOf(".") + 1);
  const types = { ...media, extType, mimeType: mediaType };
  if (!["image", "video", "audio"].includes(major)) {
    const body = { type: "FILE", markdownText, caption: "", additionalDetails: { fileName: name }, attachment: types };
    return envelope(major, body, { replyTo }, parts);
  }
  const attachment = parts.dialect.mediaTypes ? types : { ...media, thumbnail: "" };
  const body = { type: major.toUpperCase(), markdownText, caption: name, additionalDetails: {}, attachment };
  return envelope(major, body, { replyTo }, parts);
}

interface HeaderFacts {
  replyTo: string | undefined;
  intent?: string | null;
  entities?: Fields | null;
  cardId?: string | null;
}

function envelope(
  type: string,
  body: Fields,
  { replyTo, intent = null, entities = null, cardId = null }: HeaderFacts,
  { customer, senderName, dialect }: EnvelopeParts,
): CxEnvelope {
  const header = {
    originalMessageId: replyTo ?? null,
    intent,
    entities,
    ...(dialect.additionalData && { additionalData: { carousalCardId: cardId } }),
    sender: { id: SENDER_ID, type: "CUSTOMER", senderName, additionalDetail: null },
  };
  return { type, header, body, customer, timestamp: "" };
}

/** Typing. The widget only ever starts; `TYPING_STOPPED` is in the vendor's object model. */
export function encodeTyping(state: "composing" | "paused", { customer }: EnvelopeParts): CxEnvelope {
  const notificationType = state === "composing" ? "TYPING_STARTED" : "TYPING_STOPPED";
  return bare({ markdownText: "", type: "NOTIFICATION", notificationType }, customer);
}

/** A delivery notification for a message of an agent or a bot. */
export function encodeDelivery(kind: "received" | "displayed", messageId: string, parts: EnvelopeParts): CxEnvelope {
  const status = kind === "displayed" ? "READ" : "DELIVERED";
  return bare({ markdownText: "", type: "DELIVERYNOTIFICATION", messageId, status, reasonCode: 200 }, parts.customer);
}

function bare(body: { type: string; markdownText: string } & Fields, customer: CxCustomer): CxEnvelope {
  return { type: body.type, header: { originalMessageId: null, intent: null }, body, customer, timestamp: "" };
}
