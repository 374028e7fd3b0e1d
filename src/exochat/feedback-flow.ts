import { createCsat, type Csat } from "../csat/csat.ts";
import type { FeedbackConfig as CsatConfig } from "../csat/feedback.ts";
import { neverReconnect } from "../kit/backoff.ts";
import type { KeyValueStore } from "../csat/csat.ts";
import { ChatError } from "../transport/errors.ts";
import type { ExoChatBackend, FeedbackConfig } from "./ports.ts";

/** An answer of the service that is no success: the host page may look at it. */
class NotStored extends Error {
  readonly response: Response;
  constructor(response: Response) {
    super(`The rating was not stored: HTTP ${response.status}.`);
    this.name = "NotStored";
    this.response = response;
  }
}

/** Rating after the chat: the configuration is read once a chat, and whoever shows the form, one rating is stored. */
export class FeedbackFlow {
  readonly #backend: ExoChatBackend;
  readonly #csat: Csat;
  readonly #feedback = new Map<string, unknown>();
  readonly #answers = new Map<string, Response>();
  #config: Promise<FeedbackConfig | null> | undefined;

  constructor(backend: ExoChatBackend, storage: KeyValueStore | undefined) {
    this.#backend = backend;
    const submit = async ({
      chatId,
      interactionId = "",
    }: {
      chatId: string;
      interactionId?: string;
    }): Promise<void> => {
      const response = await backend.submitFeedback({ interactionId, chatId, feedback: this.#feedback.get(chatId) });
      if (!response.ok) throw new NotStored(response);
      this.#answers.set(chatId, response);
    };
    const config = async (): Promise<CsatConfig> => toCsatConfig(await this.config());
    const gateway = { config, submit };
    // The host sees the answer of each try itself, as the vendor's document has it: nothing is repeated behind its back.
    this.#csat = createCsat(gateway, { retry: neverReconnect, ...(storage ? { storage } : {}) });
  }

  /** A new chat has a new configuration. */
  forget(): void {
    this.#config = undefined;
  }

  /** The campaign's configuration; one request, whoever asks. @throws ChatError */
  config(): Promise<FeedbackConfig | null> {
    this.#config ??= this.#backend.feedbackConfig().catch((error: unknown) => {
      // A failure is not an answer: the next one asks again.
      this.#config = undefined;
      throw error;
    });
    return this.#config;
  }

  /** The configuration if this chat is to be rated; `null` when ratings are off or it was rated. @throws ChatError */
  async toAsk(chatId: string): Promise<FeedbackConfig | null> {
    const request = await this.#csat.request({ chatId });
    return request ? this.config() : null;
  }

  /**
   * Stores a rating. A second call for one chat gives the first one's answer.
   * @throws ChatError `conflict` when it was rated before a reload; `unreachable` …
   */
  async submit(interactionId: string, chatId: string, feedback: unknown): Promise<Response> {
    const key = chatId === "" ? interactionId : chatId;
    if (key === "")
      throw new ChatError("invalid-argument", "A rating needs the id of its chat.", {
        remedy: "Pass interaction_id and chatId of the message that ended the chat.",
      });
    if (!this.#feedback.has(key)) this.#feedback.set(key, feedback);
    try {
      await this.#csat.submit({ chatId: key, interactionId }, {});
    } catch (error) {
      this.#feedback.delete(key);
      const { cause } = ChatError.isInstance(error) ? error.info : {};
      if (cause instanceof NotStored) return cause.response;
      throw error;
    }
    const stored = this.#answers.get(key);
    if (stored) return stored.clone();
    throw new ChatError("conflict", "This chat has been rated already.");
  }
}

/** What the csat port decides by. */
function toCsatConfig(config: FeedbackConfig | null): CsatConfig {
  if (config?.isFeedbackEnabled !== true) return { kind: "disabled" };
  const { openInNewTab, feedbackUrl, chatFeedbackSchemes = [] } = config;
  if (openInNewTab === true && typeof feedbackUrl === "string" && URL.canParse(feedbackUrl))
    return { kind: "link", url: new URL(feedbackUrl) };
  const schemes = chatFeedbackSchemes.map((scheme) => {
    const { chatFeedBackSchemeId, name, feedbackText: text, isMandatory, mandatory, maxPayloadValue: max } = scheme;
    const question = {
      id: String(chatFeedBackSchemeId),
      name,
      text,
      mandatory: isMandatory === true || mandatory === true,
    };
    return max === undefined ? question : Object.assign(question, { max });
  });
  return { kind: "collect", schemes };
}
