import { decodeResumeState, type XmppResumeState } from "./connection/resume-state.ts";
import { normalBareJid } from "./jid.ts";

/** With what the next page goes on: the stream, and the room in it. */
export interface ResumeToken {
  /** Bare JID. */
  room: string;
  nick: string;
  /** Bare JIDs of the contact centre's side. */
  agents: readonly string[];
  /** Of our full JID: who binds it again ends the former stream, so that nothing of that one arrives later. */
  resource: string;
  /** Absent where the stream itself cannot be resumed: then the next page logs in again. */
  link?: XmppResumeState | undefined;
  /** With what the service gives the same account and room again; absent where it cannot. */
  recall?: string | undefined;
}

const MAX_AGENTS = 1_000;
const MAX_JID = 3_071;
const MAX_NAME = 1_023;

/** Writes a token. It holds no password, and is a secret all the same. */
export function encodeResumeToken(token: ResumeToken): string {
  return JSON.stringify({ version: 1, ...token });
}

/** `undefined` for anything that `encodeResumeToken` did not write. */
export function decodeResumeToken(text: string | undefined): ResumeToken | undefined {
  const value = text === undefined ? undefined : parse(text);
  if (typeof value !== "object" || value === null || !("version" in value) || value.version !== 1) return undefined;
  const fields: Partial<Record<keyof ResumeToken | "version", unknown>> = value;
  const { room, nick, agents, resource, recall, link: stored } = fields;
  const link = decodeResumeState(stored);
  if (!isJid(room) || !isName(nick) || !isName(resource)) return undefined;
  if (!Array.isArray(agents) || agents.length > MAX_AGENTS) return undefined;
  return {
    room: normalBareJid(room),
    nick,
    agents: agents.filter(isJid),
    resource,
    ...(link && { link }),
    ...(isName(recall) && { recall }),
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_NAME;
}

function isJid(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_JID && /^[^@/\s]+@[^@/\s]+$/.test(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
