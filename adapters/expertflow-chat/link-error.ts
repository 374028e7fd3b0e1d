import { ChatError } from "../../src/transport/errors.ts";
import type { LinkCloseReason } from "../../src/transport/link-state.ts";

const WORDS: Readonly<Record<LinkCloseReason, string>> = {
  "signed-out": "The connection was closed here.",
  replaced: "The same identity has signed in elsewhere.",
  refused: "The chat service refused the connection.",
  "connection-lost": "The connection was lost for good.",
};

/** What whatever was under way on a link rejects with once that is closed. */
export function asError(reason: LinkCloseReason): ChatError {
  return new ChatError("closed", WORDS[reason], { vendor: { name: "expertflow-chat", code: `link/${reason}` } });
}
