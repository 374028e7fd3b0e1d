// Long because signing in, availability, requests and the floor are one identity's: each looks at what the others know.
import {
  NO_AGENT_CAPABILITIES,
  type AgentCapabilities,
  type AgentEvents,
  type AgentIdentity,
  type AgentTransport,
  type Availability,
  type ChatRequest,
  type Floor,
  type FloorConversation,
} from "../../../src/agent/agent-transport.ts";
import { assertNotAborted, createDeferred, withDeadline, type Deferred } from "../../../src/kit/deadline.ts";
import { createEmitter } from "../../../src/kit/emitter.ts";
import { record, text, type Fields } from "../../../src/kit/read.ts";
import { assertOnline, signedOut, signInOnce } from "../../../src/kit/sign-in.ts";
import type { Call, Unsubscribe } from "../../../src/transport/call.ts";
import { NO_CAPABILITIES, type Capabilities } from "../../../src/transport/capabilities.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import { unreadable } from "../conversation.ts";
import { refused, refusalIn } from "../refusals.ts";
import { SolutionRest } from "../rest/solution-rest.ts";
import { SolutionLink, type Wire } from "../solution-link.ts";
import { decodeMessage, type SolutionActivity } from "../wire/decode-message.ts";
import { recordField, textField } from "../wire/fields.ts";
import { decodeCustomer, decodeParticipant } from "../wire/people.ts";
import { SolutionAgentConversation } from "./agent-conversation.ts";
import type { AmqMapping, AmqMessage, ExpertflowChatAgentOptions, SolutionCredentials } from "./agent-options.ts";
import { decodeAgent, decodeFloor } from "./decode-floor.ts";
import { OpenRequests } from "./open-requests.ts";
import { Operations } from "./operations.ts";

/** An agent of Chat Solution, with the contact centre's ActiveMQ within reach. */
export interface ExpertflowChatAgent extends AgentTransport {
  /** ActiveMQ as it passes the socket (guide 6.1.1 to 6.1.3): what no contract has a word for. */
  readonly amq: {
    /** Emits `amq-send`. Resolves when handed over. @throws ChatError `not-connected`, `closed`, `aborted`. */
    send(message: AmqMessage, call?: Call): Promise<void>;
    /** Hears every `amq-msg`, also those that a mapping has read. */
    on(listener: (message: AmqMessage) => void): Unsubscribe;
  };
}

/**
 * An agent or supervisor on Expertflow Chat Solution (guide, Agent API): one socket for the identity, any number of conversations on
 * it. What the guide has no event for (declining, a ring that is over, reasons, signing out, queues, whispering while
 * monitoring) is absent, or comes by an `amq` mapping.
 * @throws ChatError `invalid-config` (from `signIn`) for an address that cannot be used: plain http only to this machine.
 */
export function expertflowChatAgent(options: ExpertflowChatAgentOptions): ExpertflowChatAgent {
  return new SolutionAgent(options).toTransport();
}

class SolutionAgent {
  readonly #options: ExpertflowChatAgentOptions;
  readonly #mapping: AmqMapping;
  readonly #supports: AgentCapabilities;
  readonly #conversationSupports: Capabilities;
  readonly #emitter = createEmitter<AgentEvents>();
  readonly #amqEmitter = createEmitter<{ message: AmqMessage }>();
  readonly #rest: SolutionRest;
  readonly #link: SolutionLink<AgentIdentity>;
  readonly #operations: Operations;
  readonly #requests: OpenRequests;
  #domains: readonly string[];
  #availability: Availability = { ready: false };
  #login: Deferred<Fields> | undefined;
  #floor: Floor | undefined;

  constructor(options: ExpertflowChatAgentOptions) {
    this.#options = options;
    this.#mapping = options.amq ?? {};
    this.#domains = options.domains;
    this.#supports = supportsOf(this.#mapping);
    const reads = options.pastMessages !== false;
    this.#conversationSupports = { ...NO_CAPABILITIES, chatStates: true, history: reads, catchUp: reads };
    this.#rest = new SolutionRest(options);
    this.#requests = new OpenRequests(this.#emitter);
    this.#link = new SolutionLink<AgentIdentity>(options, {
      putOut: "replaced",
      announce: (wire, signal) => this.#announce(wire, signal),
      onState: (previous, current) => {
        if (previous.status === "online") this.#requests.endAll("link-lost");
        this.#emitter.emit("state", { previous, current });
        if (current.status === "closed") this.#emitter.clear();
      },
      onEvent: (name, payload) => this.#onEvent(name, payload),
    });
    this.#operations = new Operations(this.#link);
  }

  /** Signs in to each domain, and is there as available as before. */
  async #announce(wire: Wire, signal: AbortSignal): Promise<AgentIdentity> {
    const { agentId, password } = await this.#askForCredentials(signal);
    let info: Fields = {};
    for (const mrd of this.#domains) info = await this.#logIn(wire, { agentId, password, mrd }, signal);
    const agent = decodeAgent(info, agentId);
    this.#learnFloor(decodeFloor(info, agent, new Date()));
    if (this.#options.amq) wire.emit("amq-sub", { AgentId: agentId });
    if (this.#availability.ready) for (const mrd of this.#domains) wire.emit("changeState", { state: "READY", mrd });
    return agent;
  }

  async #askForCredentials(signal: AbortSignal): Promise<SolutionCredentials> {
    try {
      return await this.#options.credentialsProvider({ signal });
    } catch (cause) {
      throw ChatError.from(cause, "unauthorized", "The credentials provider gave no credentials.", {
        remedy: "See the cause: it is what the page's own credentialsProvider threw.",
      });
    }
  }

  /** An activity answers (guide 6.1.4), or an acknowledgement where the server has those. */
  async #logIn(wire: Wire, payload: Record<string, string>, signal: AbortSignal): Promise<Fields> {
    const login = (this.#login = createDeferred<Fields>());
    login.promise.catch(() => undefined);
    return withDeadline({ signal }, Infinity, "Signing in", () => {
      wire.ask("login", payload, (answer) => {
        const no = refusalIn(answer, "Signing in");
        if (no) login.reject(asUnauthorized(no));
        // The activity says more: it comes in the same breath.
        else setTimeout(() => login.resolve({}), 0);
      });
      return login.promise;
    });
  }

  #onEvent(name: string, payload: unknown): void {
    switch (name) {
      case "receiveChatRequest":
        return this.#onRequest(payload);
      case "messageArrived":
        return this.#onMessage(payload);
      case "conversationInfo":
        return this.#onAdded(recordField(record(payload), "conversation"), payload);
      case "amq-msg":
        return this.#onAmq(payload);
      default:
        this.#emitter.emit("warning", unreadable(`The event ${name.slice(0, 40)}`));
    }
  }

  #onRequest(payload: unknown): void {
    const asked = recordField(record(payload), "customer");
    const conversationId = textField(asked, "conversationId") || textField(record(payload), "conversationId");
    if (conversationId === "") return this.#emitter.emit("warning", unreadable("A chat request"));
    const { state } = this.#link;
    // A supervisor's chats are those that he is asked into (guide 6.1.11).
    const kind = state.status === "online" && state.who.role === "supervisor" ? "help" : "chat";
    this.#requests.add({ conversationId, kind, customer: decodeCustomer(asked), raw: payload });
  }

  /** What belongs to no conversation of ours: answers to login and changeState, and what we were added to. */
  #onMessage(payload: unknown): void {
    const message = decodeMessage(payload);
    if (!message) return this.#emitter.emit("warning", unreadable("A message"));
    if (message.kind !== "activity") return;
    const type = message.activityType.toLowerCase();
    if (type === "error") return this.#onRefusal(message);
    this.#operations.onActivity(message);
    if (this.#login && message.conversationId === "") return this.#login.resolve(message.info);
    if (type === "participantadded" && decodeParticipant(recordField(message.info, "participant")).id === this.#selfId)
      this.#requests.add(toHelp(message.conversationId, payload));
    if (type === "endofconversation") {
      const ring = this.#requests.of(message.conversationId);
      if (ring) this.#requests.end(ring.id, "withdrawn");
    }
  }

  /** A colleague has added us: we are in already, and may look. */
  #onAdded(conversation: Fields, raw: unknown): void {
    const conversationId = textField(conversation, "id");
    if (conversationId !== "") this.#requests.add(toHelp(conversationId, raw));
  }

  #onRefusal({ info }: SolutionActivity): void {
    const event = textField(info, "event");
    if (event === "login") return this.#login?.reject(asUnauthorized(refused(info, "Signing in")));
    const error = refused(info, event === "" ? "A request" : `The event ${event.slice(0, 40)}`);
    if (!this.#operations.onRefusal(event, error)) this.#emitter.emit("warning", error);
  }

  #onAmq(payload: unknown): void {
    const message = decodeAmq(payload);
    if (!message) return this.#emitter.emit("warning", unreadable("An ActiveMQ message"));
    this.#amqEmitter.emit("message", message);
    const meaning = this.#mapping.read?.(message);
    if (meaning?.kind === "floor") this.#learnFloor({ ...meaning.floor, at: new Date() });
    if (meaning?.kind !== "request-ended") return;
    const ring = this.#requests.of(meaning.conversationId);
    if (ring) this.#requests.end(ring.id, meaning.outcome);
  }

  #learnFloor(floor: Floor): void {
    const before = this.#floor;
    this.#floor = floor;
    if (before) this.#emitter.emit("floor", floor);
  }

  get #selfId(): string {
    return this.#self?.id ?? "";
  }

  get #self(): AgentIdentity | undefined {
    const { state } = this.#link;
    return state.status === "online" ? state.who : undefined;
  }

  async #setAvailability(availability: Availability, call?: Call): Promise<void> {
    assertOnline(this.#link.state, call, "Saying whether chats are wanted");
    const { ready, reason, domain } = availability;
    const state = ready ? "READY" : "NOT_READY";
    for (const mrd of domain === undefined ? this.#domains : [domain]) {
      const proof = ({ info }: SolutionActivity): boolean => textField(info, "state").toUpperCase() === state;
      const what = "Saying whether chats are wanted";
      await this.#operations.run({ event: "changeState", payload: { state, mrd }, what, proof }, this.#gone, call);
      if (reason !== undefined && this.#mapping.notReadyReason)
        this.#link.emit("amq-send", this.#mapping.notReadyReason(reason, mrd));
    }
    this.#availability = { ready };
    this.#emitter.emit("availability", availability);
  }

  get #gone(): AbortSignal {
    return this.#link.interruption;
  }

  #conversation(
    target: ChatRequest | FloorConversation,
    how: "accept" | "monitor" | "enter",
  ): ReturnType<AgentTransport["conversation"]> {
    const request = "id" in target ? target : undefined;
    if (how === "accept" && !(request && this.#requests.wasTold(request.id)))
      throw new ChatError("invalid-argument", "That request was never told here.");
    const { transport } = new SolutionAgentConversation({
      link: this.#link,
      rest: this.#rest,
      options: this.#options,
      supports: this.#conversationSupports,
      target: { conversationId: target.conversationId, customer: target.customer ?? { name: "", details: {} } },
      // Who was added is in already: nothing is left to accept.
      how: how === "accept" && request?.kind === "help" && isAdded(request) ? "enter" : how,
      begin: () => this.#begin(how === "accept" ? request : undefined),
      onSuggestion: ({ conversationId, from, understanding, text: best, raw }) => {
        const texts = understanding.output.length > 0 ? understanding.output.map((each) => each.text) : [best];
        this.#emitter.emit("suggestion", {
          conversationId,
          from: { id: from.id, name: from.name, role: "bot", isSelf: false },
          texts,
          raw,
        });
      },
    });
    if (request && how === "accept") this.#follow(transport, request);
    return transport;
  }

  /** What becomes of a request that is being accepted. */
  #follow(conversation: ReturnType<AgentTransport["conversation"]>, request: ChatRequest): void {
    conversation.on("state", ({ previous, current }) => {
      if (current.status === "connected") this.#requests.end(request.id, "accepted");
      if (current.status !== "closed" || previous.status !== "connecting") return;
      const code = current.cause?.code;
      if (code === "conflict" || code === "not-found" || code === "closed") this.#requests.end(request.id, "elsewhere");
    });
  }

  #begin(request: ChatRequest | undefined): AgentIdentity {
    assertOnline(this.#link.state, undefined, "Opening a conversation");
    if (request && !this.#requests.isOpen(request.id))
      throw new ChatError("conflict", "That request was answered before, or is over.");
    const self = this.#self;
    if (self) return self;
    throw new ChatError("not-connected", "Nobody is signed in.");
  }

  #finish(): void {
    this.#link.finish("signed-out", signedOut("What was under way"));
  }

  toTransport(): ExpertflowChatAgent {
    const [link, emitter, mapping] = [this.#link, this.#emitter, this.#mapping];
    const { signOut, decline } = mapping;
    return {
      contract: 1,
      vendor: "expertflow-chat",
      supports: this.#supports,
      get state() {
        return link.state;
      },
      on: (type, listener) => emitter.on(type, listener),
      signIn: ({ domains = this.#options.domains, availability = { ready: false } } = {}, call) =>
        signInOnce(
          link,
          () => {
            this.#domains = domains;
            this.#availability = { ready: availability.ready };
            return link.open();
          },
          call,
        ),
      close: async () => this.#finish(),
      setAvailability: (availability, call) => this.#setAvailability(availability, call),
      conversation: (target, how) => this.#conversation(target, how),
      ...(signOut && {
        signOut: async ({ reason, ...call }: Call & { reason?: string } = {}) => {
          assertNotAborted(call.signal, "Signing out");
          if (this.#self) link.emit("amq-send", signOut(this.#self, reason));
          this.#finish();
        },
      }),
      ...(decline && {
        decline: async (request: ChatRequest, call: Call & { reason?: string } = {}) => {
          assertOnline(link.state, call, "Declining");
          if (!this.#requests.isOpen(request.id))
            throw new ChatError("conflict", "That request was answered before, or is over.");
          link.emit("amq-send", decline(request.conversationId, call.reason));
          this.#requests.end(request.id, "declined");
        },
      }),
      wrapUp: async (conversationId, { reason, note }, call) => {
        assertOnline(link.state, call, "Wrapping up");
        const wrapup = note === undefined || note === "" ? reason : `${reason}: ${note}`;
        const operation = { event: "wrapUp", payload: { conversationId, wrapup }, what: "Wrapping up" };
        await this.#operations.run(operation, this.#gone, call);
      },
      floor: async (call) => {
        assertOnline(link.state, call, "Reading the floor");
        return this.#floor ?? { teams: [], conversations: [], at: new Date() };
      },
      wake: async (call) => {
        assertNotAborted(call?.signal, "Waking");
        link.retryNow();
        return link.checkLink();
      },
      amq: {
        send: async (message, call) => {
          assertOnline(link.state, call, "Sending to ActiveMQ");
          link.emit("amq-send", message);
        },
        on: (listener) => this.#amqEmitter.on("message", listener),
      },
    };
  }
}

function supportsOf({
  read,
  endsRequests,
  tellsQueues,
  decline,
  notReadyReason,
  signOut,
}: AmqMapping): AgentCapabilities {
  return {
    ...NO_AGENT_CAPABILITIES,
    availability: true,
    domains: true,
    whisper: true,
    addParticipant: true,
    removeParticipant: true,
    transfer: true,
    raiseHand: true,
    monitor: true,
    bargeIn: true,
    wrapUp: true,
    suggestions: true,
    floor: true,
    requestEnds: read !== undefined && endsRequests === true,
    queues: read !== undefined && tellsQueues === true,
    decline: decline !== undefined,
    notReadyReasons: notReadyReason !== undefined,
    signOut: signOut !== undefined,
  };
}

function toHelp(
  conversationId: string,
  raw: unknown,
): Pick<ChatRequest, "conversationId" | "kind" | "customer" | "raw"> {
  return { conversationId, kind: "help", customer: { name: "", details: {} }, raw };
}

/** Whether the service has made us a participant already, rather than asked. */
function isAdded({ raw }: ChatRequest): boolean {
  return Object.keys(recordField(record(raw), "customer")).length === 0;
}

function decodeAmq(payload: unknown): AmqMessage | undefined {
  const fields = record(payload);
  return isAmq(fields) ? fields : undefined;
}

/** It came as JSON: only the head has to be looked at. */
function isAmq(fields: Fields): fields is AmqMessage {
  return text(fields["head"]) !== "";
}

/** Whatever a server calls it, a sign-in that is refused is that. */
function asUnauthorized(error: ChatError): ChatError {
  return new ChatError("unauthorized", error.message, {
    ...error.info,
    remedy: error.info.remedy ?? "Check the agent's id, password and media routing domain.",
  });
}
