export { exotelCodec } from "./codecs/codec-chain.ts";
export type { ExotelCodec, PayloadDialect } from "./codecs/codec-chain.ts";
export type { ExotelPayload, PayloadFile } from "./codecs/payload.ts";
export { exotel } from "./exotel.ts";
export type { ExotelService } from "./exotel.ts";
export type { ExotelOptions, ExotelWire, ProvisionBody } from "./exotel-options.ts";
export type { ExotelFeedbackConfig, ExotelFeedbackScheme } from "./feedback.ts";
export type { ArchivedEntry } from "./history.ts";
export type { ProvisionedRoom } from "./provision.ts";
