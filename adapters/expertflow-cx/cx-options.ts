import type { ReconnectPolicy } from "../../src/transport/states.ts";
import type { OpenRequest } from "../../src/transport/transport.ts";
import type { CxRelease } from "./releases.ts";

/** The addresses of the services, one host and one path each (widget configuration keys in brackets). */
export interface CxServices {
  /** `https://<host>/web-channel-manager` (`SOCKET_URL`). */
  socketUrl: string;
  /** `https://<host>/ccm` (`CCM_URL`): widget configuration, transcript. Without it there is no history. */
  ccmUrl?: string;
  /** `https://<host>/file-engine` (`FILE_SERVER_URL`). Without it there is no upload. */
  fileServerUrl?: string;
  /** `https://<host>/unified-admin` (`FORM_URL`): the pre-chat form. */
  formUrl?: string;
  /** `https://<host>/conversation-manager/customer-topics` (`CONVERSATIONAL_URL`): conversation data. */
  conversationUrl?: string;
  /** `https://<host>/conversation-manager/activities` (`CX_ACTIVITY`, 4.10). */
  activityUrl?: string;
  /** `https://<host>/secure-link` (`AUTHENTICATOR_URL`). */
  authenticatorUrl?: string;
  /** `https://<host>/business-calendar` (`BUSINESSCALENDAR_URL`). */
  calendarUrl?: string;
}

/** How REST is spoken. */
export interface CxRestOptions {
  /** Default: the platform's. */
  fetch?: typeof fetch;
  /** Milliseconds for one call. Default 15_000. */
  timeoutMs?: number;
}

/** Who the customer is, and where from. */
export interface CxIdentity {
  /** The address of the business: a channel in the administration. */
  serviceIdentifier: string;
  /** The customer's own address on this channel: phone, e-mail, a cookie's value. With it alone a chat can be resumed: a secret. */
  channelCustomerIdentifier: string | ((request: OpenRequest) => string);
  /** Fills `browserDeviceInfo.deviceType` unless that is given; the vendor's samples say `"Mobile"`. Default `"desktop"`. */
  channel?: string;
  browserDeviceInfo?: Record<string, string | null>;
  /** Routing target; default none. */
  queue?: string;
  /** `{ timezone, language, country }`. Default: the platform's, without a country. */
  locale?: Record<string, string | null>;
}

/** Options of `expertflowCx`. */
export interface ExpertflowCxOptions extends CxServices, CxIdentity, CxRestOptions {
  /** What the platform speaks. Default: the newest that is known. */
  release?: CxRelease;
  /** In the order of trying. Default: polling, then an upgrade to WebSocket. */
  transports?: readonly ("polling" | "websocket")[];
  /** When to connect again after the link was lost. Default: `exponentialBackoff()`. */
  reconnect?: ReconnectPolicy;
  /**
   * `customerReconnectTime` of the widget configuration, seconds. Nothing of the vendor's reads it; as a hint it bounds
   * reconnecting only with `honourReconnectTime`, where 0 then means never.
   */
  customerReconnectTime?: number;
  /** Default false. */
  honourReconnectTime?: boolean;
}
