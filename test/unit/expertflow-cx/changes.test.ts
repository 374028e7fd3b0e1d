import { expect, it } from "vitest";
import { Echoes } from "../../../adapters/expertflow-cx/echoes.ts";
import { Inbox } from "../../../adapters/expertflow-cx/inbox.ts";
import { decodeCimMessages } from "../../../adapters/expertflow-cx/wire/cim-message.ts";
import { createEmitter } from "../../../src/kit/emitter.ts";
import { messageId } from "../../../src/kit/ids.ts";
import type { TransportEvents } from "../../../src/transport/index.ts";

const SELF = { id: "customer", name: "Ravi", role: "customer" as const, isSelf: true };

function cim(id: string, who: string, body: Record<string, unknown>, header: Record<string, unknown> = {}): unknown {
  const sender = { id: who, type: "AGENT", senderName: who };
  return {
    id,
    header: { sender, timestamp: 1_700_000_000_000, intent: null, ...header },
    body: { type: "PLAIN", ...body },
  };
}

const FIRST = cim("m-1", "asha", { markdownText: "teh" });
const EDIT = cim("m-2", "asha", { markdownText: "the" }, { intent: "UPDATE", originalMessageId: "m-1" });
const FORGED = cim("m-3", "mallory", { markdownText: "forged" }, { intent: "UPDATE", originalMessageId: "m-1" });
const GONE = cim("m-4", "asha", { type: "DELETEDNOTIFICATION", messageId: "m-1" });
const NEXT = cim("m-5", "asha", { markdownText: "next" });

function inbox(): { made: Inbox; told: string[] } {
  const emitter = createEmitter<TransportEvents>();
  const told: string[] = [];
  emitter.on("message", ({ id }) => told.push(`message ${id}`));
  emitter.on("message-changed", ({ id, change }) => told.push(`${change.kind} ${id}`));
  return { made: new Inbox(emitter, new Echoes(), SELF), told };
}

/** @source object-model 1.21.1: intent UPDATE with originalMessageId, DELETEDNOTIFICATION */
it("a transcript tells what has changed of messages that were delivered, and by whom", () => {
  const { made, told } = inbox();
  for (const message of decodeCimMessages([FIRST])) made.take(message, false);
  const all = decodeCimMessages([FIRST, EDIT, FORGED, GONE, NEXT]);
  expect(made.changesIn(all).map(({ id, change, from, replayed }) => [id, change.kind, from.id, replayed])).toEqual([
    ["m-1", "edited", "asha", true],
    ["m-1", "retracted", "asha", true],
  ]);
  expect(told).toEqual(["message m-1"]);
});

it("what another transport has delivered can be marked and changed by its author", () => {
  const { made, told } = inbox();
  const from = { id: "asha", name: "Asha", role: "agent" as const, isSelf: false };
  made.recall([{ id: messageId("m-1"), from, sentAt: new Date() }]);
  expect(made.knows("m-1")).toBe(true);
  for (const message of decodeCimMessages([FORGED, EDIT])) made.take(message, false);
  expect(told).toEqual(["edited m-1"]);
});

it("what was only read can be marked and changed, too, and a change that a resume repeats is told once", () => {
  const { made, told } = inbox();
  made.fold(decodeCimMessages([FIRST]));
  expect(made.knows("m-1")).toBe(true);
  for (const message of decodeCimMessages([EDIT, EDIT])) made.take(message, true);
  // It was not delivered yet: when it comes, it is.
  for (const message of decodeCimMessages([FIRST])) made.take(message, true);
  expect(told).toEqual(["edited m-1", "message m-1"]);
});
