// Exotel at the desk: a plain XMPP occupant of the customer's room. What it knows of Exotel is how a message says that
// the chat is over.
import { exotelCodec } from "../../adapters/exotel/codecs/codec-chain.ts";
import { resolveWire } from "../../adapters/exotel/exotel-options.ts";
import { createXmppConnection, createXmppRoom, type XmppConnection } from "../../adapters/xmpp-muc/index.ts";
import { randomId } from "../../src/kit/ids.ts";
import { createChatSession } from "../../src/session/chat-session.ts";
import type { ChatMessage } from "../../src/transport/index.ts";
import type { DeskChat, DeskView, Queue, Waiting } from "./desk-chat.ts";

/** Where it is, and who works there. */
export interface ExotelDesk {
  boshUrl: string;
  domain: string;
  controlUrl: string;
  agent: { name: string; username: string; password: string };
}

interface ExotelChat {
  roomJid: string;
  request: {
    userEntity?: { name?: string; properties?: { key: string; value: string }[] };
    botTransferred?: boolean;
    botSessionInfo?: Record<string, unknown>;
    additionalInfo?: Record<string, unknown>;
  };
}

/** Signs the agent in. @param onSignedIn told whenever that changes. */
export async function exotelQueue(
  { boshUrl, domain, controlUrl, agent }: ExotelDesk,
  onSignedIn: (signedIn: boolean, cause?: unknown) => void,
): Promise<Queue> {
  const connection = createXmppConnection({ boshUrl, domain, credentials: agent });
  connection.onStream((event) => {
    // A wire that falters is still one.
    if (event.kind === "faltering" || event.kind === "steady") return;
    onSignedIn(event.kind === "sendable", event.kind === "sendable" ? undefined : event.cause);
  });
  await connection.connect();
  onSignedIn(true);
  return {
    async waiting() {
      const answer = (await (await fetch(`${controlUrl}/chats`)).json()) as { chats?: ExotelChat[] } | ExotelChat[];
      const chats = Array.isArray(answer) ? answer : (answer.chats ?? []);
      return chats.map((chat) => toWaiting(chat, connection, agent.name));
    },
  };
}

function toWaiting(chat: ExotelChat, connection: XmppConnection, name: string): Waiting {
  const { userEntity, botTransferred, botSessionInfo, additionalInfo } = chat.request;
  const told = Object.entries({ ...botSessionInfo, ...additionalInfo });
  return {
    key: chat.roomJid,
    customer: userEntity?.name ?? "customer",
    facts: [
      ...(userEntity?.properties ?? []).map(({ key, value }): [string, string] => [key, value]),
      ["handed over by a bot", botTransferred === true ? "yes" : "no"],
      ...told.map(([key, value]): [string, string] => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    ],
    take: (view) => take(chat, connection, name, view),
  };
}

async function take(chat: ExotelChat, connection: XmppConnection, name: string, view: DeskView): Promise<DeskChat> {
  const room = createXmppRoom({
    link: connection,
    room: chat.roomJid,
    nick: name,
    codec: exotelCodec(resolveWire()),
    markerId: "msgid",
    markable: true,
  });
  const session = createChatSession(room);
  session.on("message", (message) => show(message, view));
  session.on("typing", (who) => {
    view.typing(who.length > 0 ? `${who.map((each) => each.name).join(", ")} is typing …` : "");
  });
  session.on("receipt", ({ kind, from }) => view.line("Notice", `${from.name}: ${kind}`));
  session.on("participant", ({ change, participant }) => view.line("Notice", `${participant.name} ${change}`));
  session.on("state", ({ current: { status } }) => view.enable(status === "connected"));
  await session.start({ customer: { name } });
  return {
    say: (text) => session.send(text).accepted,
    keyPressed: (typing) => session.keyPressed(typing),
    sendFile: (file) => session.sendFile(file),
    markRead: () => session.markDisplayed(session.messages.findLast(({ from }) => !from.isSelf)?.id),
    async end() {
      const id = randomId();
      const interaction = { chatId: `CH-${id.slice(0, 8)}`, interactionId: `IN-${id.slice(9, 13)}` };
      const message = { clientId: id, body: { kind: "text" as const, text: "The agent has ended the chat." } };
      await room.sendWith(message, { ended: true, interaction, role: "agent" });
      await session.close();
      return `You ended the chat (${interaction.chatId}).`;
    },
  };
}

function show({ from, body }: ChatMessage, view: DeskView): void {
  const who = from.isSelf ? "You" : from.name;
  if (body.kind === "text") view.line(who, body.text);
  if (body.kind === "attachments") for (const { name: file, url } of body.attachments) view.line(who, file, url);
}
