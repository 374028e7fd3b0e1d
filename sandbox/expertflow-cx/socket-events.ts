import type { Socket } from "socket.io";
import type { CxCentre, CxChat } from "./cx-centre.ts";
import type { SandboxCim } from "./cim.ts";

type Ack = (answer?: unknown) => void;

/** Serves one customer's socket. @param cut ends its connection without a word. */
export function serveSocket(
  centre: CxCentre,
  socket: Socket,
  newToken: () => string,
  cut: (socket: Socket) => void,
): void {
  const { serviceIdentifier, channelCustomerIdentifier } = identityOf(socket);
  centre.attach(socket, `${serviceIdentifier} ${channelCustomerIdentifier}`);
  socket.on("disconnect", () => centre.detach(socket));
  if (centre.switches.resume === "on-connect") pushResume(centre, socket, channelCustomerIdentifier);
  socket.onAny((name: string, payload: unknown) => centre.received.push({ name, payload }));

  socket.on("CHAT_REQUESTED", (payload: unknown) => {
    const fault = centre.faults.requests.shift();
    if (fault === "hang") return;
    if (fault !== undefined) {
      socket.emit("ERRORS", { task: "CHAT_REQUESTED", code: fault });
      return;
    }
    const chat = centre.begin(serviceIdentifier, channelCustomerIdentifier, payload);
    centre.join(socket, chat);
    socket.emit("CHANNEL_SESSION_STARTED", startOf(centre, chat));
    if (centre.switches.tokens) socket.emit("TOKEN_GENERATED", newToken());
    for (const watcher of centre.watchers) watcher.onStarted?.(chat);
  });

  socket.on("CHAT_RESUMED", (_payload: unknown, ack?: Ack) => resume(centre, socket, channelCustomerIdentifier, ack));

  socket.on("MESSAGE_RECEIVED", (payload: unknown, ack?: Ack) => {
    const chat = centre.chatOf(socket);
    if (chat) takeMessage(centre, chat, payload, { ack, cut: () => cut(socket) });
    else ack?.({ code: 400 });
  });

  socket.on("CHAT_ENDED", () => {
    const chat = centre.chatOf(socket);
    if (chat) chat.open = false;
    socket.emit("CHAT_ENDED", {});
  });
}

function identityOf(socket: Socket): { serviceIdentifier: string; channelCustomerIdentifier: string } {
  const { serviceIdentifier, channelCustomerIdentifier } = record(socket.handshake.auth);
  return { serviceIdentifier: String(serviceIdentifier), channelCustomerIdentifier: String(channelCustomerIdentifier) };
}

function startOf(centre: CxCentre, chat: CxChat): SandboxCim {
  const start = centre.compose({ type: "NOTIFICATION", notificationType: "CHANNEL_SESSION_STARTED" }, chat);
  if (centre.switches.withoutChannelData) delete start.header["channelData"];
  return start;
}

function resume(centre: CxCentre, socket: Socket, identifier: string, ack: Ack | undefined): void {
  const fault = centre.faults.resumes.shift();
  if (fault === "hang") return;
  if (fault === "null") return ack?.(null);
  const chat =
    fault === "unavailable"
      ? undefined
      : centre.chats.findLast((each) => each.channelCustomerIdentifier === identifier && each.open);
  if (!chat) return ack?.({ isChatAvailable: false });
  centre.join(socket, chat);
  const history = fault === "empty" ? [] : chat.messages;
  const { resume: how } = centre.switches;
  if (how === "push" || how === "both") socket.emit("CONVERSATION_RESUMED", { history });
  if (how === "ack" || how === "both") ack?.({ isChatAvailable: true, data: history });
}

/** Whoever has an open chat is told of it unasked, with the very first packet. */
function pushResume(centre: CxCentre, socket: Socket, identifier: string): void {
  const chat = centre.chats.findLast((each) => each.channelCustomerIdentifier === identifier && each.open);
  if (!chat) return;
  centre.join(socket, chat);
  socket.emit("CONVERSATION_RESUMED", { history: chat.messages });
}

interface Answering {
  ack: Ack | undefined;
  cut: () => void;
}

/** Takes a customer's message: acknowledged, and shown back as a CIM message with the server's id. */
function takeMessage(centre: CxCentre, chat: CxChat, payload: unknown, { ack, cut }: Answering): void {
  const { header, body } = record(payload);
  const content = isContent(body);
  const fault = content ? centre.faults.acks.shift() : undefined;
  if (fault === "ignored") return;
  if (typeof fault === "object") return ack?.(fault);
  const shown = (content || centre.switches.echoTyping) && centre.switches.echo !== "none";
  const echo = toCim(centre, chat, record(header), record(body));
  if (content) chat.messages.push(echo);
  if (centre.faults.cutBeforeAck > 0 && content) {
    centre.faults.cutBeforeAck--;
    return cut();
  }
  if (fault === "lost") return;
  const answer = (): void => (fault === "missing" ? undefined : ack?.(...(fault === "empty" ? [] : [{ code: 200 }])));
  if (centre.switches.echo === "before-ack" && shown) centre.deliver(chat, echo);
  answer();
  if (centre.switches.echo === "after-ack" && shown) centre.deliver(chat, echo);
  if (content) for (const watcher of centre.watchers) watcher.onCustomer?.(chat, echo);
}

/** Typing and delivery notifications are passed on, not stored. */
function isContent(body: unknown): boolean {
  const { type } = record(body);
  return type !== "NOTIFICATION" && type !== "DELIVERYNOTIFICATION";
}

function toCim(centre: CxCentre, chat: CxChat, header: Fields, body: Fields): SandboxCim {
  const { originalMessageId, intent, entities, additionalData } = header;
  const text = body["markdownText"];
  const rewritten =
    centre.switches.rewriteTexts && typeof text === "string"
      ? { ...body, markdownText: text.trim().replaceAll(/\s+/g, " ") }
      : body;
  const message = centre.compose(rewritten, chat, {
    sender: { id: chat.customerId, type: "CUSTOMER", senderName: "Anonymous", additionalDetail: null },
    ...(typeof originalMessageId === "string" && { refersTo: originalMessageId }),
    ...(centre.switches.keepAdditionalData && { additionalData }),
  });
  Object.assign(message.header, { intent: intent ?? null, entities: entities ?? null });
  return message;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function record(value: unknown): Fields {
  return isFields(value) ? value : {};
}
