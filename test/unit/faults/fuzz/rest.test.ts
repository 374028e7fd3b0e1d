import { expect, it } from "vitest";
import { fetchFeedbackConfig } from "../../../../adapters/exotel/feedback.ts";
import { fetchArchive } from "../../../../adapters/exotel/history.ts";
import type { ExotelOptions } from "../../../../adapters/exotel/exotel-options.ts";
import { readProvision } from "../../../../adapters/exotel/provision.ts";
import { payloadOfRecord, recordOfPayload } from "../../../../adapters/exotel/codecs/payload.ts";
import { decodeServerFrame } from "../../../../adapters/memory/frames.ts";
import { statusError } from "../../../../adapters/exotel/rest.ts";
import { ChatError } from "../../../../src/transport/errors.ts";
import { fixtureTexts } from "./corpus.ts";
import { fuzz } from "./fuzz.ts";

const FRAMES = 200_000;
const SEED = 4_440;

/** Shapes that the fixtures do not have. */
const ANSWERS = [
  `{"messages":[{"from":"room_7c1f@conference.chat.example/Asha","body":"Hello","time":"2026-05-04T10:02:11Z","stanza":"<message xmlns='jabber:client' id='a'><body>Hello</body></message>"},{"body":"x","delay_stamp":1777888931000}]}`,
  `{"message":{"from":"a@b/c","body":"single","timestamp":"1777888931000"}}`,
  `{"response":{"messages":[]},"http_code":200}`,
  `{"exception":"IllegalArgumentException","errorCode":"E1","message":"no"}`,
  `{"subtype":"MEDIA_MSG","files":[{"url":"https://files.example/a.pdf","name":"a.pdf","type":"application/pdf","size":48211}],"userRole":"agent","chatEnded":true,"interaction_data":{"chatId":"c1","interaction_id":7},"form":{"a":[1,2]}}`,
  `{"type":"message","message":{"seq":1,"id":"m1","from":{"id":"a","name":"Asha","role":"agent","isSelf":false},"sentAt":"2026-05-04T10:02:11Z","body":{"kind":"text","text":"Hi"}},"replayed":false}`,
];

let answer = "";
// Not a true Response: those cost more than the decoder that is under test.
const response = {
  ok: true,
  status: 200,
  statusText: "",
  headers: new Headers({ "retry-after": "1" }),
  text: () => Promise.resolve(answer),
};
const options: ExotelOptions = {
  chatServiceUrl: "https://omni.example.com:4440/",
  cmsServiceUrl: "https://omni.example.com:4433",
  authToken: "t",
  contactCenterId: 7,
  campaignId: 1,
  nodeflowId: 5,
  processId: 4,
  fetch: () => Promise.resolve(response as unknown as Response),
};
const request = { customer: { name: "Ravi" } };

async function readAnswer(frame: string): Promise<boolean> {
  answer = frame;
  const error = await statusError(response as unknown as Response);
  if (!ChatError.isInstance(error)) throw new TypeError("no ChatError");
  await fetchArchive(options, "room_7c1f@conference.chat.example");
  const parsed: unknown = JSON.parse(frame);
  const payload = payloadOfRecord(parsed);
  if (payload) recordOfPayload(payload);
  decodeServerFrame(parsed);
  // Last, because most frames are none and are refused here.
  const attempts: (() => unknown)[] = [
    () => fetchFeedbackConfig(options),
    () => readProvision(options, request, parsed),
  ];
  for (const attempt of attempts) {
    try {
      await attempt();
    } catch (refusal) {
      if (!ChatError.isInstance(refusal)) throw refusal;
    }
  }
  return true;
}

it(
  `reads ${FRAMES} mutated answers of the REST services, or refuses them with a ChatError`,
  { timeout: 300_000 },
  async () => {
    const report = await fuzz(SEED, FRAMES, [...fixtureTexts(/^exotel\/.*(?:response|config)\.json$/), ...ANSWERS], {
      read: readAnswer,
      mayThrow: (error) => ChatError.isInstance(error),
    });
    expect(report.failures).toEqual([]);
    expect(report.frames).toBe(FRAMES);
    expect(report.read).toBeGreaterThan(FRAMES / 3);
    expect(report.heapGrowth).toBeLessThan(16 * 1024 * 1024);
  },
);
