import { ChatError } from "../transport/errors.ts";
import type { Attachment, OutgoingBody } from "../transport/messages.ts";
import { getFileName } from "./media-urls.ts";
import { normalForm } from "./names.ts";
import type { FileAttachment } from "./ports.ts";

/**
 * What `sendMessage` is given, as the contract has it: a text, or files with the text beside them.
 * @throws ChatError `invalid-argument` for an unknown type, an empty text, or an address that is none.
 */
export function toContent(body: string, type: string | null | undefined, files: FileAttachment[] | null): OutgoingBody {
  const kind = normalForm(type ?? "");
  if (kind === "mediamsg") return mediaBody(body, files ?? []);
  if (kind !== "" && kind !== "normaltextmsg")
    throw new ChatError("invalid-argument", `Messages of the type ${type} cannot be sent.`, {
      remedy: "Use NORMAL_TEXT_MSG for text and MEDIA_MSG for files.",
    });
  if (typeof body !== "string" || body === "") throw new ChatError("invalid-argument", "The message is empty.");
  return { kind: "text", text: body };
}

function mediaBody(body: string, files: FileAttachment[]): OutgoingBody {
  const given = files.length > 0 ? files : [{ url: body, name: getFileName(body) }];
  const attachments = given.map(toAttachment);
  const caption = attachments.some(({ url }) => url.href === body || url.href === hrefOf(body)) ? "" : body;
  return caption === "" ? { kind: "attachments", attachments } : { kind: "attachments", attachments, caption };
}

function toAttachment({ url, name, type, size }: FileAttachment): Attachment {
  const href = hrefOf(url);
  if (href === undefined)
    throw new ChatError("invalid-argument", "A file's address is not a URL.", {
      remedy: "Pass the address that uploadFileToConverse() gave.",
    });
  const attachment = { url: new URL(href), name, mediaType: type ?? "application/octet-stream" };
  return size === undefined ? attachment : { ...attachment, sizeBytes: size };
}

function hrefOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).href : undefined;
}
