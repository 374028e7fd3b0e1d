import { createMemoryService, memory, type MemoryService } from "../../../adapters/memory/index.ts";
import { createExoChatWith } from "../../../src/exochat/index.ts";
import type { ExoChat, ExoChatBackend, ExoChatLine, FeedbackConfig, LegacyStanza } from "../../../src/exochat/index.ts";
import type { CheckedConfig } from "../../../src/exochat/exochat-core.ts";
import { neverReconnect } from "../../../src/kit/backoff.ts";
import type { ChatError } from "../../../src/transport/errors.ts";
import type { ChatTransport } from "../../../src/transport/transport.ts";

export const ROOM = "room_7c1f@conference.chat.example";
export const JANE = { fullName: "Jane Smith", email: "jane@shop.example", phone: "+15550100200" };
export const CONFIG = {
  CHAT_SERVICE_DOMAIN: "https://omni.example.com:4440",
  CMS_SERVICE_DOMAIN: "https://omni.example.com:4433",
  CONVERSE_BOSH_SERVICE_URL: "https://omni.example.com:4442/http-bind/",
  AUTH_TOKEN: "RestrictedToken abc123",
  contactCenterId: 7,
  campaignId: 1,
  nodeflowId: 5,
  processId: 4,
};

/** A stanza's facts with the dullest values. */
export function stanza(facts: Partial<LegacyStanza> = {}): LegacyStanza {
  return {
    id: "s-1",
    msgid: "m-1",
    body: "Hello",
    from: `${ROOM}/Asha`,
    fromMuc: ROOM,
    fromRealJid: undefined,
    to: "u-140a@chat.example/exo-9",
    nick: "Asha",
    occupantId: "occ-1",
    isMine: false,
    isError: false,
    chatState: undefined,
    time: new Date("2026-07-01T10:00:00.000Z"),
    subtype: null,
    files: null,
    userRole: null,
    isMarkable: false,
    markerId: undefined,
    receiptId: undefined,
    interaction: null,
    chatEnded: false,
    carriesPayload: true,
    isArchived: false,
    extras: {},
    ...facts,
  };
}

/** A tenant in memory: what its REST calls answer may be changed, what was asked is written down. */
export class FakeTenant {
  readonly services: MemoryService[] = [];
  readonly lines: FakeLine[] = [];
  /** More facts of a message, by its id. */
  readonly facts = new Map<string, Partial<LegacyStanza>>();
  /** Thrown by the next opening; `late` after provisioning. */
  failure: { error: ChatError; late: boolean } | undefined;
  archive: () => Promise<LegacyStanza[]> = async () => [];
  feedbackConfig: () => Promise<FeedbackConfig | null> = async () => ({ isFeedbackEnabled: true });
  feedbackAnswer: () => Promise<Response> = async () => new Response("{}");
  readonly ratings: { interactionId: string; chatId: string; feedback: unknown }[] = [];
  configReads = 0;
  exportTranscriptAllowed = true;

  /** The service of the latest chat. */
  get service(): MemoryService {
    const service = this.services.at(-1);
    if (!service) throw new Error("No chat was opened.");
    return service;
  }

  get line(): FakeLine {
    const line = this.lines.at(-1);
    if (!line) throw new Error("No chat was opened.");
    return line;
  }

  readonly connect = (_config: CheckedConfig): ExoChatBackend => ({
    open: () => {
      const line = new FakeLine(this);
      this.lines.push(line);
      return line;
    },
    stanzaOf: (raw, from) => this.#stanzaOf(raw, from?.isSelf ?? false, from?.name ?? null, from?.role === "agent"),
    archive: () => this.archive(),
    feedbackConfig: () => {
      this.configReads++;
      return this.feedbackConfig();
    },
    submitFeedback: (rating) => {
      this.ratings.push(rating);
      return this.feedbackAnswer();
    },
  });

  /** Another conversation on the same tenant. */
  newService(): MemoryService {
    const service = createMemoryService();
    this.services.push(service);
    return service;
  }

  #stanzaOf(raw: unknown, isMine: boolean, nick: string | null, isAgent: boolean): LegacyStanza | undefined {
    if (typeof raw !== "object" || raw === null || !("type" in raw)) return undefined;
    const common = { isMine, nick, userRole: isAgent ? ("agent" as const) : null, body: undefined };
    if (raw.type === "chat-state" && "state" in raw && raw.state === "composing")
      return stanza({ ...common, chatState: "composing" });
    if (raw.type === "receipt" && "id" in raw && "kind" in raw) {
      const id = String(raw.id);
      return stanza({ ...common, ...(raw.kind === "displayed" ? { markerId: id } : { receiptId: id }) });
    }
    if (raw.type === "ended") return stanza({ ...common, nick: null, chatEnded: true });
    return raw.type === "message" && "message" in raw ? this.#messageOf(raw.message, common) : undefined;
  }

  #messageOf(message: unknown, common: Partial<LegacyStanza>): LegacyStanza {
    const { id, clientId, body } = message as { id: string; clientId?: string; body: { kind: string; text?: string } };
    return stanza({ ...common, id, msgid: clientId ?? id, body: body.text, ...this.facts.get(id) });
  }
}

export class FakeLine implements ExoChatLine {
  readonly transport: ChatTransport;
  closed = 0;
  slotFailure: ChatError | undefined;
  readonly #tenant: FakeTenant;
  #provisioned = false;

  constructor(tenant: FakeTenant) {
    this.#tenant = tenant;
    const inner = memory({ service: tenant.newService(), reconnect: neverReconnect });
    const { failure } = tenant;
    this.transport = inner;
    const open = inner.open.bind(inner);
    inner.open = async (request, call) => {
      if (failure && !failure.late) throw failure.error;
      this.#provisioned = true;
      if (failure) throw failure.error;
      return open(request, call);
    };
  }

  get facts(): ExoChatLine["facts"] {
    const { exportTranscriptAllowed } = this.#tenant;
    return this.#provisioned
      ? { roomJid: ROOM, customerJid: "u-140a@chat.example", nick: "Jane Smith", exportTranscriptAllowed }
      : undefined;
  }

  get presence(): string {
    return this.transport.state.status === "connected" ? "online" : "offline";
  }

  room(): ChatTransport {
    return memory({ service: this.#tenant.newService(), reconnect: neverReconnect });
  }

  hasFeature(_roomJid: string, name: string): boolean {
    return name === "urn:xmpp:sid:0";
  }

  async uploadService(): Promise<string | null> {
    return "upload.chat.example";
  }

  async uploadInfo(): ReturnType<ExoChatLine["uploadInfo"]> {
    return { features: ["urn:xmpp:http:upload:0"], identities: [], maxFileSize: 10, raw: undefined };
  }

  async requestSlot({ name }: { name: string }): ReturnType<ExoChatLine["requestSlot"]> {
    if (this.slotFailure) throw this.slotFailure;
    return { putUrl: `https://up.example/${name}`, getUrl: `https://files.example/${name}` };
  }

  async putFile(...[file, slot, call]: Parameters<ExoChatLine["putFile"]>): Promise<string> {
    if (this.slotFailure) throw this.slotFailure;
    call?.onProgress?.(file.size);
    return slot.getUrl;
  }

  async close(): Promise<void> {
    this.closed++;
    await this.transport.close("customer-left");
  }
}

/** An initialized, headless instance over a tenant in memory. */
export function exoChatOn(tenant: FakeTenant = new FakeTenant(), extra: Record<string, unknown> = {}): ExoChat {
  const exoChat = createExoChatWith(tenant.connect);
  exoChat.initialize({ ...CONFIG, headless: true, ...extra });
  return exoChat;
}

/** Arguments of the next event of that name. */
export function nextEvent<T = unknown>(
  exoChat: ExoChat,
  name: string,
  fits: (value: T) => boolean = () => true,
): Promise<T> {
  return new Promise((resolve) => {
    const listen = (value: T): void => {
      if (!fits(value)) return;
      exoChat.off(name, listen);
      resolve(value);
    };
    exoChat.on(name, listen);
  });
}
