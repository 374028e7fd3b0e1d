import { randomId } from "../../src/kit/ids.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { OpenRequest } from "../../src/transport/transport.ts";
import type { Doorway, Entry } from "./doorway.ts";
import type { ExpertflowChatOptions } from "./options.ts";
import { decodeResumeToken } from "./resume-token.ts";
import type { SolutionRest } from "./rest/solution-rest.ts";
import { encodeChatMessage, encodeConversation, encodeJoin, type Frame } from "./wire/encode.ts";

/** How customers get in: the socket and the init call side by side (the guides go one after the other), then the join. */
export function customerDoorway(options: ExpertflowChatOptions, rest: SolutionRest, connect: () => void): Doorway {
  const language = (): string | undefined =>
    typeof options.customer === "object" ? options.customer.language : undefined;
  let resumed: Entry | undefined;
  return {
    role: "customer",
    hearsWhispers: false,
    async prepare(request, signal) {
      connect();
      resumed = decodeResumeToken(request.resumeToken);
      return resumed ?? start(options, rest, request, signal);
    },
    goesOn: () => resumed !== undefined,
    knock: ({ conversationId, self }) => ({
      event: "joinConversation",
      payload: encodeJoin({ conversationId, from: self, requestId: randomId(), timestamp: new Date() }),
    }),
    goodbye: ({ conversationId, self }) => ({
      event: "endConversation",
      payload: encodeConversation({ conversationId, from: self, requestId: randomId(), timestamp: new Date() }),
    }),
    encode: ({ body }, parts) =>
      encodeChatMessage(parts, body, options.edition === "v3" ? {} : { language: language() }),
  };
}

async function start(
  options: ExpertflowChatOptions,
  rest: SolutionRest,
  request: OpenRequest,
  signal: AbortSignal,
): Promise<Entry> {
  const { conversationId, participant } = await rest.init(initBody(options, request), {
    signal,
    // Opening has a limit of its own.
    timeoutMs: Infinity,
  });
  return { conversationId, self: { id: participant.id, name: participant.name || request.customer.name } };
}

/** The body of `POST /api/customer/init` in either printing of the guide (v3 3.0.2; later 3.0.2). */
export function initBody(options: ExpertflowChatOptions, request: OpenRequest): Frame {
  const { name, email, phone } = request.customer;
  const fields = typeof options.customer === "function" ? options.customer(request) : options.customer;
  const { channel = "web", language, refId, url, comment, subject } = fields ?? {};
  const known = { ...(email !== undefined && { email }), ...(phone !== undefined && { phone }) };
  if (name === "" && email === undefined && phone === undefined && refId === undefined)
    throw new ChatError("invalid-argument", "The chat service wants to know who the customer is.", {
      remedy: "Give a name, an e-mail address or a phone number.",
    });
  const about = { requestId: randomId(), timestamp: new Date().toISOString() };
  if (options.edition === "v3") return { ...options.extraFields, name, ...known, channel, ...about };
  return {
    ...options.extraFields,
    ...splitName(name),
    ...known,
    channel,
    ...(language !== undefined && { language }),
    ...(refId !== undefined && { refId }),
    ...(url !== undefined && { url }),
    ...(comment !== undefined && { comment }),
    ...(subject !== undefined && { subject }),
    ...about,
  };
}

/** The later edition has two fields; the last word is the last name. */
function splitName(name: string): { firstName: string; lastName?: string } {
  const words = name.trim().split(/\s+/);
  const lastName = words.length > 1 ? words.pop() : undefined;
  return { firstName: words.join(" "), ...(lastName !== undefined && { lastName }) };
}
