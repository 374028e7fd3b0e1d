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
}

/** One customer's link to the service. */
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
  /** Opens a link. An adapter calls it; tests do not need to. */
  connect(events: MemoryLinkEvents): MemoryLink;
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
  /** The answer to a request for an agent. */
  handoff(change: "requested" | "accepted" | "no-agent"): void;
  /** The chat ends. */
  end(facts?: { by?: EndedBy; interactionId?: string; chatId?: string }): void;
  /** Every customer is put out. */
  remove(reason: CloseReason): void;
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
}

type Fault = "hang" | "cut" | ChatErrorCode;

type LoggedFrame = Extract<ServerFrame, { type: "message" | "changed" }>;

/** Makes a service with one conversation. Every frame takes a task of its own, in order, as on a real wire. */
export function createMemoryService(options: MemoryServiceOptions = {}): MemoryService {
  const supports: Capabilities = { ...NO_CAPABILITIES, ...ALL, ...options.supports };
  const maxUploadBytes = options.maxUploadBytes ?? 1_048_576;
  const members = new Set<Member>();
  const participants = new Map<string, Participant>([[MEMORY_AGENT.id, MEMORY_AGENT]]);
  const messages: WireMessage[] = [];
  const log: LoggedFrame[] = [];
  const received: ClientFrame[] = [];
  const faults = new Map<ClientFrameType, Fault[]>();
  let seq = 0;
  let conversation = 0;

  function deliver(member: Member, frame: unknown): void {
    nextTask(() => members.has(member) && member.events.onFrame(frame));
  }

  function broadcast(frame: ServerFrame): void {
    for (const member of members) if (member.joined) deliver(member, frame);
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

  function welcome(member: Member, frame: Extract<ClientFrame, { type: "hello" }>): void {
    const resumeToken = `token-${conversation}`;
    const known = conversation > 0 && frame.resumeToken === resumeToken;
    if (!known) conversation++;
    const self: Participant = { id: CUSTOMER_ID, name: frame.request.customer.name, role: "customer", isSelf: true };
    participants.set(self.id, self);
    member.joined = true;
    deliver(member, {
      type: "welcome",
      conversationId: `conversation-${conversation}`,
      self,
      participants: [...participants.values()],
      supports,
      resumeToken: `token-${conversation}`,
      maxUploadBytes,
    } satisfies ServerFrame);
    const resumed = known && supports.resume;
    const shown = resumed
      ? log.filter((entry) => seqOf(entry) > frame.lastSeq)
      : newest(log, options.replayOnJoin ?? 20);
    for (const entry of shown) deliver(member, { ...entry, replayed: true });
    deliver(member, { type: "replay-ended", resumed } satisfies ServerFrame);
  }

  const requests: Requests = {
    supports,
    maxUploadBytes,
    messages,
    self: () => participants.get(CUSTOMER_ID),
    post,
    change,
    broadcast,
  };

  function handle(member: Member, frame: ClientFrame): void {
    // The goodbye is the last frame of a link that its owner has closed by now.
    if (!members.has(member) && frame.type !== "bye") return;
    received.push(frame);
    const fault = faults.get(frame.type)?.shift();
    if (fault === "hang") return;
    if (fault && fault !== "cut") {
      const request = "request" in frame && typeof frame.request === "string" ? frame.request : frame.type;
      deliver(member, { type: "refused", request, code: fault, text: "The service was told to refuse this." });
    } else if (frame.type === "hello") welcome(member, frame);
    else if (frame.type === "bye") members.delete(member);
    else answerRequest(requests, frame, (answer) => deliver(member, answer));
    if (fault === "cut") dropLinks();
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
    connect(events) {
      const member: Member = {
        events,
        joined: false,
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
    handoff: (change) => broadcast({ type: "handoff", change }),
    end: ({ by = "agent", ...ids } = {}) => broadcast({ type: "ended", by, ...ids }),
    remove: (reason) => broadcast({ type: "removed", reason }),
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

function seqOf(entry: LoggedFrame): number {
  return entry.type === "message" ? entry.message.seq : entry.seq;
}

/** The last `count`; `slice(-0)` would be all. */
function newest<T>(list: readonly T[], count: number): readonly T[] {
  return count === 0 ? [] : list.slice(-count);
}
