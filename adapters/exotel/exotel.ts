import { secureUrl } from "../../src/kit/secure-url.ts";
import type { Call } from "../../src/transport/call.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { OpenRequest } from "../../src/transport/transport.ts";
import { exotelCodec, type ExotelCodec } from "./codecs/codec-chain.ts";
import { resolveWire, type ExotelOptions, type ResolvedExotelWire } from "./exotel-options.ts";
import { fetchFeedbackConfig, postFeedback, type ExotelFeedbackConfig } from "./feedback.ts";
import { fetchArchive, type ArchivedEntry } from "./history.ts";
import { provision, type ProvisionedRoom } from "./provision.ts";

/**
 * One Exotel tenant: everything around the XMPP room. Give it to the XMPP adapter to get a transport:
 * `xmppMuc({ boshUrl, provision: exotel(options) })`.
 */
export interface ExotelService {
  readonly wire: ResolvedExotelWire;
  /** Reads and writes what the vendor adds to stanzas. */
  readonly codec: ExotelCodec;
  /** Domain of the accounts when it is configured: the XMPP stream is then opened while provisioning is under way. */
  readonly domain: string | undefined;
  /** Creates an account and a room for one chat, or gives those of an earlier answer's `recall` again. @throws ChatError */
  provision(request: OpenRequest, call?: Call, recall?: string): Promise<ProvisionedRoom>;
  /** The room's history over REST. @throws ChatError */
  archive(roomJid: string, call?: Call): Promise<ArchivedEntry[]>;
  /** The campaign's rating configuration; `null` when it has none. @throws ChatError */
  feedbackConfig(call?: Call): Promise<ExotelFeedbackConfig | null>;
  /** Stores a rating; the answer as it came. @throws ChatError */
  submitFeedback(rating: { interactionId: string; chatId: string; feedback: unknown }, call?: Call): Promise<Response>;
}

/** Describes a tenant; nothing is asked yet. @throws ChatError `invalid-config`, naming the option. */
export function exotel(options: ExotelOptions): ExotelService {
  checkUrl("chatServiceUrl", options.chatServiceUrl);
  checkUrl("cmsServiceUrl", options.cmsServiceUrl);
  if (options.authToken === undefined && !options.tokenProvider && !options.connectionProvider) {
    throw new ChatError("invalid-config", "Nothing authorises the calls to the chat service.", {
      remedy: "Give authToken, or better a tokenProvider or connectionProvider of your own server.",
      vendor: { name: "exotel", code: "config/missing" },
    });
  }
  const wire = resolveWire(options.wire);
  return {
    wire,
    codec: exotelCodec(wire),
    domain: options.xmppDomain,
    provision: (request, call, recall) => provision(options, request, call, recall),
    archive: (roomJid, call) => fetchArchive(options, roomJid, call),
    feedbackConfig: (call) => fetchFeedbackConfig(options, call),
    submitFeedback: (rating, call) => postFeedback(options, rating, call),
  };
}

/** Tokens travel to these addresses: encrypted, or this machine. */
function checkUrl(option: string, value: string): void {
  try {
    secureUrl(value, ["https:", "http:"], option);
  } catch (cause) {
    throw new ChatError("invalid-config", `${option} must be an https: address (http: only for this machine).`, {
      remedy: `Set ${option} to an address such as https://omni.example.com:4440.`,
      vendor: { name: "exotel", code: value === "" ? "config/missing" : "config/invalid" },
      cause,
    });
  }
}
