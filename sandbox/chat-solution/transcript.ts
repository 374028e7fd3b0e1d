import type { Conversation } from "./conversation.ts";
import type { WireMessage } from "./wire.ts";

/** One line of a transcript. */
interface Line {
  at: string;
  who: string;
  text: string;
}

/**
 * The whole chat as the customer saw it, as a PDF. The text is also attached as a file: the PDF's built-in fonts have Western
 * European letters alone. The library is loaded late: only this call needs it.
 */
export async function writeTranscript(conversation: Conversation): Promise<Uint8Array> {
  const { default: PDFDocument } = await import("pdfkit");
  const lines = linesOf(conversation);
  const title = `Chat with ${conversation.customer.name}`;
  // Uncompressed, so that a test can read it.
  const document = new PDFDocument({ compress: false, size: "A4", margin: 56, info: { Title: title } });
  const chunks: Uint8Array[] = [];
  const done = new Promise<Uint8Array>((resolve, reject) => {
    document.on("data", (chunk) => void chunks.push(chunk));
    document.on("end", () => resolve(new Uint8Array(Buffer.concat(chunks))));
    document.on("error", reject);
  });
  document.fontSize(16).text(title).fontSize(9).text(`Conversation ${conversation.id}`).moveDown();
  document.fontSize(11);
  for (const { at, who, text } of lines) document.text(`${at}  ${who}: ${text}`);
  const plain = lines.map(({ at, who, text }) => `${at}\t${who}\t${text}`).join("\n");
  document.file(new TextEncoder().encode(plain), { name: "transcript.txt", type: "text/plain" });
  document.end();
  return done;
}

function linesOf(conversation: Conversation): Line[] {
  const { customer } = conversation;
  const seen = conversation.entriesFor({ id: customer.id, type: "Customer", monitoring: false });
  return seen.flatMap(({ message }) => toLine(message) ?? []);
}

function toLine(message: WireMessage): Line | undefined {
  if (message.type === "ActivityMessage") return undefined;
  const at = message.timestamp;
  if (message.type === "BotMessage") {
    const [best] = message.output.toSorted((a, b) => b.confidence - a.confidence);
    return { at, who: message.bot.name, text: message.text ?? best?.name ?? "" };
  }
  const files = message.attachments.map(({ name, contentUrl }) => `[${name} ${contentUrl}]`);
  return { at, who: message.from.name, text: [message.text, ...files].filter(Boolean).join(" ") };
}
