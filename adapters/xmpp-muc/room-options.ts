import type { Logger } from "../../src/kit/logger.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { StanzaLink } from "./connection/link.ts";
import { isBareJid } from "./jid.ts";
import type { MessageCodec } from "./muc/codec.ts";
import type { KnownPeople } from "./muc/evidence.ts";

/** How to be in a room. */
export interface XmppRoomOptions {
  /** The connection; several rooms may share it. */
  link: StanzaLink;
  /** Bare JID of the room. */
  room: string;
  /** Name in the room. Default: the customer's name at `open`. */
  nick?: string;
  /** The room's password, if it has one. */
  password?: string;
  /** Reads and writes the vendor's payload. */
  codec?: MessageCodec;
  /** Who is known to be an agent, a bot, a supervisor. */
  people?: KnownPeople;
  /** How many messages to get at join. Default 50; 0 for none. */
  history?: number;
  /** Which id a displayed marker names. Default `stanza-id` (XEP-0333 §4.3) where the room gives one. */
  markerId?: "stanza-id" | "msgid";
  /** Ask for markers with each message. Default false. */
  markable?: boolean;
  /** Answer messages that ask for a receipt (XEP-0184) at once. Default false: `mark("received")` does. */
  autoReceipts?: boolean;
  /** Joining a room that does not exist is an error unless this is true; then its default configuration is accepted. */
  createRoom?: boolean;
  /** Take a body that is nothing but a file's address for that file. Default false. */
  filesFromUrls?: boolean;
  /** Language to prefer when a message comes in several. */
  locale?: string;
  /** JID of the upload service. Default: found by asking the account's domain. */
  uploadService?: string;
  logger?: Logger;
  timeouts?: RoomTimeouts;
}

/** All in milliseconds. */
export interface RoomTimeouts {
  /** For the answer to one join. Default 15_000. */
  joinMs?: number;
  /** For the answer to the very first join, which is then written once more. Default: as `joinMs`. */
  firstJoinMs?: number;
  /** For the room's goodbye. Default 2_000. */
  leaveMs?: number;
  /** Silence after which to ask whether we are still in (XEP-0410). Default 900_000; `Infinity` never. */
  silenceMs?: number;
  /** Waits before joining again while the room is still being made. Default 250, 500, 1_000, 2_000, 4_000. */
  roomRetryMs?: readonly number[];
}

/** Times with their defaults. */
export interface RoomTimes {
  joinMs: number;
  firstJoinMs: number;
  leaveMs: number;
  silenceMs: number;
  roomRetryMs: readonly number[];
}

/** Fills in the defaults. */
export function roomTimes(options: XmppRoomOptions): RoomTimes {
  const { joinMs = 15_000, leaveMs = 2_000, silenceMs = 900_000, roomRetryMs } = options.timeouts ?? {};
  const { firstJoinMs = joinMs } = options.timeouts ?? {};
  return { joinMs, firstJoinMs, leaveMs, silenceMs, roomRetryMs: roomRetryMs ?? [250, 500, 1_000, 2_000, 4_000] };
}

/** @throws ChatError `invalid-config`. */
export function assertRoomOptions(options: XmppRoomOptions): void {
  if (!isBareJid(options.room)) {
    throw new ChatError("invalid-config", "The room's address is not a bare JID.", {
      remedy: "Give it as name@conference.domain, without a resource.",
    });
  }
  const { history } = options;
  if (history !== undefined && (!Number.isSafeInteger(history) || history < 0)) {
    throw new ChatError("invalid-config", "history must be a number of messages, 0 or more.");
  }
}
