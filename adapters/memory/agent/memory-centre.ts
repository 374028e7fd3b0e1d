import { nextTask } from "../../../src/kit/tasks.ts";
import type { Capabilities } from "../../../src/transport/capabilities.ts";
import type { ChatErrorCode } from "../../../src/transport/errors.ts";
import type { CustomerInfo } from "../../../src/transport/link-state.ts";
import type { AgentIdentity, Availability, Floor, WrapUp } from "../../../src/agent/agent-transport.ts";
import type { MemoryLink, MemoryLinkEvents, MemoryService } from "../memory-service.ts";
import type { AgentClientFrame, AgentFrameType, AgentServerFrame } from "./agent-frames.ts";
import { CentreConversation, type CentreParts, type Refusal } from "./centre-conversation.ts";

/** Somebody who may sign in. */
export interface MemoryAgentRecord extends AgentIdentity {
  secret: string;
  /** Default `Service`. */
  team?: string;
}

/** What an agent signs in with. */
export interface MemoryAgentCredentials {
  agentId: string;
  secret: string;
}

/** How {@link createMemoryCentre} behaves. */
export interface MemoryCentreOptions {
  agents: readonly MemoryAgentRecord[];
  /** When agents are asked: as soon as a customer comes (default), or when somebody asks for one. */
  asks?: "arrival" | "hand-over";
}

/** One agent's link to the contact centre. */
export interface MemoryCentreLink {
  send(frame: AgentClientFrame): void;
  /** Cuts the link; nothing arrives any more. */
  close(): void;
}

/** A customer of the contact centre: give `service` to `memory()`, and open it. */
export interface MemoryCustomer {
  conversationId: string;
  service: MemoryService;
}

/** A contact centre in memory, with the controls of what agents cannot do and of the network before it. */
export interface MemoryCentre {
  /** Opens a link. An adapter calls it; tests do not need to. */
  connect(events: MemoryLinkEvents): MemoryCentreLink;
  /** How many agents' links are up. */
  readonly links: number;
  /** How many conversations of agents are open. */
  readonly channels: number;
  /** Every frame that arrived from agents, in order. */
  readonly received: readonly AgentClientFrame[];
  readonly wrapUps: readonly { conversationId: string; agentId: string; wrapUp: WrapUp }[];

  /** A conversation for one customer. */
  customer(options?: {
    customer?: Partial<CustomerInfo>;
    queue?: string;
    supports?: Partial<Capabilities>;
  }): MemoryCustomer;
  /** Somebody else signs in as that agent; the first one is put out. */
  replace(agentId: string): void;
  /** What rings for a conversation ends: taken back, or nobody answered. */
  endRings(conversationId: string, outcome: "withdrawn" | "no-answer"): void;
  /** A bot proposes answers to the agents of a conversation. */
  suggest(conversationId: string, texts: string[]): void;

  /** Cuts every agent's link without a word. Those who sign in again are served. */
  dropLinks(): void;
  /** Delivers something that no document describes. */
  sendGarbage(): void;
  /** The next frame of that type is refused. */
  refuseNext(type: AgentFrameType, code?: ChatErrorCode): void;
  /** The next frame of that type gets no answer. */
  hangNext(type: AgentFrameType): void;
}

interface Channel {
  conversation: CentreConversation;
  link: MemoryLink;
}

interface Seat extends MemoryCentreLink {
  events: MemoryLinkEvents;
  agent: AgentIdentity | undefined;
  availability: Availability;
  channels: Map<string, Channel>;
  /** Hears of the floor, because it asked. */
  watches: boolean;
  /** Its owner has let go: it hears nothing any more, and what it said before is still dealt with. */
  closed: boolean;
}

const BOT = { id: "bot", name: "Bot", role: "bot", isSelf: false } as const;

/** Makes a contact centre. Every frame takes a task of its own, in order, as on a real wire. */
export function createMemoryCentre(options: MemoryCentreOptions): MemoryCentre {
  const seats = new Set<Seat>();
  const conversations: CentreConversation[] = [];
  const received: AgentClientFrame[] = [];
  const wrapUps: { conversationId: string; agentId: string; wrapUp: WrapUp }[] = [];
  const faults = new Map<AgentFrameType, ("hang" | ChatErrorCode)[]>();

  function deliver(seat: Seat, frame: unknown): void {
    nextTask(() => seats.has(seat) && !seat.closed && seat.events.onFrame(frame));
  }

  function tell(seat: Seat, frame: AgentServerFrame): void {
    deliver(seat, frame);
  }

  const seatOf = (agentId: string): Seat | undefined => [...seats].find(({ agent }) => agent?.id === agentId);
  const find = (id: string): CentreConversation | undefined => conversations.find((each) => each.id === id);

  const parts: CentreParts = {
    signedIn: () =>
      [...seats].flatMap(({ agent, availability }) => (agent ? [{ agent, ready: availability.ready }] : [])),
    ring(agentId, ring) {
      const seat = seatOf(agentId);
      if (seat) tell(seat, { type: "request", ring });
    },
    ringEnded(agentId, { id }, outcome) {
      const seat = seatOf(agentId);
      if (seat) tell(seat, { type: "request-ended", id, outcome });
    },
    partChanged(agentId, conversation, part) {
      const seat = seatOf(agentId);
      for (const [channel, each] of seat?.channels ?? [])
        if (seat && each.conversation === conversation) tell(seat, { type: "part", channel, part });
    },
    changed() {
      for (const seat of seats) if (seat.watches) tell(seat, { type: "floor", floor: floorFor(seat) });
    },
  };

  function floorFor({ agent }: Seat): Floor {
    const open = conversations.filter(({ ended, parts }) => !ended && parts.size > 0);
    return {
      teams: teamsOf(options.agents, (id) => seatOf(id)?.availability),
      conversations: agent?.role === "supervisor" ? open.map(asFloorConversation) : [],
      queues: queuesOf(conversations),
      at: new Date(),
    };
  }

  function signIn(seat: Seat, frame: Extract<AgentClientFrame, { type: "sign-in" }>): void {
    const record = options.agents.find(({ id }) => id === frame.agentId);
    if (record?.secret !== frame.secret)
      return tell(seat, { type: "turned-away", code: "unauthorized", text: "Nobody signs in with that." });
    const before = seatOf(record.id);
    if (before) replaceSeat(before);
    seat.agent = { id: record.id, name: record.name, role: record.role };
    seat.availability = frame.availability;
    tell(seat, { type: "welcome", agent: seat.agent, availability: frame.availability });
    offerAll(seat);
  }

  function offerAll({ agent, availability }: Seat): void {
    if (agent && availability.ready) for (const each of conversations) each.offer(agent);
  }

  function replaceSeat(seat: Seat): void {
    tell(seat, { type: "replaced" });
    letGo(seat);
    seat.agent = undefined;
  }

  /** The seat's conversations go on without a link. */
  function letGo(seat: Seat): void {
    for (const { link } of seat.channels.values()) link.close();
    seat.channels.clear();
    if (seat.agent) for (const each of conversations) each.forgetRing(seat.agent.id);
  }

  function enter(seat: Seat, agent: AgentIdentity, frame: Extract<AgentClientFrame, { type: "enter" }>): void {
    const { channel, how, conversationId, ring = "" } = frame;
    const conversation = find(conversationId);
    const toChannel = (inner: unknown): void => tell(seat, { type: "chat", channel, frame: inner });
    const refusal: Refusal | undefined = conversation
      ? how === "accept"
        ? conversation.accept(agent, ring)
        : conversation[how](agent)
      : { code: "not-found", text: "There is no such conversation." };
    if (!conversation || refusal) return toChannel({ type: "refused", request: "hello", ...refusal });
    const mine = (): boolean => conversation.parts.get(agent.id)?.part !== "monitor";
    const link = conversation.service.connect(
      {
        onFrame: toChannel,
        onDown: () => seat.channels.delete(channel) && tell(seat, { type: "channel-down", channel }),
      },
      { participant: { id: agent.id, name: agent.name, role: agent.role, isSelf: false }, mayWrite: mine },
    );
    seat.channels.set(channel, { conversation, link });
    parts.partChanged(agent.id, conversation, conversation.parts.get(agent.id)?.part ?? "participant");
  }

  function leave(seat: Seat, agent: AgentIdentity, channelId: string, end: boolean): void {
    const channel = seat.channels.get(channelId);
    seat.channels.delete(channelId);
    channel?.link.close();
    channel?.conversation.leave(agent.id, end);
  }

  /** The agent goes, and says so. */
  function depart(seat: Seat, agent: AgentIdentity): void {
    letGo(seat);
    seat.agent = undefined;
    for (const each of conversations) each.leave(agent.id, false);
  }

  function answer(seat: Seat, request: string, result?: Refusal | { id: string; acceptedAt: Date }): void {
    if (result && "code" in result) tell(seat, { type: "refused", request, ...result });
    else tell(seat, { type: "answer", request, ...(result && { sent: result }) });
  }

  function setAvailability(seat: Seat, agent: AgentIdentity, availability: Availability): void {
    seat.availability = availability;
    tell(seat, { type: "availability", availability });
    if (availability.ready) return offerAll(seat);
    for (const each of conversations) each.endRing(agent.id, "withdrawn");
  }

  function handle(seat: Seat, frame: AgentClientFrame): void {
    if (!seats.has(seat)) return;
    received.push(frame);
    const fault = faults.get(frame.type)?.shift();
    if (fault === "hang") return;
    if (fault) return refuse(seat, frame, { code: fault, text: "The service was told to refuse this." });
    const { agent } = seat;
    if (frame.type === "sign-in") return signIn(seat, frame);
    if (agent) return serve(seat, agent, frame);
    refuse(seat, frame, { code: "refused", text: "Nobody is signed in on this link." });
  }

  function refuse(seat: Seat, frame: AgentClientFrame, refusal: Refusal): void {
    if (frame.type === "sign-in") tell(seat, { type: "turned-away", ...refusal });
    else if ("request" in frame) tell(seat, { type: "refused", request: frame.request, ...refusal });
    else if (frame.type === "enter")
      tell(seat, { type: "chat", channel: frame.channel, frame: { type: "refused", request: "hello", ...refusal } });
  }

  function serve(seat: Seat, agent: AgentIdentity, frame: Exclude<AgentClientFrame, { type: "sign-in" }>): void {
    switch (frame.type) {
      case "sign-out":
        answer(seat, frame.request);
        return depart(seat, agent);
      case "bye":
        return depart(seat, agent);
      case "ping":
        return answer(seat, frame.request);
      case "availability":
        setAvailability(seat, agent, frame.availability);
        return answer(seat, frame.request);
      case "floor":
        seat.watches = true;
        return tell(seat, { type: "answer", request: frame.request, floor: floorFor(seat) });
      case "decline":
        return answer(seat, frame.request, decline(agent, frame.id));
      case "wrap-up":
        return answer(seat, frame.request, wrapUp(agent, frame));
      case "enter":
        return enter(seat, agent, frame);
      case "leave":
        return leave(seat, agent, frame.channel, frame.end);
      case "chat":
        return seat.channels.get(frame.channel)?.link.send(frame.frame);
      case "act": {
        const conversation = seat.channels.get(frame.channel)?.conversation;
        const over: Refusal = { code: "closed", text: "The conversation is over." };
        return answer(seat, frame.request, conversation ? conversation.act(agent, frame.action) : over);
      }
    }
  }

  function decline(agent: AgentIdentity, id: string): Refusal | undefined {
    const before = { code: "conflict" as const, text: "That request was answered before." };
    return conversations.some((each) => each.decline(agent.id, id)) ? undefined : before;
  }

  function wrapUp(
    agent: AgentIdentity,
    { conversationId, wrapUp }: Extract<AgentClientFrame, { type: "wrap-up" }>,
  ): Refusal | undefined {
    const conversation = find(conversationId);
    if (!conversation) return { code: "not-found", text: "There is no such conversation." };
    if (!conversation.known.has(agent.id)) return { code: "refused", text: "You were not in that conversation." };
    wrapUps.push({ conversationId, agentId: agent.id, wrapUp });
    return undefined;
  }

  return {
    get links() {
      return seats.size;
    },
    get channels() {
      return [...seats].reduce((sum, seat) => sum + seat.channels.size, 0);
    },
    received,
    wrapUps,
    connect(events) {
      const seat: Seat = {
        events,
        agent: undefined,
        availability: { ready: false },
        channels: new Map(),
        watches: false,
        closed: false,
        send: (frame) => nextTask(() => handle(seat, frame)),
        close() {
          seat.closed = true;
          nextTask(() => {
            if (seats.delete(seat)) letGo(seat);
          });
        },
      };
      seats.add(seat);
      return seat;
    },
    customer(details = {}) {
      const made = new CentreConversation(parts, { asks: options.asks ?? "arrival", ...details });
      conversations.push(made);
      return { conversationId: made.id, service: made.service };
    },
    replace(agentId) {
      const seat = seatOf(agentId);
      if (seat) replaceSeat(seat);
    },
    endRings: (id, outcome) => find(id)?.endRings(outcome),
    suggest(conversationId, texts) {
      for (const seat of seats)
        if (seat.agent && find(conversationId)?.parts.has(seat.agent.id))
          tell(seat, { type: "suggestion", conversationId, from: BOT, texts });
    },
    dropLinks() {
      for (const seat of seats) {
        letGo(seat);
        nextTask(() => seat.events.onDown());
      }
      seats.clear();
    },
    sendGarbage() {
      for (const seat of seats) deliver(seat, { type: "galaxy", brain: [1, { deeper: null }] });
    },
    refuseNext: (type, code = "refused") => faults.set(type, [...(faults.get(type) ?? []), code]),
    hangNext: (type) => faults.set(type, [...(faults.get(type) ?? []), "hang"]),
  };
}

function asFloorConversation(each: CentreConversation): Floor["conversations"][number] {
  const { id, customer, participants, ownerId } = each;
  return { conversationId: id, customer, participants, ...(ownerId !== undefined && { agentId: ownerId }) };
}

function queuesOf(conversations: readonly CentreConversation[]): NonNullable<Floor["queues"]> {
  const waiting = new Map<string, number>();
  for (const { queue, waits } of conversations)
    if (queue !== undefined) waiting.set(queue, (waiting.get(queue) ?? 0) + (waits ? 1 : 0));
  return Array.from(waiting, ([id, count]) => ({ id, name: id, waiting: count }));
}

function teamsOf(
  agents: readonly MemoryAgentRecord[],
  availabilityOf: (id: string) => Availability | undefined,
): Floor["teams"] {
  const teams = new Map<string, Floor["teams"][number]>();
  for (const { id, name, role, team = "Service" } of agents) {
    const found = teams.get(team) ?? { id: team, name: team, members: [], supervisors: [] };
    teams.set(team, found);
    const status = availabilityOf(id)?.ready ? "ready" : "not-ready";
    (role === "supervisor" ? found.supervisors : found.members).push({ id, name, role, status });
  }
  return [...teams.values()];
}
