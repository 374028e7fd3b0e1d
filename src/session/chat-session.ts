import { createEmitter, type ListenOptions } from "../kit/emitter.ts";
import { randomId } from "../kit/ids.ts";
import type { Call, Unsubscribe, UploadCall } from "../transport/call.ts";
import { NO_CAPABILITIES, type Capabilities, type Capability } from "../transport/capabilities.ts";
import { ChatError } from "../transport/errors.ts";
import type { TransportEvents } from "../transport/events.ts";
import type {
  Attachment,
  ChatMessage,
  Handoff,
  HistoryCursor,
  HistoryPage,
  MessageId,
  OutgoingBody,
  Participant,
  UploadFile,
} from "../transport/messages.ts";
import type { CloseReason, Conversation, TransportState } from "../transport/states.ts";
import type { ChatTransport, OpenRequest } from "../transport/transport.ts";
import { MessageLog } from "./message-log.ts";
import { streamMessages } from "./message-stream.ts";
import { createMemoryOutbox, type Outbox } from "./outbox.ts";
import { Sender, type SendHandle } from "./sender.ts";
import type { SessionEvents, SessionMessage } from "./session-events.ts";
import { toTranscript, type TranscriptFormat } from "./transcript.ts";
import { TypingSender, TypingWatch } from "./typing.ts";

/** Options of {@link createChatSession}. */
export interface ChatSessionOptions {
  /** Where messages wait to be sent. Default: in memory. */
  outbox?: Outbox;
  /** Tell senders that their messages arrived, where the service has such receipts. Default false. */
  acknowledge?: boolean;
  /** Hears of errors that listeners throw. Default: the platform's own report of unhandled errors. */
  onListenerError?: (error: unknown) => void;
}

/** Options of {@link ChatSession.send}. `timeoutMs` counts from the moment it is the message's turn. */
export interface SendOptions extends Call {
  /** The message this one answers; needs `supports.replyTo`. */
  replyTo?: MessageId;
  /** An id of the caller's own, unique in the conversation. Default: a random UUID. */
  clientId?: string;
}

/** Options of {@link ChatSession.sendFile}. */
export interface SendFileOptions extends SendOptions, UploadCall {
  /** A text that goes with the file. */
  caption?: string;
}

/**
 * One customer's chat, whoever the vendor is. It is given a transport in `idle` and is over when that is closed; a new
 * chat is a new session. Rejections are `ChatError`s; what the vendor or server lacks rejects with `unsupported`.
 */
export interface ChatSession {
  readonly state: TransportState;
  /** Present once connected. */
  readonly conversation: Conversation | undefined;
  /** What can be done right now: nothing before the chat is connected. */
  readonly supports: Capabilities;
  /** Every message once, oldest first, own ones with their status. Kept up to date; do not change it. */
  readonly messages: readonly SessionMessage[];
  /** Who is there, this customer included. */
  readonly participants: readonly Participant[];
  /** Who of the others is composing right now. */
  readonly typing: readonly Participant[];

  /** Calls `listener` for each event until the returned function is called or `signal` fires. */
  on<K extends keyof SessionEvents>(
    type: K,
    listener: (event: SessionEvents[K]) => void,
    options?: ListenOptions,
  ): Unsubscribe;
  /** Calls `listener` for the next event only. */
  once<K extends keyof SessionEvents>(
    type: K,
    listener: (event: SessionEvents[K]) => void,
    options?: ListenOptions,
  ): Unsubscribe;
  /** The `message` events from now on. Ends with the chat or when `signal` fires. */
  stream(options?: ListenOptions): AsyncIterableIterator<ChatMessage>;

  /** Connects. Resolves when the customer is in the conversation. @throws ChatError as {@link ChatTransport.open}. */
  start(request: OpenRequest, call?: Call): Promise<Conversation>;
  /**
   * Sends a text or a body. Returns at once; the handle tells what becomes of it. What is sent before the chat is
   * connected, or while it is reconnecting, waits its turn.
   */
  send(content: string | OutgoingBody, options?: SendOptions): SendHandle;
  /** Uploads a file and sends it. Resolves when the file is stored and its message is queued. */
  sendFile(file: UploadFile, options?: SendFileOptions): Promise<SendHandle>;
  /** Uploads a file without sending it. */
  upload(file: UploadFile, call?: UploadCall): Promise<Attachment>;
  /** Call it for every key the customer presses, and with `false` when the field was emptied. Does nothing without `supports.chatStates`. */
  keyPressed(typing?: boolean): void;
  /**
   * Tells that the customer has seen everything up to that message; default: the newest of the others. Goes forward
   * only, and does nothing without `supports.displayedMarkers`.
   */
  markDisplayed(id?: MessageId, call?: Call): Promise<void>;
  /** Reads one page of what was said before; default 50 messages, the newest page first. */
  history(page?: { before?: HistoryCursor; limit?: number }, call?: Call): Promise<HistoryPage>;
  /** All pages of history, newest page first, each oldest message first. */
  historyPages(options?: Call & { limit?: number }): AsyncGenerator<HistoryPage, void, undefined>;
  /** Asks for a human inside a running conversation. */
  requestAgent(handoff?: Handoff, call?: Call): Promise<void>;
  /** Replaces the body of an own message. */
  edit(id: MessageId, content: string | OutgoingBody, call?: Call): Promise<void>;
  /** Withdraws an own message. */
  retract(id: MessageId, call?: Call): Promise<void>;
  /** Replaces this customer's reactions to a message; none removes them. */
  react(id: MessageId, reactions: readonly string[], call?: Call): Promise<void>;
  /** The customer ends the chat: `ended`, then closed. Resolves when everything is released. Twice is fine. */
  end(call?: Call): Promise<void>;
  /** Lets go of the chat without ending it for the customer: no `ended`. For pages that go away. */
  close(reason?: CloseReason, call?: Call): Promise<void>;
  /** The messages so far, written down. */
  transcript(options?: { format?: TranscriptFormat }): string;
}

const PAGE_SIZE = 50;
const ME: Participant = { id: "self", name: "", role: "customer", isSelf: true };

/** Makes a session over a transport in `idle`. The transport belongs to the session from then on. */
export function createChatSession(transport: ChatTransport, options: ChatSessionOptions = {}): ChatSession {
  const emitter = createEmitter<SessionEvents>(options.onListenerError);
  const outbox = options.outbox ?? createMemoryOutbox();
  const log = new MessageLog((message) => emitter.emit("message-status", message));
  const sender = new Sender(transport, log, outbox);
  const watch = new TypingWatch((who) => emitter.emit("typing", who));
  const typing = new TypingSender((state) => void transport.sendChatState?.(state).catch(warn));
  const people = new Map<string, Participant>();
  let self = ME;
  let conversation: Conversation | undefined;
  let ended = false;
  let displayed: SessionMessage | undefined;
  /** Somebody spoke whom the service did not announce. */
  let company = false;

  function warn(error: unknown): void {
    // A hint that was lost is no news when the link is: the state tells of that.
    if (ChatError.isInstance(error) && transport.state.status === "connected") emitter.emit("warning", error);
  }

  function supports(): Capabilities {
    return transport.state.status === "connected" ? transport.state.conversation.supports : NO_CAPABILITIES;
  }

  /** Says `not-connected` or `closed` before `unsupported`: without a connection nobody knows what the server can do. */
  function need(capability: Capability, what: string): void {
    const { status } = transport.state;
    if (status === "closed") throw new ChatError("closed", `${what} is not possible: this chat is over.`);
    if (!transport.supports[capability] || (status === "connected" && !supports()[capability]))
      throw new ChatError("unsupported", `${what} is not possible: this chat service does not offer it.`);
  }

  function onState({ previous, current }: TransportEvents["state"]): void {
    if (current.status === "connected") {
      conversation = current.conversation;
      self = conversation.self;
      people.clear();
      for (const each of conversation.participants) people.set(each.id, each);
    } else {
      watch.clear();
      typing.forget();
    }
    emitter.emit("state", { previous, current });
    if (current.status === "connected") void sender.flush();
    if (current.status !== "closed") return;
    sender.stop(
      new ChatError("closed", "The chat ended before the message could be sent.", { remedy: "Start a new chat." }),
    );
    if (current.cause && conversation && current.reason === "connection-lost") emitter.emit("error", current.cause);
  }

  function onMessage(message: ChatMessage): void {
    if (!message.replayed) watch.stopped(message.from.id);
    company ||= !message.replayed && !message.from.isSelf;
    if (!log.add(message)) return;
    emitter.emit("message", message);
    if (options.acknowledge && !message.replayed && !message.from.isSelf && supports().receivedReceipts)
      transport.mark?.("received", message.id).catch(warn);
  }

  transport.on("state", onState);
  transport.on("message", onMessage);
  transport.on("message-changed", (event) => {
    log.change(event);
    emitter.emit("message-changed", event);
  });
  transport.on("chat-state", (event) => {
    watch.heard(event.from, event.state);
    emitter.emit("chat-state", event);
  });
  transport.on("receipt", (event) => {
    if (!event.from.isSelf) log.receipt(event.kind, event.id);
    emitter.emit("receipt", event);
  });
  transport.on("participant", (event) => {
    const { change, participant } = event;
    if (change === "left") people.delete(participant.id);
    else people.set(participant.id, participant);
    if (change === "left") watch.stopped(participant.id);
    emitter.emit("participant", event);
  });
  transport.on("ended", (event) => {
    if (ended) return;
    ended = true;
    emitter.emit("ended", event);
  });
  transport.on("link", (event) => emitter.emit("link", event));
  transport.on("handoff", (event) => emitter.emit("handoff", event));
  transport.on("warning", (event) => emitter.emit("warning", event));

  const session: ChatSession = {
    get state() {
      return transport.state;
    },
    get conversation() {
      return conversation;
    },
    get supports() {
      return supports();
    },
    get messages() {
      return log.messages;
    },
    get participants() {
      return [...people.values()];
    },
    get typing() {
      return watch.who;
    },
    on: (type, listener, options) => emitter.on(type, listener, options),
    once: (type, listener, options) => emitter.once(type, listener, options),
    stream: (options) => streamMessages(emitter, transport, options?.signal),

    async start(request, call) {
      self = { ...ME, name: request.customer.name };
      const left = await outbox.load();
      for (const message of left) if (!log.hasOwn(message.clientId)) sender.send(message, self, {});
      return transport.open(request, call);
    },
    send(content, { replyTo, clientId = randomId(), ...call } = {}) {
      typing.forget();
      const message = { clientId, body: toBody(content), ...(replyTo === undefined ? {} : { replyTo }) };
      return sender.send(message, self, call);
    },
    async sendFile(file, { caption, ...options } = {}) {
      const attachment = await session.upload(file, options);
      const body = { kind: "attachments" as const, attachments: [attachment] };
      return session.send(caption === undefined ? body : { ...body, caption }, options);
    },
    async upload(file, call) {
      need("upload", "Sending files");
      return defined(transport.upload?.(file, call));
    },
    keyPressed(isTyping = true) {
      // Nobody is told when nobody is there.
      if (!supports().chatStates || (people.size < 2 && !company)) return;
      if (isTyping) typing.key();
      else typing.pause();
    },
    async markDisplayed(id, call) {
      const message = id === undefined ? log.newestFromOthers() : log.find(id);
      if (id !== undefined && !message) throw new ChatError("not-found", `No message ${id} was delivered here.`);
      if (message?.id === undefined || message.from.isSelf || !supports().displayedMarkers) return;
      if (displayed && !log.isAfter(message, displayed)) return;
      displayed = message;
      await transport.mark?.("displayed", message.id, call);
    },
    async history({ before, limit = PAGE_SIZE } = {}, call) {
      need("history", "Reading history");
      return defined(transport.history?.(before === undefined ? { limit } : { before, limit }, call));
    },
    async *historyPages({ limit = PAGE_SIZE, ...call } = {}) {
      let page = await session.history({ limit }, call);
      yield page;
      while (page.before !== undefined) {
        page = await session.history({ before: page.before, limit }, call);
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
    async end(call) {
      const open = transport.state.status === "connected" || transport.state.status === "reconnecting";
      if (open && !ended) {
        ended = true;
        emitter.emit("ended", { by: "customer" });
      }
      await transport.close("customer-left", call);
    },
    close: (reason, call) => transport.close(reason, call),
    transcript: ({ format = "text" } = {}) => toTranscript(log.messages, format),
  };
  return session;
}

function toBody(content: string | OutgoingBody): OutgoingBody {
  return typeof content === "string" ? { kind: "text", text: content } : content;
}

/** `need` has found the capability, so the method is there: the optional call cannot have come to nothing. */
function defined<T>(result: Promise<T> | undefined): Promise<T> {
  return result ?? Promise.reject(new ChatError("unsupported", "This chat service does not offer it."));
}
