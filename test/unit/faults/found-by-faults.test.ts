import { afterEach, describe, expect, it, vi } from "vitest";
import { createXmppRoom } from "../../../adapters/xmpp-muc/room-transport.ts";
import { createDeferred } from "../../../src/kit/deadline.ts";
import { CatchUp } from "../../../src/session/catch-up.ts";
import type { GapEvent } from "../../../src/session/session-events.ts";
import type {
  CatchUpPage,
  ChatMessage,
  ChatTransport,
  HistoryCursor,
  MessageId,
} from "../../../src/transport/index.ts";
import { body, ROOM, ScriptedRoom } from "../xmpp-muc/scripted-room.ts";

const START = { after: "m1" as MessageId, since: new Date(0) };

const message = (id: string): ChatMessage => ({
  id: id as MessageId,
  from: { id: "asha", name: "Asha", role: "agent", isSelf: false },
  sentAt: new Date(0),
  replayed: true,
  body: { kind: "text", text: id },
  raw: undefined,
});

/** Catching up over a transport that answers with the given pages, one after the other. */
function catchingUp(...pages: Promise<CatchUpPage>[]) {
  const connected = { status: "connected", conversation: { supports: { catchUp: true } } };
  const transport = { state: connected as { status: string }, catchUp: () => pages.shift() };
  const delivered: string[] = [];
  const gaps: GapEvent[] = [];
  const { promise: done, resolve: onDone } = createDeferred<boolean>();
  const catchUp = new CatchUp({
    transport: transport as unknown as ChatTransport,
    holdMs: 10_000,
    holdMessages: 100,
    deliver: ({ id }) => delivered.push(id) > 0,
    knows: (id) => delivered.includes(id),
    change: () => undefined,
    onGap: (gap) => gaps.push(gap),
    onDone,
  });
  return { transport, connected, delivered, gaps, done, catchUp };
}

afterEach(() => {
  vi.useRealTimers();
});

/** Seed 17 over WebSocket: messages were lost. */
describe("a second outage before a gap is closed", () => {
  const rest: CatchUpPage = { messages: [message("m2"), message("m3")] };

  it("leaves the gap open, even when the next replay reaches back to that outage", async () => {
    const { catchUp, delivered, gaps, done } = catchingUp(new Promise(() => undefined), Promise.resolve(rest));
    catchUp.lost(START);
    catchUp.connected();
    catchUp.replayEnded(false);
    // The transport has seen m4 meanwhile; its next replay overlaps with that, and not with m1.
    catchUp.lost(START);
    catchUp.connected();
    catchUp.replayEnded(true);
    await expect(done).resolves.toBe(true);
    expect(delivered).toEqual(["m2", "m3"]);
    expect(gaps).toMatchObject([{ repaired: true, recovered: 2 }]);
  });

  it("leaves the gap open when it comes between the connection and the end of its replay", async () => {
    const { catchUp, transport, connected, delivered, gaps, done } = catchingUp(Promise.resolve(rest));
    catchUp.lost(START);
    catchUp.connected();
    transport.state = { status: "reconnecting" };
    catchUp.lost(START);
    catchUp.replayEnded(false);
    expect(gaps).toEqual([]);
    transport.state = connected;
    catchUp.connected();
    catchUp.replayEnded(false);
    await expect(done).resolves.toBe(true);
    expect(delivered).toEqual(["m2", "m3"]);
  });

  it("does not use up the time to hold things back", async () => {
    vi.useFakeTimers();
    const { catchUp, gaps, done } = catchingUp(new Promise(() => undefined), Promise.resolve(rest));
    catchUp.lost(START);
    catchUp.connected();
    catchUp.replayEnded(false);
    catchUp.lost(START);
    vi.advanceTimersByTime(60_000);
    expect(gaps).toEqual([]);
    catchUp.connected();
    catchUp.replayEnded(false);
    await expect(done).resolves.toBe(true);
  });
});

/** Soak over WebSocket, seed 7, the server killed: a message was sent again although the archive had it. */
it("an own message is known by the occupant id that we had before the server forgot its salt", async () => {
  const server = new ScriptedRoom();
  const room = createXmppRoom({ link: server.link, room: ROOM, timeouts: { leaveMs: 10 } });
  await room.open({ customer: { name: "Ravi" } });
  const missed = new Promise<ChatMessage>((resolve) => void room.on("message", resolve));
  server.inRoom = false;
  server.link.lose();
  server.say("Ravi", body("on its way when the server was killed"));
  server.occupantId = (nick) => `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='salted-anew-${nick}'/>`;
  server.link.restore();
  expect((await missed).from).toMatchObject({ isSelf: true, name: "Ravi" });
  await room.close();
});

/** A room that was made anew under the same name, and with it its archive: three messages were lost, and nobody was told. */
describe("a service that has forgotten where the gap begins", () => {
  it("is asked for what it has, and the gap is told as not repaired", async () => {
    const first: CatchUpPage = { messages: [message("m5")], next: "m5" as HistoryCursor, incomplete: true };
    const { catchUp, delivered, gaps, done } = catchingUp(
      Promise.resolve(first),
      Promise.resolve({ messages: [message("m6")] }),
    );
    catchUp.lost(START);
    catchUp.connected();
    catchUp.replayEnded(false);
    await expect(done).resolves.toBe(false);
    expect(delivered).toEqual(["m5", "m6"]);
    expect(gaps).toMatchObject([{ repaired: false, recovered: 2, cause: { code: "not-found" } }]);
  });
});
