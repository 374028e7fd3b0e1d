import { describe, expect, it } from "vitest";
import { decodeServerFrame } from "../../../adapters/memory/frames.ts";
import { createMemoryService, memory } from "../../../adapters/memory/index.ts";
import { ChatError, type ChatTransport, type TransportState } from "../../../src/transport/index.ts";

const REQUEST = { customer: { name: "Ravi" } };

function closed(transport: ChatTransport): Promise<TransportState> {
  return new Promise((resolve) => {
    transport.on("state", ({ current }) => current.status === "closed" && resolve(current));
  });
}

describe("decoding frames of the memory service", () => {
  const from = { id: "agent-1", name: "Asha", role: "agent", isSelf: false };

  it("reads what the service documents", () => {
    expect(decodeServerFrame({ type: "chat-state", from, state: "composing" })).toMatchObject({ state: "composing" });
    expect(decodeServerFrame({ type: "ended", by: "agent", chatId: "CH-1" })).toEqual({
      type: "ended",
      by: "agent",
      chatId: "CH-1",
    });
  });

  it.each([
    undefined,
    null,
    "message",
    {},
    { type: "galaxy" },
    { type: "chat-state", from, state: "dancing" },
    { type: "message", message: { id: 7 }, replayed: false },
    { type: "ended", by: "nobody" },
  ])("takes %j for no frame", (value) => {
    expect(decodeServerFrame(value)).toBeUndefined();
  });
});

describe("the memory transport", () => {
  it("closes with the reason that the service removed the customer for", async () => {
    const service = createMemoryService();
    const transport = memory({ service });
    await transport.open(REQUEST);
    const end = closed(transport);
    service.remove("replaced");
    await expect(end).resolves.toMatchObject({ reason: "replaced" });
    expect(service.links).toBe(0);
  });

  it("tells the service goodbye", async () => {
    const service = createMemoryService();
    const transport = memory({ service });
    await transport.open(REQUEST);
    await transport.close();
    await memory({ service }).open(REQUEST);
    expect(service.received.map(({ type }) => type)).toEqual(["hello", "bye", "hello"]);
  });

  it("asks its policy after each loss, and gives up when that says so", async () => {
    const service = createMemoryService();
    const asked: number[] = [];
    const transport = memory({
      service,
      reconnect: { nextDelayMs: ({ attempt }) => (asked.push(attempt), attempt < 3 ? 0 : null) },
    });
    await transport.open(REQUEST);
    const end = closed(transport);
    transport.on("state", ({ current }) => {
      if (current.status === "reconnecting") service.hangNext("hello");
    });
    service.dropLinks();
    // A link that hangs while joining again is cut, twice.
    for (let cut = 0; cut < 2; cut++) {
      await expect
        .poll(() => service.received.at(-1)?.type === "hello" && service.received.length >= cut + 2, { interval: 1 })
        .toBe(true);
      service.dropLinks();
    }
    await expect(end).resolves.toMatchObject({ reason: "connection-lost" });
    expect(asked).toEqual([1, 2, 3]);
  });

  it("is refused when joining again is refused, and tries no more", async () => {
    const service = createMemoryService();
    const transport = memory({ service, reconnect: { nextDelayMs: () => 0 } });
    await transport.open(REQUEST);
    const end = closed(transport);
    service.refuseNext("hello", "unauthorized");
    service.dropLinks();
    const state = await end;
    expect(state).toMatchObject({ reason: "refused" });
    expect(state.status === "closed" && ChatError.isInstance(state.cause) && state.cause.code).toBe("unauthorized");
  });
});
