import { exponentialBackoff } from "../../src/kit/backoff.ts";
import { cleanNick } from "../../src/kit/clean-nick.ts";
import { withDeadline } from "../../src/kit/deadline.ts";
import { randomId } from "../../src/kit/ids.ts";
import { wait } from "../../src/kit/wait.ts";
import type { Call } from "../../src/transport/call.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { OpenRequest } from "../../src/transport/transport.ts";
import { resolveWire, type ExotelOptions, type ProvisionBody } from "./exotel-options.ts";
import { isRecord, pick, pickText, pickTexts } from "./names.ts";
import { asNetTimeout, ExotelRest } from "./rest.ts";

const PROVIDER_TIMEOUT_MS = 15_000;

/** Longest that a customer is kept waiting before the repetition, milliseconds. A service that asks for more is told of. */
const MAX_PAUSE_MS = 5_000;

/** What provisioning gave: an XMPP account and a room. Holds a password. */
export interface ProvisionedRoom {
  credentials: { username: string; password: string; domain: string };
  /** Bare JID of the account. */
  customerJid: string;
  /** Bare JID of the room. */
  room: string;
  nick: string;
  /** Bare JIDs on the contact centre's side, on the service's word: owners first, then members other than the customer. */
  agents: string[];
  exportTranscriptAllowed: boolean;
  /** The `requestId`: asked with it again, the service gives the same account and room. */
  recall: string;
}

/**
 * Creates an XMPP user and a room for one chat (`POST …/xtrm/users/connection`). After a network error, a 5xx or a 429 it
 * waits a moment, or as long as `Retry-After` says if that is at most five seconds, and repeats once with the same
 * `requestId`, which makes the call idempotent.
 * @param recall of an earlier answer: the same account and room are asked for.
 * @throws ChatError by status; `bad-frame` when the answer names no usable account or room; `aborted`, also while waiting.
 */
export async function provision(
  options: ExotelOptions,
  request: OpenRequest,
  call?: Call,
  recall: string = randomId(),
): Promise<ProvisionedRoom> {
  const body = { ...provisionBody(options, request), requestId: recall };
  const answer = await send(options, body, call).catch(async (error: unknown) => {
    const pauseMs = pauseAfter(error);
    if (pauseMs === null) throw error;
    await wait(pauseMs, call?.signal, "Starting the chat");
    return send(options, body, call);
  });
  return { ...readProvision(options, request, answer), recall };
}

/** A time-out is none of these: the customer has waited long enough. */
function pauseAfter(error: unknown): number | null {
  if (!ChatError.isInstance(error) || (error.code !== "unreachable" && error.code !== "rate-limited")) return null;
  // By chance: the customers of a service that stumbled must not return together.
  const backoff = exponentialBackoff({ baseMs: 1_000, maxMs: 1_000 });
  if ((error.info.retryAfterMs ?? 0) > MAX_PAUSE_MS) return null;
  return backoff.nextDelayMs({ attempt: 1, elapsedMs: 0, cause: error });
}

function send(options: ExotelOptions, body: ProvisionBody, call: Call | undefined): Promise<unknown> {
  const { connectionProvider, timeoutMs = PROVIDER_TIMEOUT_MS } = options;
  if (connectionProvider) {
    return withDeadline(call, timeoutMs, "The connection provider", (signal) =>
      fromProvider(async () => connectionProvider(body, { signal })),
    ).catch(asNetTimeout);
  }
  const url = `${trimSlash(options.chatServiceUrl)}/plugins/restapi/v1/xtrm/users/connection`;
  return new ExotelRest(options).json("POST", url, body, call);
}

async function fromProvider(ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask();
  } catch (cause) {
    throw ChatError.from(cause, "refused", "The connection provider could not start a chat.", {
      remedy: "See the cause: it is what the page's own connectionProvider threw.",
    });
  }
}

/** Builds the body as the vendor's document prints it, one spelling of each key: the service maps JSON strictly. */
export function provisionBody(options: ExotelOptions, { customer, handoff }: OpenRequest): ProvisionBody {
  const wire = resolveWire(options.wire);
  return {
    requestId: randomId(),
    userEntity: {
      name: customer.name,
      properties: [
        { key: "email", value: customer.email ?? "" },
        { key: "phone", value: customer.phone ?? "" },
        { key: wire.nodeflowProperty, value: String(options.nodeflowId) },
        { key: "locale", value: options.locale ?? "en" },
      ],
    },
    [wire.serviceNameKey]: wire.serviceName,
    campaignId: options.campaignId,
    sendInvitations: true,
    botTransferred: handoff?.botUserId !== undefined,
    additionalInfo: handoff?.attributes ?? {},
    botSessionInfo: { userId: handoff?.botUserId ?? null, botSessionId: handoff?.botSessionId ?? null },
  };
}

/** Decodes the answer; names are matched by normal form, the room's domain must belong to the user's. */
export function readProvision(
  options: ExotelOptions,
  { customer }: OpenRequest,
  answer: unknown,
): Omit<ProvisionedRoom, "recall"> {
  const user = pick(answer, "userEntity");
  const muc = pick(answer, "mucRoomEntity");
  const username = pickText(user, "username");
  const password = pickText(user, "password");
  const roomName = pickText(muc, "roomName");
  if (!isRecord(user) || !isRecord(muc)) throw badAnswer("userEntity or mucRoomEntity");
  if (username === undefined) throw badAnswer("userEntity.username");
  if (password === undefined) throw badAnswer("userEntity.password");
  if (roomName === undefined) throw badAnswer("mucRoomEntity.roomName");
  const members = pickTexts(muc, "members");
  const owners = pickTexts(muc, "owners");
  const [local = "", domain = options.xmppDomain ?? domainOf(members) ?? domainOf(owners)] = username.split("@");
  // A password goes there: not to a domain that the answer makes up.
  const foreign = options.xmppDomain !== undefined && domain?.toLowerCase() !== options.xmppDomain.toLowerCase();
  if (!isLocalpart(local) || domain === undefined || !isDomain(domain) || foreign)
    throw badAnswer("userEntity.username");
  const customerJid = `${local}@${domain}`.toLowerCase();
  return {
    credentials: { username: local, password, domain },
    customerJid,
    room: roomJid(options, roomName, domain),
    nick: cleanNick(pickText(user, "name") ?? customer.name) || "Customer",
    agents: [...new Set([...owners, ...members])].filter((jid) => jid.toLowerCase() !== customerJid && isJid(jid)),
    exportTranscriptAllowed: pick(answer, "exportTranscriptAllowed") === true,
  };
}

function roomJid(options: ExotelOptions, roomName: string, domain: string): string {
  const own = options.mucDomain ?? `${resolveWire(options.wire).serviceName}.${domain}`;
  const [local = "", roomDomain = own] = roomName.split("@");
  // Otherwise an answer could seat the customer in anybody's room.
  const belongs =
    options.mucDomain === undefined ? roomDomain.endsWith(`.${domain}`) : roomDomain === options.mucDomain;
  if (!isLocalpart(local) || !isDomain(roomDomain) || !belongs) throw badAnswer("mucRoomEntity.roomName");
  return `${local}@${roomDomain}`.toLowerCase();
}

const domainOf = (jids: string[]): string | undefined =>
  jids.map((jid) => jid.split("@")[1]).find((domain) => domain !== undefined);
const isLocalpart = (text: string): boolean => /^[^\s"&'/:<>@]{1,1023}$/u.test(text);
const isDomain = (text: string): boolean => /^[^\s"&'/<>@]{1,1023}$/u.test(text);
const isJid = (text: string): boolean => {
  const [local = "", domain = ""] = text.split("@");
  return isLocalpart(local) && isDomain(domain);
};

/** Base addresses are configured with and without a slash at the end. */
export function trimSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

function badAnswer(field: string): ChatError {
  return new ChatError("bad-frame", `The chat service's answer has no usable ${field}.`, {
    remedy: "Check that CHAT_SERVICE_DOMAIN is the address of the chat service and that its version fits.",
    vendor: { name: "exotel", code: "rest/bad-answer" },
  });
}
