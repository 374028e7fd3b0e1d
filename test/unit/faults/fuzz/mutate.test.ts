import { describe, expect, it } from "vitest";
import { parseXml } from "../../../../adapters/xmpp-muc/xml.ts";
import { derivedSeed, seededRandom } from "../../../../sandbox/faults/seeded-random.ts";
import { fuzz } from "./fuzz.ts";
import { mutate, specimenOf } from "./mutate.ts";

const XML = ["<message from='a@b/c' id='1'><body>Hello</body><x xmlns='urn:x' n='5'/></message>", "<a b='c'>d</a>"];
const JSON_TEXTS = ['{"name":"Asha","size":48211,"list":["a","b"],"open":true}'];

function frames(texts: string[], seed: number, count: number): string[] {
  const corpus = texts.map(specimenOf);
  return Array.from({ length: count }, (_, index) => mutate(seededRandom(derivedSeed(seed, index)), corpus));
}

const readable = (list: string[], read: (text: string) => unknown): number =>
  list.filter((text) => {
    try {
      read(text);
      return true;
    } catch {
      return false;
    }
  }).length / list.length;

describe("mutation", () => {
  it("finds values and names", () => {
    const { text, values, names } = specimenOf(XML[0] ?? "");
    expect(values.map(([from, to]) => text.slice(from, to))).toEqual(["a@b/c", "1", "urn:x", "5", "Hello"]);
    expect(names).toEqual(["message", "from", "id", "body", "x", "xmlns", "n"]);
    const json = specimenOf(JSON_TEXTS[0] ?? "");
    expect(json.values.map(([from, to]) => json.text.slice(from, to))).toEqual(["Asha", "a", "48211", "true"]);
    expect(json.names).toEqual(["name", "size", "list", "open"]);
  });

  it("is decided by the seed", () => {
    expect(frames(XML, 3, 200)).toEqual(frames(XML, 3, 200));
    expect(frames(XML, 4, 200)).not.toEqual(frames(XML, 3, 200));
  });

  it("leaves enough readable, and breaks enough", () => {
    const ofXml = readable(frames(XML, 1, 5_000), (text) => parseXml(text));
    const ofJson = readable(frames(JSON_TEXTS, 1, 5_000), (text) => JSON.parse(text));
    for (const share of [ofXml, ofJson]) {
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(0.9);
    }
  });

  it("covers what is asked of it", () => {
    const all = [...frames(XML, 2, 20_000), ...frames(JSON_TEXTS, 2, 20_000)];
    const wanted = [
      /__proto__/,
      /constructor/,
      /\ud800/,
      /99999999999999999999/,
      /x{60000}/,
      /<!DOCTYPE/,
      /&#x110000;/,
    ];
    for (const pattern of [...wanted, /(<a>){200}/, /\[{200}/])
      expect(all.some((text) => pattern.test(text))).toBe(true);
    expect(new Set(all).size).toBeGreaterThan(all.length / 2);
  });
});

describe("the fuzzer", () => {
  const refuses = { mayThrow: (error: unknown) => error instanceof SyntaxError };

  it("reports what throws otherwise than documented, with what repeats it", async () => {
    const read = (frame: string): boolean => {
      if (frame.includes("constructor")) throw new TypeError("planted");
      JSON.parse(frame);
      return true;
    };
    const report = await fuzz(9, 10_000, JSON_TEXTS, { read, ...refuses });
    expect(report.failures).toHaveLength(5);
    const [failure] = report.failures;
    expect(failure?.what).toContain("planted");
    const corpus = JSON_TEXTS.map(specimenOf);
    const again = mutate(seededRandom(derivedSeed(9, failure?.index ?? 0)), corpus);
    expect(JSON.stringify(again)).toBe(failure?.frame);
  });

  it("notices a changed prototype, and a frame that takes for ever", async () => {
    const polluting = {
      read(): boolean {
        (Object.prototype as Record<string, unknown>)["polluted"] = true;
        return true;
      },
      ...refuses,
    };
    const polluted = await fuzz(1, 1, JSON_TEXTS, polluting);
    delete (Object.prototype as Record<string, unknown>)["polluted"];
    expect(polluted.failures[0]?.what).toBe("Object.prototype has got polluted");

    const clock = { now: 0 };
    const slow = await fuzz(1, 1, JSON_TEXTS, { read: () => spin(clock), ...refuses }, 20);
    expect(slow.failures[0]?.what).toBe("slow");
  });
});

/** Keeps the processor for a little more than the fuzzer allows. */
function spin(clock: { now: number }): boolean {
  const until = performance.now() + 25;
  while (performance.now() < until) clock.now++;
  return true;
}
