export type {
  ChannelCustomer,
  ConnectorCapabilities,
  ConnectorEvents,
  ConnectorIdentity,
  ConnectorState,
  ConnectorTransport,
  OutboundMessage,
} from "./connector-transport.ts";
export { memoryJournal } from "./connector-journal.ts";
export type { ChannelMessage, ConnectorJournal } from "./connector-journal.ts";
export { createConnector } from "./create-connector.ts";
export type { Connector, ConnectorOptions, ConnectorReport } from "./create-connector.ts";
