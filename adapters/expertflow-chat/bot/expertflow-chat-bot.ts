import type { BotCapabilities, BotEvents, BotIdentity, BotTransport } from "../../../src/bot/bot-transport.ts";
import { createEmitter, type Emitter } from "../../../src/kit/emitter.ts";
import { JsonRest, under } from "../../../src/kit/json-rest.ts";
import { record } from "../../../src/kit/read.ts";
import { signedOut, signInOnce } from "../../../src/kit/sign-in.ts";
import type { Call } from "../../../src/transport/call.ts";
import { NO_CAPABILITIES, type Capabilities } from "../../../src/transport/capabilities.ts";
import { announced } from "../announced.ts";
import { unreadable } from "../conversation.ts";
import type { SolutionServerOptions } from "../options.ts";
import { SolutionRest } from "../rest/solution-rest.ts";
import { SolutionLink } from "../solution-link.ts";
import { recordField, textField } from "../wire/fields.ts";
import { decodeCustomer, decodeParticipant } from "../wire/people.ts";
import { botConversation } from "./bot-conversation.ts";

/** Options of `expertflowChatBot`. */
export interface ExpertflowChatBotOptions extends SolutionServerOptions {
  /** Where the bot itself is: `initContext` is called there for each conversation (guide 7.0.13). Default: nowhere. */
  botUrl?: string;
  /** The key under which `Handoff` travels in `requestAgentTransfer`. No guide knows one. Default: it does not travel. */
  handoffKey?: string;
}

/**
 * A bot on Expertflow Chat Solution (guide, Chatbot API): one socket, any number of conversations on it. While a human has a
 * conversation, what the bot says is a suggestion.
 * @throws ChatError `invalid-config` (from `register`) for an address that cannot be used.
 */
export function expertflowChatBot(options: ExpertflowChatBotOptions): BotTransport {
  return new SolutionBot(options).toTransport();
}

class SolutionBot {
  readonly #options: ExpertflowChatBotOptions;
  readonly #supports: BotCapabilities;
  readonly #conversationSupports: Capabilities;
  readonly #emitter: Emitter<BotEvents> = createEmitter<BotEvents>();
  readonly #rest: SolutionRest;
  readonly #botRest: JsonRest;
  readonly #link: SolutionLink<BotIdentity>;
  /** Conversations that were told and are not over. */
  readonly #told = new Set<string>();
  #identity: BotIdentity | undefined;

  constructor(options: ExpertflowChatBotOptions) {
    this.#options = options;
    const handoffContext = options.handoffKey !== undefined;
    this.#supports = { suggestions: true, requestAgent: true, handoffContext, understanding: true };
    const reads = options.pastMessages !== false;
    this.#conversationSupports = {
      ...NO_CAPABILITIES,
      chatStates: true,
      requestAgent: true,
      history: reads,
      catchUp: reads,
    };
    this.#rest = new SolutionRest(options);
    const { fetch, timeoutMs, allowInsecure } = options;
    this.#botRest = new JsonRest({ vendor: "expertflow-chat", fetch, timeoutMs, allowInsecure });
    this.#link = new SolutionLink<BotIdentity>(options, {
      putOut: "replaced",
      announce: (wire, signal) => {
        const identity = this.#identity ?? { id: "", name: "", type: "" };
        const { id, name, type } = identity;
        return announced(wire, "registerBot", { id, name, type }, identity, signal);
      },
      onState: (previous, current) => {
        this.#emitter.emit("state", { previous, current });
        if (current.status === "closed") this.#emitter.clear();
      },
      onEvent: (name, payload) => this.#onEvent(name, payload),
    });
  }

  #onEvent(name: string, payload: unknown): void {
    if (name === "initConversation") return this.#onConversation(payload);
    // Of a conversation that is over here already, or that another one of this name had.
    if (name === "endConversation" || name === "messageArrived" || name === "conversationInfo") return;
    this.#emitter.emit("warning", unreadable(`The event ${name.slice(0, 40)}`));
  }

  #onConversation(payload: unknown): void {
    const fields = record(payload);
    const conversationId = textField(fields, "conversationId");
    if (conversationId === "") return this.#emitter.emit("warning", unreadable("A conversation for the bot"));
    // After an outage the service may tell of those that it is in: they enter again by themselves.
    if (this.#told.has(conversationId) || !this.#identity) return;
    this.#told.add(conversationId);
    const given = decodeParticipant(recordField(fields, "participant"));
    const customer = decodeCustomer(recordField(fields, "customerInfo"));
    const conversation = botConversation({
      link: this.#link,
      rest: this.#rest,
      options: this.#options,
      supports: this.#conversationSupports,
      conversationId,
      customer,
      bot: this.#identity,
      // The sample names no participant, the prose does (7.0.4).
      self: given.id === "" ? this.#identity : { id: given.id, name: given.name || this.#identity.name },
      initContext: (call) => this.#initContext(conversationId, fields["customerInfo"], call),
    });
    conversation.on("state", ({ current }) => {
      if (current.status !== "closed" || !this.#told.delete(conversationId)) return;
      this.#emitter.emit("conversation-ended", { conversationId });
    });
    this.#emitter.emit("conversation", conversation);
  }

  /** `POST http://<bot>/api/initContext`: the bot makes itself a context, or finds the one it has. */
  async #initContext(conversationId: string, customerInfo: unknown, call: Call): Promise<void> {
    const { botUrl } = this.#options;
    if (botUrl === undefined) return;
    await this.#botRest.text("POST", under(botUrl, "api", "initContext"), { conversationId, customerInfo }, call);
  }

  toTransport(): BotTransport {
    const link = this.#link;
    return {
      contract: 1,
      vendor: "expertflow-chat",
      supports: this.#supports,
      get state() {
        return link.state;
      },
      on: (type, listener) => this.#emitter.on(type, listener),
      register: async (identity, call) => {
        await signInOnce(
          link,
          () => {
            this.#identity = identity;
            return link.open();
          },
          call,
        );
      },
      close: async () => link.finish("signed-out", signedOut("What was under way")),
    };
  }
}
