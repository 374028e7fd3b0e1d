import { afterEach, describe, expect, it } from "vitest";
import { sharedEjabberd, sharedProsody } from "../integration/servers.ts";
import { createSasl2Front, type Sasl2Front } from "../contract/support/sasl2-front.ts";
import { NOTHING_WRONG } from "./support/check-delivery.ts";
import { openConversation, type Conversation, type FaultyTransport } from "./support/conversation.ts";
import { sendNumbers, settle } from "./support/party.ts";

/** Numbers that each party sends. */
const NUMBERS = 60;

/**
 * The same conversation under the faults of several seeds. `FAULT_SEED=7 npx vitest run --project integration
 * test/faults` replays one.
 */
export function describeSeeds(
  transport: FaultyTransport,
  seeds: readonly number[],
  mean: number,
  {
    server = "Prosody",
    resumed = false,
    fast = false,
  }: { server?: "Prosody" | "ejabberd"; resumed?: boolean; fast?: boolean } = {},
): void {
  const how = `${resumed ? ", resumed," : ""}${fast ? " with SASL2 and FAST" : ""}`;
  const asked = process.env["FAULT_SEED"];
  const chosen = asked === undefined ? seeds : asked.split(",").map(Number);

  describe(`a conversation on ${server} over ${transport}${how} while the network breaks`, () => {
    let conversation: Conversation | undefined;
    let front: Sasl2Front | undefined;
    afterEach(async () => {
      await conversation?.close();
      await front?.close();
      [conversation, front] = [undefined, undefined];
    });

    it.each(chosen)(
      "seed %i: nothing lost, doubled or out of order",
      async (seed) => {
        const shared = server === "Prosody" ? sharedProsody() : sharedEjabberd();
        // Neither server offers it over WebSocket: a scripted one stands before it.
        front = fast ? await createSasl2Front(shared.wsUrl) : undefined;
        const reached = front ? { ...shared, wsUrl: front.url } : shared;
        conversation = await openConversation({
          server: reached,
          transport,
          seed,
          mean,
          resumed,
          fast,
          halfOpenMs: 1_500,
        });
        const [asha, ravi] = conversation.parties;
        conversation.quiet(false);
        await Promise.all([sendNumbers(asha, NUMBERS), sendNumbers(ravi, NUMBERS)]);
        conversation.quiet(true);
        const settled = await settle(asha, ravi, "over");
        console.info(conversation.summary());

        expect(conversation.proxies.map(({ injected }) => injected.length > 0)).toEqual([true, true]);
        expect(conversation.check()).toEqual({ "asha to ravi": NOTHING_WRONG, "ravi to asha": NOTHING_WRONG });
        expect(settled).toBe(true);
        const byToken = front?.logins.some(({ mechanism }) => mechanism.startsWith("HT-"));
        expect(byToken ?? !fast).toBe(true);
      },
      90_000,
    );
  });
}
