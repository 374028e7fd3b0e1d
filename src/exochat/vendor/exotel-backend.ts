import { exotel, type ExotelService, type ExotelWire } from "../../../adapters/exotel/index.ts";
import {
  createXmppRoom,
  discoverUpload,
  putFile,
  queryInfo,
  reserveSlot,
  RoomStanza,
  uploadLimit,
  xmppMuc,
  type ProvisionedRoom,
  type RoomProvision,
  type Slot,
  type XmppRoom,
} from "../../../adapters/xmpp-muc/index.ts";
import { present } from "../../kit/present.ts";
import type { Call, UploadCall } from "../../transport/call.ts";
import type { ChatTransport } from "../../transport/transport.ts";
import { archivedStanzas } from "./archive-stanzas.ts";
import type { CheckedConfig } from "../exochat-core.ts";
import { toLegacyStanza } from "./legacy-stanza.ts";
import type { ExoChatBackend, ExoChatLine, ProvisionFacts, UploadServiceInfo, UploadSlot } from "../ports.ts";

/**
 * Where the facade meets its vendor: the one file of `src` that knows adapters. Exotel's REST gives accounts and rooms,
 * the XMPP adapter lives in them.
 * @throws ChatError `invalid-config`.
 */
export function exotelBackend(config: CheckedConfig): ExoChatBackend {
  const wire: ExotelWire | undefined = config.wire;
  const service = exotel({
    chatServiceUrl: config.CHAT_SERVICE_DOMAIN,
    cmsServiceUrl: config.CMS_SERVICE_DOMAIN,
    contactCenterId: config.contactCenterId,
    campaignId: config.campaignId,
    nodeflowId: config.nodeflowId,
    processId: config.processId,
    locale: config.locale,
    accountId: config.accountId,
    ...present({
      authToken: config.AUTH_TOKEN,
      tokenProvider: config.tokenProvider,
      connectionProvider: config.connectionProvider,
      xmppDomain: config.xmppDomain,
      mucDomain: config.mucDomain,
      wire,
      timeoutMs: config.timeouts?.restMs,
    }),
  });
  return {
    open: () => new ExotelLine(config, service),
    stanzaOf: (raw, from) => (raw instanceof RoomStanza ? toLegacyStanza(raw, from) : undefined),
    archive: async (roomJid, self, call) =>
      archivedStanzas(await service.archive(roomJid, call), roomJid, self, service.codec),
    feedbackConfig: (call) => service.feedbackConfig(call),
    submitFeedback: (rating, call) => service.submitFeedback(rating, call),
  };
}

class ExotelLine implements ExoChatLine {
  readonly transport: ProvisionedRoom;
  readonly #config: CheckedConfig;
  readonly #service: ExotelService;
  readonly #rooms = new Map<string, XmppRoom>();
  /** The vendor's three-step upload passes only two addresses: what else belongs to a slot waits here for its `putUrl`. */
  readonly #slots = new Map<string, { headers: Slot["headers"]; mediaType: string }>();
  #facts: ProvisionFacts | undefined;

  constructor(config: CheckedConfig, service: ExotelService) {
    this.#config = config;
    this.#service = service;
    const { domain, codec, wire } = service;
    this.transport = xmppMuc({
      boshUrl: config.CONVERSE_BOSH_SERVICE_URL,
      locale: config.locale,
      markerId: wire.markerId,
      filesFromUrls: true,
      timeouts: present({ silenceMs: config.timeouts?.silenceMs }),
      keepSessionOnPageHide: config.keepChat === true,
      ...present({ websocketUrl: config.websocketUrl, logger: config.logger }),
      provision: {
        domain,
        codec,
        provision: async (request, call, recall): Promise<RoomProvision> => {
          const room = await service.provision(request, call, recall);
          const { customerJid, nick, exportTranscriptAllowed } = room;
          this.#facts = { roomJid: room.room, customerJid, nick, exportTranscriptAllowed };
          return room;
        },
      },
    });
  }

  get facts(): ProvisionFacts | undefined {
    return this.#facts ?? this.#factsOfResumed();
  }

  /** After a reload nobody was provisioned: the room itself knows. */
  #factsOfResumed(): ProvisionFacts | undefined {
    const { room } = this.transport;
    const [customerJid] = (room && this.transport.connection.jid?.split("/")) ?? [];
    if (customerJid === undefined || room?.nick === undefined) return undefined;
    return { roomJid: room.jid, customerJid, nick: room.nick, exportTranscriptAllowed: false };
  }

  get presence(): string {
    if (this.transport.state.status === "idle") return "offline";
    return this.transport.connection.status === "online" ? "online" : "offline";
  }

  room(roomJid: string, nick: string, { create }: { create: boolean }): ChatTransport {
    const { codec, wire } = this.#service;
    const room = createXmppRoom({
      link: this.transport.connection,
      room: roomJid,
      nick,
      codec,
      createRoom: create,
      markerId: wire.markerId,
      filesFromUrls: true,
      locale: this.#config.locale,
      timeouts: present({ silenceMs: this.#config.timeouts?.silenceMs }),
      ...present({ logger: this.#config.logger }),
    });
    this.#rooms.set(room.jid, room);
    return room;
  }

  hasFeature(roomJid: string, name: string): boolean {
    const room = this.transport.room?.jid === roomJid ? this.transport.room : this.#rooms.get(roomJid);
    return room?.info.features.has(name) ?? false;
  }

  async uploadService(call?: Call): Promise<string | null> {
    return (await discoverUpload(this.transport.connection, undefined, call))?.jid ?? null;
  }

  async uploadInfo(jid: string, call?: Call): Promise<UploadServiceInfo> {
    const info = await queryInfo(this.transport.connection, jid, call);
    return {
      features: info?.features ?? [],
      identities: (info?.identities ?? []).map(({ category, type, name }) => ({ category, type, name })),
      maxFileSize: info && uploadLimit(info),
      raw: info,
    };
  }

  async requestSlot(file: { name: string; size: number; type: string }, call?: Call): Promise<UploadSlot> {
    const wanted = { name: file.name, sizeBytes: file.size, mediaType: file.type };
    const { slot, mediaType } = await reserveSlot(this.transport.connection, wanted, {}, call);
    this.#slots.set(slot.putUrl, { headers: slot.headers, mediaType });
    return { putUrl: slot.putUrl, getUrl: slot.getUrl };
  }

  async putFile(file: Blob, { putUrl, getUrl }: UploadSlot, call?: UploadCall): Promise<string> {
    const { headers = [], mediaType = file.type || "application/octet-stream" } = this.#slots.get(putUrl) ?? {};
    // A slot serves once, and its headers are a permission.
    this.#slots.delete(putUrl);
    const signal = call?.signal ?? new AbortController().signal;
    const onProgress = (sent: number): void => call?.onProgress?.(sent);
    await putFile({ slot: { putUrl, getUrl, headers }, data: file, mediaType, signal, onProgress });
    return getUrl;
  }

  async close(call?: Call): Promise<void> {
    this.#slots.clear();
    await this.transport.close("customer-left", call);
    await this.transport.connection.close(call);
  }
}
