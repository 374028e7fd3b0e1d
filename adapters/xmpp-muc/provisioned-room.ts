import { assertNotAborted, createDeferred, withDeadline, type Deferred } from "../../src/kit/deadline.ts";
import { createEmitter, type Emitter } from "../../src/kit/emitter.ts";
import type { Call, SendCall, Unsubscribe, UploadCall } from "../../src/transport/call.ts";
import type { Capabilities } from "../../src/transport/capabilities.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { TransportEvents } from "../../src/transport/events.ts";
import type {
  Attachment,
  CatchUpPage,
  CatchUpStart,
  HistoryCursor,
  HistoryPage,
  MessageId,
  OutgoingBody,
  OutgoingMessage,
  Sent,
  UploadFile,
} from "../../src/transport/messages.ts";
import type { CloseReason, Conversation, TransportState } from "../../src/transport/states.ts";
import type { ChatTransport, OpenRequest } from "../../src/transport/transport.ts";
import type { XmppCredentials } from "./connection/sasl/sasl-mechanism.ts";
import { createXmppConnection, type XmppConnection } from "./connection/xmpp-connection.ts";
import type { XmppConnectionOptions } from "./connection/xmpp-connection-options.ts";
import type { MessageCodec } from "./muc/codec.ts";
import type { XmppRoomOptions } from "./room-options.ts";
import { conversationClosed, RoomState } from "./room-state.ts";
import type { XmppResumeState } from "./connection/resume-state.ts";
import { decodeResumeToken, encodeResumeToken, type ResumeToken } from "./resume-token.ts";
import { ROOM_SUPPORTS, XmppRoom } from "./room-transport.ts";

/** What a provisioned room can do at best: what a room can, and going on after a reload. */
export const PROVISIONED_SUPPORTS: Readonly<Capabilities> = Object.freeze({ ...ROOM_SUPPORTS, resume: true });

/** An account and a room, made for one chat. */
export interface RoomProvision {
  credentials: { username: string; password: string; domain: string };
  /** Bare JID. */
  room: string;
  nick: string;
  /** Bare JIDs of the contact centre's side. */
  agents?: readonly string[];
  /** By what the service knows this chat: asked with it, it gives the same account and room again. Opaque; kept in the resume token. */
  recall?: string | undefined;
}

/** What makes accounts and rooms: a contact centre's REST service. */
export interface RoomProvisioner {
  /** Domain of the accounts, when known beforehand: the stream is then opened while provisioning is under way. */
  readonly domain?: string | undefined;
  /** How the service puts its payload into messages. */
  readonly codec?: MessageCodec;
  /** @param recall of an earlier answer: the chat is to go on, and its stream is lost. */
  provision(request: OpenRequest, call: Call, recall?: string): Promise<RoomProvision>;
}

/** Options of {@link xmppMuc}. */
export interface XmppMucOptions
  extends Omit<XmppConnectionOptions, "credentials" | "closeWhenUnused">, Omit<XmppRoomOptions, "link" | "room"> {
  provision: RoomProvisioner;
}

/** A transport that provisions when it is opened. Closing it closes its connection, unless another room still uses it. */
export interface ProvisionedRoom extends ChatTransport {
  /** For further rooms on the same account. */
  readonly connection: XmppConnection;
  /** The room behind it, once there is one. */
  readonly room: XmppRoom | undefined;
}

/**
 * A chat in a room that a service makes for it: `xmppMuc({ boshUrl, provision: exotel(options) })`.
 * @throws ChatError `invalid-config`.
 */
export function xmppMuc(options: XmppMucOptions): ProvisionedRoom {
  return new ProvisioningTransport(options);
}

class ProvisioningTransport implements ProvisionedRoom {
  readonly contract = 1 as const;
  readonly vendor: string = "xmpp";
  readonly supports: Capabilities = PROVISIONED_SUPPORTS;
  readonly #options: XmppMucOptions;
  readonly #events: Emitter<TransportEvents> = createEmitter<TransportEvents>();
  readonly #provisioned: Deferred<RoomProvision> = createDeferred<RoomProvision>();
  #agents: readonly string[] = [];
  #recall: string | undefined;
  readonly #life: AbortController = new AbortController();
  readonly #state: RoomState = new RoomState((change) => this.#events.emit("state", change));
  #connection: XmppConnection | undefined;
  #again: Promise<RoomProvision> | undefined;
  #room: XmppRoom | undefined;
  #offTokens: Unsubscribe | undefined;
  #joining: Promise<Conversation> | undefined;

  constructor(options: XmppMucOptions) {
    this.#options = options;
    this.#provisioned.promise.catch(() => undefined);
  }

  get connection(): XmppConnection {
    this.#connection ??= this.#connect({}, () => this.#credentials());
    return this.#connection;
  }

  get room(): XmppRoom | undefined {
    return this.#room;
  }

  get state(): TransportState {
    return this.#state.current;
  }

  on<K extends keyof TransportEvents>(type: K, listener: (event: TransportEvents[K]) => void): Unsubscribe {
    if (type === "resume-token" && this.state.status !== "closed") this.#followTokens();
    return this.#events.on(type, listener);
  }

  resumeToken(): string | undefined {
    const room = this.#room;
    const nick = room?.nick;
    if (!this.#connection || !room || nick === undefined || room.state.status === "closed") return undefined;
    const link = this.#connection.resumeState();
    const { resource } = this.#connection;
    const recall = this.#recall;
    return encodeResumeToken({ room: room.jid, nick, agents: this.#agents, resource, link, recall });
  }

  detach(): string | undefined {
    const token = this.resumeToken();
    if (token === undefined) {
      // Nothing to go on with: nobody shall wait for us.
      void this.close("handed-over");
      return undefined;
    }
    this.#life.abort(conversationClosed());
    this.#connection?.detach();
    return token;
  }

  async open(request: OpenRequest, call?: Call): Promise<Conversation> {
    assertNotAborted(call?.signal, "Opening the chat");
    if (this.state.status === "closed") throw conversationClosed();
    if (this.state.status !== "idle")
      throw new ChatError("invalid-argument", "This chat is open already; a new chat is a new transport.");
    const kept = this.#connection ? undefined : decodeResumeToken(request.resumeToken);
    // Before anybody hears of it, and asks for the connection.
    if (kept) this.#connection = this.#reconnect(kept, request);
    this.#moveTo({ status: "connecting", attempt: 1 });
    try {
      return await withDeadline(call, 30_000, "Starting the chat", async (signal) => {
        const life = AbortSignal.any([signal, this.#life.signal]);
        this.#recall = kept?.recall;
        const provision = kept?.link ? await this.#resume(kept, life) : await this.#provision(request, life);
        this.#joining = this.#enter(provision, kept?.link !== undefined).open(request, { signal, timeoutMs: Infinity });
        return this.#joining;
      });
    } catch (error) {
      throw await this.#refused(error);
    }
  }

  async #credentials(): Promise<XmppCredentials> {
    return (await this.#provisioned.promise).credentials;
  }

  #connect(
    former: { resume?: XmppResumeState; resource?: string },
    credentials: (call: Call) => Promise<XmppCredentials>,
  ): XmppConnection {
    const domain = this.#options.domain ?? this.#options.provision.domain;
    return createXmppConnection({
      ...this.#options,
      ...(domain === undefined ? {} : { domain }),
      ...former,
      closeWhenUnused: true,
      credentials,
    });
  }

  /** The former stream is ended by the same resource, or gone on with; then an account is asked for only when it is lost. */
  #reconnect({ resource, link }: ResumeToken, request: OpenRequest): XmppConnection {
    if (!link) return this.#connect({ resource }, () => this.#credentials());
    return this.#connect({ resource, resume: link }, async (call) => {
      this.#again ??= this.#options.provision.provision(request, call, this.#recall);
      const { credentials, room } = await this.#again;
      if (this.#room && room !== this.#room.jid) throw anotherRoom();
      return credentials;
    });
  }

  /** Goes on with a stream that another page has left. */
  async #resume(kept: ResumeToken, signal: AbortSignal): Promise<RoomProvision> {
    const { connection } = this;
    this.#followTokens();
    const streams: boolean[] = [];
    const off = connection.onStream((event) => void (event.kind === "sendable" && streams.push(event.resumed)));
    try {
      await connection.sendable({ signal, timeoutMs: Infinity });
    } finally {
      off();
    }
    if (this.#again && streams.at(-1) !== true) return this.#again;
    return { credentials: { username: "", password: "", domain: "" }, ...kept };
  }

  /** Building a token for every request is only worth it when somebody wants to know. */
  #followTokens(): void {
    if (!this.#connection) return;
    this.#offTokens ??= this.#connection.onResumeState(() => this.#events.emit("resume-token", { changed: true }));
  }

  async #provision(request: OpenRequest, signal: AbortSignal): Promise<RoomProvision> {
    const { provision } = this.#options;
    // The session request travels while the service is still making the account.
    if (this.connection.domain !== "") this.connection.sendable({ signal }).catch(() => undefined);
    const provisioned = await provision.provision(request, { signal }, this.#recall);
    if (this.#life.signal.aborted) throw conversationClosed();
    this.#provisioned.resolve(provisioned);
    return provisioned;
  }

  #enter({ room, nick, agents = [], recall }: RoomProvision, resumed: boolean): XmppRoom {
    const { provision, people, nick: wanted, codec = provision.codec, timeouts, ...rest } = this.#options;
    const inner = new XmppRoom({
      ...rest,
      // On a stream that another page has left, the server may answer that page's last connection, which is dead.
      timeouts: resumed ? { firstJoinMs: 2_000, ...timeouts } : { ...timeouts },
      link: this.connection,
      room,
      nick: wanted ?? nick,
      people: { ...people, agents: [...(people?.agents ?? []), ...agents] },
      ...(codec ? { codec } : {}),
    });
    this.#room = inner;
    this.#agents = agents;
    this.#recall = recall;
    if (this.#events.count("resume-token") > 0) this.#followTokens();
    inner.on("state", ({ previous, current }) => {
      // We said so before the room existed.
      if (previous.status !== "idle") this.#moveTo(current);
    });
    for (const type of FORWARDED) inner.on(type, (event) => this.#events.emit(type, event));
    return inner;
  }

  /** Nothing was joined: release the connection, and say why. */
  async #refused(thrown: unknown): Promise<ChatError> {
    const cause = ChatError.from(thrown, "refused", "The chat could not be started.");
    this.#provisioned.reject(cause);
    // The room, if it came to that, closes itself and knows best why.
    await Promise.allSettled([this.#joining]);
    this.#moveTo({ status: "closed", reason: closeReason(cause), cause });
    await this.connection.close();
    return cause;
  }

  async close(reason: CloseReason = "customer-left", call?: Call): Promise<void> {
    this.#life.abort(conversationClosed());
    if (this.#room) return this.#room.close(reason, call);
    this.#provisioned.reject(conversationClosed());
    this.#moveTo({ status: "closed", reason });
    await this.connection.close(call);
  }

  async send(message: OutgoingMessage, call?: SendCall): Promise<Sent> {
    return this.#joined().send(message, call);
  }

  async sendChatState(state: "composing" | "paused", call?: Call): Promise<void> {
    return this.#joined().sendChatState(state, call);
  }

  async mark(kind: "received" | "displayed", id: MessageId, call?: Call): Promise<void> {
    return this.#joined().mark(kind, id, call);
  }

  async upload(file: UploadFile, call?: UploadCall): Promise<Attachment> {
    return this.#joined().upload(file, call);
  }

  async history(page: { before?: HistoryCursor; limit: number }, call?: Call): Promise<HistoryPage> {
    return this.#joined().history(page, call);
  }

  async catchUp(page: CatchUpStart & { cursor?: HistoryCursor; limit: number }, call?: Call): Promise<CatchUpPage> {
    return this.#joined().catchUp(page, call);
  }

  async wake(call?: Call): Promise<boolean> {
    assertNotAborted(call?.signal, "Waking");
    return (await this.#room?.wake(call)) ?? false;
  }

  async edit(id: MessageId, body: OutgoingBody, call?: Call): Promise<void> {
    return this.#joined().edit(id, body, call);
  }

  async retract(id: MessageId, call?: Call): Promise<void> {
    return this.#joined().retract(id, call);
  }

  async react(id: MessageId, reactions: readonly string[], call?: Call): Promise<void> {
    return this.#joined().react(id, reactions, call);
  }

  #joined(): XmppRoom {
    if (!this.#room) throw this.#state.refusal();
    return this.#room;
  }

  /** Once it is closed it stays so: a room that was being entered may say its own end after ours. */
  #moveTo(current: TransportState): void {
    if (this.state.status === "closed") return;
    this.#state.moveTo(current);
    if (current.status !== "closed") return;
    this.#offTokens?.();
    this.#events.clear();
  }
}

/** What the service made when it was asked again is not what the customer was in. */
function anotherRoom(): ChatError {
  return new ChatError("not-found", "The chat cannot be continued: the service has opened another room.", {
    remedy: "Start a new chat.",
  });
}

function closeReason({ code, info }: ChatError): CloseReason {
  if (code === "aborted") return "customer-left";
  if (code === "timed-out") return "timed-out";
  return info.retryable ? "connection-lost" : "refused";
}

const FORWARDED = [
  "message",
  "replay-ended",
  "message-changed",
  "chat-state",
  "receipt",
  "participant",
  "link",
  "handoff",
  "ended",
  "warning",
] as const;
