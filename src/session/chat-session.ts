import { createEmitter } from "../kit/emitter.ts";
import { randomId } from "../kit/ids.ts";
import { NO_CAPABILITIES, type Capabilities } from "../transport/capabilities.ts";
import { ChatError } from "../transport/errors.ts";
import type { TransportEvents } from "../transport/events.ts";
import type { CatchUpStart, ChangedMessage, ChatMessage, Participant } from "../transport/messages.ts";
import type { Conversation, TransportState } from "../transport/states.ts";
import type { ChatTransport } from "../transport/transport.ts";
import { CatchUp } from "./catch-up.ts";
import { ChatKeeper, type KeptChat, type Whereabouts } from "./chat-keeper.ts";
import { MessageLog } from "./message-log.ts";
import { LEFT_TO_OTHERS, Mirror } from "./mirror.ts";
import { Outbox } from "./outbox.ts";
import { toBody } from "./send-job.ts";
import { restoreChat, toSavedDelivery } from "./restore-chat.ts";
import { sessionActions } from "./session-actions.ts";
import type { ChatSession, ChatSessionOptions } from "./session-api.ts";
import type { SessionEvents, SessionMessage } from "./session-events.ts";
import { toTranscript } from "./transcript.ts";
import { watchPage } from "./page-watch.ts";
import { TypingSender, TypingWatch } from "./typing.ts";

/** How far a customer's clock may be ahead of the service's. */
const CLOCK_SKEW_MS = 600_000;

type Closed = Extract<TransportState, { status: "closed" }>;

const ME: Participant = { id: "self", name: "", role: "customer", isSelf: true };

/** Makes a session over a transport in `idle`. The transport belongs to the session from then on. */
export function createChatSession(transport: ChatTransport, options: ChatSessionOptions = {}): ChatSession {
  const emitter = createEmitter<SessionEvents>(options.onListenerError);
  const log = new MessageLog((message) => {
    mirror?.changed(message);
    // That it may be sent was written down before it was.
    if (message.status !== "sent") keeper?.changed(message);
    emitter.emit("message-status", message);
  });
  const catchUp = new CatchUp({
    transport,
    holdMs: options.hold?.holdMs ?? 10_000,
    holdMessages: options.hold?.holdMessages ?? 1_000,
    deliver: (message) => deliver(message),
    knows: (id) => log.find(id) !== undefined,
    change: (event) => void (log.lacks(event) && change(event)),
    onGap: (gap) => emitter.emit("gap", gap),
    onDone: (repaired) => outbox.resolveDoubts(repaired),
  });
  const outbox: Outbox = new Outbox({
    transport,
    log,
    limit: options.outboxLimit ?? 500,
    mayRun: () => !catchUp.active,
    onDoubt: () => catchUp.check(newestKnown()),
    onAttempt:
      (options.keep ?? transport.siblings) &&
      (async (message): Promise<void> => {
        mirror?.attempted(message);
        await keeper?.attempted(message);
      }),
  });
  const keeper =
    options.keep &&
    new ChatKeeper(options.keep, {
      whereabouts,
      delivery: (message) =>
        mirror?.isTheirs(message) ? undefined : toSavedDelivery(message, outbox.statusToKeep(message)),
      onProblem: (error) => emitter.emit("warning", error),
    });
  const mirror =
    transport.siblings &&
    new Mirror({
      siblings: transport.siblings,
      log,
      outbox,
      self: () => self,
      onTaken(message, inDoubt) {
        keeper?.changed(message);
        if (inDoubt && transport.state.status === "connected") catchUp.check(newestKnown());
      },
    });
  const watch = new TypingWatch((who) => emitter.emit("typing", who));
  const typing = new TypingSender((state) => void transport.sendChatState?.(state).catch(warn));
  const people = new Map<string, Participant>();
  let self = ME;
  let conversation: Conversation | undefined;
  let ended = false;
  let displayed: SessionMessage | undefined;
  /** Whose messages an earlier session has left. */
  let expected: string | undefined;
  /** With what a later session goes on: the newest that is known, also where the transport has none right now. */
  let token: string | undefined;
  /** The page goes away: what waits is for the next session. */
  let leaving = false;
  /** The customer wants no more of it, perhaps before it was connected. */
  let ending = false;
  let connectedAt = new Date();
  /** Somebody spoke whom the service did not announce. */
  let company = false;

  function warn(error: unknown): void {
    // A hint that was lost is no news when the link is: the state tells of that.
    if (ChatError.isInstance(error) && transport.state.status === "connected") emitter.emit("warning", error);
  }

  /** Where what may be missed begins. */
  function newestKnown(): CatchUpStart {
    const { id, sentAt } = log.newest ?? {};
    // Where nothing was said yet only our own clock is left, which may be ahead of the service's.
    return { since: sentAt ?? new Date(connectedAt.getTime() - CLOCK_SKEW_MS), ...(id !== undefined && { after: id }) };
  }

  function rememberToken(): void {
    token = transport.resumeToken?.() ?? token;
  }

  /** A page may go before it is in the chat again: then what an earlier one has left still holds. */
  function whereabouts(): Whereabouts {
    rememberToken();
    const { after, since } = catchUp.start ?? newestKnown();
    return {
      savedAt: Date.now(),
      conversation: expected,
      resumeToken: token,
      last: { id: after, at: since.getTime() },
    };
  }

  function supports(): Capabilities {
    return transport.state.status === "connected" ? transport.state.conversation.supports : NO_CAPABILITIES;
  }

  function onConnected(joined: Conversation): void {
    if (expected !== undefined && expected !== joined.id) catchUp.giveUp();
    expected = joined.id;
    if (!conversation) connectedAt = new Date();
    conversation = joined;
    self = joined.self;
    people.clear();
    for (const each of joined.participants) people.set(each.id, each);
    catchUp.connected();
    // A slow storage may get to writing it only after the link is lost for good.
    rememberToken();
    keeper?.changed();
  }

  /** Watched only while there is a link that could be dead. */
  let unwatch: (() => void) | undefined;

  /** Before anything that waits is given up: for the next session it still waits. @returns whether there may be one. */
  function putAside({ reason }: Closed): boolean {
    // After a goodbye, or a no, there is nothing to go on with.
    if (reason !== "connection-lost" && reason !== "handed-over") token = undefined;
    const keep = leaving || reason === "connection-lost" || reason === "handed-over" || (!conversation && !ending);
    if (keep) keeper?.freeze();
    else void keeper?.clear();
    return keep;
  }

  function onClosed({ reason, cause }: Closed, keep: boolean): void {
    unwatch?.();
    const remedy =
      mirror && leaving
        ? LEFT_TO_OTHERS
        : keep && keeper
          ? "It is kept: start the chat again, and it will be sent."
          : "Start a new chat, and send it again.";
    const error = new ChatError("closed", "The chat ended before the message could be sent.", { remedy });
    outbox.stop(error);
    mirror?.stop(error);
    if (cause && conversation && reason === "connection-lost") emitter.emit("error", cause);
  }

  function onState({ previous, current }: TransportEvents["state"]): void {
    if (current.status === "connected") onConnected(current.conversation);
    else {
      watch.clear();
      typing.forget();
    }
    if (previous.status === "connected" && current.status === "reconnecting") catchUp.lost(newestKnown());
    const keep = current.status === "closed" && putAside(current);
    // What came before the end is told before it.
    if (current.status === "closed") catchUp.giveUp();
    emitter.emit("state", { previous, current });
    if (current.status === "connected") void outbox.flush();
    if (current.status === "closed") onClosed(current, keep);
    if (current.status === "connected" && transport.wake && options.watchPage !== false)
      unwatch ??= watchPage(() => void session.wake());
  }

  /** @returns false when it was delivered before. */
  function deliver(message: ChatMessage): boolean {
    if (!message.replayed) watch.stopped(message.from.id);
    company ||= !message.replayed && !message.from.isSelf;
    if (!log.add(message)) return false;
    keeper?.changed();
    emitter.emit("message", message);
    if (options.acknowledge && !message.replayed && !message.from.isSelf && supports().receivedReceipts)
      transport.mark?.("received", message.id).catch(warn);
    return true;
  }

  /** Whose session this is: agents and bots have their own conversations. */
  const isAgent = (): boolean => self.role !== "customer";

  function change(event: ChangedMessage): void {
    log.change(event);
    emitter.emit("message-changed", event);
  }

  /** @returns false for what lies before what was displayed already. */
  function hasDisplayed(message: SessionMessage | undefined): boolean {
    if (!message || (displayed && !log.isAfter(message, displayed))) return false;
    displayed = message;
    return true;
  }

  transport.on("state", onState);
  transport.on("message", (message) => catchUp.take(() => void deliver(message), message));
  transport.on("replay-ended", (event) => {
    emitter.emit("replay-ended", event);
    catchUp.replayEnded(event.unbroken);
  });
  transport.on("message-changed", (event) => catchUp.take(() => change(event)));
  transport.on("chat-state", (event) =>
    catchUp.take(() => {
      watch.heard(event.from, event.state);
      emitter.emit("chat-state", event);
    }),
  );
  transport.on("receipt", (event) =>
    catchUp.take(() => {
      if (!event.from.isSelf) log.receipt(event.kind, event.id);
      // Read in another tab: nobody has to be told again.
      else if (event.kind === "displayed") hasDisplayed(log.find(event.id));
      emitter.emit("receipt", event);
    }),
  );
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
    catchUp.giveUp();
    emitter.emit("ended", event);
  });
  if (keeper) transport.on("resume-token", () => keeper.changed());
  transport.on("link", (event) => emitter.emit("link", event));
  transport.on("handoff", (event) => emitter.emit("handoff", event));
  transport.on("warning", (event) => emitter.emit("warning", event));

  const session: ChatSession = {
    ...sessionActions(transport, emitter, () => session),
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

    async start(request, call) {
      self = { ...ME, name: request.customer.name };
      const kept = await keeper?.load();
      if (!kept || transport.state.status !== "idle") return transport.open(request, call);
      expected = kept.conversation;
      token = kept.resumeToken;
      restoreChat(kept, self, log, outbox);
      keeper?.takenOver();
      if (expected !== undefined) catchUp.lost(startOf(kept), new Date(kept.savedAt));
      const { resumeToken } = kept;
      const resume = transport.supports.resume && resumeToken !== undefined ? { resumeToken } : {};
      return transport.open({ ...resume, ...request }, call);
    },
    send(content, { replyTo, clientId = randomId(), ...call } = {}) {
      typing.forget();
      const message = { clientId, body: toBody(content), ...(replyTo === undefined ? {} : { replyTo }) };
      return outbox.send(message, self, call);
    },
    deliveries: () => outbox.handles,
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
      if (hasDisplayed(message)) await transport.mark?.("displayed", message.id, call);
    },
    async end(call) {
      ending = true;
      const open = transport.state.status === "connected" || transport.state.status === "reconnecting";
      if (open && !ended) {
        ended = true;
        emitter.emit("ended", { by: isAgent() ? "agent" : "customer" });
      }
      await transport.close(isAgent() ? "agent-ended" : "customer-left", call);
    },
    async close(reason, call) {
      leaving = true;
      await transport.close(reason, call);
    },
    detach() {
      keeper?.freeze();
      leaving = true;
      // Without a token there is nothing to go on with: the service shall not wait for us.
      if (transport.detach?.() === undefined) void transport.close();
    },
    async wake(call) {
      return (await transport.wake?.(call)) ?? transport.state.status === "connected";
    },
    forget: async () => keeper?.clear(),
    transcript: ({ format = "text" } = {}) => toTranscript(log.messages, format),
  };
  return session;
}

function startOf({ last, savedAt }: KeptChat): CatchUpStart {
  return { since: new Date(last?.at ?? savedAt), ...(last?.id !== undefined && { after: last.id }) };
}
