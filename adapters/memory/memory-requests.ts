import type { Capabilities } from "../../src/transport/capabilities.ts";
import type { ChatErrorCode } from "../../src/transport/errors.ts";
import type { Participant } from "../../src/transport/messages.ts";
import type { Answer, ChangedFrame, ClientFrame, ServerFrame, WireChange, WireMessage } from "./frames.ts";

/** What answering needs of the service. */
export interface Requests {
  supports: Capabilities;
  maxUploadBytes: number;
  /** Those that who asks may see. */
  messages: readonly WireMessage[];
  /** Every change of a message, oldest first. */
  changes(): readonly ChangedFrame[];
  /** Who asks. */
  self(): Participant | undefined;
  post(message: Omit<WireMessage, "seq">): void;
  change(id: string, change: WireChange, from: Participant): void;
  broadcast(frame: ServerFrame): void;
}

type RequestFrame = Exclude<ClientFrame, { type: "hello" | "bye" }>;
type Refusal = { code: ChatErrorCode; text: string; limitBytes?: number };

const PROGRESS_STEPS = 4;

/** Does what the frame asks and answers it, reflections first: a room shows a message before anything else happens. */
export function answerRequest(service: Requests, frame: RequestFrame, deliver: (frame: ServerFrame) => void): void {
  if (frame.type === "chat-state" || frame.type === "mark") return;
  const result = perform(service, frame, deliver);
  deliver(
    "code" in result
      ? { type: "refused", request: frame.request, ...result }
      : { type: "answer", request: frame.request, value: result },
  );
}

function perform(
  service: Requests,
  frame: Exclude<RequestFrame, { type: "chat-state" | "mark" }>,
  deliver: (frame: ServerFrame) => void,
): Answer | Refusal {
  const self = service.self();
  if (!self) return { code: "refused", text: "Nobody has joined on this link." };
  switch (frame.type) {
    case "send": {
      const id = `memory-own-${frame.request}`;
      const sentAt = new Date();
      const { body, replyTo } = frame;
      service.post({
        id,
        clientId: frame.request,
        from: self,
        sentAt,
        body,
        ...(replyTo === undefined ? {} : { replyTo }),
      });
      return { kind: "sent", id, acceptedAt: sentAt };
    }
    case "history":
      return page(service.messages, frame.limit, frame.before);
    case "catch-up":
      return missed(service.messages, service.changes(), frame);
    case "ping":
      return { kind: "done" };
    case "upload":
      return upload(service, frame, deliver);
    case "request-agent":
      service.broadcast({ type: "handoff", change: "requested" });
      return { kind: "done" };
    case "edit":
    case "retract":
    case "react":
      break;
  }
  const target = service.messages.find(({ id }) => id === frame.id);
  if (!target) return { code: "not-found", text: "There is no such message." };
  if (frame.type !== "react" && target.from.id !== self.id)
    return { code: "refused", text: "Somebody else wrote that message." };
  service.change(frame.id, toChange(frame), self);
  return { kind: "done" };
}

function toChange(frame: Extract<ClientFrame, { type: "edit" | "retract" | "react" }>): WireChange {
  if (frame.type === "edit") return { kind: "edited", body: frame.body };
  return frame.type === "retract"
    ? { kind: "retracted" }
    : { kind: "reactions", reactions: [...new Set(frame.reactions)] };
}

function page(messages: readonly WireMessage[], limit: number, before = Infinity): Answer {
  const older = messages.filter(({ seq }) => seq < before);
  const shown = older.slice(-limit);
  const first = shown[0];
  return older.length > shown.length && first
    ? { kind: "page", messages: shown, before: first.seq }
    : { kind: "page", messages: shown };
}

/** The messages as they are now, and what has changed of the others. */
function missed(
  messages: readonly WireMessage[],
  all: readonly ChangedFrame[],
  frame: Extract<ClientFrame, { type: "catch-up" }>,
): Answer {
  const known = messages.find(({ id }) => id === frame.after);
  const from = frame.from ?? known?.seq;
  const isNewer = (seq: number, at: Date): boolean => (from === undefined ? at >= frame.since : seq > from);
  const newer = messages.filter(({ seq, sentAt }) => isNewer(seq, sentAt));
  const shown = newer.slice(0, frame.limit);
  const last = shown.at(-1);
  const next = newer.length > shown.length ? last?.seq : undefined;
  const changes = all.filter(
    ({ id, seq, at }) => isNewer(seq, at) && seq < (next ?? Infinity) && !shown.some((message) => message.id === id),
  );
  return { kind: "missed", messages: shown, changes, ...(next !== undefined && { next }) };
}

function upload(
  { supports, maxUploadBytes }: Requests,
  { request, name, mediaType, data }: Extract<ClientFrame, { type: "upload" }>,
  deliver: (frame: ServerFrame) => void,
): Answer | Refusal {
  if (!supports.upload) return { code: "unsupported", text: "This service stores no files." };
  if (data.size > maxUploadBytes)
    return {
      code: "too-large",
      text: `The service takes files up to ${maxUploadBytes} bytes.`,
      limitBytes: maxUploadBytes,
    };
  for (let step = 1; step <= PROGRESS_STEPS; step++)
    deliver({ type: "progress", request, sentBytes: Math.floor((data.size * step) / PROGRESS_STEPS) });
  const url = new URL(`https://files.memory.invalid/${request}/${encodeURIComponent(name)}`);
  return { kind: "stored", url, name, mediaType, sizeBytes: data.size };
}
