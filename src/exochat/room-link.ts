import { present } from "../kit/present.ts";
import { createChatSession } from "../session/chat-session.ts";
import type { KeepOptions } from "../session/chat-keeper.ts";
import type { ChatSession } from "../session/session-api.ts";
import type { ChatError } from "../transport/errors.ts";
import type { EndedEvent } from "../transport/events.ts";
import type { MessageId, Participant } from "../transport/messages.ts";
import type { ChatTransport } from "../transport/transport.ts";
import type { Room } from "./api.ts";
import type { EventBus } from "./event-bus.ts";
import { toMessageObject, type MessageObject, type MessageObjectOptions } from "./message-object.ts";
import type { LegacyStanza } from "./ports.ts";
import { ShownStanzas } from "./shown-stanzas.ts";
import { VendorWords } from "./vendor-words.ts";

/** How many messages are remembered by `msgid`, for markers and receipts. */
const REMEMBERED = 2_000;

/** What a room link needs of its owner. */
export interface RoomLinkOwner {
  readonly bus: EventBus;
  readonly objects: MessageObjectOptions;
  readonly emitStateMessages: boolean;
  readonly emitArchived: boolean;
  stanzaOf(raw: unknown, from: Participant | undefined): LegacyStanza | undefined;
  hasFeature(roomJid: string, name: string): boolean;
  /** The panel's copy of what is emitted. */
  onMessage(message: MessageObject): void;
  onTyping(names: string[]): void;
  onFailed(msgid: string, error: ChatError): void;
  onEnded(event: EndedEvent, roomJid: string): void;
  onClosed(link: RoomLink): void;
  onReconnecting(reconnecting: boolean): void;
  /** Something that the integrator should know and the customer need not. */
  warn(warning: ChatError): void;
}

/** One room: a session on one side, the vendor's events on the other. */
export class RoomLink {
  readonly session: ChatSession;
  readonly transport: ChatTransport;
  readonly #owner: RoomLinkOwner;
  readonly #jid: () => string;
  readonly #known = new Map<string, { id: MessageId; object: MessageObject }>();
  readonly #shown = new ShownStanzas();
  readonly #words = new VendorWords();
  #room: Room | undefined;
  #live = false;
  /** The record behind the last message object: what ends a chat may come as a message and as its end. */
  #lastRaw: unknown;

  /** @param jid the room's bare JID, which provisioning may only tell later. @param keep where the chat survives a reload. */
  constructor(transport: ChatTransport, jid: () => string, owner: RoomLinkOwner, keep?: KeepOptions) {
    this.transport = transport;
    this.#owner = owner;
    this.#jid = jid;
    this.session = createChatSession(transport, keep ? { keep } : {});
    this.#listen();
  }

  get jid(): string {
    return this.#jid();
  }

  /** The service's id of a message that was emitted with this `msgid`. */
  idOf(msgid: string): MessageId | undefined {
    return this.#known.get(msgid)?.id;
  }

  /** Sets `displayed` on the object that listeners were given. */
  setDisplayed(msgid: string): void {
    const known = this.#known.get(msgid);
    if (known) known.object.displayed = true;
  }

  /** The object that stands in for Converse's room; always the same one. */
  get room(): Room {
    this.#room ??= this.#makeRoom();
    return this.#room;
  }

  #makeRoom(): Room {
    const { session } = this;
    const jid = this.#jid();
    const owner = this.#owner;
    const nick = (): string => session.conversation?.self.name ?? "";
    const attributes: Record<string, () => unknown> = {
      jid: () => jid,
      id: () => jid,
      nick,
      name: () => jid.split("@")[0],
      type: () => "chatroom",
    };
    return {
      jid,
      get nick() {
        return nick();
      },
      get: (attribute) => attributes[attribute]?.(),
      sendMessage: async ({ body }) => session.send(body).accepted,
      close: () => session.close(),
      get occupants() {
        return new Map(session.participants.map((each) => [each.id, each]));
      },
      features: { get: (name) => owner.hasFeature(jid, name) },
    };
  }

  /** Emits the message object of a stanza; `undefined` when the stanza is not to be shown. */
  deliver(stanza: LegacyStanza | undefined, id?: MessageId): MessageObject | undefined {
    if (!stanza) return undefined;
    this.#words.take(stanza);
    const archived = stanza.isArchived;
    if (archived && !this.#owner.emitArchived) return undefined;
    if (!archived) this.#live = true;
    // An old end does not end what has gone on since.
    const shown = archived && this.#live && stanza.chatEnded ? { ...stanza, chatEnded: false } : stanza;
    const completed =
      shown.chatEnded && !shown.interaction ? { ...shown, interaction: this.#words.interaction } : shown;
    const object = toMessageObject(completed, this.#owner.objects);
    if (id !== undefined) this.#remember(object, id);
    this.#shown.add(stanza);
    this.#owner.bus.emit("messageReceived", object);
    this.#owner.onMessage(object);
    return object;
  }

  /** Emits what an archive has and nobody was shown yet. */
  replay(archive: readonly LegacyStanza[]): void {
    for (const stanza of this.#shown.missing(archive)) this.deliver(stanza);
  }

  #remember(object: MessageObject, id: MessageId): void {
    this.#known.set(object.msgid, { id, object });
    if (this.#known.size <= REMEMBERED) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #listen(): void {
    const { session } = this;
    const owner = this.#owner;
    const { bus } = owner;
    const show = (raw: unknown, from: Participant, id?: MessageId): void => {
      this.#lastRaw = raw;
      this.deliver(owner.stanzaOf(raw, from), id);
    };
    session.on("message", ({ raw, from, id }) => show(raw, from, id));
    session.on("message-changed", ({ raw, from }) => show(raw, from));
    if (this.#owner.emitStateMessages) {
      session.on("chat-state", ({ raw, from }) => show(raw, from));
      session.on("receipt", ({ raw, from }) => show(raw, from));
    }
    session.on("typing", (who) => {
      const names = who.map(({ name }) => name);
      bus.emit("typing", names, this.jid);
      this.#owner.onTyping(names);
    });
    session.on("participant", ({ change, participant }) => {
      if (change === "joined") bus.emit("participantJoined", participant, this.jid);
      if (change === "left") bus.emit("participantLeft", participant, this.jid);
    });
    session.on("message-status", ({ clientId, status, error }) => {
      if (clientId === undefined || status === undefined) return;
      bus.emit("messageStatus", status, clientId, this.jid);
      if (status === "failed" && error) this.#owner.onFailed(clientId, error);
    });
    session.on("gap", (gap) => bus.emit("gap", gap, this.jid));
    session.on("warning", (warning) => bus.emit("warning", warning));
    session.on("error", (error) => bus.emit("error", error));
    session.on("ended", (event) => this.#onEnded(event));
    session.on("link", ({ steady }) => {
      bus.emit("connectionState", steady ? "connected" : "reconnecting", this.jid);
      owner.onReconnecting(!steady);
    });
    session.on("state", ({ previous, current }) => {
      if (current.status !== "idle") bus.emit("connectionState", current.status, this.jid);
      this.#owner.onReconnecting(current.status === "reconnecting");
      if (current.status !== "closed") return;
      const silence = this.#words.silence();
      if (silence) owner.warn(silence);
      if (current.cause && previous.status !== "connecting" && current.reason !== "connection-lost")
        bus.emit("error", current.cause);
      this.#owner.onClosed(this);
    });
  }

  #onEnded(event: EndedEvent): void {
    if (event.raw !== undefined && event.raw !== this.#lastRaw)
      this.deliver(this.#owner.stanzaOf(event.raw, undefined));
    const { by, chatId, interactionId } = event;
    const ids = {
      ...this.#words.interaction,
      ...present({ chatId, interactionId }),
    };
    this.#owner.bus.emit("chatEnded", { by, ...ids }, this.jid);
    this.#owner.onEnded({ ...event, ...ids }, this.jid);
  }
}
