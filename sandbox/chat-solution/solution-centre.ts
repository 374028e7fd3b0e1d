// Long because it is the one place that knows who is connected as whom, and everything that is written down of it.
import { randomBytes, randomUUID } from "node:crypto";
import { SOLUTION_ACCOUNTS, SOLUTION_QUEUES, type AgentState, type SolutionAccount } from "./accounts.ts";
import {
  Conversation,
  isStaff,
  maySee,
  type Audience,
  type LedgerEntry,
  type Member,
  type WrapUp,
} from "./conversation.ts";
import { takeEvent } from "./events.ts";
import type { ExternalRecord } from "./external-messages.ts";
import { textField, type Fields } from "./read.ts";
import type { RefusedEvent } from "./refusal.ts";
import { endHelp, endRings, requestAgent } from "./routing.ts";
import { Seat } from "./seat.ts";
import { withSlips } from "./slips.ts";
import type { SolutionListener, SolutionSocket } from "./solution-server.ts";
import {
  DEFAULT_SOLUTION_SWITCHES,
  noFaults,
  type SolutionFaults,
  type SolutionSwitches,
  type SwallowFault,
} from "./solution-switches.ts";
import { conversationsOf, toWireConversation, toWireMember, toWireMessage, toWireMessages } from "./wire-objects.ts";
import {
  SERVER,
  type WireActivityMessage,
  type WireChatMessage,
  type WireMessage,
  type WireParticipant,
} from "./wire.ts";

/** An agent who is signed in: with which connection, and how in each media routing domain. */
export interface SignedInAgent {
  readonly account: SolutionAccount;
  readonly seat: Seat;
  readonly states: Map<string, AgentState>;
}

/** An event that arrived. */
export interface SolutionEvent {
  name: string;
  payload: unknown;
  /** The sign-in, if there is one. */
  by: string | undefined;
}

/** Who follows what happens. */
export interface SolutionWatcher {
  onConversation?(conversation: Conversation): void;
  onMessage?(conversation: Conversation, entry: LedgerEntry): void;
}

/** How something is said by the sandbox itself. */
export interface SolutionSayOptions {
  /** Who says it; default: the first agent, {@link SolutionCentre.agentJoins}. */
  by?: string;
  requestId?: string;
  tag?: "whisper";
  to?: { id: string; name?: string }[];
}

/** The contact centre behind the sockets. Conversations live here; connections come and go. */
export class SolutionCentre {
  readonly switches: SolutionSwitches = { ...DEFAULT_SOLUTION_SWITCHES };
  readonly faults: SolutionFaults = noFaults();
  readonly accounts: SolutionAccount[] = [...SOLUTION_ACCOUNTS];
  readonly queues: string[] = [...SOLUTION_QUEUES];
  /** What the greeting says; the product's administrators write it. */
  greeting = "Welcome. How can we help you?";

  /** Everything that arrived, in order. */
  readonly received: SolutionEvent[] = [];
  /** Every event that was not done, and why. */
  readonly refused: RefusedEvent[] = [];
  /** Every message of every conversation, once, in order, with who was sent it. */
  readonly ledger: LedgerEntry[] = [];
  /** Third-party messages by `messageId`. */
  readonly external: Map<string, ExternalRecord> = new Map();
  /** Transcripts that were asked for by mail. */
  readonly mails: { conversationId: string; to: string }[] = [];
  readonly wrapUps: WrapUp[] = [];
  /** Answers of the message broker, by the `head` of what was sent to it. */
  readonly amq: Map<string, (payload: Fields, agent: SignedInAgent) => Fields | undefined> = new Map();

  readonly conversations: Map<string, Conversation> = new Map();
  readonly agents: Map<string, SignedInAgent> = new Map();
  readonly bots: Map<string, Seat> = new Map();
  readonly connectors: Map<string, Seat> = new Map();
  readonly seats: Set<Seat> = new Set();
  readonly watchers: Set<SolutionWatcher> = new Set();
  /** Cuts a connection's link, including what the network has of it. Set by the server. */
  cutLink: (seat: Seat) => void = (seat) => seat.socket.cut();

  readonly #held: (() => void)[] = [];
  #seq = 0;

  /** A client has connected. */
  connect(socket: SolutionSocket): SolutionListener {
    const seat = new Seat(socket);
    this.seats.add(seat);
    return {
      onEvent: (name, payload, ack) => takeEvent(this, seat, { name, payload, ack }),
      onClosed: () => this.detach(seat),
    };
  }

  /** A connection is gone: its conversations go on without it. */
  detach(seat: Seat): void {
    this.seats.delete(seat);
    for (const conversation of seat.conversations) conversation.seats.delete(seat);
    seat.conversations.clear();
    const { identity } = seat;
    if (identity?.kind === "bot" && this.bots.get(identity.id) === seat) this.bots.delete(identity.id);
    if (identity?.kind === "connector" && this.connectors.get(identity.id) === seat)
      this.connectors.delete(identity.id);
    if (identity?.kind === "agent" && this.agents.get(identity.id)?.seat === seat) {
      this.agents.delete(identity.id);
      for (const conversation of this.conversations.values()) conversation.ringing.delete(identity.id);
    }
  }

  /** The conversation of that id, or the newest. */
  conversation(id?: string): Conversation | undefined {
    return id === undefined ? [...this.conversations.values()].at(-1) : this.conversations.get(id);
  }

  /** Begins a conversation, as the init call does, and gives it to the bot. */
  begin(info: Fields): Conversation {
    const name = textField(info, "name") ?? [textField(info, "firstName"), textField(info, "lastName")].join(" ");
    const customer = { id: randomBytes(4).toString("hex"), name: name.trim() === "" ? "Customer" : name.trim() };
    const channel = textField(info, "channel") ?? "web";
    const queue = this.queueOf(textField(info, "subject"));
    const conversation = new Conversation(randomBytes(12).toString("hex"), customer, info, { channel, queue });
    this.conversations.set(conversation.id, conversation);
    const [bot] = this.bots.keys();
    if (bot !== undefined) this.giveToBot(conversation, bot);
    for (const watcher of this.watchers) watcher.onConversation?.(conversation);
    return conversation;
  }

  /** Tells a bot of a conversation; it answers by joining. */
  giveToBot(conversation: Conversation, botId: string): void {
    const seat = this.bots.get(botId);
    if (seat?.identity?.kind !== "bot") return;
    conversation.botId = botId;
    const { id, customer, info } = conversation;
    const { requestId: _requestId, timestamp: _timestamp, ...known } = info;
    this.emit(seat, "initConversation", {
      conversationId: id,
      customerInfo: { ...known, accountId: customer.id, name: customer.name, channel: conversation.channel },
      ...(this.switches.initParticipant && { participant: { id: botId, name: seat.identity.name } }),
    });
  }

  /** The queue of that name; what nobody knows waits in the first. */
  queueOf(name: string | undefined): string {
    return this.queues.find((each) => each === name) ?? this.queues[0] ?? "General";
  }

  /** Open conversations that the agent, or somebody of the supervisor's team, takes part in. */
  openConversationsOf({ id, type, teams }: SolutionAccount): Conversation[] {
    const ids = new Set([id]);
    if (type === "Supervisor") {
      const team = this.accounts.filter((account) => account.teams.some((each) => teams.includes(each)));
      for (const account of team) ids.add(account.id);
    }
    return [...this.conversations.values()].filter(
      ({ open, members }) =>
        open && [...members.values()].some((member) => !member.monitoring && isStaff(member) && ids.has(member.id)),
    );
  }

  /** Takes part in an open conversation. */
  isBusy(id: string): boolean {
    return [...this.conversations.values()].some(({ open, members }) => open && members.has(id));
  }

  /** From now on that connection hears the conversation as that member. */
  attach(seat: Seat, conversation: Conversation, member: Member): void {
    conversation.seats.set(seat, member);
    seat.conversations.add(conversation);
  }

  /** Somebody becomes a member, or comes back as what he was. */
  enter(conversation: Conversation, who: Pick<Member, "id" | "name" | "type">, how: Partial<Member> = {}): Member {
    const { id, name, type } = who;
    const member = conversation.members.get(id) ?? {
      id,
      name,
      type,
      role: "Participant",
      monitoring: false,
      quiet: false,
    };
    Object.assign(member, how);
    conversation.members.set(id, member);
    return member;
  }

  /** A message of the conversation: kept, and sent to everybody who may see it and is here. */
  post(
    conversation: Conversation,
    message: WireMessage,
    { by, audience = "all", except, keep = true }: { by: string; audience?: Audience; except?: Seat; keep?: boolean },
  ): LedgerEntry {
    const { id: conversationId, entries, seats } = conversation;
    const seq = keep ? ++this.#seq : 0;
    const entry: LedgerEntry = { seq, conversationId, message, audience, by, receivedBy: [] };
    if (keep) {
      entries.push(entry);
      this.ledger.push(entry);
      if (message.type === "ActivityMessage") conversation.activityType = message.activityType;
    }
    for (const [seat, member] of seats) {
      if (seat !== except && maySee(member, entry)) this.pass(seat, member, entry);
    }
    for (const watcher of this.watchers) watcher.onMessage?.(conversation, entry);
    return entry;
  }

  /** Sends one member a message of the conversation. */
  pass(seat: Seat, member: Member, entry: LedgerEntry): void {
    if (this.emit(seat, "messageArrived", toWireMessage(this, entry, member))) entry.receivedBy.push(member.id);
  }

  /** Something happens in a conversation. @param member whom it is about. */
  announce(
    conversation: Conversation,
    activityType: string,
    member: Member | undefined,
    { from, audience = "all", except, info = {} }: AnnounceOptions = {},
  ): LedgerEntry {
    const about: WireParticipant = from ?? (member ? { id: member.id, name: member.name } : SERVER);
    const message: WireActivityMessage = {
      ...this.activity(conversation.id, activityType, {
        ...(member && { participant: toWireMember(this, member) }),
        ...info,
      }),
      from: about,
    };
    return this.post(conversation, message, { by: SERVER.id, audience, ...(except && { except }) });
  }

  /** An activity of the server for one connection alone: not part of any conversation's messages. */
  tell(seat: Seat, conversationId: string, activityType: string, info: Fields): void {
    this.emit(seat, "messageArrived", this.activity(conversationId, activityType, info));
  }

  /** Everything of a conversation, to one who joined it. */
  inform(seat: Seat, conversation: Conversation, member: Member): void {
    const { conversationInfo, edition } = this.switches;
    const isCustomer = member.type === "Customer";
    if (isCustomer && (conversationInfo === "none" || edition === "v3")) return;
    const messages = toWireMessages(this, conversation, member);
    const participant = conversation.membersFor(member).map((each) => toWireMember(this, each));
    const whole = toWireConversation(this, conversation, member);
    const asText = conversationInfo === "strings";
    this.emit(seat, "conversationInfo", {
      conversation: asText ? JSON.stringify(whole) : whole,
      messages: asText ? JSON.stringify(messages) : messages,
      participant: asText ? JSON.stringify(participant) : participant,
      role: isCustomer ? "Customer" : member.role,
    });
  }

  /** A message of the message broker, for an agent who listens to it. */
  tellAmq(agentId: string, payload: { head: string } & Fields): void {
    const agent = this.agents.get(agentId);
    if (agent?.seat.subscribed === true) this.emit(agent.seat, "amq-msg", payload);
  }

  /** The supervisors of whoever takes part hear of it, where the switch says so. */
  tellTeams(conversation: Conversation): void {
    if (!this.switches.teamByAmq) return;
    const people = this.accounts.filter(({ id }) => conversation.members.has(id));
    const teams = new Set(people.flatMap((each) => each.teams));
    for (const { account } of this.agents.values()) {
      if (account.type !== "Supervisor" || !account.teams.some((team) => teams.has(team))) continue;
      this.tellAmq(account.id, { head: "TeamConversations", conversations: conversationsOf(this, account) });
    }
  }

  /** Writes to a connection, unless a fault takes it. @returns whether it was written, or will be. */
  emit(seat: Seat, name: string, payload: unknown, onAck?: () => void): boolean {
    if (seat.muted || this.swallows("out", name)) return false;
    const send = (): void => seat.socket.emit(name, this.switches.slips ? withSlips(payload) : payload, onAck);
    const hold = this.faults.hold.find(({ event, count }) => count > 0 && (event === name || event === "*"));
    if (hold) {
      hold.count--;
      this.#held.push(send);
    } else send();
    return true;
  }

  /** Whether the fault of that kind takes the event. */
  swallows(direction: SwallowFault["direction"], name: string): boolean {
    const fault = this.faults.swallow.find(
      (each) => each.direction === direction && each.count > 0 && (each.event === name || each.event === "*"),
    );
    if (fault) fault.count--;
    return fault !== undefined;
  }

  /** Sends what was held back, in order. */
  release(): void {
    for (const send of this.#held.splice(0)) send();
  }

  /** Writes any event to every connection of a member: what no honest server would send. */
  inject(memberId: string, name: string, payload: unknown, conversation = this.conversation()): number {
    const seats = [...(conversation?.seats ?? [])].filter(([, member]) => member.id === memberId);
    for (const [seat] of seats) seat.socket.emit(name, payload);
    return seats.length;
  }

  /** Now, or the client's own time where the switch says so. */
  stamp(conversation: Conversation, theirs?: string): string {
    return this.switches.timestamps === "client" && theirs !== undefined ? theirs : conversation.now();
  }

  /** An activity of the server. */
  activity(conversationId: string, activityType: string, info: Fields): WireActivityMessage {
    const timestamp = this.conversations.get(conversationId)?.now() ?? new Date().toISOString();
    return { conversationId, type: "ActivityMessage", timestamp, from: SERVER, to: [], activityType, info };
  }

  /** The conversation is over: everybody is told, the bot to free what it keeps. */
  end(conversation: Conversation | undefined = this.conversation(), by?: Member): void {
    if (!conversation || !conversation.open) return;
    endRings(this, conversation, "ended");
    endHelp(this, conversation);
    conversation.waiting = false;
    this.announce(conversation, "endOfConversation", by);
    conversation.open = false;
    for (const [seat, { type }] of conversation.seats) {
      if (type === "Bot") this.emit(seat, "endConversation", this.endNotice(conversation));
      seat.conversations.delete(conversation);
    }
    conversation.seats.clear();
    this.tellTeams(conversation);
  }

  /** What a bot is told of the end. */
  endNotice({ id }: Conversation): Fields {
    return { conversationId: id, requestId: randomUUID(), timestamp: new Date().toISOString() };
  }

  // What follows plays the other side, for tests and demos that need no agent of their own.

  /** An agent takes the conversation, whether he is signed in or not. */
  agentJoins(conversation = this.conversation(), id = "asha"): void {
    const account = this.accounts.find((each) => each.id === id);
    if (!account || !conversation) return;
    endRings(this, conversation, "accepted");
    conversation.waiting = false;
    const member = this.enter(conversation, account, { role: conversation.owner ? "Participant" : "Owner" });
    const seat = this.agents.get(id)?.seat;
    if (seat) this.attach(seat, conversation, member);
    this.announce(conversation, "participantJoined", member);
    this.tellTeams(conversation);
  }

  /** An agent leaves it. */
  agentLeaves(conversation = this.conversation(), id = "asha"): void {
    const member = conversation?.members.get(id);
    if (!conversation || !member) return;
    this.announce(conversation, "participantLeft", member);
    this.leave(conversation, id);
    this.tellTeams(conversation);
  }

  /** Takes a member out without a word. */
  leave(conversation: Conversation, id: string): void {
    conversation.members.delete(id);
    for (const [seat, member] of conversation.seats) {
      if (member.id !== id) continue;
      conversation.seats.delete(seat);
      seat.conversations.delete(conversation);
    }
  }

  /** An agent says something: a text, or a message with fields of its own. @returns its `requestId`. */
  say(
    text: string | Partial<WireChatMessage>,
    options: SolutionSayOptions = {},
    conversation: Conversation | undefined = this.conversation(),
  ): string {
    if (!conversation) throw new Error("Nobody has started a chat.");
    const { by = "asha", requestId = randomUUID(), tag, to } = options;
    const name = this.accounts.find(({ id }) => id === by)?.name ?? by;
    const given = typeof text === "string" ? { text } : text;
    const message: WireChatMessage = {
      conversationId: conversation.id,
      type: "ChatMessage",
      requestId,
      timestamp: conversation.now(),
      from: { id: by, name },
      to: to ?? [],
      text: "",
      attachments: [],
      channel: conversation.channel,
      ...(tag && { tag }),
      ...given,
    };
    this.post(conversation, message, { by, audience: tag === "whisper" ? "staff" : "all" });
    return message.requestId;
  }

  /** An agent types. */
  agentTypes(conversation = this.conversation(), by = "asha"): void {
    const member = conversation?.members.get(by);
    if (!conversation || !member) return;
    const message = this.activity(conversation.id, "typing", {});
    this.post(conversation, { ...message, from: { id: by, name: member.name } }, { by, keep: false });
  }

  /** An agent is asked for, as by the customer. */
  requestAgent(conversation = this.conversation()): void {
    if (conversation) requestAgent(this, conversation);
  }

  /** The texts that a member was sent, in order. */
  textsFor(memberId: string, conversation = this.conversation()): string[] {
    return (conversation?.entries ?? []).flatMap(({ message, receivedBy }) =>
      message.type === "ChatMessage" && receivedBy.includes(memberId) ? [message.text] : [],
    );
  }

  /** The texts that customers sent, in order. */
  textsFrom(memberId: string): string[] {
    return this.ledger.flatMap(({ message, by }) =>
      message.type === "ChatMessage" && by === memberId ? [message.text] : [],
    );
  }
}

interface AnnounceOptions {
  from?: WireParticipant;
  audience?: Audience;
  except?: Seat;
  info?: Fields;
}
