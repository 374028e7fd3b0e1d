import type { ChatStorage } from "../../src/session/index.ts";
import {
  decodeSavedChat,
  decodeSavedRecord,
  type SavedChat,
  type SavedDelivery,
} from "../../src/session/saved-chat.ts";

/** Where a session keeps where its chat is, and each own message. */
export const KEPT_KEY = "switchboard-chat:chat";
export const keptRecordKey = (index: number): string => `switchboard-chat-message:chat:${index + 1}`;

/** More own messages than a test sends. */
const MOST = 200;

/** Everything that is kept in a storage that answers at once, by its key. */
export function keptItems(storage: ChatStorage): Map<string, string> {
  const items = new Map<string, string>();
  const keys = [KEPT_KEY, ...Array.from({ length: MOST }, (_, index) => keptRecordKey(index))];
  for (const key of keys) {
    const value = storage.getItem(key);
    if (typeof value === "string") items.set(key, value);
  }
  return items;
}

/** What a page would find there. */
export function keptChat(storage: ChatStorage): (SavedChat & { deliveries: SavedDelivery[] }) | undefined {
  const items = keptItems(storage);
  const chat = decodeSavedChat(items.get(KEPT_KEY));
  items.delete(KEPT_KEY);
  const records = [...items.values()].flatMap((text) => decodeSavedRecord(text) ?? []);
  const own = records.filter((record) => record.chat === chat?.chat).toSorted((a, b) => a.order - b.order);
  return chat && { ...chat, deliveries: own.map(({ delivery }) => delivery) };
}
