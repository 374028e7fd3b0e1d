import type { AgentIdentity } from "../../../src/agent/agent-transport.ts";
import type { Logger } from "../../../src/kit/logger.ts";
import type { Call } from "../../../src/transport/call.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { CustomerInfo } from "../../../src/transport/link-state.ts";
import type { XmppConnectionOptions } from "../connection/xmpp-connection-options.ts";
import type { XmppCredentials } from "../connection/sasl/sasl-mechanism.ts";
import { isBareJid } from "../jid.ts";
import type { MessageCodec, MessagePayload } from "../muc/codec.ts";
import type { KnownPeople } from "../muc/evidence.ts";
import type { RoomInvite } from "../muc/invites.ts";
import type { XmppRoomOptions } from "../room-options.ts";

/** Somebody of the contact centre. `id` is their bare JID. */
export type XmppColleague = Omit<AgentIdentity, "id"> & { id: string };

/** Options of {@link xmppAgent}. */
export interface XmppAgentOptions {
  /** How to reach the server; see {@link XmppConnectionOptions}. */
  connection: Omit<XmppConnectionOptions, "credentials" | "closeWhenUnused" | "resume" | "keepSessionOnPageHide">;
  /** Who signs in; asked on every (re)connect, and nothing of it is stored. */
  credentialsProvider: (call: Call) => Promise<XmppCredentials>;
  /** The agent's name: the nick in every room. */
  name: string;
  /** A supervisor may look on and barge in. Default `agent`. */
  role?: AgentIdentity["role"];
  /** Who else works here: whom to ask in, whose whispers to believe, who gets voice on asking. Bare JIDs. */
  colleagues?: readonly XmppColleague[];
  /** Bots among the occupants, as in {@link KnownPeople}. */
  bots?: KnownPeople["bots"];
  hats?: KnownPeople["hats"];
  /** The room's password, and how its messages are read, as in {@link XmppRoomOptions}. */
  room?: Pick<
    XmppRoomOptions,
    "history" | "markerId" | "markable" | "filesFromUrls" | "locale" | "uploadService" | "timeouts"
  >;
  /** Reads and writes the vendor's payload: `exotel(tenant).codec`. With it the end of a chat is said to the customer. */
  codec?: MessageCodec;
  /** What the end says beside the vendor's flag, for instance the ids of chat and interaction. */
  endPayload?: (conversationId: string) => MessagePayload;
  /** What the customer reads at the end. Default `The chat has ended.` */
  endText?: string;
  /**
   * Which invitations ring. Default: mediated ones, which the room vouches for, and direct ones of colleagues. Anybody can send
   * a direct one: take those of strangers only where the server lets nobody else write to agents.
   */
  acceptsInvite?: (invite: RoomInvite) => boolean;
  /** What an invitation says of the customer. Default: nothing but the room. */
  customerOf?: (invite: RoomInvite) => CustomerInfo;
  /**
   * The rooms are moderated, leave visitors out of presence broadcast (`muc#roomconfig_presencebroadcast`), and supervisors
   * are neither members nor owners of them. The server tells no client whether that is so: it is your promise. Without it
   * there is no silent monitor. Default false.
   */
  unseenVisitors?: boolean;
  logger?: Logger;
}

/** @throws ChatError `invalid-config`. */
export function assertAgentOptions({ name, colleagues = [] }: XmppAgentOptions): void {
  if (name.trim() === "") throw new ChatError("invalid-config", "An agent needs a name to be in rooms with.");
  const wrong = colleagues.find(({ id }) => !isBareJid(id));
  if (wrong)
    throw new ChatError("invalid-config", `${wrong.name} has no bare JID.`, {
      remedy: "Give each colleague's id as name@domain, without a resource.",
    });
}
