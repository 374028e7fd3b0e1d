import type {
  ChannelCustomer,
  ConnectorEvents,
  ConnectorIdentity,
  ConnectorTransport,
  OutboundMessage,
} from "../../../src/connector/connector-transport.ts";
import { createEmitter, type Emitter } from "../../../src/kit/emitter.ts";
import { record } from "../../../src/kit/read.ts";
import { signedOut, signInOnce } from "../../../src/kit/sign-in.ts";
import { NO_CAPABILITIES } from "../../../src/transport/capabilities.ts";
import type { ChatTransport } from "../../../src/transport/transport.ts";
import { conversationTransport } from "../conversation-transport.ts";
import { unreadable } from "../conversation.ts";
import { customerDoorway } from "../customer-doorway.ts";
import type { SolutionEdition, SolutionServerOptions } from "../options.ts";
import { announced } from "../announced.ts";
import { SolutionRest } from "../rest/solution-rest.ts";
import { SolutionLink } from "../solution-link.ts";
import { recordField, textField, timeField } from "../wire/fields.ts";

/** Options of `expertflowChatConnector`. */
export interface ExpertflowChatConnectorOptions extends SolutionServerOptions {
  /**
   * The event that brings a third-party message. No guide names one. Default `messageArrived`, with the body of
   * `POST /api/external/message`.
   */
  externalEvent?: string;
  /** Reads such a message where it looks different; `undefined` for what is none. */
  decodeExternal?: (payload: unknown) => Omit<OutboundMessage, "acknowledge" | "raw"> | undefined;
  /** The server waits for socket.io acknowledgements, and sends again what was not acknowledged. Default false. */
  acknowledgements?: boolean;
  /** Which fields start a customer's conversation. Default `later`. */
  edition?: SolutionEdition;
}

/**
 * A channel's connector on Expertflow Chat Solution (guide 2, 4): one socket, on which third-party messages come and any number of
 * customers' conversations live. Its `id` is the channel's name, as the guide wants it.
 */
export function expertflowChatConnector(options: ExpertflowChatConnectorOptions): ConnectorTransport {
  return new SolutionConnector(options).toTransport();
}

class SolutionConnector {
  readonly #options: ExpertflowChatConnectorOptions;
  readonly #emitter: Emitter<ConnectorEvents> = createEmitter<ConnectorEvents>();
  readonly #rest: SolutionRest;
  readonly #link: SolutionLink<ConnectorIdentity>;
  readonly #event: string;
  #identity: ConnectorIdentity = { id: "", name: "", channel: "" };

  constructor(options: ExpertflowChatConnectorOptions) {
    this.#options = options;
    this.#event = options.externalEvent ?? "messageArrived";
    this.#rest = new SolutionRest(options);
    this.#link = new SolutionLink<ConnectorIdentity>(options, {
      putOut: "replaced",
      moreEvents: [this.#event],
      announce: (wire, signal) => {
        const { name, channel } = this.#identity;
        return announced(wire, "registerConnector", { id: channel, name, channel }, this.#identity, signal);
      },
      onState: (previous, current) => {
        this.#emitter.emit("state", { previous, current });
        if (current.status === "closed") this.#emitter.clear();
      },
      onEvent: (name, payload, acknowledge) => this.#onEvent(name, payload, acknowledge),
    });
  }

  #onEvent(name: string, payload: unknown, acknowledge?: (answer?: unknown) => void): void {
    const read = name === this.#event ? (this.#options.decodeExternal ?? decodeExternal)(payload) : undefined;
    if (read) {
      const answer = (): void => acknowledge?.({ status: "ok", messageId: read.messageId });
      this.#emitter.emit("outbound", { ...read, raw: payload, acknowledge: answer });
    } else if (textField(record(payload), "conversationId") === "") {
      this.#emitter.emit("warning", unreadable(`The event ${name.slice(0, 40)}`));
    }
  }

  #conversation({ refId, subject, language }: ChannelCustomer): ChatTransport {
    const { edition } = this.#options;
    const reads = this.#options.pastMessages !== false;
    const customer = {
      channel: this.#identity.channel,
      refId,
      ...(subject !== undefined && { subject }),
      ...(language !== undefined && { language }),
    };
    const options = { ...this.#options, customer };
    return conversationTransport({
      link: this.#link,
      rest: this.#rest,
      options,
      supports: {
        ...NO_CAPABILITIES,
        chatStates: true,
        requestAgent: true,
        resume: true,
        history: reads,
        catchUp: reads,
      },
      doorway: customerDoorway(options, this.#rest, () => undefined),
      expectsInfo: edition !== "v3",
      edition,
      leaveReason: "left",
    }).transport;
  }

  toTransport(): ConnectorTransport {
    const link = this.#link;
    return {
      contract: 1,
      vendor: "expertflow-chat",
      supports: { acknowledgements: this.#options.acknowledgements === true },
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
      conversation: (customer) => this.#conversation(customer),
      close: async () => link.finish("signed-out", signedOut("What was under way")),
    };
  }
}

/** The body of `POST /api/external/message` (guide 4.0.1). */
function decodeExternal(payload: unknown): Omit<OutboundMessage, "acknowledge" | "raw"> | undefined {
  const fields = record(payload);
  const [messageId, destination] = [textField(fields, "messageId"), textField(fields, "destination")];
  if (messageId === "" || destination === "") return undefined;
  const from = recordField(fields, "from");
  const app = textField(from, "app");
  return {
    messageId,
    destination,
    channel: textField(fields, "channel"),
    text: textField(fields, "text"),
    from: { id: textField(from, "id"), name: textField(from, "name"), ...(app !== "" && { app }) },
    sentAt: timeField(fields, "timestamp") ?? new Date(),
  };
}
