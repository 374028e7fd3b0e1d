import { afterEach, describe, expect, it, vi } from "vitest";
import { seededRandom, type SeededRandom } from "../../sandbox/faults/seeded-random.ts";
import { memoryStorage, type ChatStorage } from "../../src/session/index.ts";
import { sharedProsody } from "../integration/servers.ts";
import { NOTHING_WRONG } from "./support/check-delivery.ts";
import { openConversation, type Conversation, type FaultyTransport } from "./support/conversation.ts";
import { settle, type SessionParty } from "./support/party.ts";

const TRANSPORTS: FaultyTransport[] = ["bosh", "websocket"];
const MEAN: Record<FaultyTransport, number> = { bosh: 10, websocket: 60 };
const HOUR_MS = 3_600_000;
const NUMBERS = 40;

const asked = process.env["FAULT_SEED"];
const seeds = (own: readonly number[]): readonly number[] => asked?.split(",").map(Number) ?? own;

let conversation: Conversation | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await conversation?.close();
  conversation = undefined;
});

/** Both send, and between two messages `meddle` has its turn. */
async function speak(party: SessionParty, meddle: () => void): Promise<void> {
  for (let number = 0; number < NUMBERS; number++) {
    meddle();
    await Promise.all([party.sendNext(), party.sendNext()]);
  }
}

async function expectNothingWrong(conversation: Conversation): Promise<void> {
  const [asha, ravi] = conversation.parties;
  const settled = await settle(asha, ravi, "over");
  console.info(conversation.summary());
  expect(conversation.check()).toEqual({ "asha to ravi": NOTHING_WRONG, "ravi to asha": NOTHING_WRONG });
  expect(settled).toBe(true);
}

/** The clock of the machine, which people and time services set; timers know nothing of it. */
describe.each(TRANSPORTS)("a clock that jumps by hours while the network breaks, over %s", (transport) => {
  it.each(seeds([21]))(
    "seed %i: nothing lost, doubled or out of order",
    async (seed) => {
      vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
      const random = seededRandom(seed);
      let jumps = 0;
      const jump = (): void => {
        if (random() > 0.15) return;
        jumps++;
        vi.setSystemTime(Date.now() + Math.round((2 * random() - 1) * 12 * HOUR_MS));
      };
      const server = sharedProsody();
      conversation = await openConversation({ server, transport, seed, mean: MEAN[transport], halfOpenMs: 1_500 });
      conversation.quiet(false);
      await Promise.all(conversation.parties.map((party) => speak(party, jump)));
      conversation.quiet(true);
      expect(jumps).toBeGreaterThan(4);
      await expectNothingWrong(conversation);
    },
    90_000,
  );
});

/** Refuses some of what it is asked, at once or later, as a full or forbidden one does. */
function failingStorage(random: SeededRandom): ChatStorage & { failures: number } {
  const inner = memoryStorage();
  const storage = {
    failures: 0,
    getItem: (key: string) => inner.getItem(key),
    setItem: (key: string, value: string) => fail() ?? inner.setItem(key, value),
    removeItem: (key: string) => fail() ?? inner.removeItem(key),
  };
  const fail = (): Promise<never> | undefined => {
    const kind = random();
    if (kind > 0.4) return undefined;
    storage.failures++;
    const error = new DOMException("The quota has been exceeded.", "QuotaExceededError");
    if (kind > 0.2) return Promise.reject(error);
    throw error;
  };
  return storage;
}

describe.each(TRANSPORTS)("a storage that refuses at random while the network breaks, over %s", (transport) => {
  it.each(seeds([31]))(
    "seed %i: nothing lost, doubled or out of order",
    async (seed) => {
      const storages = [failingStorage(seededRandom(seed)), failingStorage(seededRandom(seed + 1))];
      const left = [...storages];
      conversation = await openConversation({
        server: sharedProsody(),
        transport,
        seed,
        mean: MEAN[transport],
        halfOpenMs: 1_500,
        session: () => ({ keep: { storage: left.shift() ?? memoryStorage() } }),
      });
      const warnings = conversation.parties.map(({ session }) => {
        const codes: string[] = [];
        session.on("warning", ({ code }) => codes.push(code));
        return codes;
      });
      conversation.quiet(false);
      await Promise.all(conversation.parties.map((party) => speak(party, () => undefined)));
      conversation.quiet(true);
      await expectNothingWrong(conversation);
      expect(storages.every(({ failures }) => failures > 0)).toBe(true);
      // Told, and not with every single write.
      for (const codes of warnings) expect(codes.length).toBeLessThanOrEqual(2);
    },
    90_000,
  );
});
