import * as v from "valibot";
import { CHAT_ERROR_CODES, type ChatErrorCode } from "../../../src/transport/errors.ts";
import type { CustomerInfo } from "../../../src/transport/link-state.ts";
import type { OutgoingBody, Participant } from "../../../src/transport/messages.ts";
import type {
  AgentIdentity,
  AgentPart,
  Availability,
  Floor,
  RequestOutcome,
  WrapUp,
} from "../../../src/agent/agent-transport.ts";
import { participantSchema, type ClientFrame } from "../frames.ts";

/** How an agent comes into a conversation. */
export type Entry = "accept" | "monitor" | "enter";

/** What an agent does in a conversation beside speaking. */
export type AgentAction =
  | { kind: "whisper"; clientId: string; body: OutgoingBody; to?: string }
  | { kind: "add" | "remove" | "transfer" | "raise-hand"; id: string }
  | { kind: "barge-in" };

/** What an agent's side puts on the wire. `request` pairs a frame with its answer, `channel` is one conversation's. */
export type AgentClientFrame =
  | { type: "sign-in"; agentId: string; secret: string; domains: readonly string[]; availability: Availability }
  | { type: "sign-out"; request: string; reason?: string }
  | { type: "availability"; request: string; availability: Availability }
  | { type: "decline"; request: string; id: string; reason?: string }
  | { type: "wrap-up"; request: string; conversationId: string; wrapUp: WrapUp }
  | { type: "floor"; request: string }
  | { type: "ping"; request: string }
  | { type: "enter"; channel: string; how: Entry; conversationId: string; ring?: string }
  | { type: "chat"; channel: string; frame: ClientFrame }
  | { type: "act"; request: string; channel: string; action: AgentAction }
  | { type: "leave"; channel: string; end: boolean }
  | { type: "bye" };

/** The words of {@link AgentClientFrame}. */
export type AgentFrameType = AgentClientFrame["type"];

/** A request as it stands on the wire. */
export interface Ring {
  id: string;
  conversationId: string;
  kind: "chat" | "help" | "transfer";
  customer: CustomerInfo;
  queue?: string;
  from?: string;
  receivedAt: Date;
}

/** What the service puts on the wire. */
export type AgentServerFrame =
  | { type: "welcome"; agent: AgentIdentity; availability: Availability }
  | { type: "turned-away"; code: ChatErrorCode; text: string }
  | { type: "replaced" }
  | { type: "answer"; request: string; sent?: { id: string; acceptedAt: Date }; floor?: Floor }
  | { type: "refused"; request: string; code: ChatErrorCode; text: string }
  | { type: "availability"; availability: Availability }
  | { type: "request"; ring: Ring }
  | { type: "request-ended"; id: string; outcome: RequestOutcome }
  | { type: "floor"; floor: Floor }
  | { type: "suggestion"; conversationId: string; from: Participant; texts: string[] }
  | { type: "part"; channel: string; part: AgentPart }
  | { type: "chat"; channel: string; frame?: unknown }
  | { type: "channel-down"; channel: string };

const text = v.string();
const customer: v.GenericSchema<unknown, CustomerInfo> = v.object({
  id: v.exactOptional(text),
  name: text,
  email: v.exactOptional(text),
  phone: v.exactOptional(text),
  channel: v.exactOptional(text),
  details: v.record(text, v.unknown()),
});
const availability: v.GenericSchema<unknown, Availability> = v.object({
  ready: v.boolean(),
  reason: v.exactOptional(text),
  domain: v.exactOptional(text),
});
const agent: v.GenericSchema<unknown, AgentIdentity> = v.object({
  id: text,
  name: text,
  role: v.picklist(["agent", "supervisor"]),
});
const colleague = v.object({
  id: text,
  name: text,
  role: v.picklist(["customer", "agent", "bot", "supervisor", "system", "unknown"]),
  status: v.exactOptional(text),
});
const floor: v.GenericSchema<unknown, Floor> = v.object({
  teams: v.array(v.object({ id: text, name: text, members: v.array(colleague), supervisors: v.array(colleague) })),
  conversations: v.array(
    v.object({
      conversationId: text,
      customer: v.exactOptional(customer),
      participants: v.array(participantSchema),
      agentId: v.exactOptional(text),
    }),
  ),
  queues: v.exactOptional(v.array(v.object({ id: text, name: text, waiting: v.number() }))),
  at: v.date(),
});
const ring: v.GenericSchema<unknown, Ring> = v.object({
  id: text,
  conversationId: text,
  kind: v.picklist(["chat", "help", "transfer"]),
  customer,
  queue: v.exactOptional(text),
  from: v.exactOptional(text),
  receivedAt: v.date(),
});
const code = v.picklist(CHAT_ERROR_CODES);
const serverFrame: v.GenericSchema<unknown, AgentServerFrame> = v.variant("type", [
  v.object({ type: v.literal("welcome"), agent, availability }),
  v.object({ type: v.literal("turned-away"), code, text }),
  v.object({ type: v.literal("replaced") }),
  v.object({
    type: v.literal("answer"),
    request: text,
    sent: v.exactOptional(v.object({ id: text, acceptedAt: v.date() })),
    floor: v.exactOptional(floor),
  }),
  v.object({ type: v.literal("refused"), request: text, code, text }),
  v.object({ type: v.literal("availability"), availability }),
  v.object({ type: v.literal("request"), ring }),
  v.object({
    type: v.literal("request-ended"),
    id: text,
    outcome: v.picklist(["accepted", "declined", "elsewhere", "withdrawn", "no-answer", "link-lost"]),
  }),
  v.object({ type: v.literal("floor"), floor }),
  v.object({ type: v.literal("suggestion"), conversationId: text, from: participantSchema, texts: v.array(text) }),
  v.object({ type: v.literal("part"), channel: text, part: v.picklist(["owner", "participant", "monitor"]) }),
  // What is inside is read by the conversation.
  v.object({ type: v.literal("chat"), channel: text, frame: v.exactOptional(v.unknown()) }),
  v.object({ type: v.literal("channel-down"), channel: text }),
]);

/** Reads a frame of the service, or returns `undefined` for what is none. */
export function decodeAgentFrame(value: unknown): AgentServerFrame | undefined {
  const result = v.safeParse(serverFrame, value);
  return result.success ? result.output : undefined;
}
