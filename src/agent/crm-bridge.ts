import { ChatError } from "../transport/errors.ts";
import type { Call } from "../transport/call.ts";
import type { AgentChat, AgentSession } from "./agent-session-api.ts";
import type { ChatRequest, WrapUp } from "./agent-transport.ts";
import { decodeCommand, isWithin, toCrmCustomer, type CrmCommand, type CrmNotice } from "./crm-messages.ts";

/** What the bridge hears: a `MessageEvent`. */
export interface CrmMessageEvent {
  readonly origin: string;
  readonly source: unknown;
  readonly data: unknown;
}

/** Where messages go: `window.parent` for a desk inside the CRM, an iframe's `contentWindow` for a CRM inside the desk. */
export interface CrmTarget {
  postMessage(message: unknown, targetOrigin: string): void;
}

/** Where messages come in: the desk's own `window`. */
export interface CrmListenOn {
  addEventListener(type: "message", listener: (event: CrmMessageEvent) => void): void;
  removeEventListener(type: "message", listener: (event: CrmMessageEvent) => void): void;
}

/** A message that was dropped. Nothing of what it said is in here. */
export interface CrmRefusal {
  /**
   * `foreign-origin`, `foreign-window`: not the CRM that was agreed on. `too-large`: over `maxBytes`. `wrong-shape`: none of
   * `CrmCommand`. `no-host`: of what a CRM that has not said hello would have been told, more waited than is kept.
   */
  reason: "foreign-origin" | "foreign-window" | "too-large" | "wrong-shape" | "no-host";
  direction: "from-host" | "to-host";
  /** Of the sender, or whom it was for. */
  origin: string | undefined;
}

/** Options of {@link createCrmBridge}. */
export interface CrmBridgeOptions {
  target: CrmTarget;
  /** Origins of the CRM, as `https://crm.example.com`. `*` is none. */
  allowedOrigins: readonly string[];
  /** The largest message, either way, in bytes. Default 65_536. */
  maxBytes?: number;
  /** Default: the page's own window. */
  listenOn?: CrmListenOn;
  /** The CRM asks the desk to show a conversation. Default: `open` is answered by `failed`. */
  onOpen?: (chat: AgentChat) => void;
  /** Hears of what was dropped. Other scripts on the page post messages, too: it is called for those as well. */
  onRefused?: (refusal: CrmRefusal) => void;
}

/** The desk's side of the bridge. */
export interface CrmBridge {
  /** Of the CRM that said hello; `undefined` until one has. */
  readonly hostOrigin: string | undefined;
  /**
   * Notes what a conversation was about: at the service, where it takes such notes, and then in the CRM's record.
   * @throws ChatError as `AgentChat.wrapUp`, but never `unsupported`. The CRM is told nothing then.
   */
  wrapUp(chat: AgentChat, wrapUp: WrapUp, call?: Call): Promise<void>;
  /** Tells and hears nothing any more. The session goes on. Twice is fine. */
  close(): void;
}

/** What crosses the bridge. */
type CrmMessage = CrmNotice & { switchboard: 1 };

/** A conversation that can be noted about. */
interface Entry {
  chat: AgentChat;
  startedAt: Date;
}

const MAX_BYTES = 65_536;
/** What belongs in the record and waits for a CRM that still loads. */
const MOST_WAITING = 200;
/** Conversations that are over, and may still be wrapped up. */
const MOST_ENTRIES = 200;

/**
 * Ties a desk to the CRM around it (or inside it) by `postMessage`. The CRM says `hello` first; then it is told what is
 * current and what happens, at its own origin and no other. What it asks is decoded, never believed: foreign origins and
 * windows, wrong shapes and oversized messages are dropped. Credentials, message texts and `raw` never cross.
 * @throws ChatError `invalid-config` for an origin that is none, an empty list, or a bridge from a window to itself.
 */
export function createCrmBridge(session: AgentSession, options: CrmBridgeOptions): CrmBridge {
  const { target, maxBytes = MAX_BYTES, onOpen, onRefused } = options;
  const listenOn: CrmListenOn = options.listenOn ?? globalThis;
  const allowed = new Set(options.allowedOrigins.map(asOrigin));
  if (allowed.size === 0)
    throw new ChatError("invalid-config", "allowedOrigins is empty: nobody could talk to the desk.");
  if (Object.is(target, listenOn))
    throw new ChatError("invalid-config", "The desk's window is the CRM's: there is nothing to bridge.", {
      remedy: "Open the desk inside the CRM's page, and give window.parent.",
    });
  let hostOrigin: string | undefined;
  const entries = new Map<string, Entry>();
  const waiting: CrmNotice[] = [];

  function post(notice: CrmNotice): void {
    if (hostOrigin === undefined) return;
    const message: CrmMessage = { switchboard: 1, ...notice };
    if (isWithin(message, maxBytes) === true) target.postMessage(message, hostOrigin);
    else onRefused?.({ reason: "too-large", direction: "to-host", origin: hostOrigin });
  }

  /** As `post`, for what a CRM that still loads must not miss. */
  function keepFor(notice: CrmNotice): void {
    if (hostOrigin !== undefined) return post(notice);
    waiting.push(notice);
    if (waiting.length <= MOST_WAITING) return;
    waiting.shift();
    onRefused?.({ reason: "no-host", direction: "to-host", origin: undefined });
  }

  function greet(origin: string): void {
    hostOrigin = origin;
    post(deskNotice(session));
    for (const notice of waiting.splice(0)) post(notice);
    for (const request of session.requests) post(requestNotice(request));
    for (const chat of session.conversations) post(popNotice(chat));
  }

  function enter(chat: AgentChat): void {
    // Moved to the end: the oldest is the first to be forgotten.
    entries.delete(chat.id);
    entries.set(chat.id, { chat, startedAt: new Date() });
    const [oldest] = entries.keys();
    if (entries.size > MOST_ENTRIES && oldest !== undefined) entries.delete(oldest);
  }

  async function wrapUp(chat: AgentChat, { reason, note }: WrapUp, call?: Call): Promise<void> {
    const noted: WrapUp = { reason, ...(note !== undefined && { note }) };
    if (session.supports.wrapUp) await chat.wrapUp(noted, call);
    keepFor({ type: "wrap-up", conversationId: chat.id, customer: toCrmCustomer(chat.customer), ...noted });
  }

  async function obey(command: Exclude<CrmCommand, { type: "hello" }>): Promise<void> {
    if (command.type === "accept") await session.accept(ringing(session, command.requestId));
    else if (command.type === "decline") {
      const { requestId, reason } = command;
      await session.decline(ringing(session, requestId), reason === undefined ? {} : { reason });
    } else {
      const chat = entries.get(command.conversationId)?.chat;
      if (!chat) throw new ChatError("not-found", "That conversation is not on this desk.");
      if (command.type === "wrap-up") await wrapUp(chat, command);
      else if (onOpen) onOpen(chat);
      else throw new ChatError("unsupported", "This desk shows no conversation on asking.");
    }
  }

  function hear({ origin, source, data }: CrmMessageEvent): void {
    const refuse = (reason: CrmRefusal["reason"]): void => onRefused?.({ reason, direction: "from-host", origin });
    if (!allowed.has(origin)) return refuse("foreign-origin");
    if (source !== target) return refuse("foreign-window");
    const fits = isWithin(data, maxBytes);
    if (fits === false) return refuse("too-large");
    const command = fits ? decodeCommand(data) : undefined;
    if (!command) return refuse("wrong-shape");
    if (command.type === "hello") return greet(origin);
    // Who did not say hello would hear nothing of what becomes of it.
    if (origin !== hostOrigin) return refuse("foreign-origin");
    const { id } = command;
    obey(command).then(
      () => id !== undefined && post({ type: "done", id }),
      (cause: unknown) => {
        const { code, message } = ChatError.from(cause, "refused", "The desk could not do that.");
        if (id !== undefined) post({ type: "failed", id, code, message });
      },
    );
  }

  for (const chat of session.conversations) enter(chat);
  const stops = [
    session.on("state", () => post(deskNotice(session))),
    session.on("availability", () => post(deskNotice(session))),
    session.on("request", (request) => post(requestNotice(request))),
    session.on("request-ended", ({ request, outcome }) =>
      post({ type: "request-ended", requestId: request.id, outcome }),
    ),
    session.on("conversation", (event) => {
      const { chat } = event;
      if (event.change === "added") {
        enter(chat);
        return post(popNotice(chat));
      }
      keepFor({ type: "conversation-ended", conversationId: chat.id, reason: event.reason });
      const entry = entries.get(chat.id);
      if (entry && chat.part !== "monitor") keepFor(activityNotice(entry));
    }),
  ];
  listenOn.addEventListener("message", hear);
  // Which of them is there cannot be asked; the browser delivers it to that one.
  for (const origin of allowed) target.postMessage({ switchboard: 1, type: "listening" } satisfies CrmMessage, origin);

  return {
    get hostOrigin() {
      return hostOrigin;
    },
    wrapUp,
    close() {
      listenOn.removeEventListener("message", hear);
      for (const stop of stops.splice(0)) stop();
      hostOrigin = undefined;
    },
  };
}

/** An origin as browsers write it. @throws ChatError `invalid-config`. */
function asOrigin(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.origin === value) return value;
  throw new ChatError("invalid-config", `"${value}" is no origin of a CRM.`, {
    remedy: "Name scheme, host and port without a path, as https://crm.example.com; there is no wildcard.",
  });
}

/** @throws ChatError `not-found`. */
function ringing({ requests }: AgentSession, requestId: string): ChatRequest {
  const request = requests.find(({ id }) => id === requestId);
  if (!request) throw new ChatError("not-found", "That request rings no more.");
  return request;
}

function deskNotice({ state, availability, agent }: AgentSession): CrmNotice {
  return {
    type: "desk",
    status: state.status,
    ...(state.status === "closed" && { reason: state.reason }),
    ready: state.status === "online" && availability.ready,
    ...(agent && { agent: { id: agent.id, name: agent.name, role: agent.role } }),
  };
}

function requestNotice({ id, conversationId, kind, customer, queue }: ChatRequest): CrmNotice {
  const about = { requestId: id, conversationId, kind, customer: toCrmCustomer(customer) };
  return { type: "request", ...about, ...(queue !== undefined && { queue }) };
}

function popNotice({ id, part, customer }: AgentChat): CrmNotice {
  return { type: "screen-pop", conversationId: id, part, customer: toCrmCustomer(customer) };
}

function activityNotice({ chat, startedAt }: Entry): CrmNotice {
  const said = chat.session.messages.filter(({ whisper, from }) => whisper !== true && from.role !== "system");
  const fromCustomer = said.filter(({ from }) => from.role === "customer").length;
  return {
    type: "log-activity",
    conversationId: chat.id,
    customer: toCrmCustomer(chat.customer),
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    messages: { fromCustomer, fromOthers: said.length - fromCustomer },
  };
}
