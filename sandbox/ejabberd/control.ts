import * as v from "valibot";
import { controlRequest } from "../support/control-request.ts";
import { openGuestSession } from "./guest-session.ts";

/** Where ejabberd's admin API is. Plain JSON, so that a test runner can hand it to a page. */
export interface EjabberdControlOptions {
  /** For example `http://127.0.0.1:15180/api`. */
  url: string;
  domain: string;
  mucDomain: string;
  guestDomain: string;
  boshUrl: string;
}

/** Settings of a new ejabberd room. */
export interface EjabberdRoomSettings {
  /** Local part of the room JID. */
  name: string;
  title?: string;
  /** Default true: a room that nobody has joined yet would vanish otherwise. */
  persistent?: boolean;
  membersOnly?: boolean;
  moderated?: boolean;
  password?: string;
  /** True hides real JIDs from everybody but moderators; default false. */
  anonymous?: boolean;
  /** Default true. */
  archive?: boolean;
  /** Bare JIDs. */
  owners?: string[];
  members?: string[];
}

const occupantsSchema = v.array(v.object({ jid: v.string(), nick: v.string(), role: v.string() }));

/** Somebody in an ejabberd room. */
export type EjabberdOccupant = v.InferOutput<typeof occupantsSchema>[number];

/** What a test may do to a running ejabberd. Every rejection is a `ChatError`. */
export interface EjabberdControl {
  /** Creates the account and resolves with its bare JID. @throws ChatError `conflict` when it exists. */
  registerUser(username: string, password: string): Promise<string>;
  removeUser(username: string): Promise<void>;
  /** Resolves with the room JID. */
  createRoom(settings: EjabberdRoomSettings): Promise<string>;
  destroyRoom(room: string): Promise<void>;
  /** `outcast` bans (301), `none` in a members-only room removes (321). */
  setAffiliation(
    room: string,
    jid: string,
    affiliation: "owner" | "admin" | "member" | "none" | "outcast",
  ): Promise<void>;
  occupants(room: string): Promise<EjabberdOccupant[]>;
  /**
   * Kicks by nick (307). ejabberd 23.01 has no command for it, so an anonymous guest is made owner, joins as `control`
   * for a moment and does it: other occupants see it come and go.
   */
  kick(room: string, nick: string, reason?: string): Promise<void>;
  /** Ends a client session with the stream error `policy-violation`. */
  kickSession(username: string, resource: string, reason?: string): Promise<void>;
  /** Routes a stanza as `from`; its own `from` and `to` are replaced. */
  sendStanza(from: string, to: string, xml: string): Promise<void>;
  /** Full JIDs of all bound sessions. */
  listSessions(): Promise<string[]>;
}

/** Makes an {@link EjabberdControl} with nothing but `fetch`. */
export function createEjabberdControl(options: EjabberdControlOptions): EjabberdControl {
  const { url, domain, mucDomain } = options;
  const call = <T>(command: string, body: unknown, shape: v.GenericSchema<unknown, T>): Promise<T> =>
    controlRequest({ url, name: "ejabberd" }, "POST", command, body, shape);
  const act = async (command: string, body: unknown): Promise<void> => {
    await call(command, body, v.unknown());
  };
  const local = (room: string): string => room.split("@")[0] ?? room;
  const roomJid = (room: string): string => `${local(room)}@${mucDomain}`;
  const setAffiliation: EjabberdControl["setAffiliation"] = (room, jid, affiliation) =>
    act("set_room_affiliation", { name: local(room), service: mucDomain, jid, affiliation });
  const sendStanza: EjabberdControl["sendStanza"] = (from, to, xml) => act("send_stanza", { from, to, stanza: xml });
  return {
    registerUser: async (user, password) => {
      await act("register", { user, host: domain, password });
      return `${user}@${domain}`;
    },
    removeUser: (user) => act("unregister", { user, host: domain }),
    createRoom: async (settings) => {
      const room = { name: settings.name, service: mucDomain };
      await act("create_room_with_opts", { ...room, host: domain, options: roomOptions(settings) });
      for (const jid of settings.owners ?? []) await setAffiliation(settings.name, jid, "owner");
      for (const jid of settings.members ?? []) await setAffiliation(settings.name, jid, "member");
      return roomJid(settings.name);
    },
    destroyRoom: (room) => act("destroy_room", { name: local(room), service: mucDomain }),
    setAffiliation,
    occupants: (room) => call("get_room_occupants", { name: local(room), service: mucDomain }, occupantsSchema),
    kick: async (room, nick, reason = "") => {
      const guest = await openGuestSession(options.boshUrl, options.guestDomain);
      const seat = `${roomJid(room)}/control`;
      await setAffiliation(room, guest.jid.split("/")[0] ?? guest.jid, "owner");
      await sendStanza(guest.jid, seat, "<presence><x xmlns='http://jabber.org/protocol/muc'/></presence>");
      await sendStanza(guest.jid, roomJid(room), kickIq(nick, reason));
      await sendStanza(guest.jid, seat, "<presence type='unavailable'/>");
      await setAffiliation(room, guest.jid.split("/")[0] ?? guest.jid, "none");
      await guest.close();
    },
    kickSession: (user, resource, reason = "test") => act("kick_session", { user, host: domain, resource, reason }),
    sendStanza,
    listSessions: () => call("connected_users", {}, v.array(v.string())),
  };
}

function roomOptions(settings: EjabberdRoomSettings): { name: string; value: string }[] {
  const values: Record<string, string | boolean | undefined> = {
    title: settings.title,
    persistent: settings.persistent ?? true,
    members_only: settings.membersOnly,
    moderated: settings.moderated,
    anonymous: settings.anonymous ?? false,
    mam: settings.archive ?? true,
    password_protected: settings.password === undefined ? undefined : true,
    password: settings.password,
  };
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: String(value) }],
  );
}

function kickIq(nick: string, reason: string): string {
  const item = `<item nick='${escapeXml(nick)}' role='none'><reason>${escapeXml(reason)}</reason></item>`;
  return `<iq type='set' id='kick'><query xmlns='http://jabber.org/protocol/muc#admin'>${item}</query></iq>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("'", "&apos;");
}
