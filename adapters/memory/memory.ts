import { assertBody, assertFileSize, assertLimit } from "../../src/kit/assert-arguments.ts";
import { exponentialBackoff } from "../../src/kit/backoff.ts";
import { assertNotAborted, withDeadline } from "../../src/kit/deadline.ts";
import { historyCursor, messageId, randomId } from "../../src/kit/ids.ts";
import { openTransport } from "../../src/kit/open-transport.ts";
import type { Call } from "../../src/transport/call.ts";
import { NO_CAPABILITIES, type Capabilities } from "../../src/transport/capabilities.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { MessageId, OutgoingBody } from "../../src/transport/messages.ts";
import type { CloseReason, Conversation, ReconnectPolicy } from "../../src/transport/states.ts";
import type { ChatTransport } from "../../src/transport/transport.ts";
import type { Answer, ClientFrame } from "./frames.ts";
import { MemoryConversation } from "./memory-conversation.ts";
import type { MemoryService } from "./memory-service.ts";

/** Options of {@link memory}. */
export interface MemoryOptions {
  /** The far end. */
  service: Pick<MemoryService, "connect">;
  /** Switch capabilities off: their methods are then absent. Default: all on. */
  supports?: Partial<Capabilities>;
  /** When to connect again after the link was lost. Default: `exponentialBackoff()`. */
  reconnect?: ReconnectPolicy;
  /** What a close without a reason, and an aborted open, are called. Default `customer-left`. */
  leaving?: CloseReason;
}

type Ask = Exclude<ClientFrame, { type: "hello" }> & { request: string };

/** A chat transport without a network: the contract's reference implementation, and everybody's fake. */
export function memory(options: MemoryOptions): ChatTransport {
  const supports: Capabilities = { ...MEMORY_SUPPORTS, ...options.supports };
  const { leaving = "customer-left" } = options;
  const room = new MemoryConversation(options.service, supports, options.reconnect ?? exponentialBackoff());

  /** Checks that come before anything is sent, in the order that the contract gives them. */
  function ready(call: Call | undefined, what: string, needs?: keyof Capabilities): Conversation {
    assertNotAborted(call?.signal, what);
    const { state } = room;
    if (state.status === "closed") throw closedError(what);
    if (state.status !== "connected")
      throw new ChatError("not-connected", `${what} needs a connected chat; it is ${state.status}.`);
    if (needs && !state.conversation.supports[needs])
      throw new ChatError("unsupported", `${what} is not possible: this service lacks ${needs}.`);
    return state.conversation;
  }

  async function ask<K extends Answer["kind"]>(
    call: Call | undefined,
    timeoutMs: number,
    what: string,
    kind: K,
    frame: Ask,
    hooks: { onSent?(): void; onProgress?(sentBytes: number): void } = {},
  ): Promise<Extract<Answer, { kind: K }>> {
    const answer = await withDeadline(call, timeoutMs, what, (signal) => {
      const answer = room.ask(frame, signal, hooks.onProgress?.bind(hooks));
      hooks.onSent?.();
      return answer;
    });
    if (!isKind(answer, kind)) throw new ChatError("bad-frame", `${what} was answered with ${answer.kind}.`);
    return answer;
  }

  function assertKnown(id: MessageId): void {
    if (!room.knows(id)) throw new ChatError("not-found", `No message ${id} was delivered here.`);
  }

  return {
    contract: 1,
    vendor: "memory",
    supports,
    get state() {
      return room.state;
    },
    on: (type, listener) => room.emitter.on(type, listener),
    open: (request, call) => openTransport(room, () => room.join(request), call, leaving),
    async close(reason = leaving) {
      room.send({ type: "bye" });
      room.finish(reason, closedError("What was under way"));
    },
    async send(message, call) {
      ready(call, "Sending", message.replyTo === undefined ? undefined : "replyTo");
      assertBody(message.body);
      const { clientId: request, body, replyTo } = message;
      const frame: Ask = { type: "send", request, body, ...(replyTo === undefined ? {} : { replyTo }) };
      const sent = await ask(call, 20_000, "Sending", "sent", frame, { onSent: () => call?.onSent?.() });
      return { id: messageId(sent.id), acceptedAt: sent.acceptedAt };
    },
    async wake(call) {
      assertNotAborted(call?.signal, "Waking");
      if (room.state.status === "reconnecting") room.retryNow();
      if (room.state.status !== "connected") return false;
      try {
        await ask(call, 5_000, "Asking for a sign of life", "done", { type: "ping", request: randomId() });
        return true;
      } catch (error) {
        if (ChatError.isInstance(error) && error.code === "aborted") throw error;
        room.giveUpLink();
        return false;
      }
    },
    ...(supports.chatStates && {
      async sendChatState(state: "composing" | "paused", call?: Call): Promise<void> {
        ready(call, "Sending a chat state", "chatStates");
        room.send({ type: "chat-state", state });
      },
    }),
    ...((supports.displayedMarkers || supports.receivedReceipts) && {
      async mark(kind: "received" | "displayed", id: MessageId, call?: Call): Promise<void> {
        ready(call, "Marking", kind === "displayed" ? "displayedMarkers" : "receivedReceipts");
        assertKnown(id);
        room.send({ type: "mark", kind, id });
      },
    }),
    ...(supports.upload &&
      ({
        async upload(file, call) {
          const { maxUploadBytes } = ready(call, "Uploading", "upload");
          assertFileSize(file);
          assertFits(file.sizeBytes, maxUploadBytes);
          const { name, mediaType, data } = file;
          const frame: Ask = { type: "upload", request: randomId(), name, mediaType, data };
          const stored = await ask(call, 60_000, "Uploading", "stored", frame, {
            onProgress: (sentBytes) => call?.onProgress?.(sentBytes),
          });
          return { url: stored.url, name, mediaType, sizeBytes: stored.sizeBytes };
        },
      } satisfies Pick<ChatTransport, "upload">)),
    ...(supports.history &&
      ({
        async history({ before, limit }, call) {
          ready(call, "Reading history", "history");
          assertLimit(limit);
          const from = before === undefined ? {} : { before: Number(before) };
          const frame: Ask = { type: "history", request: randomId(), limit, ...from };
          const page = await ask(call, 20_000, "Reading history", "page", frame);
          const messages = page.messages.map((wire) => room.read(wire));
          return page.before === undefined ? { messages } : { messages, before: historyCursor(String(page.before)) };
        },
      } satisfies Pick<ChatTransport, "history">)),
    ...(supports.catchUp &&
      ({
        async catchUp({ after, since, cursor, limit }, call) {
          ready(call, "Catching up", "catchUp");
          assertLimit(limit);
          const frame: Ask = {
            type: "catch-up",
            request: randomId(),
            since,
            limit,
            ...(after === undefined ? {} : { after }),
            ...(cursor === undefined ? {} : { from: Number(cursor) }),
          };
          const page = await ask(call, 20_000, "Catching up", "missed", frame);
          const messages = page.messages.map((wire) => room.read(wire));
          const changes = page.changes.flatMap((frame) => room.toChange(frame, true, frame) ?? []);
          const next = page.next === undefined ? {} : { next: historyCursor(String(page.next)) };
          return { messages, ...next, ...(changes.length > 0 && { changes }) };
        },
      } satisfies Pick<ChatTransport, "catchUp">)),
    ...(supports.resume && {
      resumeToken: () => room.resumeToken,
      detach(): string | undefined {
        const token = room.resumeToken;
        room.finish("handed-over", closedError("What was under way"));
        return token;
      },
    }),
    ...(supports.requestAgent &&
      ({
        async requestAgent(handoff, call) {
          ready(call, "Asking for an agent", "requestAgent");
          const frame: Ask = { type: "request-agent", request: randomId(), handoff };
          await ask(call, 20_000, "Asking for an agent", "done", frame);
        },
      } satisfies Pick<ChatTransport, "requestAgent">)),
    ...(supports.edit && {
      async edit(id: MessageId, body: OutgoingBody, call?: Call): Promise<void> {
        ready(call, "Editing", "edit");
        assertKnown(id);
        assertBody(body);
        await ask(call, 20_000, "Editing", "done", { type: "edit", request: randomId(), id, body });
      },
    }),
    ...(supports.retract && {
      async retract(id: MessageId, call?: Call): Promise<void> {
        ready(call, "Retracting", "retract");
        assertKnown(id);
        await ask(call, 20_000, "Retracting", "done", { type: "retract", request: randomId(), id });
      },
    }),
    ...(supports.react && {
      async react(id: MessageId, reactions: readonly string[], call?: Call): Promise<void> {
        ready(call, "Reacting", "react");
        assertKnown(id);
        await ask(call, 20_000, "Reacting", "done", { type: "react", request: randomId(), id, reactions });
      },
    }),
  };
}

function closedError(what: string): ChatError {
  return new ChatError("closed", `${what} is not possible: this chat is over.`, { remedy: "Start a new chat." });
}

function isKind<K extends Answer["kind"]>(answer: Answer, kind: K): answer is Extract<Answer, { kind: K }> {
  return answer.kind === kind;
}

function assertFits(sizeBytes: number, limitBytes = Infinity): void {
  if (sizeBytes > limitBytes)
    throw new ChatError("too-large", `The file has ${sizeBytes} bytes; ${limitBytes} are allowed.`, { limitBytes });
}

/** What a memory transport can do unless told otherwise: everything. */
export const MEMORY_SUPPORTS: Readonly<Capabilities> = {
  ...NO_CAPABILITIES,
  chatStates: true,
  receivedReceipts: true,
  displayedMarkers: true,
  upload: true,
  history: true,
  catchUp: true,
  requestAgent: true,
  resume: true,
  edit: true,
  retract: true,
  react: true,
  replyTo: true,
};
