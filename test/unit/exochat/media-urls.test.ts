import { describe, expect, it } from "vitest";
import { getFileName, isAudioURL, isDocumentPdf, isImageURL, isVideoURL } from "../../../src/exochat/media-urls.ts";

const KINDS = { image: isImageURL, audio: isAudioURL, video: isVideoURL, pdf: isDocumentPdf };
const EXTENSIONS: Record<keyof typeof KINDS, string[]> = {
  image: ["jpg", "jpeg", "png", "gif", "webp", "bmp", "tiff", "svg", "avif"],
  audio: ["mp3", "ogg", "wav", "m4a", "aac", "opus"],
  video: ["mp4", "webm", "mov", "m4v", "ogv"],
  pdf: ["pdf"],
};
const kindOf = (url: string) => Object.entries(KINDS).flatMap(([kind, is]) => (is(url) ? [kind] : []));

describe("kinds of addresses", () => {
  it.each(Object.entries(EXTENSIONS).flatMap(([kind, list]) => list.map((extension) => [extension, kind])))(
    ".%s is %s and nothing else, in any case, whatever query and fragment say",
    (extension, kind) => {
      expect(kindOf(`https://files.example/a/b.${extension}`)).toEqual([kind]);
      expect(kindOf(`https://files.example/B.${extension.toUpperCase()}?as=x.zip#y.exe`)).toEqual([kind]);
    },
  );

  it.each([
    "https://files.example/?f=a.png",
    "https://files.example/png",
    "http://",
    "",
    "not a url",
    "https://x.png/",
  ])("%j is none", (url) => expect(kindOf(url)).toEqual([]));

  it.each([null, undefined, 7, {}])("%j is none, and nothing throws", (value) => {
    for (const is of Object.values(KINDS)) expect(Reflect.apply(is, undefined, [value])).toBe(false);
    expect(Reflect.apply(getFileName, undefined, [value])).toBe("");
  });
});

describe("getFileName", () => {
  it.each([
    ["https://files.example/f/8Zk2/report.pdf", "report.pdf"],
    ["https://files.example/f/R%C3%A9sum%C3%A9%20%E2%9C%93.pdf?x=1#p", "Résumé ✓.pdf"],
    ["https://files.example/f/%E0%A4%A.pdf", "%E0%A4%A.pdf"],
    ["https://files.example/", ""],
    ["https://files.example", ""],
  ])("%s → %j", (url, name) => expect(getFileName(url)).toBe(name));
});
