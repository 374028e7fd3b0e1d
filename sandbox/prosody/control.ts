import * as v from "valibot";
import { controlRequest } from "../support/control-request.ts";

/** Where Prosody's test API is. Plain JSON, so that a test runner can hand it to a page. */
export interface ProsodyControlOptions {
  /** For example `http://127.0.0.1:15280/test-api`. */
  url: string;
  token: string;
}

/** Settings of a new room; what is left out is Prosody's default (open, semi-open JIDs, not persistent). */
export interface RoomSettings {
  /** Local part of the room JID, or the whole JID. */
  name: string;
  title?: string;
  description?: string;
  subject?: string;
  persistent?: boolean;
  membersOnly?: boolean;
  moderated?: boolean;
  public?: boolean;
  password?: string;
  /** Occupants of which roles are shown to others. Default: all. */
  presenceBroadcast?: ("visitor" | "participant" | "moderator")[];
  /** Who sees real JIDs. */
  whois?: "anyone" | "moderators";
  /** Messages of history a newcomer gets. */
  history?: number;
  owners?: string[];
  admins?: string[];
  members?: string[];
  outcasts?: string[];
}

const roomSchema = v.object({
  jid: v.string(),
  name: v.optional(v.string()),
  persistent: v.boolean(),
  membersOnly: v.boolean(),
  moderated: v.boolean(),
  whois: v.optional(v.string()),
  subject: v.optional(v.string()),
  occupants: v.array(
    v.object({ nick: v.string(), role: v.optional(v.string()), affiliation: v.string(), jids: v.array(v.string()) }),
  ),
  // An empty Lua table is an empty array in JSON.
  affiliations: v.union([v.record(v.string(), v.string()), v.array(v.unknown())]),
});

/** A room as the server sees it. */
export type RoomDescription = v.InferOutput<typeof roomSchema>;

const sessionSchema = v.object({
  jid: v.string(),
  resource: v.string(),
  transport: v.picklist(["bosh", "websocket", "tcp"]),
  smacks: v.boolean(),
  hibernating: v.boolean(),
  sid: v.optional(v.string()),
  rid: v.optional(v.number()),
  heldRequests: v.optional(v.number()),
});

/** A bound client session as the server sees it. `heldRequests`, `sid`, `rid` are BOSH's. */
export type SessionDescription = v.InferOutput<typeof sessionSchema>;

/** Whose sessions are meant: one full JID, a bare JID, a user name, or everybody. */
export type SessionTarget = { jid: string } | { user: string } | { all: true };

/**
 * How a session is ended: `error` sends a stream error (`condition`, default `policy-violation`); `drop` closes the
 * TCP connections without a word and leaves the session to its time-outs; `forget` also removes it, so that a BOSH
 * client gets `item-not-found` on its next request.
 */
export type CloseSessions = SessionTarget & { mode?: "error" | "drop" | "forget"; condition?: string; text?: string };

const healthSchema = v.object({
  version: v.string(),
  domain: v.string(),
  muc: v.string(),
  sessions: v.number(),
  boshSessions: v.number(),
  memoryKiB: v.number(),
  uptime: v.number(),
});

/** What the server says of itself. */
export type ProsodyHealth = v.InferOutput<typeof healthSchema>;

/** A message the server speaks from `room/nick` with nobody behind the nick: text, or a whole `<message/>`. */
export type InjectedMessage = { nick?: string; body: string; id?: string } | { nick?: string; xml: string };

const recordsSchema = v.object({ stanzas: v.array(v.object({ xml: v.string(), at: v.number() })) });

/** A groupchat stanza as the room broadcast it. */
export interface RecordedStanza {
  xml: string;
  at: Date;
}

const anything = v.object({});

/** Everything a test may do to a running Prosody behind its clients' backs. Every rejection is a `ChatError`. */
export interface ProsodyControl {
  health(): Promise<ProsodyHealth>;
  /** Creates the account, or gives it a new password; resolves with its bare JID. */
  createUser(username: string, password: string): Promise<string>;
  /** Ends the user's sessions (`not-authorized`) and removes the account. */
  deleteUser(username: string): Promise<void>;
  listUsers(): Promise<string[]>;
  /** @throws ChatError `conflict` when it exists. */
  createRoom(settings: RoomSettings): Promise<RoomDescription>;
  /** @throws ChatError `not-found`. */
  describeRoom(room: string): Promise<RoomDescription>;
  listRooms(): Promise<RoomDescription[]>;
  /** Occupants get `<destroy/>` with `reason`. */
  destroyRoom(room: string, reason?: string): Promise<void>;
  /** Injects a groupchat message and resolves with its id, if it has one. It is archived like any other. */
  sendMessage(room: string, message: InjectedMessage): Promise<string | undefined>;
  setAffiliation(
    room: string,
    jid: string,
    affiliation: "owner" | "admin" | "member" | "none" | "outcast",
    reason?: string,
  ): Promise<void>;
  /** `none` kicks. */
  setRole(
    room: string,
    nick: string,
    role: "moderator" | "participant" | "visitor" | "none",
    reason?: string,
  ): Promise<void>;
  /** The room service restarts: the room is there, nobody is in it, and nobody is told. */
  forgetOccupants(room: string): Promise<void>;
  /** Status 307. */
  kick(room: string, nick: string, reason?: string): Promise<void>;
  /** Routes any stanza; it must have `from` and `to`. */
  sendStanza(xml: string): Promise<void>;
  /** Every groupchat stanza the room has broadcast, as XML text without `to`: states, markers and receipts too. */
  stanzasOf(room: string): Promise<string[]>;
  /** The same with the time of each, oldest first. */
  recordsOf(room: string): Promise<RecordedStanza[]>;
  /** Forgets what {@link stanzasOf} has collected. */
  clearStanzas(room: string): Promise<void>;
  listSessions(): Promise<SessionDescription[]>;
  /** Resolves with the number of sessions closed. */
  closeSessions(close: CloseSessions): Promise<number>;
  /**
   * Writes well-formed XML straight onto the streams of the sessions, past all routing and checks: what no honest
   * server would send. Give elements their namespace (`xmlns='jabber:client'`). Resolves with the number of sessions.
   */
  raw(target: SessionTarget & { xml: string }): Promise<number>;
  /** Ends all sessions, removes all rooms and users. */
  reset(): Promise<void>;
}

/** Makes a {@link ProsodyControl} with nothing but `fetch`; works in Node and in pages (the API allows every origin). */
export function createProsodyControl({ url, token }: ProsodyControlOptions): ProsodyControl {
  const endpoint = { url, token, name: "prosody" };
  const get = <T>(path: string, shape: v.GenericSchema<unknown, T>): Promise<T> =>
    controlRequest(endpoint, "GET", path, undefined, shape);
  const post = <T>(path: string, body: unknown, shape: v.GenericSchema<unknown, T>): Promise<T> =>
    controlRequest(endpoint, "POST", path, body, shape);
  const remove = async (path: string, body?: unknown): Promise<void> => {
    await controlRequest(endpoint, "DELETE", path, body, anything);
  };
  const act = async (path: string, body: unknown): Promise<void> => {
    await post(path, body, anything);
  };
  const roomPath = (room: string, action?: string): string =>
    `rooms/${encodeURIComponent(room)}${action === undefined ? "" : `/${action}`}`;
  const recordsOf = async (room: string): Promise<RecordedStanza[]> => {
    const answer = await get(`stanzas/${encodeURIComponent(room)}`, recordsSchema);
    return answer.stanzas.map(({ xml, at }) => ({ xml, at: new Date(at * 1000) }));
  };
  return {
    health: () => get("health", healthSchema),
    createUser: async (username, password) =>
      (await post("users", { username, password }, v.object({ jid: v.string() }))).jid,
    deleteUser: (username) => remove(`users/${encodeURIComponent(username)}`),
    listUsers: async () => (await get("users", v.object({ users: v.array(v.string()) }))).users,
    createRoom: (settings) => post("rooms", settings, roomSchema),
    describeRoom: (room) => get(roomPath(room), roomSchema),
    listRooms: async () => (await get("rooms", v.object({ rooms: v.array(roomSchema) }))).rooms,
    destroyRoom: (room, reason) => remove(roomPath(room), { reason }),
    sendMessage: async (room, message) =>
      (await post(roomPath(room, "messages"), message, v.object({ id: v.optional(v.string()) }))).id,
    setAffiliation: (room, jid, affiliation, reason) =>
      act(roomPath(room, "affiliations"), { jid, affiliation, reason }),
    setRole: (room, nick, role, reason) => act(roomPath(room, "roles"), { nick, role, reason }),
    kick: (room, nick, reason) => act(roomPath(room, "kick"), { nick, reason }),
    forgetOccupants: (room) => act(roomPath(room, "forget"), {}),
    sendStanza: (xml) => act("stanzas", { xml }),
    recordsOf,
    stanzasOf: async (room) => (await recordsOf(room)).map(({ xml }) => xml),
    clearStanzas: (room) => remove(`stanzas/${encodeURIComponent(room)}`),
    listSessions: async () => (await get("sessions", v.object({ sessions: v.array(sessionSchema) }))).sessions,
    closeSessions: async (close) => (await post("sessions/close", close, v.object({ closed: v.number() }))).closed,
    raw: async (target) => (await post("sessions/raw", target, v.object({ sent: v.number() }))).sent,
    reset: () => act("reset", {}),
  };
}
