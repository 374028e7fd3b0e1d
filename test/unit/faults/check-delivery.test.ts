import { describe, expect, it } from "vitest";
import {
  checkDelivery,
  NOTHING_WRONG,
  type Delivery,
  type Fate,
  type SentNumber,
} from "../../faults/support/check-delivery.ts";

const sent = (...fates: Fate[]): SentNumber[] => fates.map((fate, index) => ({ number: index + 1, fate }));
const three = sent("accepted", "accepted", "accepted");

describe("checkDelivery", () => {
  it.each<[string, SentNumber[], number[], Partial<Delivery>]>([
    ["all in order", three, [1, 2, 3], {}],
    ["nothing sent, nothing seen", [], [], {}],
    ["one lost, and the sender believes it arrived", three, [1, 3], { lost: [2], unreported: [2] }],
    ["one lost, and the sender knows", sent("accepted", "failed", "accepted"), [1, 3], { lost: [2] }],
    ["one lost, and the sender was told nothing", sent("accepted", "open"), [1], { lost: [2], unreported: [2] }],
    ["one doubled", three, [1, 2, 2, 3], { duplicated: [2] }],
    ["one doubled, the second time late: not disorder too", three, [1, 2, 3, 1], { duplicated: [1] }],
    ["one late", three, [2, 1, 3], { outOfOrder: [1] }],
    ["several late", three, [3, 1, 2], { outOfOrder: [1, 2] }],
    ["failed, and there", sent("failed", "accepted"), [1, 2], { falselyFailed: [1] }],
    ["never sent", three, [1, 2, 3, 9], { invented: [9] }],
    ["the newest lost", three, [1, 2], { lost: [3], unreported: [3] }],
  ])("%s", (_what, sent, seen, wrong) => {
    expect(checkDelivery(sent, seen)).toEqual({ ...NOTHING_WRONG, ...wrong });
  });

  it("goes by the order of sending, not by the numbers", () => {
    const backwards: SentNumber[] = [
      { number: 9, fate: "accepted" },
      { number: 4, fate: "accepted" },
    ];
    expect(checkDelivery(backwards, [9, 4])).toEqual(NOTHING_WRONG);
    expect(checkDelivery(backwards, [4, 9])).toEqual({ ...NOTHING_WRONG, outOfOrder: [9] });
  });
});
