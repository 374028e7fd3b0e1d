import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dialectOf, type CxRelease } from "../../../adapters/expertflow-cx/releases.ts";
import { decodeCimMessage } from "../../../adapters/expertflow-cx/wire/cim-message.ts";
import {
  encodeContent,
  encodeDelivery,
  encodeTyping,
  type CxCustomer,
  type EnvelopeParts,
} from "../../../adapters/expertflow-cx/wire/envelope.ts";
import { isKnownType, toBody } from "../../../adapters/expertflow-cx/wire/to-body.ts";
import type { OutgoingBody } from "../../../src/index.ts";

const ROOT = new URL("../../../fixtures/expertflow-cx/", import.meta.url);

function cases<T>(folder: string): [string, T][] {
  const files = readdirSync(new URL(folder, ROOT));
  return files.map((file) => [file, JSON.parse(readFileSync(new URL(`${folder}/${file}`, ROOT), "utf8")) as T]);
}

interface Incoming {
  header: Record<string, unknown>;
  body: Record<string, unknown>;
  expected: unknown;
  warns?: boolean;
}

interface Outgoing {
  release: CxRelease;
  given: OutgoingBody | { chatState: "composing" | "paused" } | { mark: "received" | "displayed"; id: string };
  replyTo?: string;
  expected: { customer: CxCustomer };
}

const AGENT = { id: "a-1", type: "agent", senderName: "omar", additionalDetail: null };

describe("what others say", () => {
  it.each(cases<Incoming>("incoming"))("%s", (_, { header, body, expected, warns = false }) => {
    const frame = { id: "66f000000000000000000002", header: { sender: AGENT, ...header }, body };
    const message = decodeCimMessage(frame);
    if (!message) throw new Error("The frame was not read.");
    // As JSON: addresses of files are objects.
    expect(JSON.parse(JSON.stringify(toBody(message)))).toEqual(expected);
    expect(isKnownType(message.type)).toBe(!warns);
    expect(message.raw).toBe(frame);
  });
});

describe("what the customer says, field by field", () => {
  it.each(cases<Outgoing>("outgoing"))("%s", (_, { release, given, replyTo, expected }) => {
    const parts = { customer: expected.customer, senderName: "JANE DOE", dialect: dialectOf(release) };
    expect(JSON.parse(JSON.stringify(encode(given, replyTo, parts)))).toEqual(expected);
  });
});

function encode(given: Outgoing["given"], replyTo: string | undefined, parts: EnvelopeParts): unknown {
  if ("chatState" in given) return encodeTyping(given.chatState, parts);
  if ("mark" in given) return encodeDelivery(given.mark, given.id, parts);
  if (given.kind === "text") return encodeContent(given, replyTo, parts);
  const attachments = given.attachments.map((file) => ({ ...file, url: new URL(file.url) }));
  return encodeContent({ ...given, attachments }, replyTo, parts);
}
