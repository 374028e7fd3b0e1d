import { assertBody } from "../../../src/kit/assert-arguments.ts";
import { assertNotAborted } from "../../../src/kit/deadline.ts";
import { messageId, randomId } from "../../../src/kit/ids.ts";
import type { Call } from "../../../src/transport/call.ts";
import type { Capabilities } from "../../../src/transport/capabilities.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { CustomerInfo } from "../../../src/transport/link-state.ts";
import type { ChatTransport } from "../../../src/transport/transport.ts";
import type {
  AgentCapabilities,
  AgentConversation,
  AgentPart,
  ChatRequest,
  ColleagueRef,
  FloorConversation,
} from "../../../src/agent/agent-transport.ts";
import { memory } from "../memory.ts";
import type { MemoryLink, MemoryLinkEvents } from "../memory-service.ts";
import type { AgentAction, Entry } from "./agent-frames.ts";
import type { AgentAnswer, MemoryAgentLink } from "./memory-agent-link.ts";

/** What a conversation is made of. */
export interface MemoryConversationParts {
  link: MemoryAgentLink;
  target: ChatRequest | FloorConversation;
  how: Entry;
  supports: Capabilities;
  agentSupports: AgentCapabilities;
}

/** A conversation of an agent: the customer's transport on a channel of the agent's link, and what only agents do. */
export function memoryAgentConversation(parts: MemoryConversationParts): AgentConversation {
  const { link, target, how, agentSupports } = parts;
  const { conversationId } = target;
  const customer: CustomerInfo = target.customer ?? { name: "", details: {} };
  const life = new AbortController();
  let channel = "";
  let entered = false;
  let part: AgentPart = how === "monitor" ? "monitor" : "participant";

  function connect(events: MemoryLinkEvents): MemoryLink {
    const own = (channel = randomId());
    const ring = "id" in target ? { ring: target.id } : {};
    // Whoever was in it before is in it still.
    const entry = entered ? { how: "enter" as const } : { how, ...ring };
    link.openChannel(
      { type: "enter", channel: own, conversationId, ...entry },
      {
        onFrame: (frame) => events.onFrame(frame),
        onDown: () => events.onDown(),
        onPart: (told) => {
          part = told;
          entered = true;
        },
      },
    );
    return {
      send: (frame) => link.send({ type: "chat", channel: own, frame }),
      close: () => link.closeChannel(own),
    };
  }

  // The link decides when to try again; the conversation only waits for it.
  const inner = memory({
    service: { connect },
    supports: { ...parts.supports, resume: false, requestAgent: false },
    reconnect: { nextDelayMs: () => 0 },
    leaving: "left",
  });
  inner.on("state", ({ current }) => {
    if (current.status !== "closed") return;
    life.abort(new ChatError("closed", "The conversation is over."));
    // Whatever the service has done meanwhile is undone.
    leave(false);
  });

  /** In the order that the contract gives. */
  function ready(call: Call | undefined, what: string): void {
    assertNotAborted(call?.signal, what);
    const { status } = inner.state;
    if (status === "closed") throw new ChatError("closed", `${what} is not possible: the conversation is over.`);
    if (status !== "connected")
      throw new ChatError("not-connected", `${what} needs a connected conversation; it is ${status}.`);
  }

  function assertMaySpeak(what: string, call: Call | undefined): void {
    ready(call, what);
    if (part === "monitor") throw onlyLooksOn(what);
  }

  async function act(action: AgentAction, call: Call | undefined, what: string): Promise<AgentAnswer> {
    ready(call, what);
    const signal = call?.signal ? AbortSignal.any([call.signal, life.signal]) : life.signal;
    return link.ask({ type: "act", channel, action }, { ...call, signal }, what);
  }

  return {
    ...inner,
    vendor: "memory",
    conversationId,
    customer,
    get part() {
      return part;
    },
    get state() {
      return inner.state;
    },
    async close(reason = "left", call) {
      if (inner.state.status !== "closed") leave(reason === "agent-ended");
      await inner.close(reason, call);
    },
    async send(message, call) {
      assertMaySpeak("Sending", call);
      return inner.send(message, call);
    },
    ...without(inner, "sendChatState", async (state: "composing" | "paused", call?: Call) => {
      assertMaySpeak("Sending a chat state", call);
      await inner.sendChatState?.(state, call);
    }),
    ...(agentSupports.whisper && {
      async whisper({ clientId, body }, call) {
        ready(call, "Whispering");
        if (part === "monitor" && !agentSupports.whisperWhileMonitoring) throw onlyLooksOn("Whispering");
        assertBody(body);
        const to = call?.to === undefined ? {} : { to: call.to.id };
        const { sent } = await act({ kind: "whisper", clientId, body, ...to }, call, "Whispering");
        if (!sent) throw new ChatError("bad-frame", "Whispering was answered with something else.");
        return { id: messageId(sent.id), acceptedAt: sent.acceptedAt };
      },
    }),
    ...staffActions(agentSupports, async (action, call, what) => {
      if (action.kind === "barge-in") ready(call, what);
      else assertMaySpeak(what, call);
      await act(action, call, what);
    }),
  } satisfies AgentConversation;

  function leave(end: boolean): void {
    if (channel !== "") link.send({ type: "leave", channel, end });
    channel = "";
  }
}

type Act = (action: AgentAction, call: Call | undefined, what: string) => Promise<void>;
type StaffActions = Pick<
  AgentConversation,
  "addParticipant" | "removeParticipant" | "transfer" | "raiseHand" | "bargeIn"
>;

function staffActions(supports: AgentCapabilities, act: Act): StaffActions {
  return {
    ...(supports.addParticipant && {
      addParticipant: ({ id }: ColleagueRef, call?: Call) => act({ kind: "add", id }, call, "Asking a colleague in"),
    }),
    ...(supports.removeParticipant && {
      removeParticipant: (id: string, call?: Call) => act({ kind: "remove", id }, call, "Putting somebody out"),
    }),
    ...(supports.transfer && {
      transfer: ({ id }: ColleagueRef, call?: Call) => act({ kind: "transfer", id }, call, "Handing over"),
    }),
    ...(supports.raiseHand && {
      raiseHand: ({ id }: ColleagueRef, call?: Call) => act({ kind: "raise-hand", id }, call, "Asking a supervisor"),
    }),
    ...(supports.bargeIn && { bargeIn: (call?: Call) => act({ kind: "barge-in" }, call, "Barging in") }),
  };
}

/** Another one in its place, where there is one. */
function without<K extends keyof ChatTransport>(
  inner: ChatTransport,
  name: K,
  instead: NonNullable<ChatTransport[K]>,
): Partial<Pick<ChatTransport, K>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key loses its type
  return inner[name] === undefined ? {} : ({ [name]: instead } as Partial<Pick<ChatTransport, K>>);
}

function onlyLooksOn(what: string): ChatError {
  return new ChatError("refused", `${what} is not possible while you only look on.`, { remedy: "Barge in first." });
}
