import { randomId } from "../kit/ids.ts";
import { ChatError } from "../transport/errors.ts";
import type { ChatStorage } from "./chat-storage.ts";
import { decodeSavedChat, decodeSavedRecord, type SavedChat, type SavedDelivery } from "./saved-chat.ts";
import { isAccepted, type MessageStatus, type SessionMessage } from "./session-events.ts";

/** Keeping a chat over a reload. */
export interface KeepOptions {
  /** Where. `sessionStorage` in a page. */
  storage: ChatStorage;
  /** Names this chat among others in the storage: vendor, customer, campaign. Default `"chat"`. */
  key?: string;
  /** What is older is not sent any more, and reported as failed. Milliseconds, default 24 hours. */
  maxAgeMs?: number;
  /** The most that is written, in UTF-16 units; beyond it only the newest state stays in memory. Default 1_000_000. */
  maxLength?: number;
}

/** Where a chat is: what is kept of it beside its own messages. */
export type Whereabouts = Omit<SavedChat, "version" | "chat">;

/** What an earlier session left. */
export interface KeptChat extends Whereabouts {
  /** Oldest first. */
  deliveries: SavedDelivery[];
  /** What was queued before is not sent any more. Milliseconds since 1970. */
  oldest: number;
}

/** What is kept. */
export interface KeptParts {
  whereabouts(): Whereabouts;
  /** `undefined` for what is not kept. */
  delivery(message: SessionMessage): SavedDelivery | undefined;
  onProblem(error: ChatError): void;
}

/** Where in the storage an own message is. */
interface Slot {
  index: number;
  order: number;
  /** What was written last; empty where an earlier session wrote it, absent when nothing was. */
  text?: string;
}

/** Where the chat is; its messages have the numbers from 1 on. */
const HEAD = 0;

/** How many records a chat may have: what is more was not written by us. */
const MAX_RECORDS = 10_000;

/** How many records are read at once. Behind a hole of that size nothing is looked for. */
const READ_ABREAST = 16;

/** How many own messages that the service has are remembered with their status: as many as a join usually shows again. */
const REMEMBERED = 50;

const DAY_MS = 86_400_000;
const NOTHING: Promise<undefined> = Promise.resolve(undefined);

/**
 * Writes a chat down as it changes: one record for where it is and one for each own message, so that a message costs the
 * same however many there are. Records are numbered, and the place of one that is not needed any more is used again. What
 * the storage refuses costs the chat nothing.
 */
export class ChatKeeper {
  readonly #options: KeepOptions;
  readonly #parts: KeptParts;
  /** Changed, and not looked at yet. */
  readonly #changed = new Set<SessionMessage>();
  /** The chat may be elsewhere now. */
  #moved = true;
  /** To be written: messages by `clientId`, and where the chat is. */
  readonly #unwritten = new Map<string, SavedDelivery>();
  #where: Whereabouts | undefined;
  /** Whoever reads what is written knows which conversation it was. */
  #hasConversation = false;
  /** Where each own message is, by `clientId`. */
  readonly #slots = new Map<string, Slot>();
  /** Of those the messages that the service has, oldest first. */
  readonly #done: string[] = [];
  /** Records that may be overwritten. */
  readonly #free: number[] = [];
  /** How long each record is, and all of them. */
  readonly #lengths: number[] = [0];
  #length = 0;
  #order = 0;
  /** Tells the records of this chat from what one before has left. */
  #chat: string = randomId().slice(0, 8);
  /** Something is to be written. */
  #due = false;
  #writing: Promise<void> | undefined;
  #loading: Promise<KeptChat | undefined> | undefined;
  /** What an earlier session left, as long as this one has not taken it over. */
  #earlier: KeptChat | undefined;
  #over = false;
  #complained = false;

  constructor(options: KeepOptions, parts: KeptParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** What an earlier session left, once. Never rejects. */
  load(): Promise<KeptChat | undefined> {
    return (this.#loading ??= this.#read());
  }

  /** What was loaded is the session's from now on. */
  takenOver(): void {
    this.#earlier = undefined;
    this.#loading = NOTHING;
  }

  /**
   * An own message has changed, or where the chat is. Written in this task's microtasks, so that a page that goes away has
   * it written.
   */
  changed(message?: SessionMessage): void {
    if (this.#over) return;
    if (message) this.#changed.add(message);
    // What only waits has moved nothing.
    this.#moved ||= !message || isAccepted(message.status);
    if (this.#due) return;
    this.#due = true;
    void NOTHING.then(() => this.#start());
  }

  /** A message may leave from now on. Resolves when that, and every change so far, is written, or was refused. */
  async attempted(message: SessionMessage): Promise<void> {
    this.changed(message);
    // The write begins in a microtask of its own.
    await NOTHING;
    await this.#writing;
  }

  /** The present state is written last; nothing after it counts: the chat goes on in another session. */
  freeze(): void {
    if (this.#over) return;
    this.#moved = true;
    this.#collect();
    this.#over = true;
    this.#due = true;
    this.#start();
  }

  /** Forgets the chat: it is over, or somebody has logged out. Resolves when the storage has. Never rejects. */
  async clear(): Promise<void> {
    this.#over = true;
    this.#due = false;
    this.#changed.clear();
    this.#unwritten.clear();
    // How much there is to forget.
    const reading = this.load();
    this.takenOver();
    await this.#writing;
    await reading;
    try {
      await this.#remove();
    } catch (cause) {
      this.#complain(cause);
    }
  }

  // Reading

  async #read(): Promise<KeptChat | undefined> {
    try {
      const { storage } = this.#options;
      const values: unknown[] = [];
      // A record that the storage refused has left a hole.
      for (let isMore = true; isMore && values.length < MAX_RECORDS;) {
        const keys = Array.from({ length: READ_ABREAST }, (_, at) => this.#key(values.length + at));
        const some = await Promise.all(keys.map((key) => storage.getItem(key)));
        values.push(...some);
        isMore = some.some(Boolean);
      }
      const saved = decodeSavedChat(values[HEAD]);
      this.#chat = saved?.chat ?? this.#chat;
      const deliveries = this.#take(values);
      // Forgotten, or the page was gone before it was: nothing of it may stay.
      if (!saved) await this.#remove();
      // Forgotten meanwhile.
      if (!saved || this.#loading === NOTHING) return undefined;
      this.#hasConversation = saved.conversation !== undefined;
      const oldest = Date.now() - (this.#options.maxAgeMs ?? DAY_MS);
      return (this.#earlier = { ...saved, deliveries, oldest });
    } catch (cause) {
      this.#complain(cause);
      return undefined;
    }
  }

  /** What was sent and is to be sent, oldest first. */
  #take(values: unknown[]): SavedDelivery[] {
    const found: { slot: Slot; delivery: SavedDelivery }[] = [];
    for (const [index, value] of values.entries()) {
      if (!value) continue;
      this.#measure(index, JSON.stringify(value).length);
      const { chat, order = 0, delivery } = decodeSavedRecord(value) ?? {};
      if (delivery && chat === this.#chat) found.push({ slot: { index, order, text: "" }, delivery });
    }
    found.sort((a, b) => a.slot.order - b.slot.order);
    for (const { slot, delivery } of found) {
      this.#order = slot.order;
      this.#slots.set(delivery.clientId, slot);
      this.#file(delivery);
    }
    return found.map(({ delivery }) => delivery);
  }

  // Writing

  /** What has changed is taken as it is now. */
  #collect(): void {
    for (const message of this.#changed) {
      const delivery = this.#parts.delivery(message);
      if (!delivery) continue;
      const { clientId, status } = delivery;
      if (!isAccepted(status) || this.#slots.get(clientId)?.text !== undefined) this.#unwritten.set(clientId, delivery);
      // What the service has needs no record of its own; it only ends the need for one.
      else if (this.#unwritten.delete(clientId)) this.#giveBack(clientId);
    }
    this.#changed.clear();
    if (this.#moved) this.#where = this.#parts.whereabouts();
    this.#moved = false;
  }

  #start(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    while (this.#due) {
      this.#due = false;
      try {
        // Somebody may write before the chat is started: what an earlier session left is not to be overwritten.
        await this.load();
        if (!this.#over) this.#collect();
        await this.#store();
      } catch (cause) {
        this.#complain(cause);
      }
    }
  }

  /**
   * The messages come first: a page that goes in the middle knows of a message rather more than where the chat was. Only
   * that there is one must come before.
   */
  async #store(): Promise<void> {
    do {
      while (!this.#hasConversation && this.#where) await this.#storeWhere();
      await Promise.all(Array.from(this.#unwritten.values(), (delivery) => this.#storeDelivery(delivery)));
    } while (this.#unwritten.size > 0);
    await this.#storeWhere();
  }

  async #storeWhere(): Promise<void> {
    const where = this.#where;
    if (!where) return;
    const { savedAt, conversation, resumeToken, last } = this.#earlier ?? where;
    await this.#set(HEAD, JSON.stringify({ version: 2, chat: this.#chat, savedAt, conversation, resumeToken, last }));
    this.#hasConversation = conversation !== undefined;
    if (this.#where === where) this.#where = undefined;
  }

  async #storeDelivery(delivery: SavedDelivery): Promise<void> {
    const { clientId } = delivery;
    const slot = this.#slots.get(clientId) ?? {
      index: this.#free.pop() ?? this.#lengths.length,
      order: ++this.#order,
    };
    // It keeps its place also when the storage refuses it now.
    this.#slots.set(clientId, slot);
    const { index, order } = slot;
    const record = { chat: this.#chat, order, ...delivery };
    let text = JSON.stringify(record);
    if (text !== slot.text) {
      // What is written must not be taken for what is true: without its text it is not sent again.
      if (!this.#fits(index, text)) text = JSON.stringify({ ...record, body: undefined });
      await this.#set(index, text);
      slot.text = text;
    }
    // Unless it has changed meanwhile.
    if (this.#unwritten.get(clientId) === delivery) this.#unwritten.delete(clientId);
    this.#file(delivery);
  }

  /** What the service has is remembered for a while. */
  #file({ clientId, status }: { clientId: string; status: MessageStatus }): void {
    if (!isAccepted(status) || this.#done.includes(clientId)) return;
    if (this.#done.push(clientId) > REMEMBERED) this.#giveBack(this.#done.shift());
  }

  #giveBack(clientId = ""): void {
    const slot = this.#slots.get(clientId);
    this.#slots.delete(clientId);
    if (slot) this.#free.push(slot.index);
  }

  #set(index: number, text: string): unknown {
    this.#measure(index, text.length);
    return this.#options.storage.setItem(this.#key(index), text);
  }

  #fits(index: number, { length }: string): boolean {
    const { maxLength = 1_000_000 } = this.#options;
    if (this.#length + length - (this.#lengths[index] ?? 0) <= maxLength) return true;
    this.#complain("maxLength");
    return false;
  }

  #measure(index: number, length: number): void {
    this.#length += length - (this.#lengths[index] ?? 0);
    this.#lengths[index] = length;
  }

  #key(index: number): string {
    const { key = "chat" } = this.#options;
    return index === HEAD ? `switchboard-chat:${key}` : `switchboard-chat-message:${key}:${index}`;
  }

  /** Where the chat is goes first, then the last record: whoever is interrupted leaves neither a chat nor a hole. */
  async #remove(): Promise<void> {
    const { storage } = this.#options;
    await storage.removeItem(this.#key(HEAD));
    for (let index = this.#lengths.length; --index > HEAD;) await storage.removeItem(this.#key(index));
  }

  /** Once: a full storage stays full. */
  #complain(cause: unknown): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#parts.onProblem(
      new ChatError("unsupported", "The storage refused to keep the chat.", {
        remedy: "Make room in the storage. Until then a reload loses what has not been sent.",
        cause,
      }),
    );
  }
}
