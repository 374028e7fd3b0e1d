import { messageId } from "../../src/kit/ids.ts";
import { nextTask } from "../../src/kit/tasks.ts";
import { NO_CAPABILITIES, type Capabilities } from "../../src/transport/capabilities.ts";
import type { ChatErrorCode } from "../../src/transport/errors.ts";
import type { ChatState, EndedBy, ReceiptKind } from "../../src/transport/events.ts";
import type { Body, MessageId, Participant } from "../../src/transport/messages.ts";
import type { CloseReason } from "../../src/transport/states.ts";
import type { ClientFrame, ClientFrameType, ServerFrame, WireChange, WireMessage } from "./frames.ts";
import { answerRequest, type Requests } from "./memory-requests.ts";

/** How {@link createMemoryService} behaves. */
export interface MemoryServiceOptions {
  /** What this service allows. Default: everything. Without `resume` whoever comes back is shown what a newcomer is. */
  supports?: Partial<Capabilities>;
  /** Largest file, bytes. Default 1 MiB. */
  maxUploadBytes?: number;
  /** How many messages a newcomer is shown. Default 20. */
  replayOnJoin?: number;
  /** What the conversation is called. Default: numbered, another one for each customer who comes anew. */
  conversationId?: string;
  /** Who is there from the beginning. Default: {@link MEMORY_AGENT}. */
  participants?: readonly Participant[];
  /** Hears what customers sent, once it was dealt with. */
  onCustomer?: (frame: ClientFrame) => void;
}

/** Somebody other than the customer on a link of their own. */
export interface MemoryStaff {
  participant: Participant;
  /** False for who only looks on. */
  mayWrite(): boolean;
}

/** One participant's link to the service. */
export interface MemoryLink {
  send(frame: ClientFrame): void;
  /** Cuts the link; nothing arrives any more. */
  close(): void;
}

/** What a link reports, each in a task of its own. */
export interface MemoryLinkEvents {
  onFrame(frame: unknown): void;
  onDown(): void;
}

/** A chat service in memory, with the controls of its agents and of the network before it. */
export interface MemoryService {
  /** Opens a link. An adapter calls it; tests do not need to. @param staff default: it is the customer's. */
  connect(events: MemoryLinkEvents, staff?: MemoryStaff): MemoryLink;
  /** How many links are up. */
  readonly links: number;
  /** Every frame that arrived from customers, in order. */
  readonly received: readonly ClientFrame[];
  /** The messages of the conversation, oldest first. */
  readonly messages: readonly WireMessage[];

  /** An agent (or `from`) sends a message. @returns its id, which is `id` if given. */
  say(body: string | Body, options?: { id?: string; from?: Participant; replyTo?: string }): MessageId;
  /** Sends the last message again, as a network that repeats does. */
  repeatLast(): void;
  /** An agent types. */
  chatState(state: ChatState, from?: Participant): void;
  /** An agent's client acknowledges a message. */
  receipt(kind: ReceiptKind, id: string, from?: Participant): void;
  /** Somebody claims a change. Relayed unchecked: who may do what is for the receiver to judge. */
  change(id: string, change: WireChange, from?: Participant): void;
  /** Somebody comes, goes or changes. */
  participant(change: "joined" | "left" | "role-changed" | "renamed", who: Participant): void;
  /** An agent says something that no customer gets. @param to participant id; default all agents. */
  whisper(message: { id: string; clientId: string; from: Participant; body: Body; to?: string }): void;
  /** The answer to a request for an agent. */
  handoff(change: "requested" | "accepted" | "no-agent"): void;
  /** The chat ends. */
  end(facts?: { by?: EndedBy; interactionId?: string; chatId?: string }): void;
  /** Every customer is put out, or that one participant. */
  remove(reason: CloseReason, participantId?: string): void;
  /** Puts `count` messages of the agent into the history, unseen by who is connected. @returns their ids, oldest first. */
  seedHistory(count: number): MessageId[];

  /** Cuts every link without a word. Those who connect again are served. */
  dropLinks(): void;
  /** Delivers something that no document describes. */
  sendGarbage(): void;
  /** The next frame of that type is refused. */
  refuseNext(type: ClientFrameType, code?: ChatErrorCode): void;
  /** The next frame of that type gets no answer. */
  hangNext(type: ClientFrameType): void;
  /** The next frame of that type is taken, and every link is cut before a word comes back. */
  cutAfterNext(type: ClientFrameType): void;
}

/** The agent that speaks when nobody else is named. */
export const MEMORY_AGENT: Participant = { id: "agent-1", name: "Asha", role: "agent", isSelf: false };

const CUSTOMER_ID = "customer";
const ALL = Object.fromEntries(Object.keys(NO_CAPABILITIES).map((key) => [key, true]));

interface Member extends MemoryLink {
  events: MemoryLinkEvents;
  joined: boolean;
  staff: MemoryStaff | undefined;
}

/** What who only looks on may ask for. */
const READING: ReadonlySet<ClientFrameType> = new Set(["hello", "bye", "ping", "history", "catch-up"]);

type Fault = "hang" | "cut" | ChatErrorCode;

type LoggedFrame = Extract<ServerFrame, { type: "message" | "changed" }>;

/** Makes a service with one conversation. Every frame takes a task of its own, in order, as on a real wire. */
export function createMemoryService(options: MemoryServiceOptions = {}): MemoryService {
  const supports: Capabilities = { ...NO_CAPABILITIES, ...ALL, ...options.supports };
  const maxUploadBytes = options.maxUploadBytes ?? 1_048_576;
  const members = new Set<Member>();
  const participants = new Map((options.participants ?? [MEMORY_AGENT]).map((each) => [each.id, each]));
  const messages: WireMessage[] = [];
  const log: LoggedFrame[] = [];
  const received: ClientFrame[] = [];
  const faults = new Map<ClientFrameType, Fault[]>();
  let seq = 0;
  let conversation = 0;

  function deliver(member: Member, frame: unknown): void {
    nextTask(() => members.has(member) && member.events.onFrame(frame));
  }

  function broadcast(frame: ServerFrame, to: (member: Member) => boolean = () => true): void {
    for (const member of members)
      if (member.joined && to(member) && maySee(member, frame)) deliver(member, asSeenBy(member, frame));
  }

  function selfOf(member: Member): Participant | undefined {
    return member.staff ? { ...member.staff.participant, isSelf: true } : participants.get(CUSTOMER_ID);
  }

  function store(message: Omit<WireMessage, "seq">): WireMessage {
    const stored = { ...message, seq: ++seq };
    messages.push(stored);
    log.push({ type: "message", message: stored, replayed: false });
    return stored;
  }

  function post(message: Omit<WireMessage, "seq">): void {
    broadcast({ type: "message", message: store(message), replayed: false });
  }

  function change(id: string, change: WireChange, from: Participant): void {
    const frame = { type: "changed" as const, seq: ++seq, id, from, at: new Date(), replayed: false, change };
    const index = messages.findIndex((message) => message.id === id && message.from.id === from.id);
    const old = messages[index];
    if (old && change.kind !== "reactions")
      messages[index] = {
        ...old,
        edited: change.kind === "edited",
        body: change.kind === "edited" ? change.body : { kind: "retracted" },
      };
    log.push(frame);
    broadcast(frame);
  }

  /** @returns who is welcomed. */
  function arrive(member: Member, name: string): Participant {
    const self = (member.staff && selfOf(member)) ?? { id: CUSTOMER_ID, name, role: "customer", isSelf: true };
    if (member.staff) return self;
    if (!participants.has(self.id)) broadcast({ type: "participant", change: "joined", participant: self }, isStaff);
    participants.set(self.id, self);
    return self;
  }

  function welcome(member: Member, frame: Extract<ClientFrame, { type: "hello" }>): void {
    const resumeToken = `token-${conversation}`;
    const known = conversation > 0 && frame.resumeToken === resumeToken;
    if (!known && !member.staff) conversation++;
    const self = arrive(member, frame.request.customer.name);
    member.joined = true;
    const others = [...participants.values()].filter(({ id }) => id !== self.id);
    deliver(member, {
      type: "welcome",
      conversationId: options.conversationId ?? `conversation-${conversation}`,
      self,
      participants: [...others.map((each) => asPersonSeenBy(member, each)), self],
      supports,
      resumeToken: `token-${conversation}`,
      maxUploadBytes,
    } satisfies ServerFrame);
    const resumed = known && supports.resume;
    const seen = log.filter((entry) => maySee(member, entry));
    const shown = resumed
      ? seen.filter((entry) => seqOf(entry) > frame.lastSeq)
      : newest(seen, options.replayOnJoin ?? 20);
    for (const entry of shown) deliver(member, asSeenBy(member, { ...entry, replayed: true }));
    deliver(member, { type: "replay-ended", resumed } satisfies ServerFrame);
  }

  function requestsOf(member: Member): Requests {
    const seen = messages.filter((message) => maySeeMessage(member, message));
    return {
      supports,
      maxUploadBytes,
      messages: seen.map((message) => asMessageSeenBy(member, message)),
      changes: () =>
        log.flatMap((entry) =>
          entry.type === "changed" ? [{ ...entry, from: asPersonSeenBy(member, entry.from) }] : [],
        ),
      self: () => selfOf(member),
      post: (message) => post({ ...message, from: { ...message.from, isSelf: !member.staff } }),
      change: (id, claim, from) => change(id, claim, { ...from, isSelf: !member.staff }),
      broadcast,
    };
  }

  /** States and marks go to whoever else is there. */
  function relay(member: Member, frame: Extract<ClientFrame, { type: "chat-state" | "mark" }>): void {
    const from = selfOf(member);
    if (!from) return;
    const seen = { ...from, isSelf: false };
    const told: ServerFrame =
      frame.type === "chat-state"
        ? { type: "chat-state", from: seen, state: frame.state }
        : { type: "receipt", kind: frame.kind, id: frame.id, from: seen, at: new Date() };
    broadcast(told, (other) => selfOf(other)?.id !== from.id);
  }

  function leave(member: Member): void {
    members.delete(member);
    const customer = participants.get(CUSTOMER_ID);
    if (member.staff || !customer || [...members].some(({ staff }) => !staff)) return;
    participants.delete(CUSTOMER_ID);
    const gone = { ...customer, isSelf: false };
    broadcast({ type: "participant", change: "left", participant: gone }, isStaff);
  }

  function handle(member: Member, frame: ClientFrame): void {
    // The goodbye is the last frame of a link that its owner has closed by now.
    if (!members.has(member) && frame.type !== "bye") return;
    if (!member.staff) received.push(frame);
    const fault = faults.get(frame.type)?.shift();
    if (fault === "hang") return;
    if (fault && fault !== "cut") {
      const request = "request" in frame && typeof frame.request === "string" ? frame.request : frame.type;
      deliver(member, { type: "refused", request, code: fault, text: "The service was told to refuse this." });
    } else if (member.staff?.mayWrite() === false && !READING.has(frame.type)) {
      const request = "request" in frame ? frame.request : frame.type;
      deliver(member, { type: "refused", request, code: "refused", text: "Who only looks on may say nothing." });
    } else if (frame.type === "hello") welcome(member, frame);
    else if (frame.type === "bye") leave(member);
    else if (frame.type === "chat-state" || frame.type === "mark") relay(member, frame);
    else answerRequest(requestsOf(member), frame, (answer) => deliver(member, answer));
    if (fault === "cut") dropLinks();
    else if (!member.staff) options.onCustomer?.(frame);
  }

  function dropLinks(): void {
    for (const member of members) nextTask(() => member.events.onDown());
    members.clear();
  }

  function addFault(type: ClientFrameType, fault: Fault): void {
    faults.set(type, [...(faults.get(type) ?? []), fault]);
  }

  return {
    get links() {
      return members.size;
    },
    received,
    messages,
    connect(events, staff) {
      const member: Member = {
        events,
        joined: false,
        staff,
        send: (frame) => nextTask(() => handle(member, frame)),
        close: () => members.delete(member),
      };
      members.add(member);
      return member;
    },
    say(body, { id = `memory-${seq + 1}`, from = MEMORY_AGENT, replyTo } = {}) {
      post({
        id,
        from,
        sentAt: new Date(),
        body: typeof body === "string" ? { kind: "text", text: body } : body,
        ...(replyTo === undefined ? {} : { replyTo }),
      });
      return messageId(id);
    },
    repeatLast() {
      const last = messages.at(-1);
      if (last) broadcast({ type: "message", message: { ...last, seq: ++seq }, replayed: false });
    },
    chatState: (state, from = MEMORY_AGENT) => broadcast({ type: "chat-state", from, state }),
    receipt: (kind, id, from = MEMORY_AGENT) => broadcast({ type: "receipt", kind, id, from, at: new Date() }),
    change: (id, claim, from = MEMORY_AGENT) => change(id, claim, from),
    participant(change, who) {
      if (change === "left") participants.delete(who.id);
      else participants.set(who.id, who);
      broadcast({ type: "participant", change, participant: who });
    },
    whisper({ to, ...message }) {
      post({ ...message, sentAt: new Date(), whisper: true, ...(to === undefined ? {} : { whisperTo: to }) });
    },
    handoff: (change) => broadcast({ type: "handoff", change }),
    end: ({ by = "agent", ...ids } = {}) => broadcast({ type: "ended", by, ...ids }),
    remove: (reason, id) =>
      broadcast({ type: "removed", reason }, (member) =>
        id === undefined ? !member.staff : selfOf(member)?.id === id,
      ),
    seedHistory(count) {
      const ids: MessageId[] = [];
      for (let n = 1; n <= count; n++) {
        const id = `memory-${seq + 1}`;
        store({ id, from: MEMORY_AGENT, sentAt: new Date(), body: { kind: "text", text: `seeded ${n}` } });
        ids.push(messageId(id));
      }
      return ids;
    },
    dropLinks,
    sendGarbage() {
      for (const member of members) deliver(member, { type: "galaxy", brain: [1, { deeper: null }] });
    },
    refuseNext: (type, code = "refused") => addFault(type, code),
    hangNext: (type) => addFault(type, "hang"),
    cutAfterNext: (type) => addFault(type, "cut"),
  };
}

function isStaff({ staff }: Member): boolean {
  return staff !== undefined;
}

function maySee(member: Member, frame: ServerFrame): boolean {
  return frame.type !== "message" || maySeeMessage(member, frame.message);
}

function maySeeMessage({ staff }: Member, { whisper, whisperTo, from }: WireMessage): boolean {
  if (!whisper) return true;
  const { id } = staff?.participant ?? {};
  return id !== undefined && (whisperTo === undefined || id === whisperTo || id === from.id);
}

/** Stored as the customer sees it. */
function asSeenBy(member: Member, frame: ServerFrame): ServerFrame {
  if (!member.staff) return frame;
  if (frame.type === "message") return { ...frame, message: asMessageSeenBy(member, frame.message) };
  if (frame.type === "participant") return { ...frame, participant: asPersonSeenBy(member, frame.participant) };
  return "from" in frame ? { ...frame, from: asPersonSeenBy(member, frame.from) } : frame;
}

function asMessageSeenBy(member: Member, { clientId, ...message }: WireMessage): WireMessage {
  const from = asPersonSeenBy(member, message.from);
  // Whose id it is knows it.
  return { ...message, from, ...(from.isSelf && clientId !== undefined && { clientId }) };
}

function asPersonSeenBy({ staff }: Member, who: Participant): Participant {
  return staff ? { ...who, isSelf: who.id === staff.participant.id } : who;
}

function seqOf(entry: LoggedFrame): number {
  return entry.type === "message" ? entry.message.seq : entry.seq;
}

/** The last `count`; `slice(-0)` would be all. */
function newest<T>(list: readonly T[], count: number): readonly T[] {
  return count === 0 ? [] : list.slice(-count);
}
