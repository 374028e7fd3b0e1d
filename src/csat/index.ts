export { createCsat } from "./csat.ts";
export type { Csat, CsatListener, CsatOptions, EndedSource, KeyValueStore, SubmitResult } from "./csat.ts";
export { assertResponse } from "./feedback.ts";
export type {
  FeedbackChat,
  FeedbackConfig,
  FeedbackGateway,
  FeedbackRequest,
  FeedbackResponse,
  FeedbackScheme,
} from "./feedback.ts";
