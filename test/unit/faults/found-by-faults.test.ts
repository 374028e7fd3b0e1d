import { expect, it } from "vitest";
import { CatchUp } from "../../../src/session/catch-up.ts";
import type { GapEvent } from "../../../src/session/session-events.ts";
import type { CatchUpPage, ChatMessage, ChatTransport, MessageId } from "../../../src/transport/index.ts";

/** Seed 17 over WebSocket: five messages were lost, and the gap was called repaired. */
it("a replay that reaches back to a second outage says nothing of the gap that the first one left", async () => {
  const message = (id: string): ChatMessage => ({
    id: id as MessageId,
    from: { id: "asha", name: "Asha", role: "agent", isSelf: false },
    sentAt: new Date(0),
    replayed: true,
    body: { kind: "text", text: id },
    raw: undefined,
  });
  const delivered: string[] = [];
  const gaps: GapEvent[] = [];
  const pages: Promise<CatchUpPage>[] = [
    new Promise(() => undefined),
    Promise.resolve({ messages: [message("m2"), message("m3")] }),
  ];
  let asked = 0;
  const transport = {
    state: { status: "connected", conversation: { supports: { catchUp: true } } },
    catchUp: () => pages[asked++],
  } as unknown as ChatTransport;
  const done = new Promise<boolean>((resolve) => {
    const catchUp = new CatchUp({
      transport,
      holdMs: 10_000,
      holdMessages: 100,
      deliver: ({ id }) => delivered.push(id) > 0,
      knows: (id) => delivered.includes(id),
      onGap: (gap) => gaps.push(gap),
      onDone: resolve,
    });
    const start = { after: "m1" as MessageId, since: new Date(0) };
    catchUp.lost(start);
    catchUp.connected();
    catchUp.replayEnded(false);
    // The transport has seen m4 meanwhile; its next replay overlaps with that, and not with m1.
    catchUp.lost(start);
    catchUp.connected();
    catchUp.replayEnded(true);
  });
  await expect(done).resolves.toBe(true);
  expect(delivered).toEqual(["m2", "m3"]);
  expect(gaps).toMatchObject([{ repaired: true, recovered: 2 }]);
});
