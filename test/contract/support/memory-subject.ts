import {
  createMemoryService,
  memory,
  MEMORY_AGENT,
  type ClientFrame,
  type MemoryOptions,
  type MemoryService,
} from "../../../adapters/memory/index.ts";
import {
  NO_CAPABILITIES,
  type Capabilities,
  type ChatTransport,
  type Participant,
} from "../../../src/transport/index.ts";
import {
  controlTimers,
  type ContractHarness,
  type ContractSubject,
  type FarChange,
  type FarMark,
  type FarMessage,
} from "../index.ts";

/** How a memory subject differs from the plain one. */
export interface MemorySubjectOptions {
  supports?: Partial<Capabilities>;
  serverLacks?: readonly (keyof Capabilities)[];
  /** Another transport over the same service: a broken one. */
  make?: (options: MemoryOptions) => ChatTransport;
  guardMs?: number;
}

/** The memory adapter and its service, as the suite wants them. */
export function memorySubject(options: MemorySubjectOptions = {}): ContractSubject {
  const supports: Capabilities = { ...everything(), ...options.supports };
  const { serverLacks = [] } = options;
  return {
    supports,
    serverLacks,
    ...(options.guardMs === undefined ? {} : { guardMs: options.guardMs }),
    createHarness: () => createHarness(supports, serverLacks, options.make ?? memory),
  };
}

function everything(): Capabilities {
  const capabilities: Capabilities = { ...NO_CAPABILITIES };
  for (const key of Object.keys(capabilities) as (keyof Capabilities)[]) capabilities[key] = true;
  return capabilities;
}

function createHarness(
  supports: Capabilities,
  serverLacks: readonly (keyof Capabilities)[],
  make: (options: MemoryOptions) => ChatTransport,
): ContractHarness {
  const timers = controlTimers();
  const service = createMemoryService({ supports: Object.fromEntries(serverLacks.map((key) => [key, false])) });
  return {
    ...memoryFarEnd(service, () => service.received, MEMORY_AGENT),
    request: { customer: { name: "Ravi" } },
    make: () => make({ service, supports, reconnect: { nextDelayMs: () => 0 } }),
    endChat: (ids) => service.end(ids),
    openHandles: () => service.links + timers.open(),
    dispose: () => timers.restore(),
    dropLink: () => service.dropLinks(),
    useClock: () => timers.useClock(),
  };
}

/** What a memory service can be made to do by whoever speaks as `from`; `received` is what the transport under test sent. */
export function memoryFarEnd(
  service: MemoryService,
  received: () => readonly ClientFrame[],
  from: Participant,
): Pick<ContractHarness, "say" | "sent"> & Partial<ContractHarness> {
  return {
    say: (text, id) => service.say(text, id === undefined ? { from } : { id, from }),
    sent: () => sentMessages(received()),
    refuseNextOpen: () => service.refuseNext("hello"),
    hangNextOpen: () => service.hangNext("hello"),
    refuseNextSend: () => service.refuseNext("send"),
    hangNextSend: () => service.hangNext("send"),
    hangNextUpload: () => service.hangNext("upload"),
    repeatLast: () => service.repeatLast(),
    sendGarbage: () => service.sendGarbage(),
    seedHistory: (count) => {
      service.seedHistory(count);
      return service.messages.flatMap(({ body }) => (body.kind === "text" ? [body.text] : []));
    },
    composing: () => service.chatState("composing", from),
    receives: (id) => service.receipt("received", id, from),
    displays: (id) => service.receipt("displayed", id, from),
    sentStates: () => received().flatMap((frame) => (frame.type === "chat-state" ? [frame.state] : [])),
    sentMarks: () => sentMarks(received()),
    sentChanges: () => sentChanges(received()),
    replies: (text, to) => service.say(text, { replyTo: to, from }),
    edits: (id, text) => service.change(id, { kind: "edited", body: { kind: "text", text } }, from),
    retracts: (id) => service.change(id, { kind: "retracted" }, from),
    reacts: (id, reactions) => service.change(id, { kind: "reactions", reactions }, from),
  };
}

function sentMessages(received: readonly ClientFrame[]): FarMessage[] {
  return received.flatMap((frame): FarMessage[] => {
    if (frame.type !== "send") return [];
    const reply = frame.replyTo === undefined ? {} : { replyTo: frame.replyTo };
    return frame.body.kind === "text"
      ? [{ text: frame.body.text, ...reply }]
      : [{ urls: frame.body.attachments.map(({ url }) => url.href), ...reply }];
  });
}

function sentMarks(received: readonly ClientFrame[]): FarMark[] {
  return received.flatMap((frame) => (frame.type === "mark" ? [{ kind: frame.kind, id: frame.id }] : []));
}

function sentChanges(received: readonly ClientFrame[]): FarChange[] {
  return received.flatMap((frame): FarChange[] => {
    if (frame.type === "edit" && frame.body.kind === "text")
      return [{ kind: "edited", id: frame.id, text: frame.body.text }];
    if (frame.type === "retract") return [{ kind: "retracted", id: frame.id }];
    if (frame.type === "react") return [{ kind: "reactions", id: frame.id, reactions: [...frame.reactions] }];
    return [];
  });
}
