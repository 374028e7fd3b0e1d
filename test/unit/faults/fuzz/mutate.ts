import { below, oneOf, type SeededRandom } from "../../../../sandbox/faults/seeded-random.ts";

/** Names that mean something to JavaScript. */
const JS_NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "then", "length"];
const NUMBERS = ["99999999999999999999", "-1", "1e309", "NaN", "0x10", "4294967296", "9007199254740993", "-0", "1.5e3"];
/** Halves of surrogate pairs, NUL, non-characters, a byte order mark, direction marks, a letter that folds oddly. */
const CHARACTERS = [
  "\ud800",
  "\udfff",
  "\u0000",
  "\u0008",
  "\ufffe",
  "\uffff",
  "\ufeff",
  "\u202e",
  "\u2028",
  "İ",
  "\u{1f600}",
];
const MARKUP = [
  `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>`,
  "&b;",
  "&#0;",
  "&#x110000;",
  "&#xD800;",
  "&amp;lt;",
  "<![CDATA[ ]]>",
  "<![CDATA[",
  "<!-- -- -->",
  "<?xml version='1.0'?>",
  "<a:b/>",
  "</a>",
  "]]>",
];
const WORDS = [
  "",
  " ",
  "'",
  '"',
  "<",
  ">",
  "&",
  "/",
  "@",
  "room_7c1f@conference.chat.example",
  "null",
  "true",
  "[]",
  "{}",
  ".",
];
const PUNCTUATION = `<>&"'/=!?[]{}:, \n\\`;

/** A text of the corpus, with the places where a mutation keeps it readable. */
export interface Specimen {
  text: string;
  /** Attribute values and texts (XML), or strings and numbers (JSON), without their quotes. */
  values: readonly (readonly [from: number, to: number])[];
  /** Names of attributes and elements, or keys. */
  names: readonly string[];
}

/** Finds the places of a frame. */
export function specimenOf(text: string): Specimen {
  return text.trimStart().startsWith("<") ? xmlSpecimen(text) : jsonSpecimen(text);
}

function places(text: string, pattern: RegExp): [number, number][] {
  return Array.from(text.matchAll(pattern), ({ index, 0: whole, 1: before = "" }): [number, number] => {
    const from = index + before.length;
    return [from, index + whole.length];
  });
}

function xmlSpecimen(text: string): Specimen {
  const values = [...places(text, /([\w:-]+=['"])[^'"]*/g), ...places(text, /(>)[^<]+/g)];
  const names = new Set(Array.from(text.matchAll(/[<\s]([\w:-]+)(?=[\s=/>])/g), ([, name = ""]) => name));
  return { text, values, names: [...names] };
}

function jsonSpecimen(text: string): Specimen {
  const values = [
    ...places(text, /(:\s*"|\[\s*")(?:[^"\\]|\\.)*/g),
    ...places(text, /([:[,]\s*)(?:-?\d[\d.eE+-]*|true|false|null)/g),
  ];
  const names = new Set(Array.from(text.matchAll(/"([^"\\]*)"\s*:/g), ([, name = ""]) => name));
  return { text, values, names: [...names] };
}

type Mutation = (random: SeededRandom, text: string, own: Specimen, other: Specimen) => string;

const insert = (text: string, at: number, piece: string, remove = 0): string =>
  text.slice(0, at) + piece + text.slice(at + remove);
const spot = (random: SeededRandom, text: string): number => below(random, text.length + 1);
const isXml = (text: string): boolean => text.startsWith("<");

/** Anything nasty that fits where a value stood. */
function nastyValue(random: SeededRandom, other: Specimen): string {
  switch (below(random, 8)) {
    case 0:
      return oneOf(random, NUMBERS);
    case 1:
      return oneOf(random, JS_NAMES);
    case 2:
      return oneOf(random, CHARACTERS);
    case 3:
      // Mostly long, rarely very long: the time of a run goes into these.
      return "x".repeat(below(random, 50) === 0 ? 65_536 : below(random, 2_000));
    case 4:
    case 5: {
      const [from, to] = other.values.length > 0 ? oneOf(random, other.values) : [0, 0];
      return other.text.slice(from, to);
    }
    default:
      return oneOf(random, WORDS);
  }
}

/** Keep a frame readable, so that what lies behind the parser is reached. */
const READABLE: Mutation[] = [
  function changeValue(random, text, own, other) {
    if (own.values.length === 0 || text !== own.text) return text;
    const [from, to] = oneOf(random, own.values);
    return insert(text, from, nastyValue(random, other), to - from);
  },
  function renameAll(random, text, own, other) {
    if (own.names.length === 0) return text;
    const name = oneOf(random, own.names);
    const to = random() < 0.5 || other.names.length === 0 ? oneOf(random, JS_NAMES) : oneOf(random, other.names);
    if (!isXml(text)) return text.split(`"${name}"`).join(`"${to}"`);
    return text.split(`<${name}`).join(`<${to}`).split(`</${name}`).join(`</${to}`).split(` ${name}=`).join(` ${to}=`);
  },
  function nest(random, text) {
    // Around the limits: 64 levels of XML; JSON has none.
    const deep = below(random, 10) === 0 ? 500 : below(random, 80);
    if (isXml(text)) {
      const at = text.indexOf(">", spot(random, text)) + 1;
      return at === 0 ? text : insert(text, at, "<a>".repeat(deep) + "</a>".repeat(deep));
    }
    const at = text.indexOf(":", spot(random, text)) + 1;
    return at === 0 ? text : insert(text, at, `${"[".repeat(deep)}${"]".repeat(deep)},"n":`);
  },
  function graft(random, text, _own, other) {
    const at = text.indexOf(isXml(text) ? ">" : ",", spot(random, text)) + 1;
    if (at === 0) return text;
    const inner = isXml(text) ? other.text.trim() : `"g":${other.text},`;
    return insert(text, at, inner);
  },
  function addName(random, text) {
    const name = oneOf(random, JS_NAMES);
    if (!isXml(text)) return insert(text, text.indexOf("{") + 1, `"${name}":{"polluted":true,"0":1},`);
    const at = text.indexOf(" ", spot(random, text));
    return at < 0 ? text : insert(text, at, ` ${name}='polluted'`);
  },
];

/** Break a frame anywhere. */
const RAW: Mutation[] = [
  function flip(random, text) {
    let changed = text;
    for (let count = 1 + below(random, 4); count > 0; count--) {
      const code = random() < 0.7 ? oneOf(random, Array.from(PUNCTUATION)) : String.fromCharCode(below(random, 65_536));
      changed = insert(changed, spot(random, changed), code, 1);
    }
    return changed;
  },
  (random, text) => text.slice(0, spot(random, text)),
  function duplicate(random, text) {
    const from = spot(random, text);
    return insert(text, spot(random, text), text.slice(from, from + below(random, 200)));
  },
  (random, text) => insert(text, spot(random, text), "", below(random, 40)),
  function splice(random, text, _own, other) {
    return text.slice(0, spot(random, text)) + other.text.slice(spot(random, other.text));
  },
  (random, text) => insert(text, spot(random, text), oneOf(random, MARKUP)),
  (random, text) => insert(text, spot(random, text), oneOf(random, CHARACTERS)),
  (random, text) => insert(text, spot(random, text), oneOf(random, NUMBERS)),
];

/**
 * Changes a frame of the corpus, most often in a way that it can still be read. Everything comes out of `random`: the
 * same generator makes the same frame.
 */
export function mutate(random: SeededRandom, corpus: readonly Specimen[]): string {
  const own = oneOf(random, corpus);
  const other = oneOf(random, corpus);
  let { text } = own;
  const raw = random() < 0.3;
  for (let count = 1 + below(random, 3); count > 0; count--) {
    text = oneOf(random, READABLE)(random, text, own, other);
  }
  return raw ? oneOf(random, RAW)(random, text, own, other) : text;
}
