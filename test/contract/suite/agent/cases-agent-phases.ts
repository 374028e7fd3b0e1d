import type {
  AgentCapabilities,
  AgentCapability,
  AgentConversation,
  AgentTransport,
  ChatRequest,
} from "../../../../src/agent/index.ts";
import type { Call } from "../../../../src/transport/index.ts";
import { called, check, equal, rejects } from "../assertions.ts";
import type { AgentCase } from "./agent-case.ts";

interface AgentOperation {
  method: "setAvailability" | "decline" | "wrapUp" | "floor" | "signOut";
  call(transport: AgentTransport, call?: Call): Promise<unknown> | undefined;
}

const REQUEST: ChatRequest = {
  id: "made-up",
  conversationId: "nowhere",
  kind: "chat",
  customer: { name: "Nobody", details: {} },
  receivedAt: new Date(0),
  raw: {},
};

const OPERATIONS: readonly (AgentOperation & { needs: AgentCapability })[] = [
  {
    method: "setAvailability",
    needs: "availability",
    call: (transport, call) => transport.setAvailability?.({ ready: false }, call),
  },
  { method: "decline", needs: "decline", call: (transport, call) => transport.decline?.(REQUEST, call) },
  {
    method: "wrapUp",
    needs: "wrapUp",
    call: (transport, call) => transport.wrapUp?.("nowhere", { reason: "sold" }, call),
  },
  { method: "floor", needs: "floor", call: (transport, call) => transport.floor?.(call) },
];

const IN_CONVERSATION = [
  "whisper",
  "addParticipant",
  "removeParticipant",
  "transfer",
  "raiseHand",
  "bargeIn",
] as const satisfies readonly (AgentCapability & keyof AgentConversation)[];

/** Every operation in every phase, where it exists; that it does not, where it does not. */
export function agentPhaseCases(declared: AgentCapabilities): AgentCase[] {
  return [
    ...OPERATIONS.flatMap((operation) =>
      declared[operation.needs] ? phasesOf(operation) : [absent(operation.method, operation.needs)],
    ),
    ...(declared.signOut ? [] : [absent("signOut", "signOut")]),
    ...IN_CONVERSATION.flatMap((method) =>
      declared[method] ? [inConversation(method)] : [absentInConversation(method)],
    ),
    openOffline,
  ];
}

function phasesOf(operation: AgentOperation): AgentCase[] {
  const { method } = operation;
  const attempt = (transport: AgentTransport, options?: Call): Promise<unknown> =>
    called(operation.call(transport, options));
  return [
    {
      name: `${method} when idle rejects with not-connected`,
      async run(context) {
        const { transport } = context.make();
        await rejects(attempt(transport), "not-connected", method);
        equal(transport.state.status, "idle", "the state afterwards");
      },
    },
    {
      name: `${method} when connecting rejects with not-connected`,
      needs: ["hangNextSignIn"],
      async run(context) {
        const { transport } = context.make();
        await context.far("hangNextSignIn")();
        const outcome = rejects(transport.signIn(), "closed", "signIn");
        await rejects(attempt(transport), "not-connected", method);
        await transport.close();
        await outcome;
      },
    },
    {
      name: `${method} when reconnecting rejects with not-connected`,
      needs: ["dropLink"],
      async run(context) {
        const probe = await context.online();
        const acting = new Promise((resolve, reject) => {
          // Inside the event: a moment later the transport may be back.
          const off = probe.transport.on("state", ({ current }) => {
            if (current.status !== "reconnecting") return;
            off();
            rejects(attempt(probe.transport), "not-connected", method).then(resolve, reject);
          });
        });
        await context.far("dropLink")();
        await acting;
        await probe.status("online", 2);
      },
    },
    {
      name: `${method} when closed rejects with closed`,
      async run(context) {
        const { transport } = await context.online();
        await transport.close();
        await rejects(attempt(transport), "closed", method);
      },
    },
    {
      name: `${method} with an aborted signal rejects with aborted and changes nothing`,
      async run(context) {
        const { transport } = await context.online();
        await rejects(attempt(transport, { signal: AbortSignal.abort() }), "aborted", method);
        equal(transport.state.status, "online", "the state");
      },
    },
  ];
}

function absent(method: keyof AgentTransport, capability: AgentCapability): AgentCase {
  return {
    name: `there is no ${method}, because ${capability} is not declared`,
    async run(context) {
      check(context.make().transport[method] === undefined, `${method} exists`);
    },
  };
}

function absentInConversation(method: (typeof IN_CONVERSATION)[number]): AgentCase {
  return {
    name: `there is no ${method} in a conversation, because it is not declared`,
    async run(context) {
      const { chat } = await context.talking();
      check(chat.transport[method] === undefined, `${method} exists`);
    },
  };
}

function inConversation(method: (typeof IN_CONVERSATION)[number]): AgentCase {
  return {
    name: `${method} rejects with not-connected before open, with closed after close, with aborted for an aborted signal`,
    async run(context) {
      const agent = await context.online();
      const customer = await context.harness.customer("Ravi");
      const { transport } = context.conversation(agent, await agent.request(customer.conversationId), "accept");
      await rejects(act(transport, method), "not-connected", method);
      await transport.open({ customer: { name: "Ravi" } });
      await rejects(act(transport, method, { signal: AbortSignal.abort() }), "aborted", method);
      await transport.close();
      await rejects(act(transport, method), "closed", method);
    },
  };
}

function act(chat: AgentConversation, method: (typeof IN_CONVERSATION)[number], call?: Call): Promise<unknown> {
  const who = { id: "somebody" };
  const message = { clientId: "phase", body: { kind: "text" as const, text: "phase" } };
  if (method === "whisper") return called(chat.whisper?.(message, call));
  if (method === "removeParticipant") return called(chat.removeParticipant?.(who.id, call));
  if (method === "bargeIn") return called(chat.bargeIn?.(call));
  return called(chat[method]?.(who, call));
}

const openOffline: AgentCase = {
  name: "a conversation of an agent who is not signed in rejects with not-connected, after close with closed",
  async run(context) {
    const probe = context.make();
    const target = { conversationId: "nowhere", participants: [] };
    await rejects(context.conversation(probe, target, "enter").open(), "not-connected", "open before signIn");
    await probe.transport.signIn();
    await probe.transport.close();
    await rejects(context.conversation(probe, target, "enter").open(), "closed", "open after close");
  },
};
