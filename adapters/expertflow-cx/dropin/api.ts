import type { CxRelease } from "../releases.ts";

/** What the one callback of `establishConnection` is given. Type names and shapes are the vendor's. */
export interface ExpertflowEvent {
  type:
    | "SOCKET_CONNECTED"
    | "SOCKET_RECONNECTED"
    | "SOCKET_DISCONNECTED"
    | "CONNECT_ERROR"
    | "CHANNEL_SESSION_STARTED"
    | "MESSAGE_RECEIVED"
    | "CHANNEL_SESSION_ENDED"
    | "CHANNEL_SESSION_EXPIRED"
    | "CHAT_ENDED"
    | "ERRORS"
    | "TOKEN_GENERATED"
    | "CONVERSATION_RESUMED"
    | "SESSION_REPLACED";
  /** Of connect events the live socket (`auth`, `id`, `connected`, `on`, `emit`, `disconnect`); else what the server sent. */
  data: unknown;
}

/** A callback of the vendor's. */
export type ExpertflowCallback = (event: ExpertflowEvent) => void;

/** A callback of a REST function: what the service answered, or a `ChatError`. */
export type ExpertflowAnswer = (answer: unknown) => void;

/** Options of {@link createExpertflow}. */
export interface ExpertflowOptions {
  /**
   * Whose functions these are. Before 4.10 `sendMessage` is chat; from 4.10 it is a SIP helper and chat is
   * `sendChatMessage`. Before 5.0 a connection that comes back is `SOCKET_RECONNECTED`. Default `"4.8"`: SDK 3.0.0.
   */
  release?: CxRelease;
  /** Does again what the vendor's code did, where an application may rely on it; see docs/migrate/expertflow-cx.md. */
  strict?: boolean;
  /** The one origin that "CHAT STARTED" and "BROWSER NAVIGATED" are posted to, for a tag manager around an iframe. */
  gtmTargetOrigin?: string;
  /** In the order of trying. Default: polling, then an upgrade to WebSocket. */
  transports?: readonly ("polling" | "websocket")[];
  /** How long a message waits for its acknowledgement, milliseconds. Default 20_000. */
  ackTimeoutMs?: number;
  /** How long messages wait for `resumeChat` after an outage, milliseconds. Default 60_000. */
  holdMs?: number;
  /** Told of what has no callback. Never holds a token or a text. Default: nobody. */
  onError?: (error: Error) => void;
  /** Default: the platform's. */
  fetch?: typeof fetch;
}

/**
 * The published functions of Expertflow's customer SDK: names, order of parameters, return kinds and callback objects as
 * published (SDK 1.0 to 3.0.0 and the vendor's widget up to 5.5). What each does better, and what `strict` brings back, is
 * in docs/migrate/expertflow-cx.md.
 */
export interface Expertflow {
  /** Connects, and reports everything for the life of the connection, over any number of outages. */
  readonly establishConnection: (
    socketUrl: string,
    serviceIdentifier: string,
    channelCustomerIdentifier: string,
    callback: ExpertflowCallback,
  ) => void;
  /** Adds a callback to the connection that there is. */
  readonly eventListeners: (callback: ExpertflowCallback) => void;
  /** Emits `CHAT_REQUESTED`. `request` is `{ type, data }`, `data` the customer. @throws TypeError when it is missing. */
  readonly chatRequest: (request: unknown) => void;
  /** Emits `VOICE_REQUESTED`, in the same shape. */
  readonly voiceRequest: (request: unknown) => void;
  /** Emits a chat message (before 4.10). Fails by an `ERRORS` event whose `task` is `MESSAGE_RECEIVED`. */
  readonly sendMessage: (envelope: unknown) => void;
  /** The same under its name since 4.10. */
  readonly sendChatMessage: (envelope: unknown) => void;
  /** Emits `CHAT_ENDED`; the server's answer closes the socket. */
  readonly chatEnd: (customer: unknown) => void;
  /** Emits `CHAT_RESUMED`; the callback gets `{ isChatAvailable, data }`. */
  readonly resumeChat: (customer: unknown, callback: ExpertflowAnswer) => void;
  /** Emits `joinConversation`, a leftover of Chat Solution. */
  readonly sendJoinConversation: (data: unknown) => void;
  /** Throws: it never worked. */
  readonly getInitChat: (customer: unknown) => void;

  readonly widgetConfigs: (ccmUrl: string, widgetIdentifier: string, callback: ExpertflowAnswer) => void;
  readonly getPreChatForm: (formUrl: string, formId: string, callback: ExpertflowAnswer) => void;
  readonly formValidation: (formUrl: string, callback: ExpertflowAnswer) => void;
  /** `formData` holds `file` and `conversationId`. */
  readonly uploadToFileEngine: (fileServerUrl: string, formData: FormData, callback: ExpertflowAnswer) => void;
  readonly setConversationData: (url: string, conversationId: string, data: unknown) => Promise<Response>;
  readonly getConversationData: (url: string, conversationId: string) => Promise<unknown>;
  readonly setConversationDataByCustomerIdentifier: (
    url: string,
    channelIdentifier: string,
    data: unknown,
    callback: ExpertflowAnswer,
  ) => Promise<void>;
  readonly getConversationDataByCustomerIdentifier: (
    url: string,
    channelIdentifier: string,
    callback: ExpertflowAnswer,
  ) => Promise<void>;
  readonly authenticateRequest: (authenticatorUrl: string, authData: unknown, callback: ExpertflowAnswer) => void;
  /** Asks a third party where the customer is. Runs only when called; the key travels in the address, as that service wants it. */
  readonly getBrowserInfo: (apiKey: string, callback: ExpertflowAnswer) => void;
  readonly callbackRequest: (url: string, payload: unknown, callback: ExpertflowAnswer) => void;
  readonly getCalendarId: (ccmUrl: string, serviceIdentifier: string, callback: ExpertflowAnswer) => void;
  readonly getCalendarEvents: (
    calendarId: string,
    calendarUrl: string,
    startTime: string,
    endTime: string,
    callback: ExpertflowAnswer,
  ) => void;
  readonly webhookNotifications: (webhookUrl: string, additionalData: unknown, data: unknown) => void;
  readonly getFileURL: (fileUrl: string, callback: (objectUrl: string | null) => void) => void;
  readonly pushFormDataAsActivity: (url: string, payload: unknown, callback: ExpertflowAnswer) => void;
  readonly authorizedFetch: (url: string, options?: RequestInit) => Promise<Response>;
  readonly capitalizeFirstLetter: (text: string) => string;
  readonly modifyUrlPath: (url: string) => string | null;

  /** Calls come later: until then each of these says so with a typed error. */
  readonly postMessages: (message: unknown) => void;
  readonly dialCall: (callback: (event: unknown) => void) => void;
  readonly registerUser: (callback: (event: unknown) => void) => void;
  readonly sendInvite: (
    mediaType: string,
    videoName: string,
    videoLocal: string,
    userData: unknown,
    callback: (event: unknown) => void,
  ) => Promise<string>;
  readonly terminateCurrentSession: (callback?: (event: unknown) => void) => void;
  readonly closeSession: () => void;
  readonly hangUp: () => void;
  readonly closeVideo: () => void;
  readonly audioControl: () => void;
  readonly videoControl: () => void;
  readonly screenControl: () => void;
}
