import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { exotel, type ExotelService } from "../../adapters/exotel/index.ts";
import { createXmppConnection, putFile, reserveSlot, type XmppConnection } from "../../adapters/xmpp-muc/index.ts";
import {
  createFaultPlan,
  createHttpFaultProxy,
  HTTP_FAULT_KINDS,
  startExotelSandbox,
  UPLOAD_FAULT_KINDS,
  type ExotelSandbox,
  type FaultProxy,
  type HttpFaultKind,
} from "../../sandbox/index.ts";
import { createCsat } from "../../src/csat/index.ts";
import { exponentialBackoff } from "../../src/kit/backoff.ts";
import { ChatError, type ChatErrorCode } from "../../src/transport/index.ts";
import { freshUser, sharedProsody } from "../integration/servers.ts";

/** Everything that is not a room: provisioning, rating, files. `FAULT_SEED=7` replays one seed. */

const asked = process.env["FAULT_SEED"];
const seeds = (own: readonly number[]): readonly number[] => asked?.split(",").map(Number) ?? own;

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function faulty(
  target: string,
  seed: number,
  kinds: readonly HttpFaultKind[],
): Promise<FaultProxy<HttpFaultKind>> {
  const plan = createFaultPlan({ seed, mean: 2, kinds, durationMs: [5, 100] });
  const proxy = await createHttpFaultProxy({ target, plan, halfOpenMs: 300 });
  open.push(proxy);
  return proxy;
}

/** What a call came to: its value, or its error's code; anything else is a fault of ours. */
async function outcomeOf<T>(call: Promise<T>): Promise<{ value: T } | { code: ChatErrorCode; retryable: boolean }> {
  try {
    return { value: await call };
  } catch (error) {
    if (!ChatError.isInstance(error)) throw error;
    return { code: error.code, retryable: error.info.retryable };
  }
}

const kindsOf = ({ injected }: FaultProxy): string => injected.map(({ kind }) => kind).join(" ");
/** A broken network or service, which a later try may find whole. */
const PASSING = ["unreachable", "timed-out", "rate-limited"];

describe("REST while the network breaks", () => {
  let sandbox: ExotelSandbox;
  beforeAll(async () => {
    sandbox = await startExotelSandbox({ settings: { agentJoin: "never" } });
  });
  afterAll(() => sandbox.stop());

  function service(proxy: FaultProxy): ExotelService {
    const { authToken, contactCenterId, campaignId, nodeflowId, processId } = sandbox;
    return exotel({
      chatServiceUrl: proxy.via(sandbox.chatServiceUrl),
      cmsServiceUrl: proxy.via(sandbox.cmsServiceUrl),
      authToken,
      contactCenterId,
      campaignId,
      nodeflowId,
      processId,
      timeoutMs: 1_500,
    });
  }

  it.each(seeds([41, 42]))(
    "seed %i: a chat is provisioned or not, and each customer has one room at most",
    async (seed) => {
      const proxy = await faulty(sandbox.chatServiceUrl, seed, HTTP_FAULT_KINDS);
      const tenant = service(proxy);
      const known = new Set(sandbox.control.chats());
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          outcomeOf(tenant.provision({ customer: { name: `Jane ${seed}-${index}`, email: "jane@shop.example" } })),
        ),
      );
      const rooms = outcomes.flatMap((outcome) => ("value" in outcome ? [outcome.value.room] : []));
      const failed = outcomes.flatMap((outcome) => ("code" in outcome ? [outcome.code] : []));
      console.info(`rest seed ${seed}: ${rooms.length} rooms, ${failed.join(" ") || "no failures"}; ${kindsOf(proxy)}`);
      const made = sandbox.control.chats().filter((chat) => !known.has(chat));
      // A repetition has the id of the first try, so that the service knows it.
      expect(new Set(made.map(({ requestId }) => requestId)).size).toBe(made.length);
      expect(new Set(rooms).size).toBe(rooms.length);
      const madeRooms = new Set(made.map(({ roomJid }) => roomJid));
      expect(rooms.filter((room) => !madeRooms.has(room))).toEqual([]);
      expect(failed.filter((code) => ![...PASSING, "bad-frame"].includes(code))).toEqual([]);
      expect(proxy.injected.length).toBeGreaterThan(0);
      proxy.quiet();
      const after = await tenant.provision({ customer: { name: "Jane", email: "jane@shop.example" } });
      expect(after.room).toContain("@conference.");
    },
    60_000,
  );

  it.each(seeds([51, 52]))(
    "seed %i: a rating is stored as it was given, or its failure is told",
    async (seed) => {
      const proxy = await faulty(sandbox.cmsServiceUrl, seed, HTTP_FAULT_KINDS);
      const tenant = service(proxy);
      const csat = createCsat(
        {
          config: () => Promise.reject(new Error("nobody asks")),
          submit: async ({ chatId, interactionId = "" }, feedback, call) => {
            const { ok, status } = await tenant.submitFeedback({ chatId, interactionId, feedback }, call);
            if (!ok) throw new ChatError(status < 500 ? "refused" : "unreachable", `HTTP ${status}`);
          },
        },
        { retry: exponentialBackoff({ baseMs: 20, maxMs: 100, maxAttempts: 3 }) },
      );
      const chats = Array.from({ length: 10 }, (_, index) => `chat-${seed}-${index}`);
      const outcomes = await Promise.all(
        chats.map(async (chatId, index) =>
          outcomeOf(
            csat.submit({ chatId, interactionId: `i-${index}` }, [{ chatFeedBackSchemeId: 1, score: index }] as never),
          ),
        ),
      );
      console.info(
        `rating seed ${seed}: ${JSON.stringify(outcomes.map((each) => ("value" in each ? each.value : each.code)))}; ${kindsOf(proxy)}`,
      );
      for (const [index, chatId] of chats.entries()) {
        const stored = sandbox.control.feedback().filter((rating) => rating.chatId === chatId);
        const outcome = outcomes[index] ?? { code: "aborted" as const };
        // Stored twice at the worst, and then the same: an answer that was lost is all that a repetition can go by.
        expect("code" in outcome ? PASSING.includes(outcome.code) : stored.length > 0).toBe(true);
        expect(new Set(stored.map(({ feedback }) => JSON.stringify(feedback))).size).toBeLessThanOrEqual(1);
      }
    },
    60_000,
  );
});

describe("files while the network breaks", () => {
  const server = sharedProsody();
  const bytesOf = async (url: string): Promise<Buffer | undefined> => {
    const answer = await fetch(url);
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
  };

  async function connected(): Promise<XmppConnection> {
    const { wsUrl, domain } = server;
    const connection = createXmppConnection({ websocketUrl: wsUrl, domain, credentials: await freshUser(server) });
    open.push(connection);
    await connection.connect();
    return connection;
  }

  it.each(seeds([61, 62]))(
    "seed %i: a file is stored whole, or its failure is told, and no part of it is ever shown",
    async (seed) => {
      const connection = await connected();
      const proxy = await faulty(server.boshUrl, seed, UPLOAD_FAULT_KINDS);
      const results: string[] = [];
      for (let index = 0; index < 14; index++) {
        const data = Buffer.alloc(20_000 + index, `${seed}-${index} `);
        const file = { name: `${index}.bin`, sizeBytes: data.length, mediaType: "application/octet-stream" };
        const { slot, mediaType } = await reserveSlot(connection, file, { service: server.uploadDomain });
        const told: number[] = [];
        const outcome = await outcomeOf(
          putFile({
            slot: { ...slot, putUrl: proxy.via(slot.putUrl) },
            data: new Blob([data]),
            mediaType,
            signal: AbortSignal.timeout(5_000),
            onProgress: (sentBytes) => told.push(sentBytes),
          }),
        );
        const stored = await bytesOf(slot.getUrl);
        results.push("code" in outcome ? outcome.code : "stored");
        expect(stored === undefined || stored.equals(data)).toBe(true);
        expect("code" in outcome || stored !== undefined).toBe(true);
        expect("value" in outcome ? told.at(-1) : data.length).toBe(data.length);
      }
      console.info(`upload seed ${seed}: ${results.join(" ")}; ${kindsOf(proxy)}`);
      // Refused: the second copy of a request that was doubled on the way, after the first was stored.
      const doubled = proxy.injected.filter(({ kind }) => kind === "duplicate-request").length;
      expect(results.filter((result) => !["stored", ...PASSING, "refused"].includes(result))).toEqual([]);
      expect(results.filter((result) => result === "refused").length).toBeLessThanOrEqual(doubled);
      expect(results).toContain("stored");
      expect(proxy.injected.length).toBeGreaterThan(0);
    },
    60_000,
  );
});
