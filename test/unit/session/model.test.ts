import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Ground } from "./model/chat-model.ts";
import { ChatStory, type Deed, type Step } from "./model/chat-story.ts";

/** `FC_SEED` replays a run, `FC_RUNS` makes it longer. */
const SEED = Number(process.env["FC_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["FC_RUNS"] ?? 500);

const some = fc.integer({ min: 1, max: 3 });
/** Sometimes more than one page of an archive. */
const many = fc.oneof(
  { withCrossShrink: true },
  { weight: 7, arbitrary: some },
  { weight: 1, arbitrary: fc.constant(105) },
);
const which = fc.nat(3);

/** Simple deeds first: a failing story is told with those if it can be. */
const deeds: fc.Arbitrary<Deed> = fc.oneof(
  { withCrossShrink: true },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("send" as const), count: some }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("agent" as const), count: many }) },
  { weight: 4, arbitrary: fc.constant<Deed>({ do: "drop" }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(300, 25_000) }) },
  { weight: 2, arbitrary: fc.constantFrom<Deed>({ do: "detach" }, { do: "vanish" }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Deed>(
      { do: "cut", frame: "send" },
      { do: "cut", frame: "catch-up" },
      { do: "cut", frame: "hello" },
      { do: "hang", frame: "send" },
      { do: "hang and drop", frame: "send" },
      { do: "hang", frame: "catch-up" },
      { do: "refuse", frame: "catch-up" },
      { do: "refuse", frame: "send" },
      { do: "limit", frame: "send" },
      { do: "repeat" },
      { do: "give up" },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("cancel" as const, "edit" as const, "retry" as const), which }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Deed>({ do: "agent ends" }, { do: "customer ends" }) },
);

const steps: fc.Arbitrary<Step[]> = fc.array(fc.record({ deed: deeds, tasks: fc.nat(6) }), { maxLength: 30 });

const grounds: fc.Arbitrary<Ground> = fc.record({
  catchUp: fc.boolean(),
  resume: fc.boolean(),
  replayOnJoin: fc.constantFrom(0, 2, 20),
  keepsPlace: fc.boolean().map((strays) => !strays),
  slowDisk: fc.boolean(),
  startsLate: fc.boolean(),
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a chat, whatever happens", () => {
  it(`keeps its promises over ${RUNS} stories (FC_SEED=${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(grounds, steps, async (ground, deeds) => {
        const story = new ChatStory(ground);
        const wrongs = await story.play(deeds);
        // The whole story is the failure's message.
        expect(wrongs.length === 0 ? [] : [...story.told, ...wrongs.map((wrong) => `=> ${wrong}`)]).toEqual([]);
      }),
      { seed: SEED, numRuns: RUNS },
    );
    // A story that fails is told again and again, shorter each time.
  }, 120_000);
});
