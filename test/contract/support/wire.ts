import type { XmppConnectionOptions } from "../../../adapters/xmpp-muc/index.ts";
import { parseXml, type XmlElement } from "../../../adapters/xmpp-muc/index.ts";

/** What lies between the connection under test and a real server, and what a network does to it. */
export interface Wire {
  /** How the connection under test gets onto this wire. */
  readonly options: Partial<XmppConnectionOptions>;
  /** What the connection holds now: sockets, or requests under way. */
  readonly open: number;
  /** From now on nothing gets an answer. */
  hang(): void;
  /** The next stanza from the server that fits gets lost. */
  loseNext(fits: (stanza: XmlElement) => boolean): void;
  /** Cuts the connection without a word; the server forgets the session. Resolves when both happened. */
  cut(): Promise<void>;
  /** Ends what is left. */
  close(): Promise<void>;
}

/** The stanzas that are to get lost. */
export class LossList {
  readonly #losses: ((stanza: XmlElement) => boolean)[] = [];

  add(fits: (stanza: XmlElement) => boolean): void {
    this.#losses.push(fits);
  }

  get isEmpty(): boolean {
    return this.#losses.length === 0;
  }

  /** Whether that stanza gets lost; a loss happens once. */
  takes(stanza: XmlElement): boolean {
    const index = this.#losses.findIndex((fits) => fits(stanza));
    if (index >= 0) this.#losses.splice(index, 1);
    return index >= 0;
  }
}

/**
 * BOSH by a `fetch` that loses, hangs and fails. Needs nothing of Node, so it works in pages too.
 * @param endSession makes the server forget the session; the client then hears `item-not-found` from it.
 */
export function boshWire(boshUrl: string, endSession: () => Promise<unknown>): Wire {
  const losses = new LossList();
  const cutting = new Set<AbortController>();
  let hangs = false;
  let offline = false;
  const isOffline = (): boolean => offline;
  let open = 0;

  async function exchange(input: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
    if (isOffline()) throw new TypeError("The network is down.");
    if (hangs) return new Promise((_, reject) => onAbort(init?.signal, reject));
    const cut = new AbortController();
    cutting.add(cut);
    try {
      const signal = init?.signal ? AbortSignal.any([init.signal, cut.signal]) : cut.signal;
      const answer = await fetch(input, { ...init, signal });
      const text = await answer.text();
      if (isOffline()) throw new TypeError("The network went down.");
      return new Response(withoutLost(text, losses), { status: answer.status });
    } finally {
      cutting.delete(cut);
    }
  }

  return {
    options: {
      boshUrl,
      bosh: {
        // Beyond any time that a case lets a fake clock pass: the servers' clocks stand still meanwhile.
        graceMs: 120_000,
        fetch: async (input, init) => {
          open++;
          try {
            return await exchange(input, init);
          } finally {
            open--;
          }
        },
      },
    },
    get open() {
      return open;
    },
    hang: () => {
      hangs = true;
    },
    loseNext: (fits) => losses.add(fits),
    cut: async () => {
      offline = true;
      // The server's goodbye needs a request to answer (ejabberd waits for one), but never arrives.
      await endSession();
      for (const cut of cutting) cut.abort();
      offline = false;
    },
    close: () => Promise.resolve(),
  };
}

function withoutLost(text: string, losses: LossList): string {
  if (losses.isEmpty) return text;
  const body = parseXml(text);
  body.children = body.children.filter((child) => typeof child === "string" || !losses.takes(child));
  return body.toString();
}

function onAbort(signal: AbortSignal | null | undefined, reject: (reason: Error) => void): void {
  const fail = (): void => reject(new DOMException("Aborted.", "AbortError"));
  if (signal?.aborted === true) fail();
  signal?.addEventListener("abort", fail, { once: true });
}
