// Long because it has every method of two contracts; what a room does is decided in the room.
import type {
  AgentConversation,
  AgentPart,
  ChatRequest,
  ColleagueRef,
  FloorConversation,
} from "../../../src/agent/agent-transport.ts";
import { assertBody } from "../../../src/kit/assert-arguments.ts";
import { assertNotAborted, withDeadline } from "../../../src/kit/deadline.ts";
import { randomId } from "../../../src/kit/ids.ts";
import { assertOnline } from "../../../src/kit/sign-in.ts";
import type { Call, SendCall, Unsubscribe, UploadCall } from "../../../src/transport/call.ts";
import type { Capabilities } from "../../../src/transport/capabilities.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { TransportEvents } from "../../../src/transport/events.ts";
import type { CustomerInfo } from "../../../src/transport/link-state.ts";
import type {
  Attachment,
  CatchUpPage,
  CatchUpStart,
  ChatMessage,
  HistoryCursor,
  HistoryPage,
  MessageId,
  OutgoingBody,
  OutgoingMessage,
  Sent,
  UploadFile,
} from "../../../src/transport/messages.ts";
import type { CloseReason, Conversation, TransportState } from "../../../src/transport/states.ts";
import type { OpenRequest } from "../../../src/transport/transport.ts";
import { bareOf, isBareJid, normalBareJid } from "../jid.ts";
import { decodeInvite } from "../muc/invites.ts";
import type { Occupant } from "../muc/participants.ts";
import { toRoomInfo } from "../muc/room-info.ts";
import { createXmppRoom, type XmppRoom } from "../room-transport.ts";
import { queryInfo } from "../upload/discover-upload.ts";
import type { XmlElement } from "../xml.ts";
import { answeredBefore, notThere, onlySupervisors, toRefusal, wouldBeSeen } from "./agent-errors.ts";
import { RoomWhispers } from "./room-whispers.ts";
import * as staff from "./staff-stanzas.ts";
import type { XmppAgentLink } from "./xmpp-agent-link.ts";
import type { XmppAgentOptions } from "./xmpp-agent-options.ts";

/** What a conversation is made of. */
export interface AgentConversationParts {
  link: XmppAgentLink;
  options: XmppAgentOptions;
  target: ChatRequest | FloorConversation;
  how: "accept" | "monitor" | "enter";
}

/** An agent in a room: the customer's transport for rooms, and what only agents do there. */
export class XmppAgentConversation implements AgentConversation {
  readonly contract = 1 as const;
  readonly vendor: string = "xmpp";
  readonly supports: Capabilities;
  /** Bare JID of the room. */
  readonly conversationId: string;
  readonly bargeIn?: (call?: Call) => Promise<void>;
  readonly #parts: AgentConversationParts;
  readonly #room: XmppRoom;
  readonly #whispers: RoomWhispers;
  readonly #life: AbortController = new AbortController();
  #part: AgentPart;
  #ending = false;
  /** Somebody waits for the room to give us a voice. */
  #voiced: (() => void) | undefined;

  constructor(parts: AgentConversationParts) {
    this.#parts = parts;
    const { link, options, target, how } = parts;
    const invite = "id" in target ? link.ringing(target.id)?.invite : undefined;
    const colleagues = options.colleagues ?? [];
    this.#room = createXmppRoom({
      ...options.room,
      link: link.connection,
      room: target.conversationId,
      nick: options.name,
      ...(invite?.password !== undefined && { password: invite.password }),
      ...(options.codec && { codec: options.codec }),
      ...(options.logger && { logger: options.logger }),
      people: {
        self: options.role ?? "agent",
        others: "customer",
        roles: Object.fromEntries(colleagues.map(({ id, role }) => [normalBareJid(id), role])),
        ...(options.hats && { hats: options.hats }),
        ...(options.bots && { bots: options.bots }),
      },
    });
    this.#whispers = new RoomWhispers(this.#room);
    this.supports = this.#room.supports;
    this.conversationId = this.#room.jid;
    this.#part = how === "monitor" ? "monitor" : "participant";
    if (options.unseenVisitors === true) this.bargeIn = (call) => this.#bargeIn(call);
    this.#listen();
  }

  get state(): TransportState {
    return asAgents(this.#room.state);
  }

  get part(): AgentPart {
    return this.#part;
  }

  /** What the invitation said, and once the customer is in the room, their name there. */
  get customer(): CustomerInfo {
    const told = this.#parts.target.customer ?? { name: "", details: {} };
    if (told.name !== "") return told;
    const there = this.#room.participants.find(({ role }) => role === "customer");
    return there ? { ...told, id: there.id, name: there.name } : told;
  }

  on<K extends keyof TransportEvents>(type: K, listener: (event: TransportEvents[K]) => void): Unsubscribe {
    if (type === "state") return this.#room.on("state", asAgentHears(listener));
    // The agent's own end is no news to this agent.
    const guarded = (event: TransportEvents[K]): void => {
      if (type !== "ended" || !this.#ending) listener(event);
    };
    const off = this.#room.on(type, guarded);
    if (type !== "message") return off;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `type` is "message", which the checker cannot follow
    const offWhispers = this.#whispers.on(listener as (event: ChatMessage) => void);
    return () => {
      off();
      offWhispers();
    };
  }

  async open(request: OpenRequest, call?: Call): Promise<Conversation> {
    assertNotAborted(call?.signal, "Opening the conversation");
    const { link, target, how, options } = this.#parts;
    const isNew = this.state.status === "idle";
    if (isNew) {
      assertOnline(link.state, call, "Opening the conversation");
      if (how === "accept" && !("id" in target && link.ringing(target.id))) return this.#refuse(answeredBefore());
      if (how === "monitor" && options.role !== "supervisor") return this.#refuse(onlySupervisors());
    }
    const timeoutMs = call?.timeoutMs ?? 30_000;
    if (isNew && how === "monitor") await this.#assertUnseen({ ...call, timeoutMs });
    const conversation = await this.#room.open(request, call);
    if (isNew && how === "monitor" && this.#self?.item.role !== "visitor") return this.#refuse(wouldBeSeen());
    // In a moderated room who has no standing has no voice: whoever was asked in asks for it.
    if (isNew && how !== "monitor" && this.#self?.item.role === "visitor")
      await link.connection.send(staff.encodeVoiceRequest(this.#room.jid, randomId())).catch(() => undefined);
    if ("id" in target) link.endRequest(target.id, "accepted");
    return conversation;
  }

  async close(reason: CloseReason = "left", call?: Call): Promise<void> {
    const isIn = this.state.status === "connected";
    if (reason === "agent-ended" && isIn && this.#part !== "monitor") await this.#sayEnd(call);
    await this.#room.close(reason, call);
  }

  async send(message: OutgoingMessage, call?: SendCall): Promise<Sent> {
    this.#assertMaySpeak(call, "Sending");
    return this.#room.send(message, call);
  }

  async sendChatState(state: "composing" | "paused", call?: Call): Promise<void> {
    this.#assertMaySpeak(call, "Sending a chat state");
    await this.#room.sendChatState(state, call);
  }

  async mark(kind: "received" | "displayed", id: MessageId, call?: Call): Promise<void> {
    this.#assertMaySpeak(call, "Marking");
    await this.#room.mark(kind, id, call);
  }

  async upload(file: UploadFile, call?: UploadCall): Promise<Attachment> {
    return this.#room.upload(file, call);
  }

  async history(page: { before?: HistoryCursor; limit: number }, call?: Call): Promise<HistoryPage> {
    return this.#room.history(page, call);
  }

  async catchUp(page: CatchUpStart & { cursor?: HistoryCursor; limit: number }, call?: Call): Promise<CatchUpPage> {
    return this.#room.catchUp(page, call);
  }

  async wake(call?: Call): Promise<boolean> {
    return this.#room.wake(call);
  }

  async edit(id: MessageId, body: OutgoingBody, call?: Call): Promise<void> {
    this.#assertMaySpeak(call, "Editing");
    await this.#room.edit(id, body, call);
  }

  async retract(id: MessageId, call?: Call): Promise<void> {
    this.#assertMaySpeak(call, "Withdrawing");
    await this.#room.retract(id, call);
  }

  async react(id: MessageId, reactions: readonly string[], call?: Call): Promise<void> {
    this.#assertMaySpeak(call, "Reacting");
    await this.#room.react(id, reactions, call);
  }

  /** Private messages (XEP-0045 §7.5), one to each. They are stored nowhere: who is away misses them. */
  async whisper(message: OutgoingMessage, call?: Call & { to?: ColleagueRef }): Promise<Sent> {
    const what = "Whispering";
    this.#assertMaySpeak(call, what);
    assertBody(message.body);
    const { body, clientId } = message;
    if (body.kind !== "text") throw new ChatError("unsupported", "Only texts can be whispered in a room.");
    const to = call?.to === undefined ? this.#colleagues : [this.#find(call.to.id) ?? notThere()];
    if (to.some(({ evidence }) => !evidence.trusted))
      throw new ChatError("refused", "Nothing is whispered to the customer.");
    await this.#work(call, what, async (signal) => {
      const stanzas = to.map(({ nick }) => staff.encodeWhisper(`${this.#room.jid}/${nick}`, clientId, body.text));
      await this.#confirmed(clientId, stanzas, signal);
    });
    const acceptedAt = new Date();
    const from = this.#self?.participant ?? notThere();
    return { id: this.#whispers.tell({ from, id: clientId, at: acceptedAt, body, raw: message }), acceptedAt };
  }

  async addParticipant(colleague: ColleagueRef, call?: Call): Promise<void> {
    await this.#invite(colleague, call, "Asking a colleague in");
  }

  async raiseHand(supervisor: ColleagueRef, call?: Call): Promise<void> {
    const what = "Asking a supervisor";
    this.#assertMaySpeak(call, what);
    const known = this.#parts.link.colleague(supervisor.id);
    if (!known) throw new ChatError("not-found", `${what} is not possible: nobody here has that address.`);
    if (known.role !== "supervisor") throw new ChatError("refused", `${known.name} is no supervisor.`);
    await this.#invite(supervisor, call, what);
  }

  async removeParticipant(participantId: string, call?: Call): Promise<void> {
    const what = "Putting somebody out";
    this.#assertMaySpeak(call, what);
    this.#assertOwner(what);
    const occupant = this.#find(participantId) ?? notThere();
    if (occupant.participant.role === "customer") throw new ChatError("refused", "The customer stays.");
    await this.#ask(staff.encodeKick(this.#room.jid, occupant.nick), call, what);
  }

  /** Makes the colleague an owner of the room, and leaves. */
  async transfer(colleague: ColleagueRef, call?: Call): Promise<void> {
    const what = "Handing over";
    this.#assertMaySpeak(call, what);
    this.#assertOwner(what);
    const occupant = this.#find(colleague.id) ?? notThere();
    const { participant, item } = occupant;
    if (participant.isSelf) throw new ChatError("conflict", "You have it already.");
    if (participant.role !== "agent" && participant.role !== "supervisor")
      throw new ChatError("refused", "Only colleagues take over.");
    if (!isOwner(item.affiliation)) {
      if (item.jid === undefined) throw new ChatError("refused", "The room does not say who that is.");
      await this.#ask(staff.encodeOwner(this.#room.jid, bareOf(item.jid)), call, what);
    }
    await this.#room.close("left", call);
  }

  #listen(): void {
    const room = this.#room;
    room.on("state", ({ current }) => {
      if (current.status === "connected") this.#readStanding();
      if (current.status === "closed") this.#life.abort(new ChatError("closed", "The conversation is over."));
    });
    const off = this.#parts.link.connection.onStanza((stanza) => this.#onStanza(stanza), room.jid);
    this.#life.signal.addEventListener("abort", off, { once: true });
  }

  /** What the room itself has no use for. */
  #onStanza(stanza: XmlElement): void {
    // After the room has read it.
    if (stanza.name === "presence") return queueMicrotask(() => this.#readStanding());
    const text = stanza.getChildText("body");
    if (stanza.attrs["type"] === "chat" && text !== null) this.#onPrivateMessage(stanza, text);
    else this.#onVoiceRequest(stanza);
  }

  /** What the room lets us do. */
  #readStanding(): void {
    const standing = this.#self?.item;
    if (!standing || (this.#part === "monitor" && standing.role === "visitor")) return;
    this.#part = isOwner(standing.affiliation) ? "owner" : "participant";
    if (standing.role !== "visitor") this.#voiced?.();
  }

  /** XEP-0045 §7.5. An invitation is none, and who is not there is nobody. */
  #onPrivateMessage(stanza: XmlElement, text: string): void {
    const { from: sender = "", id = randomId() } = stanza.attrs;
    const occupant = this.#room.occupants.others.find(({ nick }) => sender === `${this.#room.jid}/${nick}`);
    if (!occupant || decodeInvite(stanza)) return;
    const { participant: from, evidence } = occupant;
    if (!evidence.trusted)
      return this.#parts.link.warn(
        new ChatError("refused", `${from.name} wrote to you alone, and is no colleague: nobody is shown it.`, {
          vendor: { name: "xmpp", code: "muc/foreign-whisper" },
        }),
      );
    this.#whispers.tell({ from, id, at: new Date(), body: { kind: "text", text }, raw: stanza });
  }

  /** A colleague wants to be heard: whoever moderates the room lets them. */
  #onVoiceRequest(stanza: XmlElement): void {
    const wanted = staff.decodeVoiceRequest(stanza, this.#room.jid);
    if (!wanted) return;
    const { link } = this.#parts;
    if (link.colleague(bareOf(wanted.jid))) {
      link.connection.send(staff.encodeVoiceGrant(this.#room.jid, randomId(), wanted)).catch(() => undefined);
      return;
    }
    link.warn(
      new ChatError("refused", `${wanted.nick} asked to speak, and is no colleague.`, {
        vendor: { name: "xmpp", code: "muc/foreign-voice-request" },
      }),
    );
  }

  async #bargeIn(call: Call | undefined): Promise<void> {
    const what = "Barging in";
    this.#assertReady(call, what);
    if (this.#part !== "monitor") throw new ChatError("refused", "Only who looks on barges in.");
    await this.#work(call, what, async (signal) => {
      const granted = new Promise<void>((resolve) => {
        this.#voiced = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await this.#parts.link.connection.send(staff.encodeVoiceRequest(this.#room.jid, randomId()));
      await granted;
    });
  }

  /** Without a trace: the room is asked before it is entered. */
  async #assertUnseen(call: Call): Promise<void> {
    const { connection } = this.#parts.link;
    const info = await queryInfo(connection, this.#room.jid, call).catch((error: unknown) =>
      this.#refuse(ChatError.from(error, "not-found", "The room does not answer.")),
    );
    if (!toRoomInfo(info).moderated) await this.#refuse(wouldBeSeen());
  }

  async #refuse(error: ChatError): Promise<never> {
    await this.#room.close("refused");
    throw error;
  }

  async #sayEnd(call: Call | undefined): Promise<void> {
    const { codec, endPayload, endText = "The chat has ended." } = this.#parts.options;
    const limits = { ...call, timeoutMs: call?.timeoutMs ?? 5_000 };
    this.#ending = true;
    try {
      if (codec?.encode) {
        const message = { clientId: randomId(), body: { kind: "text" as const, text: endText } };
        await this.#room.sendWith(message, { ...endPayload?.(this.conversationId), ended: true }, limits);
      } else if (this.#part === "owner") {
        await this.#parts.link.connection.request(staff.encodeDestroy(this.#room.jid, endText), limits);
      }
    } catch (error) {
      this.#parts.link.warn(ChatError.from(error, "unreachable", "The customer may not have heard of the end."));
    }
  }

  async #invite({ id }: ColleagueRef, call: Call | undefined, what: string): Promise<void> {
    this.#assertMaySpeak(call, what);
    const { link, options } = this.#parts;
    if (this.#find(id)) throw new ChatError("conflict", "They are in the conversation already.");
    if (!isBareJid(id) || (options.colleagues && !link.colleague(id)))
      throw new ChatError("not-found", `${what} is not possible: nobody here has that address.`);
    const stanzaId = randomId();
    const invite = staff.encodeMediatedInvite(this.#room.jid, stanzaId, id, undefined);
    await this.#work(call, what, (signal) => this.#confirmed(stanzaId, [invite], signal));
  }

  /** An iq to the room. */
  async #ask(iq: XmlElement, call: Call | undefined, what: string): Promise<void> {
    await this.#work(call, what, async (signal) => {
      await this.#parts.link.connection.request(iq, { signal, timeoutMs: Infinity });
    });
  }

  /** Writes them; an answer from after them that none came back says that they were taken. */
  async #confirmed(id: string, stanzas: readonly XmlElement[], signal: AbortSignal): Promise<void> {
    const { connection } = this.#parts.link;
    let refusal: ChatError | undefined;
    const off = connection.onStanza((stanza) => {
      if (stanza.attrs["id"] === id && stanza.attrs["type"] === "error") refusal = toRefusal(stanza);
    }, this.#room.jid);
    try {
      for (const stanza of stanzas) await connection.send(stanza);
      await this.#room.ping({ signal, timeoutMs: Infinity });
      if (refusal) throw refusal;
    } finally {
      off();
    }
  }

  #work<T>(call: Call | undefined, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = call?.signal ? AbortSignal.any([call.signal, this.#life.signal]) : this.#life.signal;
    return withDeadline({ ...call, signal }, 20_000, what, work);
  }

  #assertReady(call: Call | undefined, what: string): void {
    assertNotAborted(call?.signal, what);
    const { status } = this.state;
    if (status === "closed") throw new ChatError("closed", `${what} is not possible: the conversation is over.`);
    if (status !== "connected")
      throw new ChatError("not-connected", `${what} needs a connected conversation; it is ${status}.`);
  }

  #assertMaySpeak(call: Call | undefined, what: string): void {
    this.#assertReady(call, what);
    if (this.#part !== "monitor") return;
    throw new ChatError("refused", `${what} is not possible while you only look on.`, { remedy: "Barge in first." });
  }

  #assertOwner(what: string): void {
    if (this.#part === "owner") return;
    throw new ChatError("refused", `${what} is not possible: the room is not yours.`, {
      remedy: "Ask an owner of the room.",
    });
  }

  get #self(): Occupant | undefined {
    return this.#room.occupants.self;
  }

  /** Who else of the contact centre is there, bots apart. */
  get #colleagues(): readonly Occupant[] {
    return this.#room.occupants.others.filter(
      ({ participant, evidence }) => evidence.trusted && participant.role !== "bot",
    );
  }

  /** Somebody in the room, by participant id, nick or address. */
  #find(id: string): Occupant | undefined {
    const { self, others } = this.#room.occupants;
    return [...others, ...(self ? [self] : [])].find(
      ({ participant, nick, item }) =>
        participant.id === id ||
        nick === id ||
        (item.jid !== undefined && normalBareJid(item.jid) === normalBareJid(id)),
    );
  }
}

function isOwner(affiliation: string | undefined): boolean {
  return affiliation === "owner" || affiliation === "admin";
}

/** Who leaves a room of an agent is the agent. */
function asAgents(state: TransportState): TransportState {
  return state.status === "closed" && state.reason === "customer-left" ? { ...state, reason: "left" } : state;
}

function asAgentHears(listener: (event: never) => void): (event: TransportEvents["state"]) => void {
  return ({ previous, current }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens to states, which the checker cannot follow
    (listener as (event: TransportEvents["state"]) => void)({ previous, current: asAgents(current) });
  };
}
