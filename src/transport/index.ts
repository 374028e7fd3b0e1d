export type { Call, SendCall, Unsubscribe, UploadCall } from "./call.ts";
export { NO_CAPABILITIES } from "./capabilities.ts";
export type { Capabilities, Capability } from "./capabilities.ts";
export type { SharedDelivery, Siblings } from "./deliveries.ts";
export { CHAT_ERROR_CODES, ChatError } from "./errors.ts";
export type { ChatErrorCode, ChatErrorInfo } from "./errors.ts";
export type { ChatState, EndedBy, EndedEvent, ReceiptKind, TransportEvents } from "./events.ts";
export type { CustomerInfo, LinkCloseReason, LinkState } from "./link-state.ts";
export type {
  Attachment,
  Body,
  CatchUpPage,
  CatchUpStart,
  ChangedMessage,
  ChatMessage,
  DeliveredMessage,
  Handoff,
  HistoryCursor,
  HistoryPage,
  JsonValue,
  MessageChange,
  MessageId,
  OutgoingBody,
  OutgoingMessage,
  Participant,
  ParticipantRole,
  Sent,
  Understanding,
  UploadFile,
} from "./messages.ts";
export type {
  Answer,
  CarouselBody,
  CarouselCard,
  Choice,
  ChoicesBody,
  ContactCard,
  ContactsBody,
  Form,
  FormAction,
  FormAnswer,
  FormBody,
  FormField,
  FormFieldType,
  FormOption,
  FormSection,
  LinkBody,
  LocationBody,
  RichBody,
} from "./rich-bodies.ts";
export { TRANSITIONS, canTransition } from "./states.ts";
export type { CloseReason, Conversation, ReconnectPolicy, TransportState, TransportStatus } from "./states.ts";
export type { ChatTransport, OpenRequest } from "./transport.ts";
