import { isLoopbackHost } from "../../../src/kit/secure-url.ts";
import { writeBody } from "./bosh/bosh-body.ts";

/**
 * What another page, or this one after a reload, needs to go on with a BOSH session without a login. Plain JSON, and a
 * secret: whoever has it is the customer. Keep it in memory or sessionStorage, never in localStorage, never in a log.
 */
export interface BoshResumeState {
  version: 1;
  kind: "bosh";
  url: string;
  /** Full JID. */
  jid: string;
  sid: string;
  /** The next one to use. */
  rid: number;
  requests: number;
  /** Seconds, as are `inactivity`, `polling` and `maxpause`. */
  wait: number;
  hold: number;
  /** Without a request for so long the server forgets the session; while it is paused, the length of the pause. */
  inactivity?: number;
  polling: number;
  maxpause?: number;
  /** Milliseconds since 1970. */
  savedAt: number;
  /** Requests whose answers were not handed on: their exact bytes, oldest first. */
  pending: { rid: number; body: string }[];
}

/** The same for a WebSocket with stream management (XEP-0198). It replaces no login: the new stream has one. */
export interface WebSocketResumeState {
  version: 1;
  kind: "websocket-sm";
  url: string;
  /** Full JID. */
  jid: string;
  /** `previd` of the resumption. */
  id: string;
  /** Stanzas of the server that were handed on, modulo 2^32. */
  inbound: number;
  /** Stanzas of ours that the server has acknowledged, modulo 2^32. */
  outbound: number;
  /** Seconds that the server keeps the session at most. */
  max?: number;
  savedAt: number;
  /** Stanzas that the server has not acknowledged, oldest first. */
  unacked: string[];
}

/** What a connection can be resumed with, see `XmppConnection.resumeState`. */
export type XmppResumeState = BoshResumeState | WebSocketResumeState;

const MAX_PENDING = 16;
const MAX_UNACKED = 5_000;
const MAX_TEXT = 1_048_576;
/** UTF-16 code units of all bodies or stanzas together. */
const MAX_ALL_TEXT = 4 * MAX_TEXT;
const MAX_SECONDS = 86_400;
const UINT32 = 2 ** 32 - 1;

/**
 * Reads what was stored. Strict: a state that is not exactly what `resumeState` gives is none.
 * @returns a copy with nothing else in it; `undefined` for anything unknown, malformed or too large.
 */
export function decodeResumeState(value: unknown): XmppResumeState | undefined {
  try {
    const own = ownValues(value);
    if (own("version") !== 1) return undefined;
    if (own("kind") === "bosh") return decodeBosh(own);
    return own("kind") === "websocket-sm" ? decodeWebSocket(own) : undefined;
  } catch {
    // A field is not what it must be, or a hostile getter threw.
    return undefined;
  }
}

type Own = (key: string) => unknown;

function decodeBosh(own: Own): BoshResumeState {
  const sid = text(own("sid"), 1_024);
  const rid = whole(own("rid"), 1, Number.MAX_SAFE_INTEGER);
  const pending = list(own("pending"), MAX_PENDING).map((item) => {
    const entry = ownValues(item);
    return { rid: whole(entry("rid"), 1, rid - 1), body: text(entry("body"), MAX_TEXT) };
  });
  pending.forEach((entry, index) => {
    check(index === 0 || (pending[index - 1]?.rid ?? 0) < entry.rid);
    check(entry.body.startsWith(writeBody({ rid: entry.rid, sid }).slice(0, -2)));
  });
  bounded(pending.map(({ body }) => body));
  return {
    version: 1,
    kind: "bosh",
    url: address(own("url"), "https:", "http:"),
    jid: fullJid(own("jid")),
    sid,
    rid,
    requests: whole(own("requests"), 1, MAX_PENDING),
    wait: whole(own("wait"), 0, MAX_SECONDS),
    hold: whole(own("hold"), 0, MAX_PENDING),
    ...optional("inactivity", own),
    polling: whole(own("polling"), 0, MAX_SECONDS),
    ...optional("maxpause", own),
    savedAt: whole(own("savedAt"), 0, Number.MAX_SAFE_INTEGER),
    pending,
  };
}

function decodeWebSocket(own: Own): WebSocketResumeState {
  const unacked = list(own("unacked"), MAX_UNACKED).map((item) => text(item, MAX_TEXT));
  for (const stanza of unacked) check(/^<(message|presence|iq)[\s/>]/.test(stanza));
  bounded(unacked);
  return {
    version: 1,
    kind: "websocket-sm",
    url: address(own("url"), "wss:", "ws:"),
    jid: fullJid(own("jid")),
    id: text(own("id"), 4_096),
    inbound: whole(own("inbound"), 0, UINT32),
    outbound: whole(own("outbound"), 0, UINT32),
    ...optional("max", own),
    savedAt: whole(own("savedAt"), 0, Number.MAX_SAFE_INTEGER),
    unacked,
  };
}

/** Own properties only: nothing that a prototype, polluted or not, has to say. */
function ownValues(value: unknown): Own {
  check(typeof value === "object" && value !== null);
  const descriptors: Record<string, PropertyDescriptor | undefined> = Object.getOwnPropertyDescriptors(value);
  return (key) => (Object.hasOwn(descriptors, key) ? (descriptors[key]?.value as unknown) : undefined);
}

function check(holds: boolean): asserts holds {
  if (!holds) throw new TypeError("not a resume state");
}

function text(value: unknown, maxLength: number): string {
  check(typeof value === "string" && value !== "" && value.length <= maxLength);
  return value;
}

function whole(value: unknown, min: number, max: number): number {
  check(typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max);
  return value;
}

function optional<K extends "inactivity" | "maxpause" | "max">(key: K, own: Own): Partial<Record<K, number>> {
  const value = own(key);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key widens to string
  return value === undefined ? {} : ({ [key]: whole(value, 0, MAX_SECONDS) } as Partial<Record<K, number>>);
}

function list(value: unknown, maxLength: number): unknown[] {
  check(Array.isArray(value) && value.length <= maxLength);
  return Array.from(value as unknown[]);
}

function bounded(texts: string[]): void {
  check(texts.reduce((sum, { length }) => sum + length, 0) <= MAX_ALL_TEXT);
}

/** Encrypted, or on this machine: it is where the secret goes. */
function address(value: unknown, encrypted: string, plain: string): string {
  const url = new URL(text(value, 2_048));
  check(url.protocol === encrypted || (url.protocol === plain && isLoopbackHost(url.hostname)));
  return url.href;
}

function fullJid(value: unknown): string {
  const jid = text(value, 3_071);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  check(/^[^@/<>"'&\s\u0000-\u001f]+@[^@/<>"'&\s\u0000-\u001f]+\/[^<>\u0000-\u001f]+$/.test(jid));
  return jid;
}
