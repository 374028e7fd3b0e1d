import type { Call } from "../transport/call.ts";
import { ChatError } from "../transport/errors.ts";
import type { JsonValue } from "../transport/messages.ts";

/** One question of a rating. */
export interface FeedbackScheme {
  id: string;
  name: string;
  /** What the customer is asked. */
  text: string;
  /** The highest value that may be given; absent where the answer is no number. */
  max?: number;
  mandatory: boolean;
  /** What there is to choose from, as the service says it. */
  items?: JsonValue;
}

/** How a chat is rated here. */
export type FeedbackConfig =
  /** Nobody asks. */
  | { kind: "disabled" }
  /** On a page of the service's. */
  | { kind: "link"; url: URL }
  /** Here. Without schemes: a score of 1 to 5 and a comment. */
  | { kind: "collect"; schemes: FeedbackScheme[] };

/** Which chat is rated. */
export interface FeedbackChat {
  /** The service's id of the chat; one rating per id. */
  chatId: string;
  interactionId?: string;
}

/** What to ask the customer after a chat. */
export type FeedbackRequest = FeedbackChat &
  ({ kind: "link"; url: URL } | { kind: "collect"; schemes: FeedbackScheme[] });

/** What the customer answered. */
export interface FeedbackResponse {
  score?: number;
  comment?: string;
  /** Answers to the schemes, by their id. */
  answers?: { schemeId: string; value: JsonValue }[];
}

/** The server side of a rating. An adapter implements it. */
export interface FeedbackGateway {
  /** Reads how chats are rated here. */
  config(call?: Call): Promise<FeedbackConfig>;
  /** Stores a rating. Resolves when the service has it; is called again with the same response after a retryable error. */
  submit(chat: FeedbackChat, response: FeedbackResponse, call?: Call): Promise<void>;
}

/** @throws ChatError `invalid-argument`: an answer that is mandatory and missing, out of range, or to no question. */
export function assertResponse(schemes: readonly FeedbackScheme[], { score, answers = [] }: FeedbackResponse): void {
  // With one question the score is its answer.
  const [only] = schemes;
  const given = new Map(answers.map(({ schemeId, value }) => [schemeId, value]));
  if (schemes.length === 1 && only && score !== undefined && !given.has(only.id)) given.set(only.id, score);
  if (schemes.length === 0 && score !== undefined) assertInRange("The score", score, 5);
  for (const { id, name, max, mandatory } of schemes) {
    const value = given.get(id);
    given.delete(id);
    if (value === undefined || value === null || value === "") {
      if (mandatory) throw new ChatError("invalid-argument", `The question "${name}" needs an answer.`);
    } else if (max !== undefined) assertInRange(`The answer to "${name}"`, value, max);
  }
  const [stray] = given.keys();
  if (stray !== undefined) throw new ChatError("invalid-argument", `There is no question ${stray}.`);
}

function assertInRange(what: string, value: JsonValue, max: number): void {
  if (typeof value !== "number" || !(value >= 0 && value <= max))
    throw new ChatError("invalid-argument", `${what} must be a number from 0 to ${max}.`);
}
