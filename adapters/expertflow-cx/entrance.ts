import { createDeferred, type Deferred } from "../../src/kit/deadline.ts";
import { ChatError } from "../../src/transport/errors.ts";
import { unreadable } from "./cx-events.ts";
import type { CxSocket } from "./cx-socket.ts";
import type { CxResume } from "./resume-token.ts";
import { decodeCimMessage, decodeCimMessages, type CimMessage } from "./wire/cim-message.ts";
import { encodeChatRequest, type CxCustomer } from "./wire/envelope.ts";
import { record } from "../../src/kit/read.ts";

/** How the customer got in. */
export interface Entry {
  conversationId: string;
  /** The contact centre's id of the customer's presence; `""` where nothing said it. */
  channelSessionId: string;
  /** What the service said of the past; empty for a chat that has just begun. */
  history: CimMessage[];
}

/** The way from a socket that is up into a chat: an old one before a new one, and nothing else said meanwhile. */
export class Entrance {
  readonly #socket: CxSocket;
  readonly #customer: CxCustomer;
  readonly #warn: (warning: ChatError) => void;
  #answer: Deferred<Entry | undefined> = newAnswer();
  #known = "";
  #returning = false;

  constructor(socket: CxSocket, customer: CxCustomer, warn: (warning: ChatError) => void) {
    this.#socket = socket;
    this.#customer = customer;
    this.#warn = warn;
  }

  /**
   * Resumes the chat that there was, and requests one where there was none.
   * @param returning after an outage of this very chat: then a new one would be another conversation, with another
   * agent, that nobody asked for. @throws ChatError `closed` then; else what the service answers.
   */
  async enter(resume: CxResume | undefined, returning: boolean): Promise<Entry> {
    this.#returning = returning;
    this.#known = resume?.conversationId ?? "";
    const resumed = resume && (await this.#resume());
    if (resumed) return resumed;
    if (returning) throw chatGone();
    this.#answer = newAnswer();
    this.#socket.emit("CHAT_REQUESTED", encodeChatRequest(this.#customer));
    const started = await this.#answer.promise;
    if (!started) throw unreadable("The start of the chat");
    return started;
  }

  /** `CHANNEL_SESSION_STARTED`. A server that leaves something out must not hide that the chat has begun. */
  onStarted(payload: unknown): void {
    const message =
      decodeCimMessage(payload) ?? decodeCimMessage({ ...record(payload), body: { type: "NOTIFICATION" } });
    const channelSessionId = message?.channelSessionId ?? "";
    const conversationId = message?.conversationId || channelSessionId || this.#customer.channelCustomerIdentifier;
    if (Object.keys(record(record(record(payload)["header"])["channelData"])).length === 0)
      this.#warn(unreadable("The start of the chat (header.channelData is missing)"));
    this.#answer.resolve({ conversationId, channelSessionId, history: [] });
  }

  /** `CONVERSATION_RESUMED`, which a server may push instead of answering. */
  onResumed(history: CimMessage[]): void {
    const entry = this.#toEntry(history);
    if (entry) this.#answer.resolve(entry);
  }

  /** The service said no, or the link is gone. */
  refuse(error: ChatError): void {
    this.#answer.reject(error);
  }

  #resume(): Promise<Entry | undefined> {
    const { serviceIdentifier, channelCustomerIdentifier } = this.#customer;
    this.#socket.emit("CHAT_RESUMED", { serviceIdentifier, channelCustomerIdentifier }, (answer) => {
      const { isChatAvailable, data } = record(answer);
      if (typeof isChatAvailable !== "boolean") return this.refuse(unreadable("The answer to the resume"));
      this.#answer.resolve(isChatAvailable ? this.#toEntry(decodeCimMessages(data)) : undefined);
    });
    return this.#answer.promise;
  }

  /** To a page that comes back an empty history is no chat (the widget of 4.10 reads it so); in a chat nothing was said yet. */
  #toEntry(history: CimMessage[]): Entry | undefined {
    if (history.length === 0 && !this.#returning) return undefined;
    const last = history.findLast(({ conversationId }) => conversationId);
    const { conversationId = this.#known, channelSessionId = "" } = last ?? {};
    return { history, conversationId, channelSessionId };
  }
}

function newAnswer(): Deferred<Entry | undefined> {
  const answer = createDeferred<Entry | undefined>();
  // The link may go before anybody asks.
  answer.promise.catch(() => undefined);
  return answer;
}

function chatGone(): ChatError {
  return new ChatError("closed", "The service has closed the chat while the link was lost.", {
    remedy: "Start a new chat.",
    vendor: { name: "expertflow-cx", code: "resume/not-available" },
  });
}
