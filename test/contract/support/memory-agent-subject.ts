import {
  createMemoryCentre,
  memoryAgent,
  type MemoryAgentOptions,
  type MemoryCentre,
  type MemoryCustomer,
} from "../../../adapters/memory/agent/index.ts";
import { memory, type ClientFrame } from "../../../adapters/memory/index.ts";
import { NO_AGENT_CAPABILITIES, type AgentCapabilities, type AgentTransport } from "../../../src/agent/index.ts";
import {
  NO_CAPABILITIES,
  type Capabilities,
  type ChatTransport,
  type TransportEvents,
} from "../../../src/transport/index.ts";
import {
  controlTimers,
  type AgentContractHarness,
  type AgentContractSubject,
  type ContractHarness,
  type ContractSubject,
  type FarCustomer,
} from "../index.ts";
import { memoryFarEnd } from "./memory-subject.ts";

/** How a memory subject differs from the plain one. */
export interface MemoryAgentSubjectOptions {
  supports?: Partial<AgentCapabilities>;
  /** Another transport over the same centre: a broken one. */
  make?: (options: MemoryAgentOptions) => AgentTransport;
  guardMs?: number;
}

const IDS = { agent: "asha", colleague: "ben", supervisor: "sonia" } as const;
const STAFF = [
  { id: IDS.agent, name: "Asha", role: "agent", secret: "1" },
  { id: IDS.colleague, name: "Ben", role: "agent", secret: "2" },
  { id: IDS.supervisor, name: "Sonia", role: "supervisor", secret: "3" },
] as const;

/** The memory agents and their contact centre, as the suite wants them. */
export function memoryAgentSubject(options: MemoryAgentSubjectOptions = {}): AgentContractSubject {
  const supports = { ...allOf(NO_AGENT_CAPABILITIES), ...options.supports };
  return {
    supports,
    ...(options.guardMs === undefined ? {} : { guardMs: options.guardMs }),
    createHarness: () => createHarness(supports, options.make ?? memoryAgent),
  };
}

function createHarness(
  supports: AgentCapabilities,
  make: (options: MemoryAgentOptions) => AgentTransport,
): AgentContractHarness {
  const timers = controlTimers();
  const centre = createMemoryCentre({ agents: STAFF });
  const customers: (FarCustomer & { transport: ChatTransport })[] = [];
  let asked = 0;
  return {
    make: (who) =>
      make({
        service: centre,
        supports,
        reconnect: { nextDelayMs: () => 0 },
        credentialsProvider: async () => {
          if (who === "agent") asked++;
          return { agentId: IDS[who], secret: STAFF.find(({ id }) => id === IDS[who])?.secret ?? "" };
        },
      }),
    ids: IDS,
    stranger: { id: "nobody" },
    async customer(name) {
      const made = await farCustomer(centre.customer({ customer: { name }, queue: "sales" }), name);
      customers.push(made);
      return made;
    },
    openHandles: () => centre.links + timers.open(),
    async dispose() {
      for (const { transport } of customers) await transport.close();
      timers.restore();
    },
    refuseNextSignIn: () => centre.refuseNext("sign-in", "unauthorized"),
    hangNextSignIn: () => centre.hangNext("sign-in"),
    hangNextEntry: () => centre.hangNext("enter"),
    dropLink: () => centre.dropLinks(),
    sendGarbage: () => centre.sendGarbage(),
    replace: () => centre.replace(IDS.agent),
    useClock: () => timers.useClock(),
    credentialsAsked: () => asked,
    withdraw: (id) => centre.endRings(id, "withdrawn"),
    expire: (id) => centre.endRings(id, "no-answer"),
    suggest: (id, texts) => centre.suggest(id, texts),
    wrapUps: () => [...centre.wrapUps],
  };
}

/** A customer on the memory transport, with every frame that came to them. */
async function farCustomer(
  { conversationId, service }: MemoryCustomer,
  name: string,
): Promise<FarCustomer & { transport: ChatTransport }> {
  const frames: string[] = [];
  const heard: string[] = [];
  const connect: typeof service.connect = (events) =>
    service.connect({
      ...events,
      onFrame(frame) {
        frames.push(JSON.stringify(frame));
        events.onFrame(frame);
      },
    });
  const transport = memory({ service: { connect } });
  transport.on("message", ({ from, body }: TransportEvents["message"]) => {
    if (!from.isSelf && body.kind === "text") heard.push(body.text);
  });
  await transport.open({ customer: { name } });
  let said = 0;
  return {
    conversationId,
    name,
    transport,
    say: async (text) => void (await transport.send({ clientId: `${name}-${++said}`, body: { kind: "text", text } })),
    heard: () => heard,
    raw: () => frames.join("\n"),
    isOver: () => transport.state.status === "closed",
  };
}

/** A conversation of a memory agent, for the transport suite: the far end that speaks is the customer. */
export function memoryConversationSubject(): ContractSubject {
  const supports: Capabilities = { ...allOf(NO_CAPABILITIES), resume: false, requestAgent: false };
  return { supports, serves: "agent", createHarness: conversationHarness };
}

async function conversationHarness(): Promise<ContractHarness> {
  const centre: MemoryCentre = createMemoryCentre({ agents: STAFF });
  const { service } = centre.customer();
  const agent = memoryAgent({
    service: centre,
    reconnect: { nextDelayMs: () => 0 },
    credentialsProvider: async () => ({ agentId: IDS.agent, secret: "1" }),
  });
  await memory({ service }).open({ customer: { name: "Ravi" } });
  await agent.signIn();
  const rang = new Promise<Parameters<AgentTransport["conversation"]>[0]>((resolve) => {
    agent.on("request", resolve);
  });
  await agent.setAvailability?.({ ready: true });
  const request = await rang;
  const timers = controlTimers();
  let made = 0;
  const sent = (): ClientFrame[] => centre.received.flatMap((frame) => (frame.type === "chat" ? [frame.frame] : []));
  return {
    ...memoryFarEnd(service, sent, { id: "customer", name: "Ravi", role: "customer", isSelf: false }),
    request: { customer: { name: "Ravi" } },
    make: () => agent.conversation(request, made++ === 0 ? "accept" : "enter"),
    endChat: (ids) => service.end(ids),
    dropLink: () => centre.dropLinks(),
    openHandles: () => centre.channels + timers.open(),
    dispose: async () => {
      await agent.close();
      timers.restore();
    },
    useClock: () => timers.useClock(),
  };
}

function allOf<T extends object>(none: T): T {
  return Object.fromEntries(Object.keys(none).map((key) => [key, true])) as T;
}
