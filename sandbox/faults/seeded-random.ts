/** Numbers in [0, 1) that a seed decides: the same seed, the same numbers, on every machine. */
export type SeededRandom = () => number;

/** The generator mulberry32 (Tommy Ettinger, public domain): one word of state, good enough to choose faults and mutations. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Another seed out of a seed and a number, so that item 1000 need not wait for the 999 before it. */
export function derivedSeed(seed: number, index: number): number {
  const mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}

/** A whole number from 0 to `count - 1`. */
export function below(random: SeededRandom, count: number): number {
  return Math.floor(random() * count);
}

/** One of the items. @throws RangeError when there is none. */
export function oneOf<T>(random: SeededRandom, items: readonly T[]): T {
  const index = below(random, items.length);
  if (index >= items.length) throw new RangeError("There is nothing to choose from.");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the index is inside, but T may include undefined
  return items[index] as T;
}
