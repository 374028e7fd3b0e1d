import { inject } from "vitest";
// By file, not through sandbox/index.ts: pages import this too, and the index starts servers.
import { createEjabberdControl, type EjabberdControl } from "../../sandbox/ejabberd/control.ts";
import type { EjabberdAddresses } from "../../sandbox/ejabberd/start-ejabberd.ts";
import { createProsodyControl, type ProsodyControl } from "../../sandbox/prosody/control.ts";
import type { ProsodyAddresses } from "../../sandbox/prosody/start-prosody.ts";

/** The shared Prosody, as a test sees it. */
export interface ProsodyHandle extends ProsodyAddresses {
  kind: "prosody";
  control: ProsodyControl;
}

/** The shared ejabberd, as a test sees it. */
export interface EjabberdHandle extends EjabberdAddresses {
  kind: "ejabberd";
  control: EjabberdControl;
}

/** Either server. */
export type ServerHandle = ProsodyHandle | EjabberdHandle;

/** The Prosody of the global set-up. Works in Node and in pages. */
export function sharedProsody(): ProsodyHandle {
  const addresses = inject("prosody");
  const control = createProsodyControl({ url: addresses.testApiUrl, token: addresses.testApiToken });
  return { kind: "prosody", ...addresses, control };
}

/** The ejabberd of the global set-up. In pages its `control` does not work: ejabberd's admin API allows no origin. */
export function sharedEjabberd(): EjabberdHandle {
  const addresses = inject("ejabberd");
  return {
    kind: "ejabberd",
    ...addresses,
    control: createEjabberdControl({ ...addresses, url: addresses.adminApiUrl }),
  };
}

/** An account of one test's own. */
export interface TestUser {
  username: string;
  password: string;
  /** Bare JID. */
  jid: string;
}

/** A room of one test's own. */
export interface TestRoom {
  name: string;
  jid: string;
}

/** What the room of a test is like; what is left out is the same on both servers. */
export interface TestRoomOptions {
  /** Default false. */
  membersOnly?: boolean;
  /** True (default) shows real JIDs to everybody. */
  nonAnonymous?: boolean;
  /** Default false. */
  moderated?: boolean;
  /** Occupants of which roles are shown to others: Prosody only. Default: all. */
  presenceBroadcast?: ("visitor" | "participant" | "moderator")[];
  /** Bare JIDs. */
  members?: string[];
  owners?: string[];
  password?: string;
}

/** A name that no other test has: tests share one server and run at the same time. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${crypto.randomUUID().slice(0, 13)}`;
}

/** Creates an account with a name of its own. */
export async function freshUser(server: ServerHandle, prefix = "visitor"): Promise<TestUser> {
  const username = uniqueName(prefix);
  const password = crypto.randomUUID();
  const jid =
    server.kind === "prosody"
      ? await server.control.createUser(username, password)
      : await server.control.registerUser(username, password);
  return { username, password, jid };
}

/** Creates a persistent room with a name of its own; persistent, so that it survives its last occupant. */
export async function freshRoom(server: ServerHandle, options: TestRoomOptions = {}): Promise<TestRoom> {
  const { nonAnonymous = true, ...settings } = options;
  const name = uniqueName("room");
  if (server.kind === "ejabberd") {
    const { presenceBroadcast: _unknown, ...known } = settings;
    return { name, jid: await server.control.createRoom({ name, ...known, anonymous: !nonAnonymous }) };
  }
  const whois = nonAnonymous ? "anyone" : "moderators";
  return { name, jid: (await server.control.createRoom({ name, persistent: true, whois, ...settings })).jid };
}

/** An account and a room it is a member of. */
export async function freshCustomer(
  server: ServerHandle,
  options: TestRoomOptions = {},
): Promise<{ user: TestUser; room: TestRoom }> {
  const user = await freshUser(server);
  const room = await freshRoom(server, { ...options, members: [user.jid, ...(options.members ?? [])] });
  return { user, room };
}
