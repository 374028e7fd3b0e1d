import { assertNotAborted } from "../../src/kit/deadline.ts";
import { cleanNick } from "../../src/kit/clean-nick.ts";
import { createEmitter, type Emitter, type ListenOptions } from "../../src/kit/emitter.ts";
import type { Call, SendCall, Unsubscribe, UploadCall } from "../../src/transport/call.ts";
import { NO_CAPABILITIES, type Capabilities } from "../../src/transport/capabilities.ts";
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
  Participant,
  Sent,
  UploadFile,
} from "../../src/transport/messages.ts";
import type { CloseReason, Conversation, TransportState } from "../../src/transport/states.ts";
import type { ChatTransport, OpenRequest } from "../../src/transport/transport.ts";
import { normalBareJid } from "./jid.ts";
import type { MessagePayload } from "./muc/codec.ts";
import { onInvite } from "./muc/invites.ts";
import type { Occupants } from "./muc/participants.ts";
import type { RoomInfo } from "./muc/room-info.ts";
import { RoomActions } from "./room-actions.ts";
import { RoomChanges } from "./room-changes.ts";
import type { RoomEvents } from "./room-events.ts";
import { assertRoomOptions, type XmppRoomOptions } from "./room-options.ts";
import { conversationClosed } from "./room-state.ts";
import { RoomVisit } from "./room-visit.ts";
import type { Membership } from "./xep/0410-self-ping.ts";

/** What a room can do at best. */
export const ROOM_SUPPORTS: Readonly<Capabilities> = Object.freeze({
  ...NO_CAPABILITIES,
  chatStates: true,
  receivedReceipts: true,
  displayedMarkers: true,
  upload: true,
  history: true,
  catchUp: true,
  edit: true,
  retract: true,
  react: true,
  replyTo: true,
});

/**
 * A customer's chat in a MUC room (XEP-0045) of any XMPP server: see `ChatTransport` for what each method promises. One
 * instance is one visit. The members after `react` go beyond the contract.
 */
export class XmppRoom implements ChatTransport {
  readonly contract = 1 as const;
  readonly vendor: string = "xmpp";
  readonly supports: Capabilities = ROOM_SUPPORTS;
  /** Bare JID of the room, in lower case. */
  readonly jid: string;
  readonly #options: XmppRoomOptions;
  readonly #events: Emitter<TransportEvents> = createEmitter<TransportEvents>();
  readonly #extras: Emitter<RoomEvents> = createEmitter<RoomEvents>();
  readonly #visit: RoomVisit;
  readonly #actions: RoomActions;
  readonly #changes: RoomChanges;
  #offInvites: Unsubscribe | undefined;

  /** Nothing happens before `open`. @throws ChatError `invalid-config`. */
  constructor(options: XmppRoomOptions) {
    assertRoomOptions(options);
    this.#options = options;
    this.jid = normalBareJid(options.room);
    const visit = new RoomVisit({
      options,
      room: this.jid,
      supports: ROOM_SUPPORTS,
      emit: (type, event) => this.#events.emit(type, event),
      emitExtra: (type, event) => this.#extras.emit(type, event),
      onClosed: () => this.#onClosed(),
    });
    this.#visit = visit;
    this.#actions = new RoomActions({
      options,
      room: this.jid,
      state: visit.state,
      confirmations: visit.core.confirmations,
      archive: visit.core.archive,
      folder: visit.core.folder,
      interruption: () => visit.interruption,
      find: (id) => visit.core.find(id),
      changesIn: (stanzas) => visit.core.inbox.changesIn(stanzas),
      warn: (warning) => this.#events.emit("warning", warning),
      onSilence: () => visit.checkMembership(),
    });
    this.#changes = new RoomChanges(this.jid, options, this.#actions);
  }

  get state(): TransportState {
    return this.#visit.state.current;
  }

  on<K extends keyof TransportEvents>(type: K, listener: (event: TransportEvents[K]) => void): Unsubscribe {
    return this.#events.on(type, listener);
  }

  async open(request: OpenRequest, call?: Call): Promise<Conversation> {
    assertNotAborted(call?.signal, "Opening the chat");
    const { status } = this.state;
    if (status === "closed") throw conversationClosed();
    if (status !== "idle") {
      throw new ChatError("invalid-argument", "This chat is open already; a new chat is a new transport.");
    }
    this.#visit.delivered = request.delivered ?? [];
    return this.#visit.open(cleanNick(this.#options.nick ?? request.customer.name), call);
  }

  async close(reason: CloseReason = "customer-left", call?: Call): Promise<void> {
    await this.#visit.close(reason, call);
  }

  async send(message: OutgoingMessage, call?: SendCall): Promise<Sent> {
    return this.#actions.send(message, undefined, call);
  }

  async sendChatState(state: "composing" | "paused", call?: Call): Promise<void> {
    await this.#actions.sendChatState(state, call);
  }

  async mark(kind: "received" | "displayed", id: MessageId, call?: Call): Promise<void> {
    await this.#actions.mark(kind, id, call);
  }

  async upload(file: UploadFile, call?: UploadCall): Promise<Attachment> {
    return this.#actions.upload(file, call);
  }

  async history(page: { before?: HistoryCursor; limit: number }, call?: Call): Promise<HistoryPage> {
    return this.#actions.history(page, call);
  }

  async catchUp(page: CatchUpStart & { cursor?: HistoryCursor; limit: number }, call?: Call): Promise<CatchUpPage> {
    return this.#actions.catchUp(page, call);
  }

  async wake(call?: Call): Promise<boolean> {
    assertNotAborted(call?.signal, "Waking");
    const alive = (await this.#options.link.probe?.(call)) ?? this.state.status === "connected";
    // A stream that lives is no proof that the room still knows us.
    if (alive) this.#visit.checkMembership();
    return alive && this.state.status === "connected";
  }

  async edit(id: MessageId, body: OutgoingBody, call?: Call): Promise<void> {
    await this.#changes.edit(id, body, call);
  }

  async retract(id: MessageId, call?: Call): Promise<void> {
    await this.#changes.retract(id, call);
  }

  async react(id: MessageId, reactions: readonly string[], call?: Call): Promise<void> {
    await this.#changes.react(id, reactions, call);
  }

  /** Subscribes to what a room tells beyond the contract. Everything is forgotten when the room closes. */
  onExtra<K extends keyof RoomEvents>(
    type: K,
    listener: (event: RoomEvents[K]) => void,
    options?: ListenOptions,
  ): Unsubscribe {
    if (type === "invite" && this.state.status !== "closed") {
      this.#offInvites ??= onInvite(this.#options.link, (invite) => this.#extras.emit("invite", invite));
    }
    return this.#extras.on(type, listener, options);
  }

  /** `send`, with what the vendor's codec shall say beside the body. */
  async sendWith(message: OutgoingMessage, payload: MessagePayload, call?: SendCall): Promise<Sent> {
    return this.#actions.send(message, payload, call);
  }

  /** Who is in the room now; somebody who is there twice counts once. */
  get participants(): Participant[] {
    return this.occupants.participants;
  }

  /** The same with what the room says of each: nick, real JID, standing. */
  get occupants(): Pick<Occupants, "self" | "others" | "selfNick" | "participants"> {
    return this.#visit.core.occupants;
  }

  /** What the room announced when it was joined. */
  get info(): RoomInfo {
    return this.#visit.info;
  }

  /** Our nick in the room; the service may have changed it. */
  get nick(): string | undefined {
    return this.occupants.selfNick;
  }

  /** Asks the room whether we are still in (XEP-0410); joins nothing. @throws ChatError `aborted`, `timed-out`. */
  async ping(call?: Call): Promise<Membership> {
    return this.#visit.ping(call);
  }

  /** Asks for another nick. A `participant` event tells when the room gave it. @throws ChatError `invalid-argument`. */
  async changeNick(nick: string): Promise<void> {
    const clean = cleanNick(nick);
    if (clean === "") throw new ChatError("invalid-argument", "A room cannot take that name.");
    await this.#visit.changeNick(clean);
  }

  /** Accepts the default configuration of a room that our own join made. @throws ChatError from the room. */
  async configureInstant(call?: Call): Promise<void> {
    await this.#visit.configureInstant(call);
  }

  #onClosed(): void {
    this.#offInvites?.();
    this.#events.clear();
    this.#extras.clear();
  }
}

/** Makes a room; nothing happens before `open`. @throws ChatError `invalid-config`. */
export function createXmppRoom(options: XmppRoomOptions): XmppRoom {
  return new XmppRoom(options);
}
