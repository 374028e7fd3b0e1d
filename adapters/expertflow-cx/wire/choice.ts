import type { Choice } from "../../../src/transport/rich-bodies.ts";
import { given, record, text, webUrl, type Fields } from "../../../src/kit/read.ts";

/** What pressing a button tells the bot (widget 5.x `constructPayload`). */
export interface PressedChoice {
  /** The message with the button. */
  messageId: string;
  intent: string | null;
  entities: Fields | null;
  /** Of a carousel; the vendor spells it `carousalCardId`. */
  cardId: string | null;
}

/** Reads a button. The choice's id holds what an answer needs, so that a later page can give it too. */
export function decodeChoice(value: unknown, messageId: string, cardId = ""): Choice {
  const button = record(value);
  const details = record(button["additionalButtonDetails"]);
  return {
    id: JSON.stringify([messageId, text(button["payload"]), readParameters(details["parameters"]), cardId]),
    title: text(button["title"]),
    ...given({
      description: text(details["description"]),
      section: text(details["sectionTitle"]),
      url: webUrl(details["url"]),
    }),
  };
}

/** The reverse, when it is pressed; `undefined` for an id that is none of ours. */
export function decodeChoiceId(id: string): PressedChoice | undefined {
  const read = parseJson(id);
  if (!Array.isArray(read) || read.length !== 4) return undefined;
  const [messageId, payload, parameters, cardId] = read.map((part: unknown) => part);
  const { intent, entities } = splitPayload(text(payload));
  const all = { ...entities, ...record(parameters) };
  return {
    messageId: text(messageId),
    intent: intent || null,
    entities: Object.keys(all).length > 0 ? all : null,
    cardId: text(cardId) || null,
  };
}

/** `/ask_billing{"dept":"billing"}` is an intent and its entities; anything else is the intent alone. */
function splitPayload(payload: string): { intent: string; entities: Fields } {
  const brace = payload.indexOf("{");
  const entities = brace < 0 ? undefined : parseJson(payload.slice(brace));
  const isObject = typeof entities === "object" && entities !== null;
  const intent = isObject ? payload.slice(0, brace) : payload;
  return { intent: intent.replace(/^\//, ""), entities: record(entities) };
}

/** JSON as text, or the object itself: both are sent. */
function readParameters(value: unknown): Fields {
  return record(typeof value === "string" ? parseJson(value) : value);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
