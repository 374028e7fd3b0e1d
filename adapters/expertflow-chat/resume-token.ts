import { record, text } from "../../src/kit/read.ts";
import type { Entry } from "./doorway.ts";

/** A secret: whoever has it is the participant. The guides know no other proof. */
export function encodeResumeToken({ conversationId, self }: Entry): string {
  return JSON.stringify({ v: 1, c: conversationId, p: self.id, n: self.name });
}

/** The reverse; `undefined` for what cannot be read. */
export function decodeResumeToken(token: string | undefined): Entry | undefined {
  const { v, c, p, n } = record(parse(token ?? ""));
  if (v !== 1 || text(c) === "" || text(p) === "") return undefined;
  return { conversationId: text(c), self: { id: text(p), name: text(n) } };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
