import { describe, it } from "vitest";
import { xmlChild, xmlText } from "../../../../src/kit/xml-node.ts";
import { createXmppRoom } from "../../../../adapters/xmpp-muc/room-transport.ts";
import type { MessageCodec } from "../../../../adapters/xmpp-muc/muc/codec.ts";
import type { XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";
import { messageId } from "../../../../src/kit/ids.ts";
import { NO_CAPABILITIES } from "../../../../src/transport/capabilities.ts";
import {
  controlTimers,
  describeTransportContract,
  type ContractHarness,
  type ContractSubject,
  type FarChange,
  type FarMark,
  type FarMessage,
} from "../../../contract/index.ts";
import { body, PROSODY_FEATURES, ROOM, ScriptedRoom } from "../scripted-room.ts";

/** The end of a chat, in a namespace of the test's own. */
const codec: MessageCodec = {
  decode(message) {
    const end = xmlChild(message, "end", "urn:test:end");
    if (!end) return null;
    const { chat, interaction } = end.attrs;
    return { ended: true, interaction: { chatId: chat ?? "", interactionId: interaction ?? "" } };
  },
};

function createHarness(features: string[]): ContractHarness {
  const timers = controlTimers();
  const room = new ScriptedRoom();
  room.features = features;
  const { link } = room;
  // Where the room gives no ids, the sender's is the id.
  const ids = features.includes("urn:xmpp:sid:0") ? room.ids : { msgidOf: same, idOf: same };
  return {
    request: { customer: { name: "Ravi" } },
    make() {
      return createXmppRoom({ link, room: ROOM, codec, timeouts: { joinMs: 60_000, leaveMs: 50 } });
    },
    say: (text, id) => messageId(room.say(room.agentNick, body(text), undefined, id)),
    sent: () => room.received.filter((stanza) => isContent(stanza)).map(toFarMessage),
    endChat: ({ interactionId, chatId }) => {
      room.say(
        room.agentNick,
        `${body("Bye")}<end xmlns='urn:test:end' chat='${chatId}' interaction='${interactionId}'/>`,
      );
    },
    openHandles: () => link.listeners + link.users + timers.open(),
    dispose: () => timers.restore(),
    refuseNextOpen: () => void room.joinErrors.push({ condition: "forbidden", type: "auth" }),
    hangNextOpen: () => {
      room.silentJoin = true;
    },
    refuseNextSend: () => void room.refusedSends.push("forbidden"),
    hangNextSend: () => {
      room.silentSends++;
    },
    dropLink: () => {
      room.inRoom = false;
      link.lose();
      setTimeout(() => link.restore(), 0);
    },
    repeatLast: () => {
      const last = room.archive.at(-1);
      if (last) room.replay(last, false);
    },
    sendGarbage: () => room.deliver("message", room.agentNick, "type='groupchat' id='g-1'", "<what xmlns='urn:x:y'/>"),
    seedHistory: (count) =>
      Array.from({ length: count }, (_, index) => {
        room.sayText(`old ${index}`);
        return `old ${index}`;
      }),
    useClock: () => timers.useClock(),
    composing: () => signal(room, "<composing xmlns='http://jabber.org/protocol/chatstates'/>"),
    receives: (id) => signal(room, `<received xmlns='urn:xmpp:receipts' id='${ids.msgidOf(id)}'/>`),
    displays: (id) => signal(room, `<displayed xmlns='urn:xmpp:chat-markers:0' id='${id}'/>`),
    sentStates: () =>
      room.received.flatMap((stanza) =>
        isContent(stanza)
          ? []
          : stanza
              .getChildElements()
              .flatMap((child) =>
                child.attrs["xmlns"] === "http://jabber.org/protocol/chatstates" ? [child.name] : [],
              ),
      ),
    sentMarks: () => sentMarks(room, ids),
    sentChanges: () => sentChanges(room, ids),
    replies: (text, to) =>
      messageId(room.say(room.agentNick, `${body(text)}<reply xmlns='urn:xmpp:reply:0' id='${to}' to='${ROOM}/x'/>`)),
    edits: (id, text) => {
      const replace = `<replace xmlns='urn:xmpp:message-correct:0' id='${ids.msgidOf(id)}'/>`;
      room.say(room.agentNick, body(text) + replace);
    },
    retracts: (id) => {
      room.say(room.agentNick, `${body("gone")}<retract xmlns='urn:xmpp:message-retract:1' id='${id}'/>`);
    },
    reacts: (id, reactions) => {
      const list = reactions.map((reaction) => `<reaction>${reaction}</reaction>`).join("");
      room.say(room.agentNick, `<reactions xmlns='urn:xmpp:reactions:0' id='${id}'>${list}</reactions>`);
    },
  };
}

/** Between the ids that the room gave and those that the senders gave. */
interface Ids {
  msgidOf(id: string): string;
  idOf(msgid: string): string;
}

const same = (id: string): string => id;

function signal(room: ScriptedRoom, children: string): void {
  room.deliver("message", room.agentNick, "type='groupchat' id='sig'", children + room.occupantId(room.agentNick));
}

function isContent(stanza: XmlElement): boolean {
  return (
    stanza.getChild("body") !== undefined &&
    stanza.getChild("retract") === undefined &&
    stanza.getChild("replace") === undefined
  );
}

function toFarMessage(stanza: XmlElement): FarMessage {
  const text = stanza.getChildText("body") ?? "";
  const reply = stanza.getChild("reply")?.attrs["id"];
  const oob = stanza.getChild("x", "jabber:x:oob");
  return {
    ...(oob ? { urls: [oob.getChildText("url") ?? ""] } : { text }),
    ...(reply === undefined ? {} : { replyTo: reply }),
  };
}

function sentMarks(room: ScriptedRoom, ids: Ids): FarMark[] {
  return room.received.flatMap((stanza): FarMark[] => {
    const displayed = stanza.getChild("displayed")?.attrs["id"];
    const received = stanza.getChild("received")?.attrs["id"];
    if (displayed !== undefined) return [{ kind: "displayed", id: displayed }];
    return received === undefined ? [] : [{ kind: "received", id: ids.idOf(received) }];
  });
}

function sentChanges(room: ScriptedRoom, ids: Ids): FarChange[] {
  return room.received.flatMap((stanza): FarChange[] => {
    const replace = stanza.getChild("replace")?.attrs["id"];
    const retract = stanza.getChild("retract")?.attrs["id"];
    const reactions = stanza.getChild("reactions");
    if (retract !== undefined) return [{ kind: "retracted", id: retract }];
    if (replace !== undefined)
      return [{ kind: "edited", id: ids.idOf(replace), text: stanza.getChildText("body") ?? "" }];
    if (!reactions) return [];
    const list = reactions.getChildren("reaction").map((reaction) => xmlText(reaction));
    return [{ kind: "reactions", id: reactions.attrs["id"] ?? "", reactions: list }];
  });
}

const declared = {
  ...NO_CAPABILITIES,
  chatStates: true,
  receivedReceipts: true,
  displayedMarkers: true,
  upload: true,
  history: true,
  catchUp: true,
  edit: true,
  retract: true,
  react: true,
  replyTo: true,
};

const cannot = { hangNextUpload: "the scripted server has no upload service" };

const full: ContractSubject = {
  supports: declared,
  serverLacks: ["upload"],
  cannot,
  guardMs: 2_000,
  createHarness: () => createHarness(PROSODY_FEATURES),
};

const bare: ContractSubject = {
  supports: declared,
  serverLacks: ["upload", "history", "catchUp", "retract", "react", "replyTo"],
  cannot,
  guardMs: 2_000,
  createHarness: () => createHarness([]),
};

describeTransportContract("a room that announces everything", full, { describe, it });
describeTransportContract("a room that announces nothing", bare, { describe, it });
