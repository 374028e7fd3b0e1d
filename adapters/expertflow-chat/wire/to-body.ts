import { ChatError } from "../../../src/transport/errors.ts";
import type { Attachment, Body } from "../../../src/transport/messages.ts";
import type { SolutionAttachment, SolutionBotMessage, SolutionChatMessage } from "./decode-message.ts";

/** Longest `data:` address that is taken, characters: an image of about a megabyte. */
const MAX_DATA_URL = 1_500_000;

/**
 * What a message says. Files are never followed here; a page may only be given http, https, and small images inside the
 * address. What may not is named in the text, and told by `warn`.
 */
export function toBody(message: SolutionChatMessage | SolutionBotMessage, warn: (warning: ChatError) => void): Body {
  if (message.kind === "bot") return { kind: "text", text: message.text, understanding: message.understanding };
  const attachments = message.attachments.flatMap((each) => toAttachment(each) ?? []);
  if (attachments.length < message.attachments.length) warn(notShown());
  const { text } = message;
  if (attachments.length > 0) return { kind: "attachments", attachments, ...(text !== "" && { caption: text }) };
  return { kind: "text", text: text || message.attachments.map(({ name }) => name).join(", ") || "(file)" };
}

function toAttachment({ type, name, contentUrl }: SolutionAttachment): Attachment | undefined {
  if (!URL.canParse(contentUrl)) return undefined;
  const url = new URL(contentUrl);
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  const isImage = url.protocol === "data:" && /^data:image\/(png|jpeg|gif|webp)[;,]/i.test(contentUrl);
  if (!isWeb && !(isImage && contentUrl.length <= MAX_DATA_URL)) return undefined;
  const mediaType = /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : "application/octet-stream";
  return { url, name: name || (isWeb ? (url.pathname.split("/").at(-1) ?? "") : "image"), mediaType };
}

function notShown(): ChatError {
  return new ChatError("bad-frame", "A file came with an address that a page must not open.", {
    remedy: "Only http, https and small images inside the address are shown; the message names the file.",
    vendor: { name: "expertflow-chat", code: "attachment/content-url" },
  });
}
