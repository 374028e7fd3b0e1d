import { assertLimit } from "../../src/kit/assert-arguments.ts";
import { assertNotAborted, withDeadline } from "../../src/kit/deadline.ts";
import { historyCursor, randomId } from "../../src/kit/ids.ts";
import type { Call, SendCall, UploadCall } from "../../src/transport/call.ts";
import type { Capability } from "../../src/transport/capabilities.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type {
  Attachment,
  CatchUpPage,
  CatchUpStart,
  ChangedMessage,
  HistoryCursor,
  HistoryPage,
  MessageId,
  OutgoingBody,
  OutgoingMessage,
  Sent,
  UploadFile,
} from "../../src/transport/messages.ts";
import type { MessagePayload } from "./muc/codec.ts";
import * as encode from "./muc/encode-room-message.ts";
import type { ArchiveFolder } from "./muc/fold-archive.ts";
import type { LedgerEntry } from "./muc/ledger.ts";
import type { RoomStanza } from "./muc/room-stanza.ts";
import type { ArchivePage, ArchivePageRequest, RoomArchive } from "./room-archive.ts";
import type { RoomConfirmations } from "./room-confirmations.ts";
import { readHistory } from "./room-history.ts";
import type { XmppRoomOptions } from "./room-options.ts";
import type { RoomState } from "./room-state.ts";
import { uploadFile } from "./upload/upload-file.ts";
import { stripForbidden, type XmlElement } from "./xml.ts";

/** What the actions work on. */
export interface ActionParts {
  options: XmppRoomOptions;
  /** Bare JID, in lower case. */
  room: string;
  state: RoomState;
  confirmations: RoomConfirmations<Sent>;
  archive: RoomArchive;
  folder: ArchiveFolder;
  /** Aborted with a `ChatError` when the link is lost or the conversation closes. */
  interruption(): AbortSignal;
  find(id: string): LedgerEntry | undefined;
  /** The changes among archived stanzas, of messages that are known. */
  changesIn(stanzas: readonly RoomStanza[]): ChangedMessage[];
  warn(warning: ChatError): void;
  /** A message went unanswered: perhaps we are no longer in. */
  onSilence(): void;
}

/** What a customer does in a room, but for changing what was said (`room-changes.ts`). Every method checks in the same order: abort, state, capability, arguments. */
export class RoomActions {
  readonly #parts: ActionParts;
  #markedUpTo = 0;

  constructor(parts: ActionParts) {
    this.#parts = parts;
  }

  /** As `ChatTransport.send`; `payload` is what the vendor's layer wants said beside the body. */
  async send(message: OutgoingMessage, payload: MessagePayload | undefined, call: SendCall | undefined): Promise<Sent> {
    this.assertReady(call, "Sending", message.replyTo === undefined ? undefined : "replyTo");
    const id = stripForbidden(message.clientId);
    if (id === "" || this.#parts.confirmations.isWaiting(id)) throw badClientId();
    this.warnOfLoss(message.body);
    const { room, options } = this.#parts;
    const stanza = encode.encodeContent({
      room,
      id,
      body: message.body,
      reply: message.replyTo === undefined ? undefined : this.#replyTo(message.replyTo),
      markable: options.markable ?? false,
      codec: options.codec,
      payload,
    });
    return this.reflected(stanza, id, call, "Sending", () => call?.onSent?.());
  }

  async sendChatState(state: "composing" | "paused", call: Call | undefined): Promise<void> {
    this.assertReady(call, "Sending a chat state", "chatStates");
    await this.#hand(encode.encodeStateMessage(this.#parts.room, randomId(), state), call, "Sending a chat state");
  }

  async mark(kind: "received" | "displayed", id: MessageId, call: Call | undefined): Promise<void> {
    this.assertReady(call, "Marking", kind === "received" ? "receivedReceipts" : "displayedMarkers");
    const entry = this.known(id);
    // Nobody marks what they wrote; and an archived message is never acknowledged (XEP-0184 §5.5).
    if (entry.isSelf || (kind === "received" && entry.replayed)) return;
    const stanza = kind === "received" ? this.#receipt(entry) : this.#marker(entry);
    if (stanza) await this.#hand(stanza, call, "Marking");
  }

  async upload(file: UploadFile, call: UploadCall | undefined): Promise<Attachment> {
    this.assertReady(call, "Uploading", "upload");
    const { options } = this.#parts;
    return this.#whileConnected(call, 60_000, "Uploading", (signal) => {
      const onProgress = (sentBytes: number): void => call?.onProgress?.(sentBytes);
      const inner = { signal, timeoutMs: Infinity, onProgress };
      return uploadFile(options.link, file, { service: options.uploadService }, inner);
    });
  }

  async history(page: { before?: HistoryCursor; limit: number }, call: Call | undefined): Promise<HistoryPage> {
    this.assertReady(call, "Reading history", "history");
    assertLimit(page.limit);
    const { folder } = this.#parts;
    return this.#whileConnected(call, 20_000, "Reading history", (signal) =>
      readHistory((request) => this.#page(request, signal), folder, page),
    );
  }

  async catchUp(
    { after, since, cursor, limit }: CatchUpStart & { cursor?: HistoryCursor; limit: number },
    call: Call | undefined,
  ): Promise<CatchUpPage> {
    this.assertReady(call, "Catching up", "catchUp");
    assertLimit(limit);
    return this.#whileConnected(call, 20_000, "Catching up", async (signal) => {
      let read = await this.#page({ after: cursor ?? after, since, max: limit }, signal);
      // ejabberd 23.01 answers an id that it cannot read with an empty page, not with item-not-found.
      const doubtful = read.first === undefined && after !== undefined && cursor === undefined;
      if (doubtful && !this.#parts.find(after)) read = await this.#page({ since, max: limit }, signal);
      let whole = cursor !== undefined || after === undefined || (await this.#follows(after, read.first, signal));
      if (!whole && read.first === undefined && after !== undefined) {
        // Something may have come between the two questions.
        read = await this.#page({ after, since, max: limit }, signal);
        whole = await this.#follows(after, read.first, signal);
      }
      const messages = this.#parts.folder.fold(read.stanzas);
      // Those of a message on this page are in it already.
      const changes = this.#parts
        .changesIn(read.stanzas)
        .filter((change) => !messages.some(({ id }) => id === change.id));
      const page: CatchUpPage = {
        messages,
        ...(changes.length > 0 && { changes }),
        ...(!whole && { incomplete: true }),
      };
      if (!read.complete && read.last !== undefined) page.next = historyCursor(read.last);
      return page;
    });
  }

  /**
   * Whether the archive still has what came right before `first`; without it, as its newest. A room that was made anew
   * answers the id of its predecessor, too: ejabberd 23.01 reads the time in it, Prosody's is replaced by the time here.
   */
  async #follows(after: string, first: string | undefined, signal: AbortSignal): Promise<boolean> {
    return (await this.#page({ before: first, max: 1 }, signal)).last === after;
  }

  /** Runs `work` until it settles, the call's time is over, or the link or the conversation is gone. */
  #whileConnected<T>(
    call: Call | undefined,
    defaultMs: number,
    what: string,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const interruption = this.#parts.interruption();
    return withDeadline(call, defaultMs, what, (signal) =>
      untilInterrupted(interruption, work(AbortSignal.any([signal, interruption]))),
    );
  }

  /** Resolves with the room's reflection, the only sign that it took the message (XEP-0045 §7.4). */
  async reflected(
    stanza: XmlElement,
    id: string,
    call: Call | undefined,
    what: string,
    onSent?: () => void,
  ): Promise<Sent> {
    const { confirmations, options } = this.#parts;
    const reflection = confirmations.wait(id);
    try {
      return await this.#whileConnected(call, 20_000, what, async () => {
        await options.link.send(stanza).catch(lostOnTheWay);
        onSent?.();
        return reflection;
      });
    } catch (error) {
      if (!ChatError.isInstance(error) || error.code !== "timed-out") throw error;
      this.#parts.onSilence();
      throw noReflection(error);
    } finally {
      confirmations.forget(id);
    }
  }

  async #hand(stanza: XmlElement, call: Call | undefined, what: string): Promise<void> {
    const { link } = this.#parts.options;
    await this.#whileConnected(call, 20_000, what, () => link.send(stanza).catch(lostOnTheWay));
  }

  #page(request: ArchivePageRequest, signal: AbortSignal): Promise<ArchivePage> {
    return this.#parts.archive.page(request, { signal, timeoutMs: Infinity });
  }

  /** Before anything is done. @throws ChatError `aborted`, `not-connected`, `closed`, `unsupported`. */
  assertReady(call: Call | undefined, what: string, needs: Capability | undefined): void {
    assertNotAborted(call?.signal, what);
    const { supports } = this.#parts.state.assertConnected();
    if (needs !== undefined && !supports[needs]) {
      throw new ChatError("unsupported", `${what} is not possible: this room lacks ${needs}.`);
    }
  }

  /** @throws ChatError `not-found`. */
  known(id: MessageId): LedgerEntry {
    const entry = this.#parts.find(id);
    if (!entry) throw new ChatError("not-found", `No message ${id} was delivered here.`);
    return entry;
  }

  #replyTo(id: MessageId): { id: string; to: string } {
    const entry = this.known(id);
    if (entry.stanzaId === undefined) throw lacksId("answered");
    return { id: entry.stanzaId, to: entry.from };
  }

  #receipt(entry: LedgerEntry): XmlElement | undefined {
    return entry.msgid === undefined
      ? undefined
      : encode.encodeReceiptMessage(this.#parts.room, randomId(), entry.msgid);
  }

  /** Markers only move forward, for everybody's sake. */
  #marker(entry: LedgerEntry): XmlElement | undefined {
    if (entry.order < this.#markedUpTo) return undefined;
    this.#markedUpTo = entry.order;
    const { stanzaId, msgid } = entry;
    const preferred = this.#parts.options.markerId === "msgid" ? (msgid ?? stanzaId) : (stanzaId ?? msgid);
    return preferred === undefined ? undefined : encode.encodeMarkerMessage(this.#parts.room, randomId(), preferred);
  }

  /** XML cannot carry everything. */
  warnOfLoss(body: OutgoingBody): void {
    if (!encode.losesCharacters(body)) return;
    const message = "Characters that XML cannot carry were left out of the message.";
    this.#parts.warn(
      new ChatError("invalid-argument", message, { vendor: { name: "xmpp", code: "message/stripped" } }),
    );
  }
}

/** Settles with `work`, or rejects with the signal's reason when it fires first. Leaves no listener behind. */
function untilInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(ChatError.from(signal.reason, "closed", "The conversation is over."));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** The stream went away between our check and the write. */
function lostOnTheWay(error: unknown): never {
  const known = ChatError.from(error, "unreachable", "The message could not be written.");
  if (known.code !== "not-connected") throw known;
  throw new ChatError("unreachable", "The link to the conversation was lost.", { cause: known });
}

function badClientId(): ChatError {
  return new ChatError("invalid-argument", "clientId is empty, or a message with it is still on its way.", {
    remedy: "Give each message an id of its own.",
  });
}

/** What refers to a message needs an id that the room gave it. */
export function lacksId(participle: string): ChatError {
  return new ChatError("unsupported", `The room gave that message no id by which it could be ${participle}.`);
}

/** The room gave no sign that it took the message. */
function noReflection({ message, info }: ChatError): ChatError {
  return new ChatError("timed-out", message, { ...info, vendor: { name: "xmpp", code: "message/timeout" } });
}
