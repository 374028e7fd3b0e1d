import type { ProsodyServer } from "../prosody/start-prosody.ts";
import type { AgentSeat } from "./agent-seat.ts";
import type { AgentAccount, ContactCentre } from "./contact-centre.ts";
import type {
  ExotelSettings,
  FeedbackSubmission,
  RestFault,
  RestRequest,
  SandboxChat,
  ShimState,
} from "./shim-state.ts";

/** What a test may do with a running Exotel sandbox. `room` is a room name, room JID or request id; default: the latest. */
export interface ExotelControl {
  /** All chats, oldest first. */
  chats(): readonly SandboxChat[];
  /** @throws ChatError `not-found`. */
  chat(room?: string): SandboxChat;
  /** An agent's seat in the room, entered if need be; the agent says, types and ends through it. */
  seat(room?: string, agentName?: string): Promise<AgentSeat>;
  /** The account of an agent, made if need be; default: the agent of the settings, who owns the rooms. */
  agentAccount(agentName?: string): Promise<AgentAccount>;
  /** A second agent enters, then the first leaves. Resolves with the second's seat. */
  transfer(toAgentName: string, room?: string): Promise<AgentSeat>;
  /** Kicks the customer (307). */
  kickCustomer(room?: string, reason?: string): Promise<void>;
  /** Changes the customer's affiliation: `outcast` bans (301), `none` removes (321). */
  setCustomerAffiliation(affiliation: "member" | "none" | "outcast", room?: string): Promise<void>;
  destroyRoom(room?: string, reason?: string): Promise<void>;
  /** Ends the customer's XMPP session; default `drop`. Resolves with the number of sessions. */
  dropCustomer(room?: string, mode?: "drop" | "forget" | "error", condition?: string): Promise<number>;
  /** Lets the next REST calls go wrong. */
  failRest(fault: RestFault): void;
  /** Takes back what {@link failRest} has left. */
  clearFaults(): void;
  /** Makes a new `Authorization` value, or takes the one given; the old one is refused from now on. */
  rotateToken(token?: string): string;
  /** Ratings as submitted, oldest first. */
  feedback(): readonly FeedbackSubmission[];
  /** REST calls as they came, oldest first. */
  requests(): readonly RestRequest[];
  settings(): ExotelSettings;
  /** Changes settings; resolves nothing, holds from the next call on. */
  configure(changes: Partial<ExotelSettings>): ExotelSettings;
}

/** Makes the control of a sandbox. */
export function createExotelControl(state: ShimState, centre: ContactCentre, prosody: ProsodyServer): ExotelControl {
  const { control } = prosody;
  return {
    chats: () => state.chats,
    chat: centre.chat,
    seat: centre.seat,
    agentAccount: centre.agentAccount,
    transfer: async (toAgentName, room) => {
      const { roomJid } = centre.chat(room);
      const first = await centre.seat(roomJid);
      const second = await centre.seat(roomJid, toAgentName);
      await first.leave();
      return second;
    },
    kickCustomer: async (room, reason) => {
      const chat = centre.chat(room);
      await control.kick(chat.roomJid, await centre.customerNick(chat), reason);
    },
    setCustomerAffiliation: async (affiliation, room) => {
      const { roomJid, customerJid } = centre.chat(room);
      await control.setAffiliation(roomJid, customerJid, affiliation);
    },
    destroyRoom: (room, reason) => control.destroyRoom(centre.chat(room).roomJid, reason),
    dropCustomer: (room, mode = "drop", condition = "policy-violation") =>
      control.closeSessions({ jid: centre.chat(room).customerJid, mode, condition }),
    failRest: (fault) => void state.faults.push({ fault, left: fault.times ?? 1 }),
    clearFaults: () => void (state.faults = []),
    rotateToken: (token = newToken()) => (state.token = token),
    feedback: () => state.feedback,
    requests: () => state.requests,
    settings: () => state.settings,
    configure: (changes) => (state.settings = { ...state.settings, ...changes }),
  };
}

/** A value for the `Authorization` header as the vendor's look. */
export function newToken(): string {
  return `RestrictedToken ${crypto.randomUUID().replaceAll("-", "")}`;
}
