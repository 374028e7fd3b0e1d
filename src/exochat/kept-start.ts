import type { StartChatParams } from "./api.ts";
import type { ExoChatExtras } from "./config.ts";

type PageStorage = NonNullable<ExoChatExtras["storage"]>;

const KEY = "switchboard-chat:exochat-start";

/** What `startChat` was asked, so that the next page can ask it again by itself. A storage that refuses costs only that. */
export class KeptStart {
  readonly storage: PageStorage;

  constructor(storage: PageStorage) {
    this.storage = storage;
  }

  save(params: StartChatParams): void {
    attempt(() => this.storage.setItem(KEY, JSON.stringify(params)));
  }

  /** Checked by `startChat` like any other parameters. */
  load(): StartChatParams | undefined {
    const text = attempt(() => this.storage.getItem(KEY));
    if (text === null || text === undefined) return undefined;
    const params: unknown = attempt(() => JSON.parse(text) as unknown);
    return isParams(params) ? params : undefined;
  }

  forget(): void {
    attempt(() => this.storage.removeItem(KEY));
  }
}

function isParams(value: unknown): value is StartChatParams {
  return typeof value === "object" && value !== null && "fullName" in value && "email" in value && "phone" in value;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
