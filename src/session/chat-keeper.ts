import { ChatError } from "../transport/errors.ts";
import type { ChatStorage } from "./chat-storage.ts";
import { decodeSavedChat, type SavedChat } from "./saved-chat.ts";

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

/** What an earlier session left, and whether it is too old to be sent. */
export interface LoadedChat {
  saved: SavedChat;
  expired: boolean;
}

const PREFIX = "switchboard-chat:";
const DAY_MS = 86_400_000;
const NOTHING: Promise<undefined> = Promise.resolve(undefined);

/** Writes a chat down whenever it has changed, one write at a time. What the storage refuses costs the chat nothing. */
export class ChatKeeper {
  readonly #options: KeepOptions;
  readonly #key: string;
  readonly #snapshot: () => SavedChat;
  readonly #onProblem: (error: ChatError) => void;
  #dirty = false;
  /** What is written last, whatever happens afterwards. */
  #final: SavedChat | undefined;
  #loading: Promise<LoadedChat | undefined> | undefined;
  /** What an earlier session left, as long as this one has not taken it over. */
  #earlier: SavedChat | undefined;
  #over = false;
  #writing: Promise<void> | undefined;
  #complained = false;

  constructor(options: KeepOptions, snapshot: () => SavedChat, onProblem: (error: ChatError) => void) {
    this.#options = options;
    this.#key = PREFIX + (options.key ?? "chat");
    this.#snapshot = snapshot;
    this.#onProblem = onProblem;
  }

  /** What an earlier session left, once. Never rejects. */
  load(): Promise<LoadedChat | undefined> {
    return (this.#loading ??= this.#read());
  }

  /** What was loaded is in the snapshot from now on. */
  takenOver(): void {
    this.#earlier = undefined;
    this.#loading = NOTHING;
  }

  async #read(): Promise<LoadedChat | undefined> {
    try {
      const saved = decodeSavedChat(await this.#options.storage.getItem(this.#key));
      // Forgotten meanwhile.
      if (this.#loading === NOTHING) return undefined;
      this.#earlier = saved;
      return saved && { saved, expired: Date.now() - saved.savedAt > (this.#options.maxAgeMs ?? DAY_MS) };
    } catch (cause) {
      this.#complain(cause);
      return undefined;
    }
  }

  /** Something has changed. Written in this task's microtasks, so that a page that goes away has it written. */
  changed(): void {
    if (this.#over || this.#dirty) return;
    this.#dirty = true;
    queueMicrotask(() => this.#start());
  }

  /** Resolves when every change so far is written, or was refused. */
  async saved(): Promise<void> {
    // The write begins in a microtask of its own.
    await Promise.resolve();
    await this.#writing;
  }

  /** The present state is written last; nothing after it counts: the chat goes on in another session. */
  freeze(): void {
    if (this.#over) return;
    this.#over = true;
    this.#final = this.#snapshot();
    this.#dirty = true;
    this.#start();
  }

  /** Forgets the chat: it is over, or somebody has logged out. Resolves when the storage has. Never rejects. */
  async clear(): Promise<void> {
    this.#over = true;
    this.#dirty = false;
    this.takenOver();
    await this.#writing;
    try {
      await this.#options.storage.removeItem(this.#key);
    } catch (cause) {
      this.#complain(cause);
    }
  }

  #start(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    try {
      while (this.#dirty) {
        this.#dirty = false;
        // Somebody may write before the chat is started: what an earlier session left is not to be overwritten.
        await this.load();
        const text = JSON.stringify(this.#withEarlier(this.#final ?? this.#snapshot()));
        const { maxLength = 1_000_000 } = this.#options;
        if (text.length > maxLength)
          throw new ChatError("too-large", `The chat has more than ${maxLength} characters.`);
        await this.#options.storage.setItem(this.#key, text);
      }
    } catch (cause) {
      this.#complain(cause);
    }
  }

  #withEarlier(chat: SavedChat): SavedChat {
    const earlier = this.#earlier;
    return earlier ? { ...earlier, deliveries: [...earlier.deliveries, ...chat.deliveries] } : chat;
  }

  /** Once: a full storage stays full. */
  #complain(cause: unknown): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#onProblem(
      new ChatError("unsupported", "The chat cannot be kept: the storage refused it.", {
        remedy: "The chat goes on, but a reload loses what has not been sent. Make room in the storage.",
        cause,
      }),
    );
  }
}
