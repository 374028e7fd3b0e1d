export { sharedTransport } from "./shared-transport.ts";
export type { RawCodec, SharedTransportOptions, TabChannel, TabLocks } from "./shared-options.ts";
