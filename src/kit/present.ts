/** Every property may be absent, none is `undefined`. */
export type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The properties that have a value: optional ones are absent rather than `undefined`. */
export function present<T extends object>(record: T): Present<T> {
  const found: Present<T> = { ...record };
  for (const key in found) if (found[key] === undefined) delete found[key];
  return found;
}
