import type { OutgoingBody, Understanding } from "../../../src/transport/messages.ts";

/** Who sends. */
export interface Sender {
  id: string;
  name: string;
}

/** What every frame of ours about a conversation carries. */
export interface FrameParts {
  conversationId: string;
  from: Sender;
  requestId: string;
  timestamp: Date;
}

/** What a ChatMessage may say beside its body. */
export interface ChatMessageExtras {
  to?: readonly Sender[];
  language?: string | undefined;
  channel?: string | undefined;
  refId?: string | undefined;
  /** Only agents': never at the customer's. */
  isWhisper?: boolean;
}

/** A frame to emit. */
export type Frame = Record<string, unknown>;

/** A ChatMessage (guide 3.2.1, 6.2.1; `language` and `tag` of the later edition). */
export function encodeChatMessage(parts: FrameParts, body: OutgoingBody, extras: ChatMessageExtras = {}): Frame {
  const { to = [], language, channel, refId, isWhisper = false } = extras;
  return {
    ...envelope(parts),
    type: "ChatMessage",
    from: parts.from,
    to: to.map(({ id, name }) => ({ id, name })),
    text: body.kind === "text" ? body.text : (body.caption ?? ""),
    attachments:
      body.kind === "attachments"
        ? body.attachments.map(({ url, name, mediaType }) => ({ type: mediaType, name, contentUrl: url.href }))
        : [],
    ...(refId !== undefined && { refId }),
    ...(language !== undefined && { language }),
    ...(channel !== undefined && { channel }),
    ...(isWhisper && { tag: "whisper" }),
  };
}

/** An ActivityMessage (guide 3.2.2). */
export function encodeActivity(parts: FrameParts, activityType: string, info: Frame = {}): Frame {
  return { ...envelope(parts), type: "ActivityMessage", from: parts.from, to: [], activityType, info };
}

/** A BotMessage (guide 7.0.9). `text` is missing from the sample and named in its parameters. */
export function encodeBotMessage(
  parts: FrameParts,
  bot: { id: string; name: string; type: string },
  text: string,
  { input, intents, entities, output }: Understanding,
): Frame {
  const { conversationId, from, requestId, timestamp } = parts;
  const answers = output.length > 0 ? output : [{ text, confidence: 1 }];
  return {
    conversationId,
    messageId: requestId,
    type: "BotMessage",
    from,
    bot,
    timestamp: timestamp.toISOString(),
    text,
    input,
    intents,
    entities,
    output: answers.map(({ text: name, confidence }) => ({ name, confidence })),
  };
}

/** `joinConversation` (guide 3.1.1). */
export function encodeJoin({ conversationId, from, requestId, timestamp }: FrameParts): Frame {
  return { conversationId, participant: from, requestId, timestamp: timestamp.toISOString() };
}

/** `endConversation`, `requestAgentTransfer` (guide 3.1.4, 3.1.5). */
export function encodeConversation(parts: FrameParts): Frame {
  return envelope(parts);
}

function envelope({ conversationId, requestId, timestamp }: FrameParts): Frame {
  return { conversationId, requestId, timestamp: timestamp.toISOString() };
}
