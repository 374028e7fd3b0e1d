import { address, bounded, check, fullJid, list, MAX_TEXT, optional, text, whole, type Own } from "./resume-checks.ts";
import type { WebSocketResumeState } from "./resume-state.ts";

const MAX_UNACKED = 5_000;
const UINT32 = 2 ** 32 - 1;

/** Reads the state of a stream with XEP-0198. @throws TypeError when it is none. */
export function decodeWebSocketState(own: Own): WebSocketResumeState {
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
