import { historyCursor } from "../../src/kit/ids.ts";
import type { HistoryCursor, HistoryPage } from "../../src/transport/messages.ts";
import type { ArchiveFolder } from "./muc/fold-archive.ts";
import type { ArchivePage, ArchivePageRequest } from "./room-archive.ts";

/** Empty pages (markers only) that are skipped in one call. */
const MAX_EMPTY_PAGES = 20;

/** Reads one page of messages, newest first asked for, oldest first given. @param ask reads one page of the archive. */
export async function readHistory(
  ask: (request: ArchivePageRequest) => Promise<ArchivePage>,
  folder: ArchiveFolder,
  page: { before?: HistoryCursor; limit: number },
): Promise<HistoryPage> {
  let before: string | undefined = page.before;
  for (let tries = 0; ; tries++) {
    const read = await ask({ before, max: page.limit });
    const messages = folder.fold(read.stanzas);
    const older = read.complete ? undefined : read.first;
    if (older === undefined) return { messages };
    // A page of nothing but markers is not worth showing.
    if (messages.length > 0 || tries >= MAX_EMPTY_PAGES) return { messages, before: historyCursor(older) };
    before = older;
  }
}
