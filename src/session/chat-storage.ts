type Awaitable<T> = T | Promise<T>;

/**
 * Where a chat is kept over a reload. The four methods are those of `unstorage`, so that each of its drivers (IndexedDB,
 * files, Redis …) fits as it is: `createStorage({ driver })`. What it gives back may be the string that was put in or
 * what that string says as JSON, and is not trusted. Whatever it throws costs the chat nothing but its memory.
 */
export interface ChatStorage {
  getItem(key: string): Awaitable<unknown>;
  setItem(key: string, value: string): Awaitable<unknown>;
  removeItem(key: string): Awaitable<unknown>;
  getKeys(prefix: string): Awaitable<string[]>;
}

/** A storage that lasts as long as the process. For tests, and for servers that hand chats from one object to another. */
export function memoryStorage(): ChatStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => items.delete(key),
    getKeys: (prefix) => [...items.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/**
 * The browser's `sessionStorage` (kept over reloads of one tab; the right place for a chat) or `localStorage` (kept
 * until cleared, and read by every page of the origin).
 */
export function webStorage(storage: Storage): ChatStorage {
  return {
    getItem: (key) => storage.getItem(key),
    setItem: (key, value) => storage.setItem(key, value),
    removeItem: (key) => storage.removeItem(key),
    getKeys: (prefix) => Object.keys(storage).filter((key) => key.startsWith(prefix)),
  };
}
