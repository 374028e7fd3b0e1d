import type { Call, Unsubscribe } from "../transport/call.ts";
import type { ChatError } from "../transport/errors.ts";
import type { LinkState } from "../transport/link-state.ts";
import type { ChatTransport } from "../transport/transport.ts";

/** What a connector's service can do. */
export interface ConnectorCapabilities {
  /** `OutboundMessage.acknowledge` reaches the service, which keeps what was not acknowledged and sends it again. */
  acknowledgements: boolean;
}

/** The channel that a connector serves: `sms`, `whatsapp`, `fb` … */
export interface ConnectorIdentity {
  id: string;
  name: string;
  channel: string;
}

/** What a back end sends to a customer by way of the channel: a campaign message, a reminder. */
export interface OutboundMessage {
  /** The sender's own, unique: a repeated one is the same message. */
  messageId: string;
  channel: string;
  /** The customer's account on the channel: a phone number, a page id. */
  destination: string;
  from: { id: string; name: string; app?: string };
  text: string;
  sentAt: Date;
  raw: unknown;
  /** Call it when the message is safe here: the service then forgets it. Does nothing without `acknowledgements`. */
  acknowledge: () => void;
}

/** A customer on the channel. */
export interface ChannelCustomer {
  /** Their account on the channel: a phone number, a page id. */
  refId: string;
  name: string;
  email?: string;
  phone?: string;
  /** The queue that their chat waits in. */
  subject?: string;
  language?: string;
}

/** Where a connector's transport stands. */
export type ConnectorState = LinkState<ConnectorIdentity>;

/** Everything a connector's transport emits. `outbound` may repeat what was not acknowledged: tell by `messageId`. */
// A type, not an interface: mitt asks for an implicit index signature.
export type ConnectorEvents = {
  state: { previous: ConnectorState; current: ConnectorState };
  outbound: OutboundMessage;
  warning: ChatError;
};

/**
 * One channel's connector at one vendor's service: any number of customers' conversations over one link. The contract between
 * `createConnector` and every adapter; states, errors, aborts and the life after `closed` as for `AgentTransport`. Proven by
 * `describeConnectorTransportContract`.
 */
export interface ConnectorTransport {
  /** Changes only with a breaking change of this file. */
  readonly contract: 1;
  /** For logs. Nobody branches on it. */
  readonly vendor: string;
  readonly supports: ConnectorCapabilities;
  readonly state: ConnectorState;

  /** Subscribes. Listeners are called in the order of subscription. */
  on<K extends keyof ConnectorEvents>(type: K, listener: (event: ConnectorEvents[K]) => void): Unsubscribe;

  /**
   * `idle → connecting → online`: from now on the service pushes what is for the channel. Repeated by itself after an outage.
   * @param call `timeoutMs` default 30_000. @throws ChatError `unauthorized`, `refused`, `unreachable`, `timed-out`.
   */
  register(identity: ConnectorIdentity, call?: Call): Promise<void>;

  /**
   * A customer's conversation over this link, in `idle`: its `open` starts it as that customer, or goes on with an earlier one
   * by its resume token. Any number at once.
   */
  conversation(customer: ChannelCustomer): ChatTransport;

  /** Lets go of every conversation and of the link. Never rejects for the network. Twice is fine. */
  close(call?: Call): Promise<void>;
}
