/**
 * Loads an entry of the package as it is installed, from `dist`. The sources through `tsx` are not the same: it names every
 * function as it is made, and that costs more than the session does.
 */
export async function built<T>(entry: string): Promise<T> {
  try {
    return (await import(new URL(`../dist/${entry}.js`, import.meta.url).href)) as T;
  } catch (cause) {
    throw new Error("Run `npm run build` first.", { cause });
  }
}
