/** Now, or later. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Where a chat is kept over a reload. `sessionStorage` is one (kept over reloads of one tab: the right place for a chat),
 * and so is every storage of `unstorage` with its drivers for IndexedDB, files, Redis … What it gives back may be the
 * string that was put in or what that string says as JSON, and is not trusted. Whatever it throws costs the chat nothing but
 * its memory.
 */
export interface ChatStorage {
  getItem(key: string): Awaitable<unknown>;
  setItem(key: string, value: string): Awaitable<unknown>;
  removeItem(key: string): Awaitable<unknown>;
}

/** A storage that lasts as long as the process. For tests, and for servers that hand chats from one object to another. */
export function memoryStorage(): ChatStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
}
