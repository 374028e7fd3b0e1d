import { randomId } from "../../src/kit/ids.ts";
import type { Call } from "../../src/transport/call.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { SolutionServerOptions } from "./options.ts";
import { SolutionRest } from "./rest/solution-rest.ts";

/** What a campaign or another back end sends to a customer (guide 4.0.1). */
export interface ExternalMessage {
  /** Whose connector is to bring it: `sms`, `whatsapp` … */
  channel: string;
  /** Unique. A repeat carries the same. Default: a random UUID. */
  messageId?: string;
  /** The customer's account on the channel: a phone number, a page id. */
  destination: string;
  from: { id: string; name: string; app?: string };
  text: string;
  /** Default: now. */
  sentAt?: Date;
}

/** Options of {@link sendExternalMessage}. */
export type ExternalMessageOptions = Pick<SolutionServerOptions, "url" | "fetch" | "timeoutMs" | "allowInsecure">;

/**
 * `POST /api/external/message`. Resolves when the server has taken it for the channel's connector, with the id under which its
 * log has the request (`""` where it says none).
 * @throws ChatError `unreachable` with `info.vendor.code` `rest/503`: no connector of that channel is there; repeat with the
 * same `messageId`. `invalid-argument` for an empty field, and as every REST call.
 */
export async function sendExternalMessage(
  options: ExternalMessageOptions,
  message: ExternalMessage,
  call?: Call,
): Promise<{ messageId: string; requestId: string }> {
  const { channel, messageId = randomId(), destination, from, text, sentAt = new Date() } = message;
  for (const [name, value] of Object.entries({ channel, destination, text, messageId }))
    if (value === "") throw new ChatError("invalid-argument", `${name} of the message is empty.`);
  const body = { channel, messageId, destination, from, text, timestamp: sentAt.toISOString() };
  const requestId = await new SolutionRest(options).externalMessage(body, call).catch(withRemedy);
  return { messageId, requestId };
}

function withRemedy(error: unknown): never {
  if (!ChatError.isInstance(error) || error.info.vendor?.code !== "rest/503") throw error;
  throw new ChatError("unreachable", error.message, {
    ...error.info,
    remedy: "No connector of that channel is connected: start it, then repeat with the same messageId.",
  });
}
