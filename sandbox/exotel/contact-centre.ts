import { ChatError } from "../../src/transport/errors.ts";
import type { ProsodyServer } from "../prosody/start-prosody.ts";
import type { AgentDialect } from "./agent-payloads.ts";
import type { AgentSeat } from "./agent-seat.ts";
import { invitationXml } from "./invitations.ts";
import { createScriptedAgent, type ScriptedAgent } from "./scripted-agent.ts";
import type { SandboxChat, ShimState } from "./shim-state.ts";

/** The people and rooms behind the REST calls. */
export interface ContactCentre {
  /** Makes a customer's account and room, and sends the agent as the settings say. */
  provision: (requestId: string, name: string, request: unknown) => Promise<SandboxChat>;
  /** A chat by room name, room JID or request id; without one, the latest. @throws ChatError `not-found`. */
  chat: (room?: string) => SandboxChat;
  /** An agent's seat in a chat's room; enters it if need be. Defaults: the latest chat, the agent of the settings. */
  seat: (room?: string, agentName?: string) => Promise<AgentSeat>;
  /** The nick of the customer's first session in the room. @throws ChatError `not-found` while nobody is in. */
  customerNick(chat: SandboxChat): Promise<string>;
  /** The account of an agent, made if need be: for whoever wants to be that agent. */
  agentAccount: (agentName?: string) => Promise<AgentAccount>;
  close(): Promise<void>;
}

/** How one logs in as an agent. */
export interface AgentAccount {
  name: string;
  /** Bare JID. */
  jid: string;
  username: string;
  password: string;
}

/** Runs a contact centre on a Prosody. */
export function createContactCentre(prosody: ProsodyServer, state: ShimState): ContactCentre {
  const { control, domain, mucDomain } = prosody;
  const agents = new Map<string, Promise<ScriptedAgent>>();
  const accounts = new Map<string, Promise<AgentAccount>>();
  const timers = new Set<ReturnType<typeof setTimeout>>();

  const later = (delayMs: number, work: () => Promise<unknown>): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      // The room may be gone by then, or the server stopped: then there is nobody to come too late for.
      work().catch(() => undefined);
    }, delayMs);
    timers.add(timer);
  };

  const accountOf = (name: string): Promise<AgentAccount> => {
    const known = accounts.get(name);
    if (known) return known;
    const account = { name, jid: agentJid(name, domain), username: agentUsername(name), password: crypto.randomUUID() };
    const made = control.createUser(account.username, account.password).then(() => account);
    accounts.set(name, made);
    made.catch(() => accounts.delete(name));
    return made;
  };

  const agentNamed = (name: string): Promise<ScriptedAgent> => {
    const known = agents.get(name);
    if (known) return known;
    const made = accountOf(name).then((account) => logIn(prosody, state, account));
    agents.set(name, made);
    made.catch(() => agents.delete(name));
    return made;
  };

  const seatIn = async (roomJid: string, name: string): Promise<AgentSeat> => {
    const agent = await agentNamed(name);
    const seated = agent.seatIn(roomJid);
    if (seated) return seated;
    await control.setAffiliation(roomJid, bare(agent.jid), "owner");
    return agent.join(roomJid);
  };

  const chat: ContactCentre["chat"] = (room) => {
    const found =
      room === undefined
        ? state.chats.at(-1)
        : state.chats.find(({ roomJid, roomName, requestId }) => [roomJid, roomName, requestId].includes(room));
    if (!found) throw new ChatError("not-found", room === undefined ? "No chat was started yet." : `No chat ${room}.`);
    return found;
  };

  /** What `sendInvitations` asks for. Who is not there gets none, as accounts that live for one chat have no mailbox. */
  const inviteAll = async ({ request, roomJid, customerJid }: SandboxChat): Promise<void> => {
    if (!asksForInvitations(request)) return;
    const reason = "A customer is waiting.";
    for (const to of [agentJid(state.settings.agentName, domain), customerJid])
      await control.sendStanza(invitationXml({ roomJid, to, from: domain, reason }));
  };

  const openRoom = async (made: SandboxChat): Promise<void> => {
    const { settings } = state;
    await control.createRoom({
      name: made.roomName,
      persistent: true,
      membersOnly: true,
      whois: settings.nonAnonymous ? "anyone" : "moderators",
      ...(settings.roomPassword === null ? {} : { password: settings.roomPassword }),
      owners: [agentJid(settings.agentName, domain)],
      members: settings.memberDelayMs > 0 ? [] : [made.customerJid],
    });
    await inviteAll(made);
    if (settings.memberDelayMs > 0) {
      later(settings.memberDelayMs, () => control.setAffiliation(made.roomJid, made.customerJid, "member"));
    }
    if (settings.agentJoin === "before") await seatIn(made.roomJid, settings.agentName);
    else if (settings.agentJoin !== "never") later(settings.agentJoin, () => seatIn(made.roomJid, settings.agentName));
  };

  const provision: ContactCentre["provision"] = async (requestId, name, request) => {
    const made = newChat(requestId, name, request, state, { domain, mucDomain });
    await control.createUser(bare(made.customerJid).split("@")[0] ?? "", made.password);
    state.chats.push(made);
    if (state.settings.roomDelayMs > 0) later(state.settings.roomDelayMs, () => openRoom(made));
    else await openRoom(made);
    return made;
  };

  return {
    provision,
    chat,
    seat: (room, agentName) => seatIn(chat(room).roomJid, agentName ?? state.settings.agentName),
    customerNick: async ({ roomJid, customerJid }) => {
      const { occupants } = await control.describeRoom(roomJid);
      const customer = occupants.find(({ jids }) => jids.some((jid) => bare(jid) === customerJid));
      if (!customer) throw new ChatError("not-found", "The customer is not in the room.");
      return customer.nick;
    },
    agentAccount: (name) => accountOf(name ?? state.settings.agentName),
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      const hired = await Promise.allSettled(agents.values());
      await Promise.all(hired.map(async (agent) => agent.status === "fulfilled" && agent.value.close()));
    },
  };
}

function logIn(prosody: ProsodyServer, state: ShimState, account: AgentAccount): Promise<ScriptedAgent> {
  const { tcpUrl, domain, uploadDomain } = prosody;
  const { name, username, password } = account;
  const dialect = (): AgentDialect => state.settings.payloadDialect;
  return createScriptedAgent({ tcpUrl, domain, uploadDomain, username, password, name, dialect });
}

function agentUsername(name: string): string {
  return `agent-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
}

function agentJid(name: string, domain: string): string {
  return `${agentUsername(name)}@${domain}`;
}

function newChat(
  requestId: string,
  name: string,
  request: unknown,
  { settings }: ShimState,
  { domain, mucDomain }: { domain: string; mucDomain: string },
): SandboxChat {
  const username = `u-${shortId()}`;
  const roomName = `room_${shortId()}`;
  const customerJid = `${username}@${domain}`;
  const roomJid = `${roomName}@${mucDomain}`;
  const password = crypto.randomUUID().replaceAll("-", "").slice(0, 19);
  const owner = agentJid(settings.agentName, domain);
  const answer = {
    userEntity: { username: settings.usernameForm === "jid" ? customerJid : username, password, name },
    mucRoomEntity: {
      roomName: settings.roomNameForm === "local" ? roomName : roomJid,
      members: [customerJid, owner],
      owners: [owner],
    },
    exportTranscriptAllowed: settings.exportTranscriptAllowed,
  };
  return { requestId, request, customerJid, password, roomName, roomJid, startedAt: new Date(), answer };
}

function asksForInvitations(request: unknown): boolean {
  return typeof request === "object" && request !== null && Reflect.get(request, "sendInvitations") === true;
}

function shortId(): string {
  return crypto.randomUUID().slice(0, 8);
}

function bare(jid: string): string {
  return jid.split("/")[0] ?? jid;
}
