import type { AgentConversation, AgentIdentity, AgentPart, ColleagueRef } from "../../../src/agent/agent-transport.ts";
import { assertBody } from "../../../src/kit/assert-arguments.ts";
import { randomId } from "../../../src/kit/ids.ts";
import type { Call } from "../../../src/transport/call.ts";
import type { Capabilities } from "../../../src/transport/capabilities.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { CustomerInfo } from "../../../src/transport/link-state.ts";
import type { OutgoingMessage, Participant, Sent } from "../../../src/transport/messages.ts";
import { conversationTransport, type ConversationTransport } from "../conversation-transport.ts";
import type { Doorway } from "../doorway.ts";
import type { SolutionRest } from "../rest/solution-rest.ts";
import type { MemberLink } from "../solution-link.ts";
import { decodeMessage, type SolutionActivity, type SolutionBotMessage } from "../wire/decode-message.ts";
import { encodeChatMessage, encodeConversation, encodeJoin, type Frame } from "../wire/encode.ts";
import { recordField, textField } from "../wire/fields.ts";
import { decodeParticipant } from "../wire/people.ts";
import type { ExpertflowChatAgentOptions } from "./agent-options.ts";
import { Operations } from "./operations.ts";

/** What an agent's conversation is made of. */
export interface AgentConversationParts {
  link: MemberLink;
  rest: SolutionRest;
  options: ExpertflowChatAgentOptions;
  supports: Capabilities;
  target: { conversationId: string; customer: CustomerInfo };
  how: "accept" | "monitor" | "enter";
  /** Who is signed in. @throws ChatError `not-connected`, `closed`, `conflict` for a request that was answered before. */
  begin(): AgentIdentity;
  onSuggestion(message: SolutionBotMessage): void;
}

const KNOCKS = { accept: "acceptChatRequest", monitor: "silentMonitor" } as const;

/** A conversation of an agent, as `AgentConversation` has it (guide 6.1.7 to 6.1.14). */
export class SolutionAgentConversation {
  readonly transport: AgentConversation;
  readonly #parts: AgentConversationParts;
  readonly #operations: Operations;
  readonly #inner: ConversationTransport;
  readonly #customer: CustomerInfo;
  #monitors: boolean;
  #owns = false;
  /** Since when a human has it for sure: what a bot says from then on is for the human. */
  #humanSince: Date | undefined;

  constructor(parts: AgentConversationParts) {
    this.#parts = parts;
    this.#operations = new Operations(parts.link);
    this.#customer = parts.target.customer;
    this.#monitors = parts.how === "monitor";
    this.#inner = conversationTransport({
      link: parts.link,
      rest: parts.rest,
      options: parts.options,
      supports: parts.supports,
      doorway: this.#doorway(),
      expectsInfo: true,
      leaveReason: "left",
      maySpeak: () => (this.#monitors ? onlyLooksOn("Speaking") : undefined),
    });
    this.transport = this.#toTransport();
  }

  #doorway(): Doorway {
    const { target, how } = this.#parts;
    const { conversationId } = target;
    return {
      role: "agent",
      hearsWhispers: true,
      goesOn: () => true,
      prepare: async () => {
        const { id, name } = this.#parts.begin();
        const { id: customerId = "", name: customerName } = this.#customer;
        const customer = {
          id: customerId,
          name: customerName,
          role: "customer",
          isOwner: undefined,
          status: "",
        } as const;
        this.#inner.chat.inbox.learn([customer]);
        return { conversationId, self: { id, name } };
      },
      knock: ({ self: from }, again) => {
        if (how !== "enter" && (!again || this.#monitors)) return { event: KNOCKS[how], payload: { conversationId } };
        const payload = encodeJoin({ conversationId, from, requestId: randomId(), timestamp: new Date() });
        return { event: "joinConversation", payload };
      },
      goodbye: ({ self: from }, reason) => {
        if (reason !== "agent-ended" || this.#monitors) return undefined;
        const frame = { conversationId, from, requestId: randomId(), timestamp: new Date() };
        return { event: "endConversation", payload: encodeConversation(frame) };
      },
      encode: ({ body }, frame) => encodeChatMessage(frame, body, { channel: this.#customer.channel }),
      onActivity: (activity) => this.#onActivity(activity),
      onInfo: (info) => {
        this.#humanSince ??= new Date();
        this.#owns ||= textField(info, "role").toLowerCase() === "owner";
      },
      onRefusal: (event, error) => this.#operations.onRefusal(event, error),
      onSuggestion: (message, replayed) => this.#onSuggestion(message, replayed),
    };
  }

  #onActivity(activity: SolutionActivity): void {
    this.#operations.onActivity(activity);
    const type = activity.activityType.toLowerCase();
    const { id, isOwner } = aboutOf(activity);
    if (id !== this.#selfId) {
      if (isOwner === true) this.#owns = false;
    } else if (type === "participantleft") this.#inner.chat.finish("left", hasLeft());
    else if (type === "participantremoved") this.#inner.chat.finish("refused", putOut(), putOut());
    else if (isOwner !== undefined) this.#owns = isOwner;
  }

  #onSuggestion(message: SolutionBotMessage, replayed: boolean): boolean {
    const since = this.#humanSince;
    if (replayed && !(since && message.sentAt && message.sentAt >= since)) return false;
    this.#parts.onSuggestion(message);
    return true;
  }

  get #selfId(): string {
    return this.#inner.chat.inbox.self.id;
  }

  get #part(): AgentPart {
    if (this.#monitors) return "monitor";
    return this.#owns ? "owner" : "participant";
  }

  #participant(id: string): Participant {
    const found = this.#inner.chat.inbox.participants.get(id);
    if (found) return found;
    throw new ChatError("not-found", "Nobody of that id is in this conversation.", { remedy: "Ask them in first." });
  }

  /** Checks, emits, and waits for what proves it. */
  async #run(
    what: string,
    call: Call | undefined,
    event: string,
    check: () => Frame,
    proof?: (type: string, about: string, activity: SolutionActivity) => boolean,
  ): Promise<void> {
    this.#inner.ready(call, what);
    if (this.#monitors && event !== "bargeIn") throw onlyLooksOn(what);
    const payload = { conversationId: this.#parts.target.conversationId, ...check() };
    const proves =
      proof && ((each: SolutionActivity) => proof(each.activityType.toLowerCase(), aboutOf(each).id, each));
    await this.#operations.run({ event, payload, what, proof: proves }, this.#inner.chat.interruption, call);
  }

  #assertOwner(what: string): void {
    if (!this.#owns) throw new ChatError("refused", `${what} is for who has the conversation.`);
  }

  async #whisper(message: OutgoingMessage, call?: Call & { to?: ColleagueRef }): Promise<Sent> {
    const { chat } = this.#inner;
    this.#inner.ready(call, "Whispering");
    // The guide has whispers for who takes part; what it says of monitoring is that one may not speak.
    if (this.#monitors) throw onlyLooksOn("Whispering");
    assertBody(message.body);
    const to = call?.to ? [this.#participant(call.to.id)] : [];
    if (to.some(({ role }) => role === "customer"))
      throw new ChatError("refused", "Whispering to the customer is not possible: say it aloud.");
    const frame = encodeChatMessage(chat.frame(message.clientId), message.body, { isWhisper: true, to });
    try {
      const sent = await this.#inner.whileConnected(call, 20_000, "Whispering", () =>
        chat.sendFrame(message.clientId, frame),
      );
      // Where the service shows nothing back the whisperer would not see it: no outbox has it.
      const own = decodeMessage(frame);
      if (own && own.kind !== "activity") chat.inbox.say(own, false);
      return sent;
    } catch (error) {
      const failure = ChatError.from(error, "unreachable", "The whisper could not be sent.");
      chat.forget(message.clientId, failure);
      throw failure;
    }
  }

  #addParticipant({ id, name = id }: ColleagueRef, call?: Call): Promise<void> {
    const check = (): Frame => {
      if (this.#inner.chat.inbox.participants.has(id))
        throw new ChatError("conflict", "They are in this conversation already.");
      return { participant: { agentId: id, id, displayName: name } };
    };
    return this.#run(
      "Asking a colleague in",
      call,
      "addParticipant",
      check,
      (type, about) => about === id && (type === "participantadded" || type === "participantjoined"),
    );
  }

  #removeParticipant(participantId: string, call?: Call): Promise<void> {
    const what = "Putting somebody out";
    const check = (): Frame => {
      if (this.#participant(participantId).role === "customer" || participantId === this.#customer.id)
        throw new ChatError("refused", "The customer cannot be put out.", { remedy: "End the conversation." });
      this.#assertOwner(what);
      return { participantId };
    };
    return this.#run(
      what,
      call,
      "removeParticipant",
      check,
      (type, about) => about === participantId && (type === "participantremoved" || type === "participantleft"),
    );
  }

  #transfer({ id }: ColleagueRef, call?: Call): Promise<void> {
    const what = "Handing over";
    const check = (): Frame => {
      const { role } = this.#participant(id);
      if (role === "customer" || role === "bot")
        throw new ChatError("refused", "A conversation is handed over to an agent or a supervisor.");
      this.#assertOwner(what);
      return { participantId: id };
    };
    return this.#run(
      what,
      call,
      "transferChat",
      check,
      (type, about, activity) =>
        (about === id && aboutOf(activity).isOwner === true) || (about === this.#selfId && type === "participantleft"),
    );
  }

  async #bargeIn(call?: Call): Promise<void> {
    this.#inner.ready(call, "Barging in");
    if (!this.#monitors)
      throw new ChatError("refused", "Barging in is for who looks on.", { remedy: "Monitor the conversation first." });
    const proof = (type: string, about: string): boolean => about === this.#selfId && type === "participantjoined";
    await this.#run("Barging in", call, "bargeIn", () => ({}), proof);
    this.#monitors = false;
  }

  #toTransport(): AgentConversation {
    const { chat, transport } = this.#inner;
    const part = (): AgentPart => this.#part;
    const raiseHand = ({ id }: ColleagueRef, call?: Call): Promise<void> =>
      this.#run("Asking a supervisor", call, "raiseHand", () => ({ participantId: id }));
    return {
      ...transport,
      conversationId: this.#parts.target.conversationId,
      customer: this.#customer,
      // An object that is copied loses its getters.
      get state() {
        return chat.state;
      },
      get part() {
        return part();
      },
      whisper: (message, call) => this.#whisper(message, call),
      addParticipant: (colleague, call) => this.#addParticipant(colleague, call),
      removeParticipant: (id, call) => this.#removeParticipant(id, call),
      transfer: (colleague, call) => this.#transfer(colleague, call),
      raiseHand,
      bargeIn: (call) => this.#bargeIn(call),
    };
  }
}

function aboutOf({ info, from }: SolutionActivity): { id: string; isOwner: boolean | undefined } {
  const { id, isOwner } = decodeParticipant(recordField(info, "participant"));
  return id === "" ? { id: from.id, isOwner: undefined } : { id, isOwner };
}

function onlyLooksOn(what: string): ChatError {
  return new ChatError("refused", `${what} is not possible while you only look on.`, { remedy: "Barge in first." });
}

function hasLeft(): ChatError {
  return new ChatError("closed", "You have left this conversation.");
}

function putOut(): ChatError {
  return new ChatError("refused", "The owner of the conversation has put you out.", {
    retryable: false,
    vendor: { name: "expertflow-chat", code: "participantRemoved" },
  });
}
