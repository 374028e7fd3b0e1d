import type { Emitter } from "../kit/emitter.ts";
import type { Capability } from "../transport/capabilities.ts";
import { ChatError } from "../transport/errors.ts";
import type { ChatTransport } from "../transport/transport.ts";
import { streamMessages } from "./message-stream.ts";
import { toBody } from "./send-job.ts";
import type { ChatSession } from "./session-api.ts";
import type { SessionEvents } from "./session-events.ts";

const PAGE_SIZE = 50;

/** What a session only hands on: to its emitter, and to its transport, if that can do it. */
export type SessionActions = Pick<
  ChatSession,
  "once" | "stream" | "sendFile" | "upload" | "history" | "historyPages" | "requestAgent" | "edit" | "retract" | "react"
>;

/** Makes them. @param session gives the session that they are of. */
export function sessionActions(
  transport: ChatTransport,
  emitter: Emitter<SessionEvents>,
  session: () => ChatSession,
): SessionActions {
  /** Says `not-connected` or `closed` before `unsupported`: without a connection nobody knows what the server can do. */
  function need(capability: Capability, what: string): void {
    const { state } = transport;
    if (state.status === "closed") throw new ChatError("closed", `${what} is not possible: this chat is over.`);
    if (!transport.supports[capability] || (state.status === "connected" && !state.conversation.supports[capability]))
      throw new ChatError("unsupported", `${what} is not possible: this chat service does not offer it.`);
  }

  const actions: SessionActions = {
    once: (type, listener, options) => emitter.once(type, listener, options),
    stream: (options) => streamMessages(emitter, transport, options?.signal),
    async sendFile(file, { caption, ...options } = {}) {
      const attachment = await actions.upload(file, options);
      const body = { kind: "attachments" as const, attachments: [attachment] };
      return session().send(caption === undefined ? body : { ...body, caption }, options);
    },
    async upload(file, call) {
      need("upload", "Sending files");
      return defined(transport.upload?.(file, call));
    },
    async history({ before, limit = PAGE_SIZE } = {}, call) {
      need("history", "Reading history");
      return defined(transport.history?.(before === undefined ? { limit } : { before, limit }, call));
    },
    async *historyPages({ limit = PAGE_SIZE, ...call } = {}) {
      let page = await actions.history({ limit }, call);
      yield page;
      while (page.before !== undefined) {
        page = await actions.history({ before: page.before, limit }, call);
        yield page;
      }
    },
    async requestAgent(handoff = {}, call) {
      need("requestAgent", "Asking for an agent");
      await transport.requestAgent?.(handoff, call);
    },
    async edit(id, content, call) {
      need("edit", "Editing a message");
      await transport.edit?.(id, toBody(content), call);
    },
    async retract(id, call) {
      need("retract", "Withdrawing a message");
      await transport.retract?.(id, call);
    },
    async react(id, reactions, call) {
      need("react", "Reacting to a message");
      await transport.react?.(id, reactions, call);
    },
  };
  return actions;
}

/** `need` has found the capability, so the method is there: the optional call cannot have come to nothing. */
function defined<T>(result: Promise<T> | undefined): Promise<T> {
  return result ?? Promise.reject(new ChatError("unsupported", "This chat service does not offer it."));
}
