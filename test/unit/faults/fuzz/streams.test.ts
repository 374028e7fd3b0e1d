import { expect, it } from "vitest";
import { cleanFeatures, readSessionParameters } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-body.ts";
import { BoshError } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-error.ts";
import { resolveBoshOptions } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-options.ts";
import { postBody, RepeatableFailure } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-request.ts";
import { streamError } from "../../../../adapters/xmpp-muc/connection/stream-failure.ts";
import { CHAT_ERROR_CODES } from "../../../../src/transport/errors.ts";
import { stanzas } from "./corpus.ts";
import { fuzz } from "./fuzz.ts";

const FRAMES = 300_000;
const SEED = 124_206;
const BIND = "http://jabber.org/protocol/httpbind";

/** Answers as Prosody and ejabberd give them. */
const BODIES = [
  `<body xmlns='${BIND}' sid='b1c2' wait='30' hold='1' requests='2' inactivity='60' polling='5' maxpause='120' ver='1.11' xmlns:xmpp='urn:xmpp:xbosh' xmlns:stream='http://etherx.jabber.org/streams' xmpp:version='1.0'><stream:features xmlns='jabber:client'><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms><sm xmlns='urn:xmpp:sm:3'/><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features></body>`,
  `<body xmlns='${BIND}' type='terminate' condition='see-other-uri'><uri>https://chat.example/other</uri></body>`,
  `<body xmlns='${BIND}' type='terminate' condition='item-not-found'/>`,
  `<body xmlns='${BIND}' type='error' sid='b1c2'/>`,
  `<body xmlns='${BIND}' type='terminate' condition='remote-stream-error' xmlns:stream='http://etherx.jabber.org/streams'><stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></body>`,
  `<body xmlns='${BIND}' sid='b1c2'/>`,
];
const inBodies = stanzas().map((stanza) => `<body xmlns='${BIND}' sid='b1c2'>${stanza}</body>`);
const CODES: ReadonlySet<string> = new Set(CHAT_ERROR_CODES);

let answer = "";
// Not a true Response: those cost more than the decoder that is under test.
const response = { status: 200, headers: new Headers(), body: null, text: () => Promise.resolve(answer) };
const options = resolveBoshOptions({ fetch: () => Promise.resolve(response as unknown as Response) });
const { signal } = new AbortController();

async function readBody(frame: string): Promise<boolean> {
  answer = frame;
  const body = await postBody("https://chat.example/http-bind/", "<body/>", options, signal);
  const session = readSessionParameters(body, { wait: 30, hold: 1 });
  if (session && !(session.requests >= 1 && Number.isSafeInteger(session.wait))) throw new TypeError("absurd numbers");
  const { condition = "undefined-condition" } = body.attrs;
  const error = streamError(new BoshError(condition, "The session was ended."));
  if (!CODES.has(error.code)) throw new TypeError("It was mapped to something that is no ChatError of a known code.");
  for (const child of body.getChildElements()) cleanFeatures(child);
  return true;
}

it(`reads ${FRAMES} mutated BOSH answers, or takes them for a page of a proxy`, { timeout: 300_000 }, async () => {
  const report = await fuzz(SEED, FRAMES, [...BODIES, ...BODIES, ...BODIES, ...inBodies], {
    read: readBody,
    mayThrow: (error) => error instanceof RepeatableFailure,
  });
  expect(report.failures).toEqual([]);
  expect(report.frames).toBe(FRAMES);
  expect(report.read).toBeGreaterThan(FRAMES / 3);
  expect(report.heapGrowth).toBeLessThan(16 * 1024 * 1024);
});
