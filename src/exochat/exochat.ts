import { ChatError } from "../transport/errors.ts";
import type { ExoChat } from "./api.ts";
import { parseConfig } from "./config.ts";
import { toContent } from "./content.ts";
import { EventBus } from "./event-bus.ts";
import { ExoChatCore, type CheckedConfig } from "./exochat-core.ts";
import { getFileName, isAudioURL, isDocumentPdf, isImageURL, isVideoURL } from "./media-urls.ts";
import { withAliases } from "./names.ts";
import type { ExoChatBackend } from "./ports.ts";
import { mediaTypeOf, putFile, putIntoSlot } from "./uploads.ts";

/**
 * Makes an instance of the Exotel chat API. Nothing happens before its `initialize`; any number of instances live side by
 * side, though only one should show its icon.
 * @param connect makes the tenant of a checked configuration; a test gives its own.
 */
export function createExoChatWith(connect: (config: CheckedConfig) => ExoChatBackend): ExoChat {
  const bus = new EventBus();
  let core: ExoChatCore | undefined;

  function need(): ExoChatCore {
    if (core) return core;
    throw new ChatError("invalid-config", "exoChat is not initialized.", {
      remedy: "Call exoChat.initialize(config) first.",
      vendor: { name: "exotel", code: "config/missing" },
    });
  }

  const api: ExoChat = {
    initialize(given) {
      if (core) {
        throw new ChatError("invalid-config", "exoChat is initialized already.", { remedy: "Call dispose() first." });
      }
      const { config, warnings } = parseConfig(given);
      core = new ExoChatCore(config, connect(config), bus);
      for (const warning of warnings) {
        config.logger?.warn(warning.message, { code: warning.info.vendor?.code });
        bus.emit("warning", warning);
      }
      core.resume();
    },
    startChat: async (params) => need().startChat(params),
    logout() {
      const live = need();
      live.background(live.disconnect());
    },
    getUserStatus: () => core?.presence ?? "offline",
    async createRoom(roomJid, nick) {
      await need().join(roomJid, nick, true);
    },
    joinRoom: async (roomJid, nick) => need().join(roomJid, nick, false),
    leaveRoom(roomJid) {
      const live = need();
      live.tell(() => live.leave(roomJid));
    },
    // Not async: called too early it throws at once, as everything does that is documented to answer nothing.
    sendMessage(roomJid, body, type, files) {
      const live = need();
      return live.orNull(async () => live.sendBody(live.room(roomJid), toContent(body, type, files)));
    },
    receiveMessage(message) {
      need();
      bus.trigger("messageReceived", [message]);
      return message;
    },
    fetchArchivedMessages: async (roomJid) => need().replay(roomJid),
    sendTypingStatus(roomJid) {
      const live = need();
      live.tell(() => live.room(roomJid).session.keyPressed(true));
    },
    sendPausedStatus(roomJid) {
      const live = need();
      live.tell(() => live.room(roomJid).session.keyPressed(false));
    },
    sendDisplayedReceipt: (roomJid, msgid) => need().mark("displayed", roomJid, msgid),
    sendReceiveReceipt: (roomJid, msgid) => need().mark("received", roomJid, msgid),
    showConverseChat: () => need().panel?.show(),
    hideConverseChat: () => need().panel?.hide(),
    disconnectConverse: async () => need().disconnect(),
    async uploadFileToConverse(file, options) {
      const live = need();
      return live.orNull(async () => putFile(live.line, file, bus, options));
    },
    async requestSlotFromConverse(fileName, size, contentType) {
      const live = need();
      const file = { name: fileName, size, type: mediaTypeOf({ type: contentType }) };
      return live.orNull(async () => live.line.requestSlot(file));
    },
    async uploadFile(file, putUrl, getUrl, options) {
      const live = need();
      return live.orNull(async () => putIntoSlot(live.line, file, { putUrl, getUrl }, bus, options));
    },
    async discoverFileUploadJID() {
      const live = need();
      return live.orNull(async () => live.line.uploadService());
    },
    requestUploadServiceInfo: async (jid) => need().line.uploadInfo(jid),
    isImageURL,
    isAudioURL,
    isVideoURL,
    isDocumentPdf,
    getFileName,
    async getFeedbackConfig() {
      const live = need();
      return live.orNull(async () => live.feedback.config());
    },
    async submitFeedbackResponse(interactionId, chatId, feedback) {
      const live = need();
      return live.feedback.submit(idText(interactionId), idText(chatId), feedback).catch((error: unknown) => {
        throw live.report(error);
      });
    },
    on: (event: string, callback: (...args: never[]) => void) => bus.on(event, callback),
    once: (event: string, callback: (...args: never[]) => void) => bus.once(event, callback),
    off: (event, callback) => bus.off(event, callback),
    triggerEvent: (event, args) => bus.trigger(event, args),
    get exportTranscriptAllowed() {
      return core?.exportTranscriptAllowed ?? false;
    },
    exportTranscript(format = "text") {
      const { chat, exportTranscriptAllowed } = need();
      if (!chat) throw new ChatError("not-connected", "There is no chat to write down.");
      if (!exportTranscriptAllowed)
        throw new ChatError("refused", "This contact centre does not offer the transcript.");
      return chat.session.transcript({ format });
    },
    async dispose() {
      const live = core;
      core = undefined;
      try {
        await live?.disconnect();
      } finally {
        live?.panel?.dispose();
        bus.clear();
      }
    },
  };
  return withAliases(api);
}

/** The host may pass what `interaction_data` held, which is nothing when the agent's message had none. */
function idText(id: unknown): string {
  return typeof id === "string" || typeof id === "number" ? String(id) : "";
}
