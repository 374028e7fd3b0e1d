import { expect, it } from "vitest";
import { decodeResumeState } from "../../../../adapters/xmpp-muc/connection/resume-state.ts";
import { decodeResumeToken, encodeResumeToken } from "../../../../adapters/xmpp-muc/resume-token.ts";
import { decodeSavedChat, decodeSavedRecord } from "../../../../src/session/saved-chat.ts";
import { fuzz } from "./fuzz.ts";

const FRAMES = 200_000;
const SEED = 198;

/** As a connection stores them. Each further format that is kept over a reload belongs here, with its decoder below. */
const STATES = [
  `{"version":1,"kind":"bosh","url":"https://chat.example/http-bind/","jid":"u-140a@chat.example/exo-1","sid":"b1c2","rid":1207,"requests":2,"wait":30,"hold":1,"inactivity":60,"polling":5,"savedAt":1777888931000,"pending":[{"rid":1206,"body":"<body xmlns=\\"http://jabber.org/protocol/httpbind\\" rid=\\"1206\\" sid=\\"b1c2\\"/>"}]}`,
  `{"version":1,"kind":"websocket-sm","url":"wss://chat.example/xmpp-websocket","jid":"u-140a@chat.example/exo-1","id":"p-1","inbound":7,"outbound":4294967295,"max":300,"savedAt":1777888931000,"unacked":["<message id=\\"1\\"/>"]}`,
];
/** Some of it was changed where no check looks, or nothing was. */
const DECODED = 500;

function readState(frame: string): boolean {
  const value: unknown = JSON.parse(frame);
  const state = decodeResumeState(value);
  if (state === undefined) return false;
  // What was read is as good as what is written, and is read again as the same.
  const again = decodeResumeState(JSON.parse(JSON.stringify(state)));
  if (JSON.stringify(again) !== JSON.stringify(state)) throw new TypeError("It is read differently the second time.");
  return true;
}

it(`reads ${FRAMES} mutated stored states, or takes them for none`, { timeout: 300_000 }, async () => {
  const mayThrow = (error: unknown): boolean => error instanceof SyntaxError;
  for (const text of STATES) expect(readState(text)).toBe(true);
  const report = await fuzz(SEED, FRAMES, STATES, { read: readState, mayThrow });
  expect(report.failures).toEqual([]);
  expect(report.frames).toBe(FRAMES);
  expect(report.read).toBeGreaterThan(DECODED);
  expect(report.heapGrowth).toBeLessThan(16 * 1024 * 1024);
});

/** As a session keeps its chat, with the token of a provisioned room inside. */
const CHATS = [
  `{"version":2,"chat":"0f3c9a1e","savedAt":1777888931000,"conversation":"room_1@conference.chat.example","resumeToken":"{}","last":{"id":"s-17","at":1777888930000}}`,
];
/** And each own message in a record of its own. */
const RECORDS = [
  `{"chat":"0f3c9a1e","order":7,"clientId":"c-2","status":"sent","queuedAt":1777888930500,"body":{"kind":"text","text":"are you there?"},"replyTo":"s-16"}`,
  `{"chat":"0f3c9a1e","order":8,"clientId":"c-3","status":"failed","queuedAt":1777888930900,"body":{"kind":"attachments","attachments":[{"url":"https://files.example/a.pdf","name":"a.pdf","mediaType":"application/pdf","sizeBytes":12}],"caption":"look"},"doubtful":true}`,
];
const TOKENS = STATES.map(
  (link) =>
    `{"version":1,"room":"room_1@conference.chat.example","nick":"Jane","agents":["asha@chat.example"],"resource":"exo-1","link":${link}}`,
);

/** What is read of it is written and read again as the same. */
function stable<T>(read: (text: string) => T | undefined, write: (value: T) => string): (frame: string) => boolean {
  return (frame) => {
    const value = read(frame);
    if (value === undefined) return false;
    const again = read(write(value));
    if (again === undefined || write(again) !== write(value))
      throw new TypeError("It is read differently the second time.");
    return true;
  };
}

it.each([
  ["kept chats", CHATS, stable(decodeSavedChat, (chat) => JSON.stringify(chat))],
  [
    "kept messages",
    RECORDS,
    stable(decodeSavedRecord, ({ delivery, ...rest }) => JSON.stringify({ ...rest, ...delivery })),
  ],
  ["resume tokens", TOKENS, stable(decodeResumeToken, encodeResumeToken)],
])(
  `reads 50000 mutated %s, or takes them for none, and never throws`,
  { timeout: 300_000 },
  async (_, corpus, read) => {
    for (const text of corpus) expect(read(text)).toBe(true);
    const report = await fuzz(SEED, 50_000, corpus, { read, mayThrow: () => false });
    expect(report.failures).toEqual([]);
    expect(report.frames).toBe(50_000);
    expect(report.read).toBeGreaterThan(DECODED);
    expect(report.heapGrowth).toBeLessThan(16 * 1024 * 1024);
  },
);
