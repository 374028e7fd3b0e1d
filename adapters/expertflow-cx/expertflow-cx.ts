import { assertBody, assertLimit } from "../../src/kit/assert-arguments.ts";
import { exponentialBackoff } from "../../src/kit/backoff.ts";
import { assertNotAborted, withDeadline } from "../../src/kit/deadline.ts";
import { historyCursor } from "../../src/kit/ids.ts";
import { openTransport } from "../../src/kit/open-transport.ts";
import type { Call, UploadCall } from "../../src/transport/call.ts";
import { NO_CAPABILITIES, type Capabilities } from "../../src/transport/capabilities.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type {
  CatchUpPage,
  CatchUpStart,
  ChatMessage,
  HistoryCursor,
  MessageId,
  UploadFile,
} from "../../src/transport/messages.ts";
import type { CloseReason, Conversation } from "../../src/transport/states.ts";
import type { ChatTransport } from "../../src/transport/transport.ts";
import { chatClosed, CxConversation } from "./cx-conversation.ts";
import type { ExpertflowCxOptions } from "./cx-options.ts";
import { CxRest } from "./rest/cx-rest.ts";
import { uploadToFileEngine } from "./rest/files.ts";
import { readTranscript } from "./rest/transcript.ts";
import type { CimMessage } from "./wire/cim-message.ts";
import { encodeContent, encodeDelivery, encodeTyping } from "./wire/envelope.ts";

/** A chat, and its way to the REST services with the token that its server gave. */
export interface ExpertflowCxChat extends ChatTransport {
  /** For {@link expertflowServices}. */
  readonly rest: CxRest;
}

/**
 * A customer's chat on Expertflow CX, over its web channel manager (socket.io). Each instance is one conversation; any number
 * live side by side.
 *
 * - `open` connects, resumes the chat that `resumeToken` names, and requests a new one where there is none.
 * - A message counts as accepted when the server has shown it back: the protocol gives no id before that.
 * - The server tells no file limit; `upload` needs `fileServerUrl`, `history` and `catchUp` need `ccmUrl`.
 * @throws ChatError `invalid-config` (from `open`) for an address that cannot be used.
 */
export function expertflowCx(options: ExpertflowCxOptions): ExpertflowCxChat {
  const { ccmUrl, fileServerUrl } = options;
  const supports = supportsOf(options);
  const rest = new CxRest(options);
  const chat = new CxConversation(options, rest, supports, options.reconnect ?? exponentialBackoff());

  function ready(call: Call | undefined, what: string): Conversation {
    assertNotAborted(call?.signal, what);
    const { state } = chat;
    if (state.status === "closed") throw chatClosed();
    if (state.status !== "connected")
      throw new ChatError("not-connected", `${what} needs a connected chat; it is ${state.status}.`);
    return state.conversation;
  }

  /** Runs `work` until it settles, its time is over, or the link or the chat is gone. */
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

  function assertKnown(id: MessageId): void {
    if (!chat.inbox.knows(id)) throw new ChatError("not-found", `No message ${id} was delivered here.`);
  }

  function transcript(signal: AbortSignal): Promise<CimMessage[]> {
    return readTranscript(rest, ccmUrl ?? "", chat.conversationId, { signal, timeoutMs: Infinity });
  }

  return {
    contract: 1,
    vendor: "expertflow-cx",
    rest,
    supports,
    get state() {
      return chat.state;
    },
    on: (type, listener) => chat.emitter.on(type, listener),
    open: (request, call) => openTransport(chat, () => chat.join(request), call),
    close: (reason: CloseReason = "customer-left", call?: Call) => chat.leave(reason, call),
    async send(message, call) {
      ready(call, "Sending");
      assertBody(message.body);
      const envelope = encodeContent(message.body, message.replyTo, chat.parts);
      return whileConnected(call, 20_000, "Sending", () =>
        chat.send(message.clientId, message.body, envelope, () => call?.onSent?.()),
      );
    },
    async sendChatState(state, call) {
      ready(call, "Sending a chat state");
      chat.tell(encodeTyping(state, chat.parts));
    },
    async mark(kind, id, call) {
      ready(call, "Marking");
      assertKnown(id);
      chat.tell(encodeDelivery(kind, id, chat.parts));
    },
    async wake(call) {
      assertNotAborted(call?.signal, "Waking");
      chat.retryNow();
      return chat.checkLink();
    },
    resumeToken: () => chat.resumeToken,
    detach() {
      const token = chat.resumeToken;
      chat.finish("handed-over", chatClosed());
      return token;
    },
    ...(fileServerUrl !== undefined && {
      async upload(file: UploadFile, call?: UploadCall) {
        ready(call, "Uploading");
        return whileConnected(call, 60_000, "Uploading", (signal) =>
          uploadToFileEngine(rest, fileServerUrl, file, { ...call, signal, timeoutMs: Infinity }),
        );
      },
    }),
    ...(ccmUrl !== undefined && {
      async history({ before, limit }: { before?: HistoryCursor; limit: number }, call?: Call) {
        ready(call, "Reading history");
        assertLimit(limit);
        const all = chat.inbox.fold(await whileConnected(call, 20_000, "Reading history", transcript));
        const end = before === undefined ? all.length : Math.max(0, indexOf(all, before));
        const start = Math.max(0, end - limit);
        const first = all[start];
        const messages = all.slice(start, end);
        return start > 0 && first ? { messages, before: historyCursor(first.id) } : { messages };
      },
      async catchUp(page: CatchUpStart & { cursor?: HistoryCursor; limit: number }, call?: Call): Promise<CatchUpPage> {
        ready(call, "Catching up");
        assertLimit(page.limit);
        const all = await whileConnected(call, 20_000, "Catching up", transcript);
        const read = missed(chat.inbox.fold(all), page);
        if (read.next !== undefined) return read;
        // All of the conversation's: the transcript does not say what came after a message without being one.
        const changes = chat.inbox.changesIn(all).filter(({ id }) => indexOf(read.messages, id) < 0);
        return changes.length > 0 ? { ...read, changes } : read;
      },
    }),
  };
}

function supportsOf({ ccmUrl, fileServerUrl }: ExpertflowCxOptions): Capabilities {
  return {
    ...NO_CAPABILITIES,
    chatStates: true,
    receivedReceipts: true,
    displayedMarkers: true,
    replyTo: true,
    resume: true,
    upload: fileServerUrl !== undefined,
    history: ccmUrl !== undefined,
    catchUp: ccmUrl !== undefined,
  };
}

/** What came after the last known message, or since a time where that one is not there. */
function missed(
  all: readonly ChatMessage[],
  { after, since, cursor, limit }: CatchUpStart & { cursor?: HistoryCursor; limit: number },
): CatchUpPage {
  const known = indexOf(all, cursor ?? after);
  const newer = known >= 0 ? all.slice(known + 1) : all.filter(({ sentAt }) => sentAt >= since);
  const messages = newer.slice(0, limit);
  const last = messages.at(-1);
  return newer.length > limit && last ? { messages, next: historyCursor(last.id) } : { messages };
}

function indexOf(all: readonly ChatMessage[], wanted: string | undefined): number {
  return all.findIndex(({ id }) => id === wanted);
}
