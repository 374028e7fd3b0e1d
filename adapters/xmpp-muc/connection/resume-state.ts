import { writeBody } from "./bosh/bosh-body.ts";
import {
  address,
  bounded,
  check,
  fullJid,
  list,
  MAX_SECONDS,
  MAX_TEXT,
  optional,
  ownValues,
  text,
  whole,
  type Own,
} from "./resume-checks.ts";
import { decodeWebSocketState } from "./resume-state-websocket.ts";

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

/**
 * Reads what was stored. Strict: a state that is not exactly what `resumeState` gives is none.
 * @returns a copy with nothing else in it; `undefined` for anything unknown, malformed or too large.
 */
export function decodeResumeState(value: unknown): XmppResumeState | undefined {
  try {
    const own = ownValues(value);
    if (own("version") !== 1) return undefined;
    if (own("kind") === "bosh") return decodeBosh(own);
    return own("kind") === "websocket-sm" ? decodeWebSocketState(own) : undefined;
  } catch {
    // A field is not what it must be, or a hostile getter threw.
    return undefined;
  }
}

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
