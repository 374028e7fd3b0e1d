export type {
  ChannelCustomer,
  ConnectorCapabilities,
  ConnectorEvents,
  ConnectorIdentity,
  ConnectorState,
  ConnectorTransport,
  OutboundMessage,
} from "./connector-transport.ts";
