import type { Call } from "../../src/transport/call.ts";
import type { PayloadDialect } from "./codecs/codec-chain.ts";

/**
 * What the vendor's document leaves open, one option each. The defaults are our reading of it; a captured session of a
 * tenant settles them.
 */
export interface ExotelWire {
  /** Key of the MUC service in the provisioning body. The stock Openfire plugin spells it in lower case. */
  serviceNameKey?: "serviceName" | "servicename";
  /** MUC service name; rooms live at `<serviceName>.<domain>`. */
  serviceName?: string;
  /** Key of the user property that holds the nodeflow: it is sent as data, so its case may matter. */
  nodeflowProperty?: string;
  /** What the history path names. */
  historyRoomKey?: "jid" | "name";
  /** Last segment of the feedback configuration's path; tried in order, the next one after a 404. */
  feedbackChannelIdentifier?: (ids: { campaignId: number; nodeflowId: number }) => string[];
  /** Last segment of the feedback submission's path. */
  feedbackPath?: "chat-feedback" | "chat_feedback";
  /** Spelling of the message type constants. */
  subtypeCase?: "upper" | "lower";
  /** Sends `accountId: null` as the header text `null`, as the vendor's code appears to do. */
  sendNullAccountId?: boolean;
  /** Which id a displayed marker names. */
  markerId?: "msgid" | "stanza-id";
  /** How a sent message carries its type and files. */
  sendDialect?: PayloadDialect;
  /** How received payloads are read, in order. `body` lets message text end a chat: only for tenants known to need it. */
  readDialects?: readonly PayloadDialect[];
}

/** {@link ExotelWire} with every default filled in. */
export type ResolvedExotelWire = Required<ExotelWire>;

/** Fills in the defaults. */
export function resolveWire(wire: ExotelWire = {}): ResolvedExotelWire {
  return {
    serviceNameKey: "serviceName",
    serviceName: "conference",
    nodeflowProperty: "nodeflowId",
    historyRoomKey: "jid",
    feedbackChannelIdentifier: ({ campaignId, nodeflowId }) => [
      `${campaignId}_${nodeflowId}_webchat`,
      `${campaignId}-${nodeflowId}-webchat`,
    ],
    feedbackPath: "chat-feedback",
    subtypeCase: "upper",
    sendNullAccountId: false,
    markerId: "msgid",
    sendDialect: "exo",
    readDialects: ["exo", "json", "jive", "plain"],
    ...wire,
  };
}

/** How to reach one Exotel tenant. */
export interface ExotelOptions {
  /** Base address of the chat REST service, usually port 4440. */
  chatServiceUrl: string;
  /** Base address of the CMS with the feedback configuration, usually port 4433. */
  cmsServiceUrl: string;
  /** The whole value of the `Authorization` header. Prefer `tokenProvider`: this one can be read in the page's source. */
  authToken?: string;
  /** Asked before each REST call, and once more after a 401. */
  tokenProvider?: (call: Call) => Promise<string>;
  /**
   * Lets the host's own server provision: gets what would be sent, returns the service's answer. No token is then needed
   * in the page for starting a chat.
   */
  connectionProvider?: (body: ProvisionBody, call: Call) => Promise<unknown>;
  contactCenterId: number;
  campaignId: number;
  nodeflowId: number;
  processId: number;
  /** Default `en`. */
  locale?: string;
  /** Sent as a header when not empty. */
  accountId?: string | null;
  /** Domain of the XMPP accounts, when user names come without one. */
  xmppDomain?: string;
  /** Domain of the rooms, when it is not `<serviceName>.<domain of the user>`. */
  mucDomain?: string;
  wire?: ExotelWire;
  /** Milliseconds for one REST call. Default 15_000. */
  timeoutMs?: number;
  fetch?: typeof fetch;
}

/** Body of the provisioning call (exochat document, "internal REST call"). Key order and spelling as sent. */
export type ProvisionBody = Record<string, unknown> & { requestId: string };
