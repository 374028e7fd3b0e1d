import { exponentialBackoff } from "../kit/backoff.ts";
import { assertNotAborted } from "../kit/deadline.ts";
import { isLoopbackHost } from "../kit/secure-url.ts";
import { wait } from "../kit/wait.ts";
import type { Call, Unsubscribe } from "../transport/call.ts";
import { ChatError } from "../transport/errors.ts";
import type { EndedEvent } from "../transport/events.ts";
import type { ReconnectPolicy } from "../transport/states.ts";
import {
  assertResponse,
  type FeedbackChat,
  type FeedbackConfig,
  type FeedbackGateway,
  type FeedbackRequest,
  type FeedbackResponse,
} from "./feedback.ts";

/** Where it is remembered that a chat was rated. `sessionStorage` and `localStorage` fit. */
export interface KeyValueStore {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
}

/** Options of {@link createCsat}. */
export interface CsatOptions {
  /** Default: memory, which forgets on reload. */
  storage?: KeyValueStore;
  /** When a submission that failed is repeated. Default: three times, only after retryable errors. */
  retry?: ReconnectPolicy;
}

/** What became of a submission. `already-submitted`: this chat has its one rating. */
export type SubmitResult = "submitted" | "already-submitted";

/** Anything that tells of the end of a chat: a session or a transport. */
export interface EndedSource {
  on(type: "ended", listener: (event: EndedEvent) => void): Unsubscribe;
}

/** What {@link Csat.watch} reports. */
export interface CsatListener {
  /** The chat to rate where `ended` does not name one, such as the conversation's id. */
  fallbackChatId(): string | undefined;
  /** Time to ask the customer. */
  onRequest(request: FeedbackRequest): void;
  /** Asking is not possible. */
  onError?(error: ChatError): void;
}

/** Rating a chat after it: whether to ask, what to ask, and one answer per chat. */
export interface Csat {
  /** Asks after the chat has ended. */
  watch(source: EndedSource, listener: CsatListener): Unsubscribe;
  /**
   * What to ask about that chat, or `null`: ratings are off, or it is rated already. The configuration is read once.
   * @throws ChatError what the gateway throws; `bad-frame` when the service's link is not https.
   */
  request(chat: FeedbackChat, call?: Call): Promise<FeedbackRequest | null>;
  /**
   * Opens the service's page in a new tab. Call it from the customer's click, or the browser blocks it.
   * @param open `window.open`, bound to its window.
   */
  openLink(
    request: FeedbackRequest & { kind: "link" },
    open: (url: string, target: string, features: string) => unknown,
  ): void;
  /**
   * Submits a rating, once per chat, also after a reload if `storage` lasts. A second call while the first is under way
   * gets the first one's result.
   * @throws ChatError `invalid-argument` (an answer missing or out of range), and what the gateway throws in the end.
   */
  submit(chat: FeedbackChat | FeedbackRequest, response: FeedbackResponse, call?: Call): Promise<SubmitResult>;
}

const KEY_PREFIX = "switchboard-chat:rated:";

/** Makes the rating over a gateway. */
export function createCsat(gateway: FeedbackGateway, options: CsatOptions = {}): Csat {
  const rated = new Set<string>();
  const retry = options.retry ?? exponentialBackoff({ maxAttempts: 3 });
  const underWay = new Map<string, Promise<SubmitResult>>();
  let config: Promise<FeedbackConfig> | undefined;

  async function isRated({ chatId }: FeedbackChat): Promise<boolean> {
    if (rated.has(chatId)) return true;
    try {
      return (await options.storage?.getItem(KEY_PREFIX + chatId)) != null;
    } catch {
      return false;
    }
  }

  /** A store that is full or forbidden must not turn a stored rating into a failure: this page remembers anyway. */
  async function remember(chatId: string, how: string): Promise<void> {
    rated.add(chatId);
    try {
      await options.storage?.setItem(KEY_PREFIX + chatId, how);
    } catch {
      // Said above.
    }
  }

  function readConfig(call?: Call): Promise<FeedbackConfig> {
    config ??= gateway.config(call).catch((error: unknown) => {
      // A failure is not an answer: the next one asks again.
      config = undefined;
      throw ChatError.from(error, "unreachable", "The feedback configuration could not be read.");
    });
    return config;
  }

  async function submitOnce(chat: FeedbackChat, response: FeedbackResponse, call?: Call): Promise<SubmitResult> {
    // A copy: every repetition sends what the customer answered, whatever the form does meanwhile.
    const answer = structuredClone(response);
    if (await isRated(chat)) return "already-submitted";
    const startedAt = Date.now();
    for (let attempt = 1; ; attempt++) {
      assertNotAborted(call?.signal, "Submitting the rating");
      try {
        await gateway.submit(chat, answer, call);
        break;
      } catch (thrown) {
        const cause = ChatError.from(thrown, "refused", "The rating was not stored.");
        const delayMs = retry.nextDelayMs({ attempt, elapsedMs: Date.now() - startedAt, cause });
        if (delayMs === null) throw cause;
        await wait(delayMs, call?.signal, "Submitting the rating");
      }
    }
    await remember(chat.chatId, "submitted");
    return "submitted";
  }

  const csat: Csat = {
    watch: (source, listener) =>
      source.on("ended", ({ chatId = listener.fallbackChatId(), interactionId }) => {
        if (chatId === undefined) return;
        csat.request(interactionId === undefined ? { chatId } : { chatId, interactionId }).then(
          (request) => request && listener.onRequest(request),
          (error: unknown) =>
            listener.onError?.(ChatError.from(error, "unreachable", "The rating could not be prepared.")),
        );
      }),
    async request({ chatId, interactionId }, call) {
      const chat = interactionId === undefined ? { chatId } : { chatId, interactionId };
      if (await isRated(chat)) return null;
      const found = await readConfig(call);
      if (found.kind === "disabled") return null;
      if (found.kind === "collect") return { ...chat, kind: "collect", schemes: found.schemes };
      if (!isSafe(found.url))
        throw new ChatError("bad-frame", `The feedback page must be https, not ${found.url.protocol}`);
      return { ...chat, kind: "link", url: found.url };
    },
    openLink({ chatId, url }, open) {
      if (!isSafe(url)) throw new ChatError("invalid-argument", "A feedback page must be https.");
      open(url.href, "_blank", "noopener,noreferrer");
      void remember(chatId, "opened");
    },
    async submit(chat, response, call) {
      if ("kind" in chat && chat.kind === "collect") assertResponse(chat.schemes, response);
      const { chatId, interactionId } = chat;
      const first = underWay.get(chatId);
      if (first) return first;
      const submitting = submitOnce(
        interactionId === undefined ? { chatId } : { chatId, interactionId },
        response,
        call,
      );
      underWay.set(chatId, submitting);
      try {
        return await submitting;
      } finally {
        underWay.delete(chatId);
      }
    },
  };
  return csat;
}

/** Encrypted, or a page of this machine, as everywhere. */
function isSafe(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname));
}
