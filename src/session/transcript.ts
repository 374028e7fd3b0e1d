import type { Body } from "../transport/messages.ts";
import type { SessionMessage } from "./session-events.ts";

/** `text`: a line per message, for people. `json`: an array of messages, for programs. */
export type TranscriptFormat = "text" | "json";

/** Writes down messages. Times are UTC; frames of the wire (`raw`) are left out. */
export function toTranscript(messages: readonly SessionMessage[], format: TranscriptFormat): string {
  if (format === "text") return messages.map(toLine).join("\n");
  return JSON.stringify(
    messages.map(({ id, clientId, from, sentAt, body, replyTo, edited, status }) => ({
      id,
      clientId,
      from: { id: from.id, name: from.name, role: from.role, isSelf: from.isSelf },
      sentAt: sentAt.toISOString(),
      body,
      replyTo,
      edited,
      status,
    })),
    undefined,
    2,
  );
}

function toLine({ from, sentAt, body, edited, status }: SessionMessage): string {
  const notes = `${edited ? " (edited)" : ""}${status === "failed" ? " (not sent)" : ""}`;
  return `[${sentAt.toISOString()}] ${from.name}: ${toText(body)}${notes}`;
}

function toText(body: Body): string {
  if (body.kind === "retracted") return "(withdrawn)";
  if (body.kind !== "attachments") return body.text || `(${body.kind})`;
  const files = body.attachments.map(({ name, url }) => `${name} <${url.href}>`).join(", ");
  return body.caption === undefined ? files : `${body.caption} ${files}`;
}
