import { historyCursor } from "../../src/kit/ids.ts";
import type { CatchUpPage, CatchUpStart, HistoryCursor, HistoryPage } from "../../src/transport/messages.ts";
import type { SolutionConversation } from "./conversation.ts";
import type { Said } from "./inbox.ts";
import type { SolutionRest } from "./rest/solution-rest.ts";

/** How far our clock may be behind the service's. */
const CLOCK_SKEW_MS = 600_000;
const PAGE_SIZE = 100;
/** So many pages are read for one gap at most. */
const MAX_PAGES = 50;

/** What the service knows of a conversation's past, in the pages of the contract. */
export class PastReader {
  readonly #rest: SolutionRest;
  readonly #chat: SolutionConversation;

  constructor(rest: SolutionRest, chat: SolutionConversation) {
    this.#rest = rest;
    this.#chat = chat;
  }

  /** One page, older than the cursor's message. */
  async history(
    { before, limit }: { before?: HistoryCursor; limit: number },
    signal: AbortSignal,
  ): Promise<HistoryPage> {
    const [time, keys] = before === undefined ? [undefined, []] : decodeCursor(before);
    const older = (await this.#read(limit + 1 + keys.length, time, signal)).filter(({ key }) => !keys.includes(key));
    const page = older.slice(-limit);
    const messages = page.map((said) => this.#chat.inbox.toChatMessage(said, true));
    const first = page[0];
    if (older.length <= limit || !first) return { messages };
    return { messages, before: encodeCursor(first, page, time, keys) };
  }

  /** What came after the last known message; from the newest back until that one, or its time, is found. */
  async missed(
    { after, since, cursor, limit }: CatchUpStart & { cursor?: HistoryCursor; limit: number },
    signal: AbortSignal,
  ): Promise<CatchUpPage> {
    const wanted: string | undefined = cursor ?? after;
    const newer = await this.#backTo(wanted, since, signal);
    const messages = newer.slice(0, limit);
    const last = messages.at(-1);
    const told = messages.map((said) => this.#chat.inbox.toChatMessage(said, true));
    return newer.length > limit && last ? { messages: told, next: historyCursor(last.key) } : { messages: told };
  }

  async #backTo(wanted: string | undefined, since: Date, signal: AbortSignal): Promise<Said[]> {
    /** Newest page first. */
    const pages: Said[][] = [];
    const keys = new Set<string>();
    while (pages.length < MAX_PAGES) {
      const page = (await this.#read(PAGE_SIZE, pages.at(-1)?.[0]?.sentAt, signal)).filter(({ key }) => !keys.has(key));
      for (const { key } of page) keys.add(key);
      const at = page.findIndex(({ key }) => key === wanted);
      pages.push(page.slice(at + 1));
      if (at >= 0) return pages.toReversed().flat();
      const oldest = page[0]?.sentAt;
      if (page.length === 0 || (wanted === undefined && oldest && oldest < since)) break;
    }
    return pages
      .toReversed()
      .flat()
      .filter(({ sentAt }) => sentAt && sentAt >= since);
  }

  /** Up to `count` that are not newer than `time`. "Older than" leaves out what was said in the same millisecond. */
  async #read(count: number, time: Date | undefined, signal: AbortSignal): Promise<Said[]> {
    const before = new Date(time ? time.getTime() + 1 : Date.now() + CLOCK_SKEW_MS);
    const { messages, participants } = await this.#rest.pastMessages(this.#chat.conversationId, count, before, {
      signal,
      timeoutMs: Infinity,
    });
    this.#chat.inbox.learn(participants.filter(({ id }) => this.#chat.inbox.participants.has(id)));
    return messages.filter((message): message is Said => message.kind !== "activity" && !isHidden(message, this.#chat));
  }
}

/** Where a page began, and what else was said in that millisecond, here or on the pages before. */
function encodeCursor(
  first: Said,
  page: readonly Said[],
  before: Date | undefined,
  keys: readonly string[],
): HistoryCursor {
  const time = first.sentAt?.getTime() ?? 0;
  const same = page.filter(({ sentAt }) => sentAt?.getTime() === time).map(({ key }) => key);
  return historyCursor(JSON.stringify([time, before?.getTime() === time ? [...keys, ...same] : same]));
}

function decodeCursor(cursor: HistoryCursor): [Date | undefined, string[]] {
  const [time, keys]: unknown[] = parse(cursor);
  const ids = Array.isArray(keys) ? keys.filter((key): key is string => typeof key === "string") : [];
  return [typeof time === "number" ? new Date(time) : undefined, ids];
}

function parse(json: string): unknown[] {
  try {
    const read: unknown = JSON.parse(json);
    return Array.isArray(read) ? read : [];
  } catch {
    return [];
  }
}

function isHidden(message: Said, chat: SolutionConversation): boolean {
  return message.kind === "chat" && message.isWhisper && !chat.hearsWhispers;
}
