import { describe, expect, it } from "vitest";
import {
  createFaultPlan,
  createFaultSchedule,
  HTTP_FAULT_KINDS,
  TCP_FAULT_KINDS,
  type FaultPlan,
  type PlannedFault,
} from "../../../sandbox/faults/fault-plan.ts";
import { below, derivedSeed, oneOf, seededRandom } from "../../../sandbox/faults/seeded-random.ts";

const first = (plan: FaultPlan, count: number): PlannedFault[] =>
  Array.from({ length: count }, (_, index) => plan.fault(index));
const of = (seed: number) => createFaultPlan({ seed, mean: 10, kinds: HTTP_FAULT_KINDS });

describe("a fault plan", () => {
  it("is decided by its seed alone, in whatever order it is read", () => {
    const plan = of(42);
    const backwards = Array.from({ length: 100 }, (_, index) => plan.fault(99 - index)).toReversed();
    expect(backwards).toEqual(first(of(42), 100));
    expect(first(of(43), 100)).not.toEqual(backwards);
  });

  it("stays the same from one version to the next: seeds in bug reports keep their meaning", () => {
    expect(first(of(1), 3)).toMatchInlineSnapshot(`
      [
        {
          "after": 10.407822452478047,
          "kind": "duplicate-request",
          "ms": 196,
          "part": 0.6899897640105337,
        },
        {
          "after": 0.9113964931931404,
          "kind": "duplicate-request",
          "ms": 342,
          "part": 0.03945192531682551,
        },
        {
          "after": 7.420196618523768,
          "kind": "reset-answer",
          "ms": 382,
          "part": 0.9763000505045056,
        },
      ]
    `);
  });

  it("keeps the mean distance, all kinds, and the durations", () => {
    const plan = createFaultPlan({ seed: 7, mean: 25, kinds: TCP_FAULT_KINDS, durationMs: [5, 50] });
    const faults = first(plan, 20_000);
    const mean = faults.reduce((sum, { after }) => sum + after, 0) / faults.length;
    expect(mean).toBeGreaterThan(24);
    expect(mean).toBeLessThan(26);
    for (const kind of TCP_FAULT_KINDS) {
      const share = faults.filter((fault) => fault.kind === kind).length / faults.length;
      expect(share).toBeCloseTo(1 / TCP_FAULT_KINDS.length, 1);
    }
    expect(faults.every(({ ms, part }) => ms >= 5 && ms <= 50 && part >= 0 && part < 1)).toBe(true);
  });

  it.each([
    ["no kinds", { mean: 1, kinds: [] }],
    ["no mean", { mean: 0, kinds: ["reset"] }],
    ["half a mean", { mean: Number.NaN, kinds: ["reset"] }],
  ])("refuses %s", (_what, options) => {
    expect(() => createFaultPlan({ seed: 1, ...options })).toThrow(RangeError);
  });
});

describe("a fault schedule", () => {
  const plan: FaultPlan<"reset"> = { seed: 0, fault: () => ({ kind: "reset", after: 3, part: 0.5, ms: 10 }) };

  it("counts calls, and says what it did to which", () => {
    const schedule = createFaultSchedule(plan);
    const hits = Array.from({ length: 9 }, (_, index) => schedule.next(`piece ${index}`) !== undefined);
    expect(hits).toEqual([false, false, true, false, false, true, false, false, true]);
    expect(schedule.injected).toEqual([
      { kind: "reset", fault: 0, index: 2, what: "piece 2" },
      { kind: "reset", fault: 1, index: 5, what: "piece 5" },
      { kind: "reset", fault: 2, index: 8, what: "piece 8" },
    ]);
  });

  it("goes by a clock, and does not make up for quiet times in a volley", () => {
    let now = 100;
    const schedule = createFaultSchedule(plan, () => now);
    expect(schedule.next("at 100")).toBeUndefined();
    now = 103;
    expect(schedule.next("at 103")).toBeDefined();
    now = 200;
    expect(schedule.next("at 200")).toBeDefined();
    expect(schedule.next("at 200 again")).toBeUndefined();
  });

  it("has nothing while quiet, and nothing without a plan", () => {
    const schedule = createFaultSchedule(plan);
    schedule.quiet = true;
    for (let index = 0; index < 10; index++) expect(schedule.next("x")).toBeUndefined();
    schedule.quiet = false;
    expect(schedule.next("x")).toBeDefined();
    expect(createFaultSchedule(undefined).next("x")).toBeUndefined();
  });
});

describe("seeded numbers", () => {
  it("spread evenly and belong to their seed", () => {
    const random = seededRandom(5);
    const counts = [0, 0, 0, 0];
    for (let index = 0; index < 40_000; index++) {
      const which = below(random, 4);
      counts[which] = (counts[which] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(9_500);
    expect(seededRandom(5)()).toBe(seededRandom(5)());
    expect(new Set(Array.from({ length: 1_000 }, (_, index) => derivedSeed(5, index))).size).toBe(1_000);
    expect(() => oneOf(random, [])).toThrow(RangeError);
  });
});
