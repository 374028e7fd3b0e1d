import type { Socket } from "socket.io";
import {
  CX_AGENT,
  CX_SYSTEM,
  cimHeader,
  objectId,
  type HeaderStyle,
  type SandboxCim,
  type SandboxSender,
} from "./cim.ts";
import { DEFAULT_SWITCHES, type CxFaults, type CxSwitches } from "./cx-switches.ts";

/** One customer's chat, from its request to its end. */
export interface CxChat {
  readonly serviceIdentifier: string;
  readonly channelCustomerIdentifier: string;
  readonly conversationId: string;
  readonly channelSessionId: string;
  readonly customerId: string;
  /** Everything that was said, notifications too, oldest first: what a resume shows. */
  readonly messages: SandboxCim[];
  /** What `CHAT_REQUESTED` said of the customer. */
  readonly request: unknown;
  open: boolean;
}

/** What arrived from customers, in order. */
export interface ReceivedEvent {
  name: string;
  payload: unknown;
}

/** Who follows the chats. */
export interface CxWatcher {
  onStarted?(chat: CxChat): void;
  onCustomer?(chat: CxChat, message: SandboxCim): void;
}

/** How something is said in a chat. */
export interface SayOptions {
  id?: string;
  sender?: SandboxSender;
  refersTo?: string;
  intent?: string;
  additionalData?: unknown;
}

/** The contact centre behind the sockets: chats, their messages, and everything that can be switched. */
export class CxCentre {
  readonly switches: CxSwitches = { ...DEFAULT_SWITCHES };
  readonly faults: CxFaults = { acks: [], requests: [], resumes: [], handshakes: [], cutBeforeAck: 0, rest: new Map() };
  readonly received: ReceivedEvent[] = [];
  readonly chats: CxChat[] = [];
  /** Conversation data by the customer's identifier, and by conversation. */
  readonly data: Map<string, Record<string, unknown>> = new Map();
  readonly files: Map<string, { type: string; bytes: Uint8Array }> = new Map();
  /** Told of chats that begin and of what customers say: a bot. */
  readonly watchers: Set<CxWatcher> = new Set();
  readonly #sockets = new Map<Socket, { identity: string; chat: CxChat | undefined }>();

  /** A customer's socket has been accepted. */
  attach(socket: Socket, identity: string): void {
    if (this.switches.replaceSessions) {
      for (const [other, { identity: theirs }] of this.#sockets) {
        if (theirs !== identity) continue;
        other.emit("SESSION_REPLACED", {});
        other.disconnect(true);
      }
    }
    this.#sockets.set(socket, { identity, chat: undefined });
  }

  detach(socket: Socket): void {
    this.#sockets.delete(socket);
  }

  /** The sockets that are up. */
  get sockets(): Socket[] {
    return [...this.#sockets.keys()];
  }

  /** The newest chat, or that customer's. */
  chat(channelCustomerIdentifier?: string): CxChat | undefined {
    const fits = ({ channelCustomerIdentifier: theirs }: CxChat): boolean =>
      channelCustomerIdentifier === undefined || theirs === channelCustomerIdentifier;
    return this.chats.findLast(fits);
  }

  /** Begins a chat without telling anybody. */
  begin(serviceIdentifier: string, channelCustomerIdentifier: string, request: unknown): CxChat {
    const chat: CxChat = {
      serviceIdentifier,
      channelCustomerIdentifier,
      conversationId: objectId(),
      channelSessionId: objectId(),
      customerId: objectId(),
      messages: [],
      request,
      open: true,
    };
    this.chats.push(chat);
    return chat;
  }

  /** From now on that socket hears what is said in the chat. */
  join(socket: Socket, chat: CxChat): void {
    const entry = this.#sockets.get(socket);
    if (entry) entry.chat = chat;
  }

  chatOf(socket: Socket): CxChat | undefined {
    return this.#sockets.get(socket)?.chat;
  }

  /** Something is said: stored, and sent to whoever is in the chat. @returns the message's id. */
  say(
    body: string | Record<string, unknown>,
    options: SayOptions = {},
    chat: CxChat | undefined = this.chat(),
  ): string {
    if (!chat) throw new Error("Nobody has started a chat.");
    const message = this.compose(
      typeof body === "string" ? { type: "PLAIN", markdownText: body } : body,
      chat,
      options,
    );
    chat.messages.push(message);
    this.deliver(chat, message);
    return message.id;
  }

  /** A notification of the platform: stored and sent like a message. */
  notify(notificationType: string, data: unknown = {}, sender: SandboxSender = CX_SYSTEM, chat?: CxChat): void {
    this.say(
      { type: "NOTIFICATION", markdownText: "", notificationType, notificationData: { data } },
      { sender },
      chat,
    );
  }

  /** The agent takes the chat. */
  agentJoins(chat?: CxChat): void {
    const participant = { keycloakUser: CX_AGENT.additionalDetail };
    const data = { agentParticipant: { role: "PRIMARY", participant }, reason: "" };
    this.notify("AGENT_SUBSCRIBED", data, CX_SYSTEM, chat);
  }

  /** The agent leaves it. */
  agentLeaves(chat?: CxChat): void {
    const participant = { keycloakUser: CX_AGENT.additionalDetail };
    const data = { agentParticipant: { role: "PRIMARY", participant }, reason: "" };
    this.notify("AGENT_UNSUBSCRIBED", data, CX_SYSTEM, chat);
  }

  /** Writes a message. */
  compose(body: Record<string, unknown>, chat: CxChat, options: SayOptions = {}): SandboxCim {
    const { sender = CX_AGENT, refersTo, intent, additionalData } = options;
    const header = cimHeader(
      { ...chat, sender, refersTo: refersTo ?? null, intent: intent ?? null, additionalData },
      this.#style,
      new Date(),
    );
    return { id: options.id ?? objectId(), header, body };
  }

  /** Sends a message to whoever is in the chat. */
  deliver(chat: CxChat, message: SandboxCim): void {
    const times = this.switches.duplicateDelivery ? 2 : 1;
    for (let time = 0; time < times; time++) this.emit(chat, "MESSAGE_RECEIVED", message);
  }

  /** Emits an event to whoever is in the chat. */
  emit(chat: CxChat, name: string, payload: unknown): void {
    for (const [socket, entry] of this.#sockets) if (entry.chat === chat) socket.emit(name, payload);
  }

  /** The chat is over: `how` is the event, `reason` what it carries. */
  end(
    how: "CHAT_ENDED" | "CHANNEL_SESSION_ENDED" | "CHANNEL_SESSION_EXPIRED",
    reason: unknown,
    chat: CxChat | undefined = this.chat(),
  ): void {
    if (!chat) return;
    chat.open = false;
    this.emit(chat, how, reason);
  }

  get #style(): HeaderStyle {
    const { timestamps, layout, withoutSender } = this.switches;
    return { timestamps, layout, withoutSender };
  }
}
