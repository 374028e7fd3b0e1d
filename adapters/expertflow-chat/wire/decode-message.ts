import { list, record, text, type Fields } from "../../../src/kit/read.ts";
import type { Understanding } from "../../../src/transport/messages.ts";
import { field, recordField, textField, timeField } from "./fields.ts";
import { decodeParticipant, type SolutionParticipant } from "./people.ts";

interface Envelope {
  conversationId: string;
  /** What it is told apart by: `requestId`, a bot's `messageId`, or what it says and when. */
  key: string;
  /** Absent when there is none that can be read. */
  sentAt: Date | undefined;
  /** Who says it. Of a BotMessage: the bot. */
  from: SolutionParticipant;
  raw: unknown;
}

/** A file as the guide's Attachment object names it; nothing of it is checked yet. */
export interface SolutionAttachment {
  type: string;
  name: string;
  contentUrl: string;
}

/** A ChatMessage (guide 3.2.1). */
export interface SolutionChatMessage extends Envelope {
  kind: "chat";
  /** Whom it is for, by id; empty for everybody. */
  to: string[];
  text: string;
  attachments: SolutionAttachment[];
  isWhisper: boolean;
}

/** An ActivityMessage (guide 3.2.2). `activityType` as it was written. */
export interface SolutionActivity extends Envelope {
  kind: "activity";
  activityType: string;
  info: Fields;
}

/** A BotMessage (guide 7.0.9). */
export interface SolutionBotMessage extends Envelope {
  kind: "bot";
  text: string;
  /** Whose input it answers. */
  answersTo: SolutionParticipant;
  understanding: Understanding;
}

/** Anything that `messageArrived` brings. */
export type SolutionMessage = SolutionChatMessage | SolutionActivity | SolutionBotMessage;

/** Reads a message by its root `type`, in any case (`activityMessage` is printed, too). `undefined` for what is none. */
export function decodeMessage(raw: unknown): SolutionMessage | undefined {
  const fields = record(raw);
  switch (textField(fields, "type").toLowerCase()) {
    case "chatmessage":
      return decodeChat(fields, raw);
    case "activitymessage":
      return decodeActivity(fields, raw);
    case "botmessage":
      return decodeBot(fields, raw);
    default:
      return undefined;
  }
}

function decodeChat(fields: Fields, raw: unknown): SolutionChatMessage | undefined {
  const said = text(field(fields, "text"));
  const attachments = list(field(fields, "attachments")).map(decodeAttachment);
  if (said === "" && attachments.length === 0) return undefined;
  const from = decodeParticipant(field(fields, "from"));
  return {
    kind: "chat",
    ...envelopeOf(fields, from, said, raw),
    to: list(field(fields, "to")).map((each) => decodeParticipant(each).id),
    text: said,
    attachments,
    isWhisper: textField(fields, "tag").toLowerCase() === "whisper",
  };
}

function decodeActivity(fields: Fields, raw: unknown): SolutionActivity | undefined {
  const activityType = textField(fields, "activityType");
  if (activityType === "") return undefined;
  const from = decodeParticipant(field(fields, "from"));
  const info = recordField(fields, "info");
  return { kind: "activity", ...envelopeOf(fields, from, activityType, raw), activityType, info };
}

function decodeBot(fields: Fields, raw: unknown): SolutionBotMessage | undefined {
  const understanding: Understanding = {
    input: textField(fields, "input"),
    intents: list(field(fields, "intents")).map(record).map(ranked),
    entities: list(field(fields, "entities")).map(record).map(entity),
    output: list(field(fields, "output"))
      .map(record)
      .map((each) => ({ text: text(each["name"]), confidence: number(each["confidence"]) }))
      .toSorted((one, other) => other.confidence - one.confidence),
  };
  const said = textField(fields, "text") || (understanding.output[0]?.text ?? "");
  if (said === "") return undefined;
  const bot: SolutionParticipant = { ...decodeParticipant(field(fields, "bot")), role: "bot" };
  return {
    kind: "bot",
    ...envelopeOf(fields, bot, said, raw),
    text: said,
    answersTo: decodeParticipant(field(fields, "from")),
    understanding,
  };
}

function envelopeOf(fields: Fields, from: SolutionParticipant, said: string, raw: unknown): Envelope {
  const sentAt = timeField(fields, "timestamp");
  const id = textField(fields, "requestId") || textField(fields, "messageId");
  return {
    conversationId: textField(fields, "conversationId"),
    key: id || JSON.stringify([sentAt?.toISOString() ?? "", from.id, said]),
    sentAt,
    from,
    raw,
  };
}

function decodeAttachment(value: unknown): SolutionAttachment {
  const fields = record(value);
  return {
    type: textField(fields, "type"),
    name: textField(fields, "name"),
    contentUrl: textField(fields, "contentUrl"),
  };
}

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

function ranked(fields: Fields): { name: string; confidence: number } {
  return { name: text(fields["name"]), confidence: number(fields["confidence"]) };
}

function entity(fields: Fields): Understanding["entities"][number] {
  const extractor = text(fields["extractor"]);
  return {
    entity: text(fields["entity"]),
    value: text(fields["value"]),
    start: number(fields["start"]),
    end: number(fields["end"]),
    ...(typeof fields["confidence"] === "number" && { confidence: fields["confidence"] }),
    ...(extractor !== "" && { extractor }),
  };
}
