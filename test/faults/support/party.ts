import {
  createXmppConnection,
  createXmppRoom,
  type XmppConnection,
  type XmppConnectionOptions,
} from "../../../adapters/xmpp-muc/index.ts";
import {
  createChatSession,
  type ChatSession,
  type ChatSessionOptions,
  type SendHandle,
} from "../../../src/session/index.ts";
import { exponentialBackoff } from "../../../src/kit/backoff.ts";
import type { ChatMessage } from "../../../src/transport/index.ts";
import type { Fate, SentNumber } from "./check-delivery.ts";

/** Somebody in a conversation who sends numbers and writes down the numbers of the other one. */
export interface Party {
  readonly name: string;
  /** Full JID, once bound. */
  readonly jid: string | undefined;
  /** Numbers sent so far. */
  readonly count: number;
  /** Written anew each time it is read. */
  readonly sent: readonly SentNumber[];
  readonly seen: readonly number[];
  /** Where its connection stands, in its own words; `closed` is final. */
  readonly status: string;
  /** Status words since the start. */
  readonly states: readonly string[];
  /** Sends the next number. Resolves when it is known what became of it; never rejects. */
  sendNext(): Promise<Fate>;
  /** Sends a word that the other one can wait for, again and again until the service has it. */
  sendWord(word: string): Promise<void>;
  /** Resolves when the other one has said that word. */
  hears(word: string): Promise<void>;
  close(): Promise<void>;
}

/** A {@link Party} on our own session. */
export interface SessionParty extends Party {
  readonly session: ChatSession;
  readonly connection: XmppConnection;
}

/** Where a party connects, and to which room. */
export interface PartyOptions {
  name: string;
  connection: Pick<XmppConnectionOptions, "boshUrl" | "websocketUrl" | "domain" | "credentials">;
  /** Bare JID. */
  room: string;
  /** Only of our own session. */
  session?: (name: string) => ChatSessionOptions;
}

/** Times short enough for a test, and long enough for what a fault proxy does. */
const QUICK: Omit<XmppConnectionOptions, "credentials"> = {
  reconnect: exponentialBackoff({ baseMs: 50, maxMs: 1_000 }),
  connectTimeoutMs: 4_000,
  bosh: { wait: 2, graceMs: 1_000, retry: { baseMs: 50, maxMs: 500 } },
  closeWhenUnused: true,
};

/** What was seen and is waited for, apart from how it came. */
export class Ears {
  readonly seen: number[] = [];
  readonly #words = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  /** Takes `<name> <number>` and `<name> <word>`. */
  take(text: string, name: string): void {
    const [who, what = ""] = text.split(" ");
    if (who !== name) return;
    if (/^\d+$/.test(what)) return void this.seen.push(Number(what));
    this.#words.add(what);
    this.#waiting.get(what)?.();
    return undefined;
  }

  hears(word: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#words.has(word)) resolve();
      else this.#waiting.set(word, resolve);
    });
  }
}

/** Opens a chat over XMPP for `name`; `other` is whose numbers it writes down. */
export async function joinParty(
  { name, connection: given, room, session: sessionOptions }: PartyOptions,
  other: string,
  options: Partial<XmppConnectionOptions> = {},
): Promise<SessionParty> {
  const connection = createXmppConnection({ ...QUICK, ...given, ...options });
  // A connection that died in silence is noticed by asking: on WebSocket nothing else would.
  const timeouts = { joinMs: 4_000, silenceMs: 2_000, leaveMs: 500 };
  const session = createChatSession(createXmppRoom({ link: connection, room, timeouts }), sessionOptions?.(name));
  const ears = new Ears();
  const handles: SendHandle[] = [];
  const states: string[] = [];
  session.on("state", ({ current }) => states.push(current.status));
  session.on("message", (message) => {
    if (!message.from.isSelf) ears.take(textOf(message), other);
  });
  await session.start({ customer: { name } });
  const decided = (handle: SendHandle): Promise<Fate> =>
    handle.accepted.then(
      () => "accepted",
      () => "failed",
    );
  return {
    name,
    session,
    connection,
    states,
    seen: ears.seen,
    get status() {
      return session.state.status;
    },
    get jid() {
      return connection.jid;
    },
    get count() {
      return handles.length;
    },
    get sent() {
      return handles.map((handle, index) => ({ number: index + 1, fate: fateOf(handle) }));
    },
    sendNext() {
      const handle = session.send(`${name} ${handles.length + 1}`);
      handles.push(handle);
      return decided(handle);
    },
    async sendWord(word) {
      while ((await decided(session.send(`${name} ${word}`))) !== "accepted") {
        if (session.state.status === "closed") throw new Error(`${name} was closed before ${word} was accepted.`);
        await new Promise(setImmediate);
      }
    },
    hears: (word) => ears.hears(word),
    close: async () => {
      await session.close();
      await connection.close();
    },
  };
}

/** Asked at the end: what failed may turn up after all. */
function fateOf({ status }: SendHandle): Fate {
  if (status === "failed") return "failed";
  return status === "queued" || status === "sent" ? "open" : "accepted";
}

function textOf({ body }: ChatMessage): string {
  return body.kind === "text" ? body.text : "";
}

/** Sends `count` numbers, at most `window` of them undecided. Resolves when all are decided. */
export async function sendNumbers(party: Party, count: number, window = 4): Promise<void> {
  const open = new Set<Promise<unknown>>();
  for (let index = 0; index < count; index++) {
    const sending: Promise<unknown> = party.sendNext().finally(() => open.delete(sending));
    open.add(sending);
    if (open.size >= window) await Promise.race(open);
  }
  await Promise.all(open);
}

/**
 * Resolves when both have heard everything that was said before: order makes a last word the last to come. A word that
 * never comes is a message lost, too: then it resolves with false after `limitMs`.
 */
export async function settle(one: Party, other: Party, word: string, limitMs = 20_000): Promise<boolean> {
  await Promise.all([one.sendWord(word), other.sendWord(word)]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const heard = Promise.all([one.hears(word), other.hears(word)]).then(() => true);
  const result = await Promise.race([heard, limit]);
  clearTimeout(timer);
  return result;
}
