/** XEP-0198 1.6.1 §4: counters are unsigned 32 bit, and go from 2^32 - 1 back to 0. */
export function countUp(counter: number, by = 1): number {
  return (counter + by) >>> 0;
}

/**
 * How many of the queued stanzas `h` acknowledges newly.
 * @param acked what the last `h` was. @param queued how many are waiting for it.
 * @returns `undefined` when `h` claims more than was sent: then nothing it says can be believed (§4).
 */
export function newlyAcked(acked: number, h: number, queued: number): number | undefined {
  const count = (h - acked) >>> 0;
  return count <= queued ? count : undefined;
}

/** Reads an `h` attribute; `undefined` when it is no unsigned 32 bit number. */
export function readH(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const h = Number(text);
  return h < 2 ** 32 ? h : undefined;
}
