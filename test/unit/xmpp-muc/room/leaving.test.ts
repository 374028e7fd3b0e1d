import { describe, expect, it, vi } from "vitest";
import { createXmppRoom, type XmppRoom } from "../../../../adapters/xmpp-muc/room-transport.ts";
import { iqError } from "../scripted-link.ts";
import { NS_USER, ROOM, ScriptedRoom } from "../scripted-room.ts";

async function joined(): Promise<{ server: ScriptedRoom; room: XmppRoom; story: string[] }> {
  const server = new ScriptedRoom();
  const room = createXmppRoom({ link: server.link, room: ROOM, timeouts: { leaveMs: 10 } });
  const story: string[] = [];
  room.on("ended", ({ by }) => story.push(`ended by ${by}`));
  room.on("state", ({ current }) =>
    story.push(current.status === "closed" ? `closed ${current.reason}` : current.status),
  );
  await room.open({ customer: { name: "Ravi" } });
  story.length = 0;
  return { server, room, story };
}

const gone = (server: ScriptedRoom, inner: string): void =>
  server.deliver("presence", "Ravi", "type='unavailable'", `<x xmlns='${NS_USER}'>${inner}<status code='110'/></x>`);

const codes = (...list: number[]): string =>
  list.map((code) => `<status code='${code}'/>`).join("") +
  "<item affiliation='none' role='none'><reason>bye</reason></item>";

/** @source XEP-0045 §9, §10.9, §11.1, §15.6.2 */
describe("being removed", () => {
  it.each([
    [
      "destroyed",
      "<destroy><reason>chat ended</reason></destroy><item affiliation='none' role='none'/>",
      "agent-ended",
      "muc/destroyed",
    ],
    ["kicked", codes(307), "refused", "muc/kicked"],
    ["banned", codes(301), "refused", "muc/banned"],
    ["no longer a member", codes(321), "refused", "muc/removed"],
    ["made members-only", codes(322), "refused", "muc/removed"],
  ])("%s: told as ended, then closed", async (_what, inner, reason, vendor) => {
    const { server, room, story } = await joined();
    gone(server, inner);
    expect(story).toEqual(["ended by agent", `closed ${reason}`]);
    expect(room.state).toMatchObject({ cause: { info: { vendor: { code: vendor } } } });
    expect(server.link.listeners + server.link.users).toBe(0);
  });

  it.each([
    ["shutting down", codes(332)],
    ["a technical failure", codes(333)],
    ["a technical failure told as a kick", codes(307, 333)],
    ["no reason at all", codes()],
  ])("%s is no end: we join again", async (_what, inner) => {
    const { server, room, story } = await joined();
    gone(server, inner);
    expect(story).toEqual(["reconnecting"]);
    await vi.waitFor(() => expect(room.state.status).toBe("connected"));
    expect(server.link.written.filter((stanza) => stanza.getChild("x", "http://jabber.org/protocol/muc"))).toHaveLength(
      2,
    );
    await room.close();
  });

  it("joins again and closes as refused when the room no longer wants us", async () => {
    const { server, room, story } = await joined();
    server.joinErrors = [{ condition: "forbidden", type: "auth" }];
    gone(server, codes(333));
    await vi.waitFor(() => expect(room.state.status).toBe("closed"));
    expect(story).toEqual(["reconnecting", "closed refused"]);
  });

  it("a new nick of ours is no removal", async () => {
    const { server, room } = await joined();
    const renamed: unknown[] = [];
    room.on("participant", ({ change, participant }) => renamed.push([change, participant.name]));
    await room.changeNick("Ravi K");
    gone(server, "<status code='303'/><item affiliation='member' role='participant' nick='Ravi K'/>");
    const self = `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ-Ravi'/>`;
    server.deliver("presence", "Ravi K", "", `${self}<x xmlns='${NS_USER}'><item/><status code='110'/></x>`);
    expect(renamed).toEqual([["renamed", "Ravi K"]]);
    expect([room.nick, room.state.status]).toEqual(["Ravi K", "connected"]);
    await room.close();
  });
});

describe("the link below", () => {
  it.each([
    ["replaced", "replaced"],
    ["refused", "refused"],
    ["connection-lost", "connection-lost"],
    ["local", "customer-left"],
  ] as const)("closed as %s closes the room as %s", async (reason, expected) => {
    const { server, room, story } = await joined();
    server.link.shut(reason);
    expect(story).toEqual([`closed ${expected}`]);
    expect(room.state.status).toBe("closed");
  });

  it("resumed needs no join", async () => {
    const { server, room, story } = await joined();
    const before = server.link.written.length;
    server.link.lose();
    server.link.restore(true);
    await vi.waitFor(() => expect(room.state.status).toBe("connected"));
    expect(story).toEqual(["reconnecting", "connected"]);
    // A ping, behind whatever had been under way; no presence.
    expect(server.link.written.slice(before).map(({ name }) => name)).toEqual(["iq"]);
    await room.close();
  });

  it("faltering is told while connected, and leaves the conversation as it is", async () => {
    const { server, room, story } = await joined();
    const links: string[] = [];
    room.on("link", (event) => links.push(event.steady ? "steady" : event.cause.code));
    server.link.falter(false);
    server.link.falter(true);
    expect(links).toEqual(["unreachable", "steady"]);
    expect(story).toEqual([]);
    server.link.lose();
    server.link.falter(false);
    expect(links).toHaveLength(2);
    await room.close();
  });

  it("resumed is unbroken, and said once", async () => {
    const { server, room } = await joined();
    const ends: boolean[] = [];
    room.on("replay-ended", ({ unbroken }) => ends.push(unbroken));
    server.link.lose();
    server.link.restore(true);
    await vi.waitFor(() => expect(ends).toEqual([true]));
    expect(room.state.status).toBe("connected");
    await room.close();
  });

  it("lost while joining is one more attempt of the same open", async () => {
    const server = new ScriptedRoom();
    server.silentJoin = true;
    const room = createXmppRoom({ link: server.link, room: ROOM });
    const attempts: number[] = [];
    room.on("state", ({ current }) => {
      if (current.status === "connecting") attempts.push(current.attempt);
    });
    const opening = room.open({ customer: { name: "Ravi" } });
    await vi.waitFor(() => expect(server.link.written.length).toBe(3));
    server.silentJoin = false;
    server.link.lose();
    server.link.restore();
    await opening;
    expect(attempts).toEqual([1, 2]);
    await room.close();
  });

  it("lost: asks for what was missed by age, which needs no common clock", async () => {
    const { server, room } = await joined();
    server.link.lose();
    server.inRoom = false;
    server.link.restore();
    await vi.waitFor(() => expect(room.state.status).toBe("connected"));
    const join = server.lastWith("x", "http://jabber.org/protocol/muc")?.getChild("x");
    const history = join?.getChild("history");
    expect(Number(history?.attrs["seconds"])).toBeGreaterThanOrEqual(10);
    expect(history?.attrs["maxstanzas"]).toBeUndefined();
    await room.close();
  });

  it("lost: whoever left meanwhile is told", async () => {
    const { server, room } = await joined();
    server.presence("Bot");
    const changes: unknown[] = [];
    room.on("participant", ({ change, participant }) => changes.push([change, participant.name]));
    server.inRoom = false;
    server.link.lose();
    server.link.restore();
    await vi.waitFor(() => expect(room.state.status).toBe("connected"));
    expect(changes).toEqual([["left", "Bot"]]);
    await room.close();
  });
});

/** @source XEP-0410 1.1.0 */
describe("asking whether we are still in", () => {
  it("joins again when the room does not know us, as Prosody says it of a room that is gone", async () => {
    const { server, room, story } = await joined();
    const { answer } = server.link;
    server.link.answer = (iq) =>
      iq.getChild("ping") ? iqError("item-not-found", "not-found", "conference.chat.example") : answer(iq);
    expect(await room.ping()).toBe("not-joined");
    expect(story).toEqual([]);
    // A message without an answer makes the room ask by itself.
    server.silentSends = 1;
    await expect(
      room.send({ clientId: "c-1", body: { kind: "text", text: "hello?" } }, { timeoutMs: 5 }),
    ).rejects.toMatchObject({ code: "timed-out" });
    await vi.waitFor(() => expect(story).toEqual(["reconnecting", "connected"]));
    await room.close();
  });

  it("asks after a long silence, and not before", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    try {
      const { server, room } = await joined();
      const pings = (): number => server.link.written.filter((stanza) => stanza.getChild("ping")).length;
      await vi.advanceTimersByTimeAsync(899_000);
      server.sayText("still here");
      await vi.advanceTimersByTimeAsync(899_000);
      expect(pings()).toBe(0);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(pings()).toBe(1);
      await room.close("customer-left", { signal: AbortSignal.abort() });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("a message refused as not-acceptable joins again", async () => {
    const { server, room, story } = await joined();
    server.refusedSends = ["not-acceptable"];
    await expect(room.send({ clientId: "c-1", body: { kind: "text", text: "x" } })).rejects.toMatchObject({
      code: "unreachable",
      info: { vendor: { code: "message/not-acceptable" } },
    });
    await vi.waitFor(() => expect(story).toEqual(["reconnecting", "connected"]));
    await room.close();
  });
});
