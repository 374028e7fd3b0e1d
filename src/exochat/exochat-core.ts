import { ChatError } from "../transport/errors.ts";
import type { EndedEvent } from "../transport/events.ts";
import type { OutgoingBody, Participant } from "../transport/messages.ts";
import type { Room, StartChatParams } from "./api.ts";
import type { ExoChatConfig, ExoChatExtras } from "./config.ts";
import type { EventBus } from "./event-bus.ts";
import { FeedbackFlow } from "./feedback-flow.ts";
import { KeptStart } from "./kept-start.ts";
import { legacyRejection } from "./legacy-error.ts";
import type { MessageObject, MessageObjectOptions } from "./message-object.ts";
import { createPanel, type Panel, type PanelActions } from "./panel/panel.ts";
import type { Rating } from "./panel/rating-form.ts";
import type { ExoChatBackend, ExoChatLine, LegacyStanza } from "./ports.ts";
import { RoomLink, type RoomLinkOwner } from "./room-link.ts";
import { readStartParams } from "./start-params.ts";
import { putFile } from "./uploads.ts";

/** A checked configuration. */
export type CheckedConfig = ExoChatConfig & ExoChatExtras;

/** What exists from `initialize` to `dispose`: the chat, its rooms, the panel, the rating. */
export class ExoChatCore implements RoomLinkOwner, PanelActions {
  readonly bus: EventBus;
  readonly config: CheckedConfig;
  readonly backend: ExoChatBackend;
  readonly feedback: FeedbackFlow;
  readonly panel: Panel | undefined;
  readonly objects: MessageObjectOptions;
  readonly emitStateMessages: boolean;
  readonly emitArchived: boolean;
  readonly #kept: KeptStart | undefined;
  readonly #rooms = new Map<string, RoomLink>();
  #line: ExoChatLine | undefined;
  #starting: Promise<Room> | undefined;
  #rated = { chatId: "", interactionId: "" };

  constructor(config: CheckedConfig, backend: ExoChatBackend, bus: EventBus) {
    this.bus = bus;
    this.config = config;
    this.backend = backend;
    this.feedback = new FeedbackFlow(backend, config.storage);
    this.emitStateMessages = config.emitStateMessages !== false;
    this.emitArchived = config.emitArchived !== false;
    const subtypeCase = config.wire?.["subtypeCase"] === "lower" ? "lower" : "upper";
    this.objects = { subtypeCase, now: () => new Date() };
    const storage = config.keepChat === true && (config.storage ?? tabStorage());
    this.#kept = storage ? new KeptStart(storage) : undefined;
    this.panel = config.headless === true || typeof document === "undefined" ? undefined : this.#createPanel();
  }

  /** Goes on with the chat that the page had before it was reloaded. */
  resume(): void {
    const params = this.#kept?.load();
    // A failure is told by `startChat`.
    if (params) this.startChat(params).catch(() => this.#kept?.forget());
  }

  /** XMPP presence of the customer. */
  get presence(): string {
    return this.#line?.presence ?? "offline";
  }

  /** The connection of the chat. @throws ChatError `not-connected`. */
  get line(): ExoChatLine {
    if (this.#line) return this.#line;
    throw new ChatError("not-connected", "There is no chat yet.", { remedy: "Call startChat() first." });
  }

  /** Whether the service lets the page offer the transcript. */
  get exportTranscriptAllowed(): boolean {
    return this.#line?.facts?.exportTranscriptAllowed ?? false;
  }

  /** The room that `startChat` opened. */
  get chat(): RoomLink | undefined {
    return [...this.#rooms.values()].find(({ transport }) => transport === this.#line?.transport);
  }

  /** A joined room. @throws ChatError `not-connected`. */
  room(roomJid: string): RoomLink {
    const link = this.#rooms.get(roomJid.toLowerCase());
    if (link) return link;
    throw new ChatError("not-connected", "This room has not been joined.", {
      remedy: "Call startChat() or joinRoom() and wait for it.",
    });
  }

  /** Tells of a failure: event, log, panel. Gives the typed error. */
  report(error: unknown): ChatError {
    const typed = ChatError.from(error, "refused", "Something unexpected went wrong.");
    this.config.logger?.error(typed.message, { code: typed.code, vendor: typed.info.vendor });
    // Whoever stopped something knows.
    if (typed.code !== "aborted") this.panel?.setStatus(advice(typed), "bad");
    this.bus.emit("error", typed);
    return typed;
  }

  warn(warning: ChatError): void {
    this.config.logger?.warn(warning.message, { code: warning.code, vendor: warning.info.vendor });
    this.bus.emit("warning", warning);
  }

  /** For methods that are documented to answer `null` on failure. */
  async orNull<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.report(error);
      return null;
    }
  }

  /** For methods that answer nothing and are done at once. */
  tell(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.report(error);
    }
  }

  /** For methods that answer nothing. */
  background(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.report(error));
  }

  /** One chat at a time: while it lives, a second call gives the same room and provisions nothing. */
  startChat(params: StartChatParams): Promise<Room> {
    if (this.#starting) return this.#starting;
    const starting = this.#start(params);
    this.#starting = starting;
    starting.catch(() => {
      if (this.#starting === starting) this.#starting = undefined;
    });
    return starting;
  }

  async join(roomJid: string, nick: string, create: boolean): Promise<Room> {
    const jid = roomJid.toLowerCase();
    const known = this.#rooms.get(jid);
    if (known) return known.room;
    try {
      const link = new RoomLink(this.line.room(jid, nick, { create }), () => jid, this);
      await link.session.start({ customer: { name: nick } }, this.#startCall);
      this.#rooms.set(jid, link);
      return link.room;
    } catch (error) {
      throw this.report(error);
    }
  }

  leave(roomJid: string): void {
    const link = this.room(roomJid);
    this.#rooms.delete(link.jid);
    this.background(link.session.close());
  }

  /** Resolves with the message's id, or `null`: `messageStatus` and `error` tell why. */
  async sendBody(link: RoomLink, content: OutgoingBody): Promise<string | null> {
    const { accepted, clientId } = link.session.send(content);
    return accepted.then(
      () => clientId,
      () => null,
    );
  }

  mark(kind: "received" | "displayed", roomJid: string, msgid: string): void {
    const link = this.#rooms.get(roomJid.toLowerCase());
    if (!link) {
      this.bus.emit(
        "warning",
        new ChatError("closed", "The chat of this message is over, or its room was not joined."),
      );
      return;
    }
    const id = link.idOf(msgid);
    if (id === undefined) {
      this.report(new ChatError("not-found", "There is no message of that msgid in the room."));
      return;
    }
    const marking = kind === "displayed" ? link.session.markDisplayed(id) : link.transport.mark?.("received", id);
    const told = (marking ?? Promise.resolve()).then(() => {
      if (kind === "displayed") link.setDisplayed(msgid);
      this.bus.emit(kind === "displayed" ? "displayedReceipt" : "receiveReceipt", roomJid, msgid);
    });
    told.catch((error: unknown) => {
      // Marking the message that ended the chat comes too late by nature: nobody did anything wrong.
      if (ChatError.isInstance(error) && error.code === "closed") this.bus.emit("warning", error);
      else this.report(error);
    });
  }

  /** Reads the room's history over REST and emits it. */
  async replay(roomJid: string): Promise<void> {
    try {
      const stanzas = await this.backend.archive(roomJid, this.#line?.facts);
      this.room(roomJid).replay(stanzas);
    } catch (error) {
      throw this.report(error);
    }
  }

  /** Ends everything the chat had; the panel may start another. */
  async disconnect(): Promise<void> {
    const links = [...this.#rooms.values()];
    this.#rooms.clear();
    this.#kept?.forget();
    await Promise.all(links.map(async ({ session }) => Promise.all([session.close(), session.forget()])));
    await this.#endLine(this.#line);
    this.panel?.setStage("form");
  }

  stanzaOf(raw: unknown, from: Participant | undefined): LegacyStanza | undefined {
    return this.backend.stanzaOf(raw, from);
  }

  hasFeature(roomJid: string, name: string): boolean {
    return this.#line?.hasFeature(roomJid, name) ?? false;
  }

  onMessage(message: MessageObject): void {
    this.panel?.addMessage(message);
  }

  onTyping(names: string[]): void {
    this.panel?.setTyping(names);
  }

  onFailed(msgid: string, error: ChatError): void {
    this.panel?.markFailed(msgid);
    this.report(error);
  }

  onReconnecting(reconnecting: boolean): void {
    this.panel?.setReconnecting(reconnecting);
  }

  onEnded(event: EndedEvent, roomJid: string): void {
    this.panel?.setStage("ended");
    this.#rated = { chatId: event.chatId ?? event.interactionId ?? roomJid, interactionId: event.interactionId ?? "" };
    const asking = this.feedback.toAsk(this.#rated.chatId).then((found) => {
      if (found && this.config.feedback !== "host") this.panel?.askRating(found);
    });
    this.background(asking);
  }

  onClosed(link: RoomLink): void {
    const wasChat = link.transport === this.#line?.transport;
    const { state } = link.session;
    if (wasChat && state.status === "closed" && state.reason !== "connection-lost") this.#kept?.forget();
    this.#rooms.delete(link.jid);
    // The chat is over: what startChat does next is a new one.
    if (wasChat && this.#rooms.size === 0) this.background(this.#endLine(this.#line));
  }

  start(customer: { fullName: string; email: string; phone: string }): void {
    // `startChat` has told the panel of its failure.
    this.startChat({ ...customer }).catch(() => undefined);
  }

  send(text: string): void {
    if (this.chat) this.background(this.sendBody(this.chat, { kind: "text", text }));
  }

  sendFile(file: File): void {
    const { chat } = this;
    if (!chat) return;
    const sending = putFile(this.line, file, this.bus).then((url) => {
      const attachment = { url: new URL(url), name: file.name, mediaType: file.type || "application/octet-stream" };
      return this.sendBody(chat, { kind: "attachments", attachments: [attachment] });
    });
    this.background(sending);
  }

  typing(): void {
    this.chat?.session.keyPressed();
  }

  end(): void {
    if (this.chat) this.background(this.chat.session.end());
  }

  rate(rating: Rating): void {
    const { chatId, interactionId } = this.#rated;
    this.background(this.feedback.submit(interactionId, chatId, rating).then(() => this.panel?.thank()));
  }

  openRating(url: string): void {
    window.open(url, "_blank", "noopener,noreferrer");
  }

  async #start(params: StartChatParams): Promise<Room> {
    let line: ExoChatLine | undefined;
    let link: RoomLink;
    try {
      const request = readStartParams(params);
      this.feedback.forget();
      this.panel?.setStage("connecting");
      const opened = this.backend.open();
      line = opened;
      this.#line = opened;
      const keep = this.#kept && { storage: this.#kept.storage, key: "exochat" };
      link = new RoomLink(opened.transport, () => opened.facts?.roomJid ?? "", this, keep);
      await link.session.start(request, this.#startCall);
    } catch (error) {
      this.panel?.setStage("form");
      await this.#endLine(line);
      throw legacyRejection(this.report(error), line?.facts ?? {}, this.config.legacyErrors ?? "error");
    }
    this.#rooms.set(link.jid, link);
    this.#kept?.save(params);
    this.panel?.setStage("chat");
    const { room } = link;
    this.bus.emit("chatStarted", room);
    return room;
  }

  get #startCall(): { timeoutMs?: number } {
    const { startMs } = this.config.timeouts ?? {};
    return startMs === undefined ? {} : { timeoutMs: startMs };
  }

  /** Gives a connection up. A listener may have started the next chat meanwhile: that one is left alone. */
  async #endLine(line: ExoChatLine | undefined): Promise<void> {
    if (line === this.#line) {
      this.#line = undefined;
      this.#starting = undefined;
    }
    await line?.close();
  }

  #createPanel(): Panel {
    const { locale, theme_color: themeColor, view_mode: viewMode, show_controlbox_by_default: showIcon } = this.config;
    return createPanel({ locale, themeColor, viewMode, showIcon, actions: this });
  }
}

/** Looked at only when it is wanted: the first look takes milliseconds, and a page without an origin must not look at all. */
function tabStorage(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

/** What happened and what to do, in the words of the page's user. */
function advice({ message, info }: ChatError): string {
  return info.remedy === undefined ? message : `${message}\n${info.remedy}`;
}
