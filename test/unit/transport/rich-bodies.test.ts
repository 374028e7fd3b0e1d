import { describe, expect, it } from "vitest";
import { createMemoryService, memory } from "../../../adapters/memory/index.ts";
import { createChatSession, type ChatMessage, type OutgoingBody } from "../../../src/index.ts";
import { decodeBody, encodeBody } from "../../../src/tabs/values.ts";
import { RATING_FORM, RICH_BODIES } from "../../support/rich-bodies.ts";

describe("rich messages", () => {
  it.each(RICH_BODIES.map((body) => [body.kind, body] as const))("%s arrives as it was said", async (_, body) => {
    const service = createMemoryService();
    const transport = memory({ service });
    const arrived = new Promise<ChatMessage>((resolve) => void transport.on("message", resolve));
    await transport.open({ customer: { name: "Ravi" } });
    service.say(body);
    expect((await arrived).body).toEqual(body);
    await transport.close();
  });

  it.each(RICH_BODIES.map((body) => [body.kind, body] as const))("%s is the same in another tab", (_, body) => {
    expect(decodeBody(structuredClone(encodeBody(body)))).toEqual(body);
  });

  it("one with a part missing is none, in another tab", () => {
    expect(decodeBody({ kind: "choices", text: "Pick one", style: "list", once: true })).toBeUndefined();
  });

  it("every one of them has a line in the transcript", async () => {
    const service = createMemoryService();
    const session = createChatSession(memory({ service }));
    await session.start({ customer: { name: "Ravi" } });
    const last = new Promise<void>((resolve) => {
      session.on("message", ({ body }) => body.kind === "custom" && resolve());
    });
    for (const body of RICH_BODIES) service.say(body);
    await last;
    const lines = session.transcript({ format: "text" }).split("\n");
    expect(lines.map((line) => line.replace(/^\[.*?\] /, ""))).toEqual([
      "Asha: Status page",
      "Asha: Shop, 1 High St",
      "Asha: Help Desk +15550123",
      "Asha: Pick one",
      "Asha: Plan A: Fibre 100",
      "Asha: Rate us",
      "Asha: (custom)",
    ]);
    await session.end();
  });
});

describe("answers", () => {
  const answers: OutgoingBody[] = [
    { kind: "text", text: "Billing", answer: { to: "choice", id: "choice-1" } },
    {
      kind: "text",
      text: "Good",
      answer: {
        to: "form",
        form: RATING_FORM,
        outcome: "submitted",
        values: { "field-1": "5", "field-2": ["a", "b"] },
      },
    },
  ];

  it.each(answers)("travel with their text %#", async (body) => {
    const service = createMemoryService();
    const session = createChatSession(memory({ service }));
    await session.start({ customer: { name: "Ravi" } });
    await session.send(body).accepted;
    expect(service.messages.at(-1)?.body).toEqual(body);
    await session.end();
  });

  it.each(answers)("are the same in another tab %#", (body) => {
    expect(decodeBody(structuredClone(encodeBody(body)))).toEqual(body);
  });

  it.each(answers)("wait over a reload %#", async (body) => {
    const store = new Map<string, string>();
    const storage = {
      getItem: (key: string) => store.get(key) ?? null,
      setItem: (key: string, value: string) => void store.set(key, value),
      removeItem: (key: string) => void store.delete(key),
    };
    const service = createMemoryService();
    const first = createChatSession(memory({ service, reconnect: { nextDelayMs: () => 60_000 } }), {
      keep: { storage },
    });
    await first.start({ customer: { name: "Ravi" } });
    service.dropLinks();
    await new Promise<void>((resolve) => void first.on("state", () => resolve()));
    first.send(body);
    await expect.poll(() => [...store.values()].join()).toContain(body.kind === "text" ? body.text : "");
    first.detach();
    const later = createChatSession(memory({ service }), { keep: { storage } });
    await later.start({ customer: { name: "Ravi" } });
    await expect.poll(() => service.messages.at(-1)?.body).toEqual(body);
    await later.end();
  });
});
