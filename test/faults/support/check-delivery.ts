/** What became of a message, as its sender was told. `open`: nothing final. */
export type Fate = "accepted" | "failed" | "open";

/** A message that was sent, in the order of sending. */
export interface SentNumber {
  number: number;
  fate: Fate;
}

/** What is wrong with a conversation in one direction; numbers of messages, ascending. All empty: nothing is. */
export interface Delivery {
  /** Never arrived, whatever the sender was told. */
  lost: number[];
  /** Those of `lost` that the sender was not told to have failed. */
  unreported: number[];
  /** Arrived more than once. */
  duplicated: number[];
  /** Arrived for the first time after one that was sent later. */
  outOfOrder: number[];
  /** Arrived, although the sender was told that they failed: repeating one doubles it. */
  falselyFailed: number[];
  /** Arrived, and were never sent. */
  invented: number[];
}

/** As it should be. */
export const NOTHING_WRONG: Delivery = {
  lost: [],
  unreported: [],
  duplicated: [],
  outOfOrder: [],
  falselyFailed: [],
  invented: [],
};

/** Compares what one side sent with what the other one was shown, in the order in which it was shown. */
export function checkDelivery(sent: readonly SentNumber[], seen: readonly number[]): Delivery {
  const place = new Map(sent.map(({ number }, index) => [number, index]));
  const times = new Map<number, number>();
  const outOfOrder: number[] = [];
  let newest = -1;
  for (const number of seen) {
    const before = times.get(number) ?? 0;
    times.set(number, before + 1);
    const index = place.get(number);
    if (index === undefined || before > 0) continue;
    if (index < newest) outOfOrder.push(number);
    newest = Math.max(newest, index);
  }
  const lost = sent.filter(({ number }) => !times.has(number));
  return {
    lost: numbers(lost),
    unreported: numbers(lost.filter(({ fate }) => fate !== "failed")),
    duplicated: ascending(Array.from(times).flatMap(([number, count]) => (count > 1 ? [number] : []))),
    outOfOrder: ascending(outOfOrder),
    falselyFailed: numbers(sent.filter(({ number, fate }) => fate === "failed" && times.has(number))),
    invented: ascending(Array.from(times.keys()).filter((number) => !place.has(number))),
  };
}

const numbers = (list: readonly SentNumber[]): number[] => ascending(list.map(({ number }) => number));
const ascending = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b);
