import { assertBody, assertFileSize, assertLimit } from "../../src/kit/assert-arguments.ts";
import { assertNotAborted, withDeadline } from "../../src/kit/deadline.ts";
import { openTransport } from "../../src/kit/open-transport.ts";
import type { Call, UploadCall } from "../../src/transport/call.ts";
import type { Capabilities } from "../../src/transport/capabilities.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { CatchUpStart, HistoryCursor, UploadFile } from "../../src/transport/messages.ts";
import type { CloseReason, Conversation } from "../../src/transport/states.ts";
import type { ChatTransport } from "../../src/transport/transport.ts";
import { chatClosed, SolutionConversation, type ConversationParts } from "./conversation.ts";
import type { ExpertflowChatOptions, SolutionEdition } from "./options.ts";
import { PastReader } from "./past-reader.ts";

/** What the transport of a conversation is made of. */
export interface TransportParts extends ConversationParts {
  supports: Capabilities;
  uploader?: ExpertflowChatOptions["uploader"];
  handoffKey?: string | undefined;
  edition?: SolutionEdition | undefined;
  /** Says no to a send before it reaches the wire. */
  maySpeak?(): ChatError | undefined;
  /** Default of `close`. */
  leaveReason: CloseReason;
}

/** A transport, and the machine behind it. */
export interface ConversationTransport {
  chat: SolutionConversation;
  transport: ChatTransport;
  /** Checks that come before anything is done. @throws ChatError `aborted`, `closed`, `not-connected`. */
  ready: (call: Call | undefined, what: string) => Conversation;
  /** Runs `work` until it settles, its time is over, or the link or the conversation is gone. */
  whileConnected<T>(
    call: Call | undefined,
    timeoutMs: number,
    what: string,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
}

/** `ChatTransport` over a conversation of whatever role. */
export function conversationTransport(parts: TransportParts): ConversationTransport {
  const { supports, rest, uploader, link, handoffKey } = parts;
  const chat = new SolutionConversation(parts);
  const past = new PastReader(rest, chat);

  function ready(call: Call | undefined, what: string): Conversation {
    assertNotAborted(call?.signal, what);
    const { state } = chat;
    if (state.status === "closed") throw chatClosed();
    if (state.status !== "connected")
      throw new ChatError("not-connected", `${what} needs a connected chat; it is ${state.status}.`);
    return state.conversation;
  }

  async function whileConnected<T>(
    call: Call | undefined,
    timeoutMs: number,
    what: string,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { interruption } = chat;
    return withDeadline(call, timeoutMs, what, (signal) =>
      withDeadline({ signal: interruption, timeoutMs: Infinity }, Infinity, what, (gone) =>
        work(AbortSignal.any([signal, gone])),
      ),
    );
  }

  const transport: ChatTransport = {
    contract: 1,
    vendor: "expertflow-chat",
    supports,
    get state() {
      return chat.state;
    },
    on: (type, listener) => chat.emitter.on(type, listener),
    open: (request, call) => openTransport(chat, () => chat.join(request), call),
    close: (reason: CloseReason = parts.leaveReason, call?: Call) => chat.leave(reason, call),
    async send(message, call) {
      ready(call, "Sending");
      assertBody(message.body);
      const no = parts.maySpeak?.();
      if (no) throw no;
      if (message.replyTo !== undefined)
        throw new ChatError("unsupported", "This service has no answers to one message in particular.");
      return whileConnected(call, 20_000, "Sending", () => chat.send(message, () => call?.onSent?.())).catch(
        (error: unknown) => {
          const failure = ChatError.from(error, "unreachable", "The message could not be sent.");
          chat.forget(message.clientId, failure);
          throw failure;
        },
      );
    },
    async sendChatState(state, call) {
      ready(call, "Sending a chat state");
      const no = parts.maySpeak?.();
      if (no) throw no;
      // There is no word for having stopped: the others' clients forget it by themselves.
      if (state === "composing") chat.types();
    },
    async wake(call) {
      assertNotAborted(call?.signal, "Waking");
      link.retryNow();
      return chat.state.status === "connected" && link.checkLink();
    },
    ...(supports.resume && {
      resumeToken: () => chat.resumeToken,
      detach() {
        const token = chat.resumeToken;
        chat.finish("handed-over", chatClosed());
        return token;
      },
    }),
    ...(supports.requestAgent &&
      ({
        async requestAgent(handoff, call) {
          ready(call, "Asking for an agent");
          chat.requestAgent(handoffKey === undefined ? {} : { [handoffKey]: handoff });
          // The guide of 2018 has no activity for it.
          if (parts.edition === "v3") chat.emitter.emit("handoff", { change: "requested" });
        },
      } satisfies Pick<ChatTransport, "requestAgent">)),
    ...(supports.upload &&
      uploader && {
        async upload(file: UploadFile, call: UploadCall = {}) {
          ready(call, "Uploading");
          assertFileSize(file);
          return whileConnected(call, 60_000, "Uploading", (signal) => uploader(file, { ...call, signal }));
        },
      }),
    ...(supports.history && {
      async history(page: { before?: HistoryCursor; limit: number }, call?: Call) {
        ready(call, "Reading history");
        assertLimit(page.limit);
        return whileConnected(call, 20_000, "Reading history", (signal) => past.history(page, signal));
      },
    }),
    ...(supports.catchUp && {
      async catchUp(page: CatchUpStart & { cursor?: HistoryCursor; limit: number }, call?: Call) {
        ready(call, "Catching up");
        assertLimit(page.limit);
        return whileConnected(call, 20_000, "Catching up", (signal) => past.missed(page, signal));
      },
    }),
  };
  return { chat, transport, ready, whileConnected };
}
