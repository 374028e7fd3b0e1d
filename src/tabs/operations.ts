import { ChatError } from "../transport/errors.ts";
import type {
  CatchUpStart,
  Handoff,
  HistoryCursor,
  MessageId,
  OutgoingBody,
  OutgoingMessage,
  UploadFile,
} from "../transport/messages.ts";
import type { ChatTransport } from "../transport/transport.ts";
import type { SendCall, UploadCall } from "../transport/call.ts";

/** A call of one of the methods that need a connection. */
export type Operation =
  | { method: "send"; message: OutgoingMessage }
  | { method: "sendChatState"; state: "composing" | "paused" }
  | { method: "mark"; kind: "received" | "displayed"; id: MessageId }
  | { method: "upload"; file: UploadFile }
  | { method: "history"; page: { before?: HistoryCursor; limit: number } }
  | { method: "catchUp"; page: CatchUpStart & { cursor?: HistoryCursor; limit: number } }
  | { method: "requestAgent"; handoff: Handoff }
  | { method: "edit"; id: MessageId; body: OutgoingBody }
  | { method: "retract"; id: MessageId }
  | { method: "react"; id: MessageId; reactions: readonly string[] }
  | { method: "wake" };

/** The words of {@link Operation}. */
export type Method = Operation["method"];

/** What a method resolves with. */
export type Outcome<M extends Method> = Awaited<ReturnType<NonNullable<ChatTransport[M]>>>;

/** Every option that a method takes. */
export type AnyCall = SendCall & UploadCall;

/** How each is called in an error. */
export const NAMES: Readonly<Record<Method, string>> = {
  send: "Sending",
  sendChatState: "Sending a chat state",
  mark: "Marking",
  upload: "Uploading",
  history: "Reading history",
  catchUp: "Catching up",
  requestAgent: "Asking for an agent",
  edit: "Editing",
  retract: "Retracting",
  react: "Reacting",
  wake: "Asking for a sign of life",
};

/** Calls the method of `transport`. @throws ChatError what the method does; `unsupported` where it is absent. */
export async function perform(transport: ChatTransport, operation: Operation, call: AnyCall = {}): Promise<unknown> {
  const result = start(transport, operation, call);
  if (result === undefined)
    throw new ChatError(
      "unsupported",
      `${NAMES[operation.method]} is not possible: this chat service does not offer it.`,
    );
  return result;
}

function start(transport: ChatTransport, operation: Operation, call: AnyCall): Promise<unknown> | undefined {
  switch (operation.method) {
    case "send":
      return transport.send(operation.message, call);
    case "sendChatState":
      return transport.sendChatState?.(operation.state, call);
    case "mark":
      return transport.mark?.(operation.kind, operation.id, call);
    case "upload":
      return transport.upload?.(operation.file, call);
    case "history":
      return transport.history?.(operation.page, call);
    case "catchUp":
      return transport.catchUp?.(operation.page, call);
    case "requestAgent":
      return transport.requestAgent?.(operation.handoff, call);
    case "edit":
      return transport.edit?.(operation.id, operation.body, call);
    case "retract":
      return transport.retract?.(operation.id, call);
    case "react":
      return transport.react?.(operation.id, operation.reactions, call);
    case "wake":
      break;
  }
  return transport.wake?.(call);
}
