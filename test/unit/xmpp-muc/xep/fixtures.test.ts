import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeForm, encodeForm } from "../../../../adapters/xmpp-muc/xep/0004-data-forms.ts";
import * as disco from "../../../../adapters/xmpp-muc/xep/0030-disco.ts";
import * as muc from "../../../../adapters/xmpp-muc/xep/0045-muc.ts";
import { decodeResultSet, encodeResultSet } from "../../../../adapters/xmpp-muc/xep/0059-rsm.ts";
import { decodeOob, encodeOob } from "../../../../adapters/xmpp-muc/xep/0066-oob.ts";
import { decodeChatState, encodeChatState } from "../../../../adapters/xmpp-muc/xep/0085-chat-states.ts";
import { decodeReceipt, encodeReceipt } from "../../../../adapters/xmpp-muc/xep/0184-receipts.ts";
import { decodePing, encodePing } from "../../../../adapters/xmpp-muc/xep/0199-ping.ts";
import { decodeDelay, encodeDelay } from "../../../../adapters/xmpp-muc/xep/0203-delay.ts";
import { decodeDirectInvite, encodeDirectInvite } from "../../../../adapters/xmpp-muc/xep/0249-direct-invitations.ts";
import { decodeCorrection, encodeCorrection } from "../../../../adapters/xmpp-muc/xep/0308-correction.ts";
import * as mam from "../../../../adapters/xmpp-muc/xep/0313-mam.ts";
import { decodeHats, encodeHats } from "../../../../adapters/xmpp-muc/xep/0317-hats.ts";
import { decodeMarker, encodeMarker } from "../../../../adapters/xmpp-muc/xep/0333-displayed-markers.ts";
import { decodeHint, encodeHint } from "../../../../adapters/xmpp-muc/xep/0334-hints.ts";
import { decodeStableId, encodeStableId } from "../../../../adapters/xmpp-muc/xep/0359-stanza-ids.ts";
import * as upload from "../../../../adapters/xmpp-muc/xep/0363-http-upload.ts";
import { decodeOccupantId, encodeOccupantId } from "../../../../adapters/xmpp-muc/xep/0421-occupant-id.ts";
import * as retraction from "../../../../adapters/xmpp-muc/xep/0424-retraction.ts";
import { decodeModeration } from "../../../../adapters/xmpp-muc/xep/0425-moderation.ts";
import { decodeFallback, encodeFallback } from "../../../../adapters/xmpp-muc/xep/0428-fallback.ts";
import { decodeReactions, encodeReactions } from "../../../../adapters/xmpp-muc/xep/0444-reactions.ts";
import { decodeFileMetadata, encodeFileMetadata } from "../../../../adapters/xmpp-muc/xep/0446-file-metadata.ts";
import * as files from "../../../../adapters/xmpp-muc/xep/0447-file-sharing.ts";
import { decodeReply, encodeReply } from "../../../../adapters/xmpp-muc/xep/0461-replies.ts";
import { parseXml, type XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";

interface Codec {
  decode(element: XmlElement): unknown;
  encode?: (value: never) => XmlElement;
}

const CODECS: Record<string, Codec> = {
  form: { decode: decodeForm, encode: encodeForm },
  discoInfo: { decode: disco.decodeDiscoInfo, encode: disco.encodeDiscoInfo },
  discoItems: { decode: disco.decodeDiscoItems, encode: disco.encodeDiscoItems },
  mucJoin: { decode: muc.decodeMucJoin, encode: muc.encodeMucJoin },
  mucUser: { decode: muc.decodeMucUser, encode: muc.encodeMucUser },
  resultSet: { decode: decodeResultSet, encode: encodeResultSet },
  oob: { decode: decodeOob, encode: encodeOob },
  chatState: { decode: decodeChatState, encode: encodeChatState },
  receipt: { decode: decodeReceipt, encode: encodeReceipt },
  ping: { decode: decodePing, encode: encodePing },
  delay: { decode: decodeDelay, encode: encodeDelay },
  directInvite: { decode: decodeDirectInvite, encode: encodeDirectInvite },
  correction: { decode: decodeCorrection, encode: encodeCorrection },
  archiveQuery: { decode: mam.decodeArchiveQuery, encode: mam.encodeArchiveQuery },
  archiveResult: { decode: mam.decodeArchiveResult, encode: mam.encodeArchiveResult },
  archiveFin: { decode: mam.decodeArchiveFin, encode: mam.encodeArchiveFin },
  hats: { decode: decodeHats, encode: encodeHats },
  marker: { decode: decodeMarker, encode: encodeMarker },
  hint: { decode: decodeHint, encode: encodeHint },
  stableId: { decode: decodeStableId, encode: encodeStableId },
  slotRequest: { decode: upload.decodeSlotRequest, encode: upload.encodeSlotRequest },
  slot: { decode: upload.decodeSlot, encode: upload.encodeSlot },
  slotError: { decode: upload.decodeSlotError },
  occupantId: { decode: decodeOccupantId, encode: encodeOccupantId },
  retraction: { decode: retraction.decodeRetraction, encode: retraction.encodeRetraction },
  tombstone: { decode: retraction.decodeTombstone },
  moderation: { decode: decodeModeration },
  fallback: { decode: decodeFallback, encode: encodeFallback },
  reactions: { decode: decodeReactions, encode: encodeReactions },
  fileMetadata: { decode: decodeFileMetadata, encode: encodeFileMetadata },
  fileSharing: { decode: files.decodeFileSharing, encode: files.encodeFileSharing },
  mediaSharing: { decode: files.decodeMediaSharing },
  reply: { decode: decodeReply, encode: encodeReply },
};

interface Fixture {
  source: string;
  codec: string;
  /** Whether we also write this form. */
  send: boolean;
  value: unknown;
}

const ROOT = new URL("../../../../fixtures/xmpp/", import.meta.url);
const cases = readdirSync(ROOT)
  .filter((dir) => /^xep\d{4}$/.test(dir))
  .flatMap((dir) =>
    readdirSync(new URL(`${dir}/`, ROOT))
      .filter((file) => file.endsWith(".xml"))
      .map((file) => `${dir}/${file.slice(0, -4)}`),
  );

const TIMES = new Set(["stamp", "start", "end", "since", "retryAt"]);

/** Decoded values as JSON: times as text, elements as their XML, nothing as `null`. */
function toJson(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object" || value === null) return value;
  if ("getChildElements" in value) return (value as XmlElement).toString();
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]));
}

function fromJson(value: unknown, key = ""): unknown {
  if (TIMES.has(key) && typeof value === "string") return new Date(value);
  if (key === "message" && typeof value === "string") return parseXml(value);
  if (Array.isArray(value)) return value.map((inner) => fromJson(inner));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fromJson(inner, name)]));
}

/** Same elements, attributes and text, whatever their order of attributes and their repeated declarations. */
function canonical(element: XmlElement): unknown {
  const children = element.children.map((child) => (typeof child === "string" ? child : canonical(child)));
  const { xmlns: _declared, ...attrs } = element.attrs;
  return { name: element.name, ns: element.getNS(), attrs, children };
}

describe("XEP codecs on their fixtures", () => {
  it("has a pair for each codec", () => {
    const used = new Set(cases.map((name) => read(name).fixture.codec));
    expect(Object.keys(CODECS).filter((codec) => !used.has(codec))).toEqual([]);
  });

  it.each(cases)("%s", (name) => {
    const { fixture, element } = read(name);
    const codec = CODECS[fixture.codec];
    expect(codec, `codec ${fixture.codec}`).toBeDefined();
    expect(fixture.source).not.toBe("");
    expect(toJson(codec?.decode(element))).toEqual(fixture.value);
    if (!fixture.send) return;
    expect(codec?.encode, "a form that is sent has an encoder").toBeDefined();
    const written = codec?.encode?.(fromJson(fixture.value) as never);
    expect(written && canonical(written)).toEqual(canonical(element));
  });
});

function read(name: string): { fixture: Fixture; element: XmlElement } {
  const text = (extension: string): string => readFileSync(new URL(`${name}.${extension}`, ROOT), "utf8");
  return { fixture: JSON.parse(text("json")) as Fixture, element: parseXml(text("xml").trim()) };
}
