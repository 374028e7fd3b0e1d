import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BoshError } from "../../../adapters/xmpp-muc/connection/bosh/bosh-error.ts";
import { authenticate, chooseMechanism, NS_SASL } from "../../../adapters/xmpp-muc/connection/sasl/authenticate.ts";
import { StreamFailure, streamError } from "../../../adapters/xmpp-muc/connection/stream-failure.ts";
import { mapJoinError } from "../../../adapters/xmpp-muc/muc/join-errors.ts";
import { mapMessageError } from "../../../adapters/xmpp-muc/muc/message-errors.ts";
import { mapRemoval } from "../../../adapters/xmpp-muc/muc/removal.ts";
import { RoomStanza } from "../../../adapters/xmpp-muc/muc/room-stanza.ts";
import { createXmppRoom } from "../../../adapters/xmpp-muc/room-transport.ts";
import { fileTooLarge, mapPutStatus, mapSlotError } from "../../../adapters/xmpp-muc/upload/upload-errors.ts";
import { uploadFile } from "../../../adapters/xmpp-muc/upload/upload-file.ts";
import { parseXml, xml } from "../../../adapters/xmpp-muc/xml.ts";
import { parseConfig } from "../../../src/exochat/config.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import { ROOM, ScriptedRoom } from "../xmpp-muc/scripted-room.ts";
import { iqError } from "../xmpp-muc/scripted-link.ts";
import { rejectionOf, tenantAnswering } from "./fake-rest.ts";

/** Makes the error in the way that the product does. */
type Maker = () => unknown;

const REQUEST = { customer: { name: "Jane" } };

const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

const rest =
  (answer: Response | Error): Maker =>
  () =>
    rejectionOf(tenantAnswering([answer]).service.provision(REQUEST));
const status = (code: number): Maker => rest(new Response(null, { status: code }));

const silence: typeof fetch = (_url, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
  });

const sasl =
  (condition: string): Maker =>
  () => {
    const mechanisms = xml("mechanisms", { xmlns: NS_SASL }, xml("mechanism", {}, "PLAIN"));
    const mechanism = chooseMechanism(xml("features", {}, mechanisms), { username: "u", password: "p" }, true);
    const next = () => Promise.resolve(xml("failure", { xmlns: NS_SASL }, xml(condition)));
    return rejectionOf(authenticate({ send: () => Promise.resolve(), next }, mechanism));
  };

const stream =
  (condition: string): Maker =>
  () =>
    streamError(
      new StreamFailure(
        parseXml(
          `<error xmlns='http://etherx.jabber.org/streams'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error>`,
        ),
      ),
    );
const bosh =
  (condition: string): Maker =>
  () =>
    streamError(new BoshError(condition, "It ended."));

const stanzaError = (condition: string): string =>
  `<error type='cancel'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
const join =
  (condition: string): Maker =>
  () =>
    mapJoinError(
      parseXml(`<presence xmlns='jabber:client' from='${ROOM}/Ravi' type='error'>${stanzaError(condition)}</presence>`),
    ).error;
const removed =
  (statuses: number[], more: object = {}): Maker =>
  () =>
    mapRemoval({ items: [], invites: [], statuses, ...more }).cause;
const bounced =
  (condition: string): Maker =>
  () => {
    const stanza = new RoomStanza("live", ROOM, ROOM, xml("message"), 0);
    stanza.condition = condition;
    return mapMessageError(stanza);
  };

async function inRoom<T>(work: (room: ReturnType<typeof createXmppRoom>, server: ScriptedRoom) => T): Promise<T> {
  const server = new ScriptedRoom();
  const room = createXmppRoom({ link: server.link, room: ROOM, timeouts: { leaveMs: 10 } });
  await room.open({ customer: { name: "Ravi" } });
  return work(room, server);
}

const unanswered: Maker = () =>
  inRoom(async (room, server) => {
    server.silentSends = 1;
    return rejectionOf(room.send({ clientId: "c", body: { kind: "text", text: "x" } }, { timeoutMs: 5 }));
  });

const upload =
  (abort = new AbortController()): Maker =>
  () =>
    inRoom((_room, { link }) => {
      const file = { name: "a", mediaType: "text/plain", sizeBytes: 1, data: new Blob(["a"]) };
      const uploading = rejectionOf(uploadFile(link, file, {}, { signal: abort.signal }));
      abort.abort();
      return uploading;
    });

const slot =
  (condition: string): Maker =>
  () =>
    mapSlotError(iqError(condition, "refused"), 1, 0);

/** Every code, how it comes about, and whether repeating is worth it. @source exochat reference, error catalogue */
const CATALOGUE: readonly [code: string, maker: Maker, retryable: boolean][] = [
  ["config/missing", () => thrownBy(() => parseConfig({})), false],
  ["config/invalid", () => thrownBy(() => parseConfig({ CHAT_SERVICE_DOMAIN: "here" })), false],
  ["rest/bad-request", status(400), false],
  ["rest/unauthorized", status(401), false],
  ["rest/forbidden", status(403), false],
  ["rest/not-found", status(404), false],
  ["rest/conflict", status(409), false],
  ["rest/rate-limited", status(429), true],
  ["rest/server", status(503), true],
  ["net/unreachable", rest(new TypeError("fetch failed")), true],
  [
    "net/cors",
    () => {
      vi.stubGlobal("location", { origin: "https://shop.example" });
      return rest(new TypeError("Failed to fetch"))();
    },
    true,
  ],
  [
    "net/timeout",
    () => rejectionOf(tenantAnswering([], { fetch: silence, timeoutMs: 5 }).service.provision(REQUEST)),
    true,
  ],
  ...[
    "not-authorized",
    "credentials-expired",
    "account-disabled",
    "mechanism-too-weak",
    "aborted",
    "encryption-required",
    "invalid-authzid",
    "incorrect-encoding",
    "malformed-request",
  ].map((condition) => ["xmpp/auth-failed", sasl(condition), false] as [string, Maker, boolean]),
  ["xmpp/auth-failed", sasl("temporary-auth-failure"), true],
  [
    "xmpp/no-mechanism",
    () => thrownBy(() => chooseMechanism(xml("features"), { username: "u", password: "p" }, true)),
    false,
  ],
  ["xmpp/conflict", stream("conflict"), false],
  ["xmpp/policy-violation", stream("policy-violation"), true],
  ["xmpp/not-authorized", stream("not-authorized"), false],
  ["xmpp/host-unknown", stream("host-unknown"), false],
  ["xmpp/host-gone", stream("host-gone"), false],
  ["xmpp/see-other-host", stream("see-other-host"), false],
  ["xmpp/system-shutdown", stream("system-shutdown"), true],
  ["xmpp/reset", stream("reset"), true],
  ["xmpp/resource-constraint", stream("resource-constraint"), true],
  ["xmpp/undefined-condition", stream("undefined-condition"), true],
  ["bosh/item-not-found", bosh("item-not-found"), true],
  ["bosh/terminated", bosh("terminated"), true],
  ["bosh/policy-violation", bosh("policy-violation"), true],
  ["bosh/remote-connection-failed", bosh("remote-connection-failed"), true],
  ["bosh/improper-addressing", bosh("improper-addressing"), false],
  ["bosh/host-unknown", bosh("host-unknown"), false],
  ["bosh/internal-server-error", bosh("internal-server-error"), true],
  ["muc/password-required", join("not-authorized"), false],
  ["muc/banned", join("forbidden"), false],
  ["muc/banned", removed([301]), false],
  ["muc/not-found", join("item-not-found"), false],
  ["muc/not-allowed", join("not-allowed"), false],
  ["muc/nick-reserved", join("not-acceptable"), false],
  ["muc/members-only", join("registration-required"), false],
  ["muc/nick-conflict", join("conflict"), false],
  ["muc/full", join("service-unavailable"), true],
  ["muc/kicked", removed([307]), false],
  ["muc/removed", removed([321]), false],
  ["muc/destroyed", removed([], { destroy: {} }), false],
  ["muc/shutdown", removed([332]), true],
  ["muc/lost", removed([333]), true],
  ["message/not-acceptable", bounced("not-acceptable"), true],
  ["message/forbidden", bounced("forbidden"), false],
  ["message/not-found", bounced("item-not-found"), false],
  ["message/too-large", bounced("policy-violation"), false],
  ["message/timeout", unanswered, true],
  ["upload/unsupported", slot("service-unavailable"), false],
  ["upload/too-large", () => fileTooLarge(2, 1), false],
  ["upload/quota", slot("resource-constraint"), true],
  ["upload/forbidden", slot("forbidden"), false],
  ["upload/http", () => mapPutStatus(403, 1), false],
  ["upload/aborted", upload(), false],
];

/** What no chat can be started, or gone on with, without. */
const NEEDS_ADVICE = /^(config|rest|net)\/|^xmpp\/(auth|no-m|host|see)|^muc\/(?!destroyed|shutdown|lost)/;

describe("the catalogue of error codes", () => {
  // No pause before a call is repeated: what is looked at here is the error.
  beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  it.each(CATALOGUE)("%s", async (code, make, retryable) => {
    const error = await make();
    expect(ChatError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ info: { vendor: { code }, retryable } });
  });

  it.each(CATALOGUE.filter(([code]) => NEEDS_ADVICE.test(code)))("%s says what to do", async (_, make) => {
    expect(await make()).toHaveProperty("info.remedy", expect.stringMatching(/^[A-Z].+\.$/));
  });
});
