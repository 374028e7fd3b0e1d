import type { LegacyStanza } from "./ports.ts";

/** How many stanzas are remembered at least. */
const REMEMBERED = 2_000;

interface Shown {
  id: string;
  /** Sender and the sender's own id: ids alone are not unique in a room. */
  sent: string;
  /** Sender and text: what the REST archive gives where it keeps no ids. */
  said: string;
}

/** What was emitted already, so that one message that comes by join history, archive and REST is shown once. */
export class ShownStanzas {
  #shown: Shown[] = [];

  add(stanza: LegacyStanza): void {
    if (stanza.body === undefined && !stanza.files) return;
    this.#shown.push(namesOf(stanza));
    if (this.#shown.length > 2 * REMEMBERED) this.#shown = this.#shown.slice(-REMEMBERED);
  }

  /** Those of an archive, in its order, that have not been shown. Each one shown stands for one of the archive's. */
  missing(archive: readonly LegacyStanza[]): LegacyStanza[] {
    const left = new Set(this.#shown);
    const take = (same: (shown: Shown) => boolean): boolean => {
      for (const shown of left) if (same(shown)) return left.delete(shown);
      return false;
    };
    const news: LegacyStanza[] = [];
    const unsure: LegacyStanza[] = [];
    for (const stanza of archive) {
      const { id, sent } = namesOf(stanza);
      if (!take((shown) => shown.id === id || shown.sent === sent)) unsure.push(stanza);
    }
    // From the newest: what was seen live is the end of the archive.
    for (const stanza of unsure.toReversed()) {
      const { said } = namesOf(stanza);
      if (!take((shown) => shown.said === said)) news.push(stanza);
    }
    return news.toReversed();
  }
}

function namesOf({ id, msgid, isMine, nick, body = "" }: LegacyStanza): Shown {
  const who = isMine ? "/me" : (nick ?? "");
  return { id, sent: `${who}\n${msgid}`, said: `${who}\n${body}` };
}
