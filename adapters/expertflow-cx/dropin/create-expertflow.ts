import { ChatError } from "../../../src/transport/errors.ts";
import { isSince } from "../releases.ts";
import { record } from "../../../src/kit/read.ts";
import type { Expertflow, ExpertflowOptions } from "./api.ts";
import { callFunctions } from "./call-functions.ts";
import { DropinConnection } from "./dropin-connection.ts";
import { quirksOf } from "./quirks.ts";
import { restFunctions } from "./rest-functions.ts";
import { strictRest } from "./strict-rest.ts";

/** The published functions over one connection, and a way to let go of it. */
export interface ExpertflowInstance extends Expertflow {
  /** Closes the connection without ending the chat, and reports what could not be sent. */
  readonly dispose: () => void;
}

/** What the chat request copies of the customer; everything else stays with the page. */
const COPIED = ["browserDeviceInfo", "queue", "locale", "formData"] as const;

/**
 * The functions of Expertflow's customer SDK, as a set of their own: any number live side by side, each with its
 * connection. In strict mode some faults of the vendor's code are back; see docs/migrate/expertflow-cx.md.
 */
export function createExpertflow(options: ExpertflowOptions = {}): ExpertflowInstance {
  const { release = "4.8", strict = false } = options;
  const store = strict && typeof localStorage !== "undefined" ? localStorage : undefined;
  let token: string | undefined;
  const tokenNow = (): string | undefined => token ?? store?.getItem("jwt_token") ?? undefined;
  const connection = new DropinConnection(options, quirksOf(options), (given) => {
    token = given || undefined;
    // Upstream leaves it where every script of the origin can read it.
    store?.setItem("jwt_token", given);
  });
  const rest = restFunctions(options, tokenNow);

  function request(name: "CHAT_REQUESTED" | "VOICE_REQUESTED", given: unknown): void {
    if (!given) return;
    connection.control(name, toRequest(given));
  }

  function sendChatMessage(envelope: unknown): void {
    if (strict) Object.assign(record(envelope), { timestamp: "" });
    connection.send({ ...record(envelope), timestamp: "" });
  }

  return {
    establishConnection(socketUrl, serviceIdentifier, channelCustomerIdentifier, callback) {
      connection.establish({ socketUrl, serviceIdentifier, channelCustomerIdentifier }, callback);
    },
    eventListeners: (callback) => connection.listen(callback),
    chatRequest: (given) => request("CHAT_REQUESTED", given),
    voiceRequest: (given) => request("VOICE_REQUESTED", given),
    sendMessage(envelope) {
      if (isSince(release, "4.10")) throw notChat();
      sendChatMessage(envelope);
    },
    sendChatMessage,
    chatEnd: (customer) => connection.control("CHAT_ENDED", customer),
    resumeChat: (customer, callback) => connection.resume(customer, callback),
    sendJoinConversation: (data) => connection.control("joinConversation", data),
    getInitChat() {
      if (strict) throw new ReferenceError("config is not defined");
      throw new ChatError("unsupported", "getInitChat is a leftover of Chat Solution; it never worked here.", {
        remedy: "Use chatRequest.",
      });
    },
    ...rest,
    ...(strict && strictRest(options, rest.authorizedFetch)),
    ...callFunctions(),
    capitalizeFirstLetter: (text) => text.charAt(0).toUpperCase() + text.slice(1),
    modifyUrlPath: (url) => (URL.canParse(url) ? `${new URL(url).origin}/unified-agent/` : null),
    dispose: () => connection.dispose(),
  };
}

function toRequest(given: unknown): object {
  const customer = record(given)["data"];
  if (typeof customer !== "object" || customer === null)
    throw new TypeError("chatRequest needs { type, data }, and data is the customer.");
  const { channelCustomerIdentifier, serviceIdentifier, ...all } = record(customer);
  const value = Object.fromEntries(COPIED.filter((key) => key in all).map((key) => [key, all[key]]));
  return {
    channelCustomerIdentifier,
    serviceIdentifier,
    additionalAttributes: [{ key: "WebChannelData", type: "WebChannelData", value }],
  };
}

function notChat(): ChatError {
  return new ChatError("unsupported", "Since 4.10 sendMessage belongs to calls, which this version does not make.", {
    remedy: "Send chat messages with sendChatMessage.",
  });
}
