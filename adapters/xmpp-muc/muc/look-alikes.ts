// Letters of other scripts and digits that a reader takes for Latin letters. Not the whole of UTS 39, but what a keyboard gives.
const LOOKS_LIKE: Readonly<Record<string, string | undefined>> = {
  а: "a",
  в: "b",
  е: "e",
  к: "k",
  м: "m",
  н: "h",
  о: "o",
  р: "p",
  с: "c",
  т: "t",
  у: "y",
  х: "x",
  і: "i",
  ј: "j",
  ѕ: "s",
  α: "a",
  ε: "e",
  ι: "i",
  κ: "k",
  ν: "v",
  ο: "o",
  ρ: "p",
  τ: "t",
  υ: "u",
  χ: "x",
  "0": "o",
  "1": "l",
  i: "l",
  "|": "l",
  "5": "s",
};

/** What remains of a nick when everything that readers overlook is gone: case, marks, spaces, look-alike letters. */
export function nickSkeleton(nick: string): string {
  const plain = nick.normalize("NFKD").replace(/[\p{M}\p{Z}\p{C}\p{P}]/gu, "");
  return Array.from(plain.toLowerCase(), (letter) => LOOKS_LIKE[letter] ?? letter).join("");
}

/** Whether two different nicks are easily taken for each other: `Jane` and `jane`, `Asha` and `Аshа`. */
export function looksAlike(a: string, b: string): boolean {
  return a !== b && nickSkeleton(a) === nickSkeleton(b);
}
