import { afterEach, expect, it } from "vitest";
import { createXmppRoom, type XmppRoom } from "../../../../adapters/xmpp-muc/room-transport.ts";
import { messageId } from "../../../../src/kit/ids.ts";
import type { DeliveredMessage, Participant } from "../../../../src/transport/index.ts";
import { body, ROOM, ScriptedRoom } from "../scripted-room.ts";

const rooms: XmppRoom[] = [];

async function joined(
  features?: string[],
  delivered: readonly DeliveredMessage[] = [],
): Promise<{ server: ScriptedRoom; room: XmppRoom }> {
  const server = new ScriptedRoom();
  if (features) server.features = features;
  const room = createXmppRoom({ link: server.link, room: ROOM, timeouts: { leaveMs: 10 } });
  rooms.push(room);
  await room.open({ customer: { name: "Ravi" }, delivered });
  return { server, room };
}

afterEach(async () => {
  for (const room of rooms.splice(0)) await room.close();
});

const correction = (text: string, of: string): string =>
  `${body(text)}<replace xmlns='urn:xmpp:message-correct:0' id='${of}'/>`;

/** @source XEP-0308 §3, XEP-0424 §4, XEP-0444 §3, XEP-0313 §5 */
it("what the archive says of messages that were delivered comes with what was missed, unless its author may not say so", async () => {
  const { server, room } = await joined();
  const first = server.say("Asha", body("teh"), "a-1");
  const second = server.say("Asha", body("wrong"), "a-2");
  server.inRoom = false;
  server.say("Mallory", correction("forged", "a-1"));
  server.say("Asha", correction("the", "a-1"));
  server.say("Asha", `${body("gone")}<retract xmlns='urn:xmpp:message-retract:1' id='${second}'/>`);
  server.say("Asha", `<reactions xmlns='urn:xmpp:reactions:0' id='${first}'><reaction>👍</reaction></reactions>`);
  server.say("Asha", body("missed"), "a-3");
  server.say("Asha", correction("missed, better", "a-3"));
  const { messages, changes } = await room.catchUp({ after: messageId(second), since: new Date(0), limit: 20 });
  expect(messages.map((message) => message.body)).toEqual([{ kind: "text", text: "missed, better" }]);
  expect(changes?.map(({ id, change, replayed, from }) => [id, change, replayed, from.name])).toEqual([
    [first, { kind: "edited", body: { kind: "text", text: "the" } }, true, "Asha"],
    [second, { kind: "retracted" }, true, "Asha"],
    [first, { kind: "reactions", reactions: ["👍"] }, true, "Asha"],
  ]);
});

/** @source XEP-0313 §5: a room may name the people of its archive where it gives no occupant ids */
it("who it was is the archive's word where the room gives no occupant ids", async () => {
  const { server, room } = await joined(["urn:xmpp:sid:0", "urn:xmpp:mam:2"]);
  const who = (jid: string): string =>
    `<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='owner' role='moderator' jid='${jid}'/></x>`;
  server.inRoom = false;
  const first = server.say("Asha", body("teh") + who("asha@chat.example/desk"), "a-1");
  await room.catchUp({ since: new Date(0), limit: 20 });
  server.say("Asha", correction("forged", "a-1") + who("mallory@chat.example/x"));
  server.say("Asha", correction("the", "a-1") + who("asha@chat.example/phone"));
  const { changes } = await room.catchUp({ after: messageId(first), since: new Date(0), limit: 20 });
  expect(changes?.map(({ id, change }) => [id, change])).toEqual([
    [first, { kind: "edited", body: { kind: "text", text: "the" } }],
  ]);
});

it("what the archive brought is marked, corrected and read like what came by itself", async () => {
  const { server, room } = await joined();
  const live = ["one", "two", "three"].map((text) => server.sayText(text));
  const newest = messageId(live.at(-1) ?? "");
  await room.mark("displayed", newest);
  server.inRoom = false;
  const missed = server.say("Asha", body("missed"), "a-9");
  const own = server.say("Ravi", body("mine"), "r-9");
  server.inRoom = true;
  await room.catchUp({ after: newest, since: new Date(0), limit: 20 });

  await room.mark("displayed", messageId(missed));
  expect(server.lastWith("displayed")?.getChild("displayed")?.attrs["id"]).toBe(missed);

  const heard: unknown[] = [];
  room.on("message", ({ id }) => heard.push(["message", id]));
  room.on("message-changed", ({ id, change }) => heard.push([change.kind, id]));
  room.on("receipt", ({ kind, id }) => heard.push([kind, id]));
  server.say("Asha", correction("better", "a-9"));
  server.deliver(
    "message",
    "Asha",
    "type='groupchat'",
    `${server.occupantId("Asha")}<displayed xmlns='urn:xmpp:chat-markers:0' id='${own}'/>`,
  );
  expect(heard).toEqual([
    ["edited", missed],
    ["displayed", own],
  ]);
});

/** @source XEP-0308 §3: by the sender's id; XEP-0424 §4, XEP-0444 §3, XEP-0461 §3: by the room's */
it("what another transport has delivered is marked, answered and changed by the ids it had", async () => {
  const person = (nick: string, isSelf: boolean): Participant => ({
    id: `occ-${nick}`,
    name: nick,
    role: isSelf ? "customer" : "agent",
    isSelf,
  });
  const sentAt = new Date(0);
  const theirs: DeliveredMessage = { id: messageId("s-theirs"), from: person("Asha", false), sentAt };
  const mine: DeliveredMessage = { id: messageId("s-mine"), clientId: "c-mine", from: person("Ravi", true), sentAt };
  const { server, room } = await joined(undefined, [theirs, mine]);
  await room.mark("displayed", theirs.id);
  await room.edit(mine.id, { kind: "text", text: "better" });
  await room.send({ clientId: "c-2", body: { kind: "text", text: "answer" }, replyTo: theirs.id });
  await room.retract(mine.id);
  await room.react(theirs.id, ["👍"]);
  const written = (name: string): string | undefined => server.lastWith(name)?.getChild(name)?.attrs["id"];
  expect(["displayed", "replace", "reply", "retract", "reactions"].map(written)).toEqual([
    theirs.id,
    "c-mine",
    theirs.id,
    mine.id,
    theirs.id,
  ]);
  expect(server.lastWith("reply")?.getChild("reply")?.attrs["to"]).toBe(`${ROOM}/Asha`);
  await expect(room.edit(theirs.id, { kind: "text", text: "mine now" })).rejects.toMatchObject({ code: "refused" });
  const heard: unknown[] = [];
  room.on("message-changed", ({ id, change }) => heard.push([change.kind, id]));
  const gone = `${body("gone")}<retract xmlns='urn:xmpp:message-retract:1' id='${theirs.id}'/>`;
  server.say("Mallory", gone);
  server.say("Asha", gone);
  expect(heard).toEqual([["retracted", theirs.id]]);
});
