import {
  createExoChat,
  type ExoChat,
  type InitializeConfig,
  type MessageObject,
  type Room,
} from "../../src/exochat/index.ts";
import type { ExotelSandboxAddresses } from "../../sandbox/index.ts";

export const JANE = { fullName: "Jane Smith", email: "jane@shop.example", phone: "+15550100200" };

/** One event of an instance, as its callback got it. */
export interface Heard {
  name: string;
  args: readonly unknown[];
}

/** A customer's page without a page: an instance of the exochat API, and everything it emitted. */
export interface HeadlessCustomer {
  readonly exoChat: ExoChat;
  readonly heard: readonly Heard[];
  /** Every `messageReceived`, oldest first. */
  readonly messages: readonly MessageObject[];
  /** Codes of the `error` events: `code` and the vendor's. */
  readonly errors: readonly string[];
  start(more?: Record<string, unknown>): Promise<Room>;
  /** The first event of that name that fits, past or to come. */
  until(name: string, fits?: (...args: never[]) => boolean): Promise<readonly unknown[]>;
  /** The first message that fits, past or to come. */
  message(fits: ((message: MessageObject) => boolean) | string): Promise<MessageObject>;
}

const EVENTS = [
  "messageReceived",
  "displayedReceipt",
  "receiveReceipt",
  "error",
  "warning",
  "connectionState",
  "typing",
  "gap",
  "messageStatus",
  "participantJoined",
  "participantLeft",
  "chatStarted",
  "chatEnded",
  "uploadProgress",
];

/** The configuration of a page for a sandbox. */
export function configFor(at: ExotelSandboxAddresses): InitializeConfig {
  return {
    CHAT_SERVICE_DOMAIN: at.chatServiceUrl,
    CMS_SERVICE_DOMAIN: at.cmsServiceUrl,
    CONVERSE_BOSH_SERVICE_URL: at.boshUrl,
    AUTH_TOKEN: at.authToken,
    contactCenterId: at.contactCenterId,
    campaignId: at.campaignId,
    nodeflowId: at.nodeflowId,
    processId: at.processId,
    headless: true,
  };
}

/** Makes a customer; nothing is sent before `start`. */
export function headlessCustomer(at: ExotelSandboxAddresses, extra: InitializeConfig = {}): HeadlessCustomer {
  const exoChat = createExoChat();
  const heard: Heard[] = [];
  const waiting = new Set<() => void>();
  for (const name of EVENTS) {
    exoChat.on(name, (...args: never[]) => {
      heard.push({ name, args });
      for (const look of waiting) look();
    });
  }
  exoChat.initialize({ ...configFor(at), ...extra });
  const until: HeadlessCustomer["until"] = (name, fits = () => true) =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = heard.find((event) => event.name === name && fits(...(event.args as never[])));
        if (!found) return;
        waiting.delete(look);
        resolve(found.args);
      };
      waiting.add(look);
      look();
    });
  const messages = (): MessageObject[] =>
    heard.flatMap(({ name, args: [message] }) => (name === "messageReceived" ? [message as MessageObject] : []));
  return {
    exoChat,
    heard,
    get messages() {
      return messages();
    },
    get errors() {
      return heard.flatMap(({ name, args: [error] }) => (name === "error" ? [codeOf(error)] : []));
    },
    start: (more = {}) => exoChat.startChat({ ...JANE, ...more }),
    until,
    message: async (fits) => {
      const matches = typeof fits === "string" ? ({ body }: MessageObject) => body === fits : fits;
      const [message] = await until("messageReceived", matches);
      return message as MessageObject;
    },
  };
}

/** `code` of the typed error and the vendor's, such as `unauthorized rest/unauthorized`. */
export function codeOf(error: unknown): string {
  const { code = "", info } = error as { code?: string; info?: { vendor?: { code: string } } };
  return info?.vendor ? `${code} ${info.vendor.code}` : code;
}

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It did not reject.");
}
