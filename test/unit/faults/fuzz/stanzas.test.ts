import { expect, it } from "vitest";
import { exotelCodec } from "../../../../adapters/exotel/codecs/codec-chain.ts";
import { resolveWire } from "../../../../adapters/exotel/exotel-options.ts";
import { readStanzaError } from "../../../../adapters/xmpp-muc/connection/iq-tracker.ts";
import { StreamFailure, streamError } from "../../../../adapters/xmpp-muc/connection/stream-failure.ts";
import { decodeArchivedMessage, decodeRoomMessage } from "../../../../adapters/xmpp-muc/muc/decode-room-message.ts";
import type { RoomContext } from "../../../../adapters/xmpp-muc/muc/decode-room-message.ts";
import { decodeInvite } from "../../../../adapters/xmpp-muc/muc/invites.ts";
import { mapJoinError } from "../../../../adapters/xmpp-muc/muc/join-errors.ts";
import { mapMessageError } from "../../../../adapters/xmpp-muc/muc/message-errors.ts";
import { decodeRoomPresence } from "../../../../adapters/xmpp-muc/muc/participants.ts";
import { toBody } from "../../../../adapters/xmpp-muc/muc/to-chat-message.ts";
import { decodeForm } from "../../../../adapters/xmpp-muc/xep/0004-data-forms.ts";
import { decodeDiscoInfo, decodeDiscoItems } from "../../../../adapters/xmpp-muc/xep/0030-disco.ts";
import { decodeMucUser } from "../../../../adapters/xmpp-muc/xep/0045-muc.ts";
import { decodeResultSet } from "../../../../adapters/xmpp-muc/xep/0059-rsm.ts";
import { decodeDelay } from "../../../../adapters/xmpp-muc/xep/0203-delay.ts";
import { decodeDirectInvite } from "../../../../adapters/xmpp-muc/xep/0249-direct-invitations.ts";
import { decodeArchiveFin, decodeArchiveResult } from "../../../../adapters/xmpp-muc/xep/0313-mam.ts";
import { decodeHats } from "../../../../adapters/xmpp-muc/xep/0317-hats.ts";
import { decodeSlot, decodeSlotError } from "../../../../adapters/xmpp-muc/xep/0363-http-upload.ts";
import { decodeFileMetadata } from "../../../../adapters/xmpp-muc/xep/0446-file-metadata.ts";
import { parseXml, type XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";
import { CHAT_ERROR_CODES, ChatError } from "../../../../src/transport/errors.ts";
import { fixtureTexts, ROOM_STANZAS, stanzas } from "./corpus.ts";
import { fuzz } from "./fuzz.ts";

const FRAMES = 300_000;
const SEED = 20_260_504;

const context: RoomContext = {
  room: "room_7c1f@conference.chat.example",
  domain: "chat.example",
  stanzaIds: true,
  occupantIds: true,
  joining: false,
  codec: undefined,
  locale: "de",
};
const codec = exotelCodec(resolveWire(undefined));
const CODES: ReadonlySet<string> = new Set(CHAT_ERROR_CODES);
const joining: RoomContext = { ...context, joining: true };
const now = Date.parse("2026-05-04T12:00:00Z");

/** Those that `decodeRoomMessage` and the others do not reach: answers to requests. */
const ELEMENT_DECODERS: ((element: XmlElement) => unknown)[] = [
  decodeForm,
  decodeDiscoInfo,
  decodeDiscoItems,
  decodeMucUser,
  decodeResultSet,
  decodeDelay,
  decodeDirectInvite,
  decodeArchiveFin,
  decodeHats,
  decodeSlot,
  decodeSlotError,
  decodeFileMetadata,
  (element) => streamError(new StreamFailure(element)),
];

function readStanza(frame: string): boolean {
  const stanza = parseXml(frame);
  for (const each of [decodeRoomMessage(stanza, context, now), decodeRoomMessage(stanza, joining, now)]) {
    if (!each) continue;
    toBody(each, { filesFromUrls: true });
    if (each.type === "error") expectError(mapMessageError(each));
  }
  // By itself: a room takes a codec that throws for one that found nothing.
  codec.decode(stanza, { archived: false, fromRoom: false });
  decodeRoomPresence(stanza, context);
  decodeInvite(stanza);
  if (stanza.getChild("error")) {
    readStanzaError(stanza);
    expectError(mapJoinError(stanza).error);
  }
  for (const child of stanza.getChildElements()) {
    for (const decode of ELEMENT_DECODERS) decode(child);
    const result = child.name === "result" ? decodeArchiveResult(child) : undefined;
    if (result) decodeArchivedMessage(result, context, now);
  }
  expectError(streamError(new StreamFailure(stanza)));
  return true;
}

function expectError(error: unknown): void {
  if (!ChatError.isInstance(error) || !CODES.has(error.code)) {
    throw new TypeError("It was mapped to something that is no ChatError of a known code.");
  }
}

it(`reads ${FRAMES} mutated stanzas of the wire, or refuses them with a ChatError`, { timeout: 300_000 }, async () => {
  const corpus = [...stanzas(), ...ROOM_STANZAS, ...fixtureTexts(/^exotel\/.*\.xml$/)];
  const report = await fuzz(SEED, FRAMES, corpus, {
    read: readStanza,
    mayThrow: (error) => ChatError.isInstance(error),
  });
  expect(report.failures).toEqual([]);
  expect(report.frames).toBe(FRAMES);
  expect(report.read).toBeGreaterThan(FRAMES / 2);
  expect(report.heapGrowth).toBeLessThan(16 * 1024 * 1024);
});
