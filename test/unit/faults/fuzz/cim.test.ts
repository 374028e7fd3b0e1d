import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { decodeResumeToken, encodeResumeToken } from "../../../../adapters/expertflow-cx/resume-token.ts";
import { decodeCalendar } from "../../../../adapters/expertflow-cx/rest/calendar.ts";
import { decodeWidgetConfig } from "../../../../adapters/expertflow-cx/rest/widget-config.ts";
import { decodeCimMessage } from "../../../../adapters/expertflow-cx/wire/cim-message.ts";
import { decodeForm } from "../../../../adapters/expertflow-cx/wire/form.ts";
import { decodeNotification } from "../../../../adapters/expertflow-cx/wire/notification.ts";
import { toBody } from "../../../../adapters/expertflow-cx/wire/to-body.ts";
import { sampleCalendar, samplePreChatForm, sampleWidgetConfig } from "../../../../sandbox/expertflow-cx/samples.ts";
import { decodeBody, encodeBody } from "../../../../src/tabs/values.ts";
import { ROOT } from "../../../support/source-files.ts";
import { fuzz } from "./fuzz.ts";

const FRAMES = 60_000;
const SEED = 417;
const HEAP_LIMIT_BYTES = 16 * 1024 * 1024;

/** Every incoming frame of the fixtures, under a header with all that one can hold. */
function cimFrames(): string[] {
  const folder = join(ROOT, "fixtures/expertflow-cx/incoming");
  return readdirSync(folder).map((file) => {
    const { body } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { body: object };
    const sender = {
      id: "a-1",
      type: "AGENT",
      senderName: "omar",
      additionalDetail: { firstName: "Omar", lastName: "Ali" },
    };
    const header = {
      sender,
      timestamp: 1_777_888_931_000,
      conversationId: "c",
      channelSessionId: "s",
      originalMessageId: "m",
    };
    return JSON.stringify({ id: "66f0", header, body });
  });
}

/** Whatever comes out is what the contract allows: another tab would take it. */
function readMessage(frame: string): boolean {
  const message = decodeCimMessage(JSON.parse(frame));
  if (!message) return false;
  decodeNotification(message.body);
  const body = toBody(message);
  if (body.kind !== "custom" && decodeBody(structuredClone(encodeBody(body))) === undefined)
    throw new TypeError(`Not a body: ${JSON.stringify(body)}`);
  if (message.sentAt && Number.isNaN(message.sentAt.getTime())) throw new TypeError("Not a time.");
  return true;
}

const mayThrow = (error: unknown): boolean => error instanceof SyntaxError;

it(`reads ${FRAMES} mutated CIM messages, or takes them for none`, { timeout: 300_000 }, async () => {
  const report = await fuzz(SEED, FRAMES, cimFrames(), { read: readMessage, mayThrow });
  expect(report.failures).toEqual([]);
  expect(report.frames).toBe(FRAMES);
  expect(report.read).toBeGreaterThan(FRAMES / 100);
  expect(report.heapGrowth).toBeLessThan(HEAP_LIMIT_BYTES);
});

it(`reads ${FRAMES} mutated answers of the REST services and tokens`, { timeout: 300_000 }, async () => {
  const token = encodeResumeToken({
    serviceIdentifier: "1218",
    channelCustomerIdentifier: "5550100",
    conversationId: "c",
    token: "t",
  });
  const answers = [sampleWidgetConfig("Web"), samplePreChatForm("f"), sampleCalendar("c")].map((each) =>
    JSON.stringify(each),
  );
  const read = (frame: string): boolean => {
    const value: unknown = JSON.parse(frame);
    decodeWidgetConfig(value);
    decodeForm(value);
    for (const { start, end } of decodeCalendar(value))
      if (Number.isNaN(start.getTime() + end.getTime())) throw new TypeError("Not a time.");
    const resume = decodeResumeToken(frame, "1218");
    return resume === undefined || decodeResumeToken(encodeResumeToken(resume), "1218") !== undefined;
  };
  const report = await fuzz(SEED, FRAMES, [...answers, token], { read, mayThrow });
  expect(report.failures).toEqual([]);
  expect(report.frames).toBe(FRAMES);
  expect(report.heapGrowth).toBeLessThan(HEAP_LIMIT_BYTES);
});
