import { afterEach, describe, expect, it } from "vitest";
import {
  createXmppConnection,
  createXmppRoom,
  xml,
  type XmppConnection,
  type XmppRoom,
} from "../../adapters/xmpp-muc/index.ts";
import type { TransportEvents } from "../../src/transport/index.ts";
import { websocketWire } from "../contract/support/websocket-wire.ts";
import { boshWire, type Wire } from "../contract/support/wire.ts";
import { XmppAgent } from "../contract/support/xmpp-agent.ts";
import { freshRoom, freshUser, sharedProsody } from "./servers.ts";

const prosody = sharedProsody();
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const WIRES: readonly [string, (endSession: () => Promise<unknown>) => Wire | Promise<Wire>][] = [
  ["BOSH", (endSession) => boshWire(prosody.boshUrl, endSession)],
  ["WebSocket", () => websocketWire(prosody.wsUrl)],
];

/** A customer in two rooms on one connection, each with an agent. */
interface Scene {
  connection: XmppConnection;
  wire: Wire;
  rooms: [XmppRoom, XmppRoom];
  agents: [XmppAgent, XmppAgent];
  /** Everything both rooms emitted, in one order. */
  story: string[];
  /** Resolves when the story has that line for the `times`th time. */
  told: (line: string, times?: number) => Promise<void>;
}

async function scene(makeWire: (typeof WIRES)[number][1]): Promise<Scene> {
  const customer = await freshUser(prosody);
  const wire = await makeWire(() => prosody.control.closeSessions({ jid: connection.jid ?? "", mode: "forget" }));
  const connection = createXmppConnection({
    ...wire.options,
    domain: prosody.domain,
    credentials: customer,
    reconnect: { nextDelayMs: () => 0 },
  });
  open.push(
    () => connection.close(),
    () => wire.close(),
  );
  const story: string[] = [];
  const waiting = new Set<() => void>();
  const tell = (line: string): void => {
    story.push(line);
    for (const look of waiting) look();
  };
  const seat = async (name: string): Promise<[XmppRoom, XmppAgent]> => {
    const staff = await freshUser(prosody, "agent");
    const { jid } = await freshRoom(prosody, { owners: [staff.jid] });
    const agent = await XmppAgent.join(prosody, staff, { name, jid });
    open.push(() => agent.close());
    const room = createXmppRoom({ link: connection, room: jid, nick: "Ravi" });
    record(room, name, tell);
    await room.open({ customer: { name: "Ravi" } });
    return [room, agent];
  };
  const [first, firstAgent] = await seat("first");
  const [second, secondAgent] = await seat("second");
  const told: Scene["told"] = (line, times = 1) =>
    new Promise((resolve) => {
      const look = (): void => {
        if (story.filter((one) => one === line).length < times) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { connection, wire, rooms: [first, second], agents: [firstAgent, secondAgent], story, told };
}

function record(room: XmppRoom, name: string, tell: (line: string) => void): void {
  const on = <K extends keyof TransportEvents>(type: K, words: (event: TransportEvents[K]) => string): void =>
    void room.on(type, (event) => tell(`${name} ${type} ${words(event)}`));
  on("state", ({ current }) => (current.status === "closed" ? `closed ${current.reason}` : current.status));
  on("message", ({ from, body, replayed }) => `${from.name}: ${JSON.stringify(body)} ${replayed}`);
  on("chat-state", ({ from, state }) => `${from.name} ${state}`);
  on("receipt", ({ from, kind }) => `${from.name} ${kind}`);
  on("participant", ({ change, participant }) => `${participant.name} ${change}`);
  on("message-changed", ({ from, change }) => `${from.name} ${JSON.stringify(change)}`);
  on("warning", ({ code }) => code);
}

const said = (room: string, text: string): string => `${room} message Asha: {"kind":"text","text":"${text}"} false`;

describe.each(WIRES)("rooms that share a connection over %s", (_name, makeWire) => {
  it("live on when one of them is closed, and so does the connection", async () => {
    const { connection, rooms, agents, told, story } = await scene(makeWire);
    await rooms[0].close();
    await agents[1].sayText("still there?");
    await told(said("second", "still there?"));
    await rooms[1].send({ clientId: "c-1", body: { kind: "text", text: "yes" } });
    expect(connection.status).toBe("online");
    const after = story.slice(story.indexOf("first state closed customer-left") + 1);
    expect(after.filter((line) => line.startsWith("first"))).toEqual([]);
    const occupants = (await prosody.control.describeRoom(rooms[0].jid)).occupants.map(({ nick }) => nick);
    expect(occupants).toEqual(["Asha"]);
  });

  it("all hear that the connection was lost, and all come back", async () => {
    const { wire, agents, told, story } = await scene(makeWire);
    await wire.cut();
    await Promise.all(["first", "second"].map((room) => told(`${room} state connected`, 2)));
    expect(story.filter((line) => line.endsWith("state reconnecting"))).toEqual([
      "first state reconnecting",
      "second state reconnecting",
    ]);
    await agents[0].sayText("one");
    await agents[1].sayText("two");
    await Promise.all([told(said("first", "one")), told(said("second", "two"))]);
  });

  it("all close with the connection", async () => {
    const { connection, story } = await scene(makeWire);
    await connection.close();
    expect(story.slice(-2).toSorted()).toEqual([
      "first state closed customer-left",
      "second state closed customer-left",
    ]);
  });
});

/** The same chat in two rooms; everything is awaited, so the server's order is the same each time. */
async function chat({ rooms, agents, told }: Scene): Promise<void> {
  const [first, second] = agents;
  await first.sayText("hello");
  await second.say([xml("composing", { xmlns: "http://jabber.org/protocol/chatstates" })]);
  const id = await second.sayText("hi & <bye>");
  for (let n = 0; n < 10; n++) await agents[n % 2 === 0 ? 0 : 1].sayText(`number ${n}`);
  const { id: own } = await rooms[0].send({ clientId: "c-1", body: { kind: "text", text: "mine" } });
  await first.msgidOf(own);
  await first.say([xml("displayed", { xmlns: "urn:xmpp:chat-markers:0", id: own })]);
  await second.say([xml("reactions", { xmlns: "urn:xmpp:reactions:0", id }, xml("reaction", {}, "👍"))]);
  await first.say([xml("what", { xmlns: "urn:x:y" })]);
  await second.close();
  await told("second participant Asha left");
  await first.sayText("end");
  await told(said("first", "end"));
  await rooms[0].close();
  await rooms[1].close();
}

it("BOSH and WebSocket give the same events in the same order", async () => {
  const stories: string[][] = [];
  for (const [, makeWire] of WIRES) {
    const made = await scene(makeWire);
    await chat(made);
    stories.push(made.story);
  }
  expect(stories[0]?.length).toBeGreaterThan(20);
  expect(stories[0]).toEqual(stories[1]);
});
