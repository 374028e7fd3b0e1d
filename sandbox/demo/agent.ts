// The agent's page: a plain XMPP occupant of the customer's room. What it knows of Exotel is how a message says that the
// chat is over.
import { exotelCodec } from "../../adapters/exotel/codecs/codec-chain.ts";
import { resolveWire } from "../../adapters/exotel/exotel-options.ts";
import {
  createXmppConnection,
  createXmppRoom,
  type XmppConnection,
  type XmppRoom,
} from "../../adapters/xmpp-muc/index.ts";
import { randomId } from "../../src/kit/ids.ts";
import { createChatSession } from "../../src/session/chat-session.ts";
import type { ChatSession } from "../../src/session/session-api.ts";
import { ChatError, type ChatMessage, type MessageId } from "../../src/transport/index.ts";

interface DemoConfig {
  boshUrl: string;
  domain: string;
  chatServiceUrl: string;
  controlUrl: string;
  agent: { name: string; username: string; password: string };
  error?: { message: string; remedy?: string };
}

interface WaitingChat {
  roomJid: string;
  request: {
    userEntity?: { name?: string; properties?: { key: string; value: string }[] };
    botTransferred?: boolean;
    botSessionInfo?: Record<string, unknown>;
    additionalInfo?: Record<string, unknown>;
  };
}

interface OpenChat {
  room: XmppRoom;
  session: ChatSession;
  chat: WaitingChat;
}

const POLL_MS = 1_000;

function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`The page has no #${id}.`);
}

const ui = {
  who: find("who", HTMLElement),
  chats: find("chats", HTMLElement),
  title: find("title", HTMLElement),
  facts: find("facts", HTMLElement),
  log: find("log", HTMLElement),
  typing: find("typing", HTMLElement),
  composer: find("composer", HTMLFormElement),
  text: find("text", HTMLTextAreaElement),
  send: find("send", HTMLButtonElement),
  file: find("file", HTMLInputElement),
  read: find("read", HTMLButtonElement),
  end: find("end", HTMLButtonElement),
  problem: find("problem", HTMLElement),
};

let connection: XmppConnection | undefined;
let current: OpenChat | undefined;
let name = "Agent";
const taken = new Set<string>();

function problem(error: unknown): void {
  const known = ChatError.isInstance(error) ? error : undefined;
  ui.problem.textContent = known ? [known.message, known.info.remedy].filter(Boolean).join("\n") : String(error);
}

function line(who: string, text: string, url?: URL): HTMLElement {
  const item = document.createElement("li");
  const small = document.createElement("small");
  small.textContent = `${who}: `;
  item.append(small);
  if (url) {
    const link = document.createElement("a");
    link.href = url.href;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = text;
    item.append(link);
  } else item.append(text);
  ui.log.append(item);
  item.scrollIntoView({ block: "nearest" });
  return item;
}

function show({ from, body }: ChatMessage): void {
  const who = from.isSelf ? "You" : from.name;
  if (body.kind === "text") line(who, body.text);
  if (body.kind === "attachments") for (const { name: file, url } of body.attachments) line(who, file, url);
}

function enable(on: boolean): void {
  for (const control of [ui.text, ui.send, ui.file, ui.read, ui.end]) control.disabled = !on;
}

function facts(request: WaitingChat["request"]): void {
  const { userEntity, botTransferred, botSessionInfo, additionalInfo } = request;
  const rows: [string, string][] = [
    ...(userEntity?.properties ?? []).map(({ key, value }): [string, string] => [key, value]),
    ["handed over by a bot", botTransferred === true ? "yes" : "no"],
    ...Object.entries({ ...botSessionInfo, ...additionalInfo }).map(([key, value]): [string, string] => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ];
  ui.facts.replaceChildren(
    ...rows.flatMap(([key, value]) => {
      const term = document.createElement("dt");
      const detail = document.createElement("dd");
      term.textContent = key;
      detail.textContent = value;
      return [term, detail];
    }),
  );
}

async function take(chat: WaitingChat): Promise<void> {
  if (!connection) return;
  taken.add(chat.roomJid);
  ui.log.replaceChildren();
  const room = createXmppRoom({
    link: connection,
    room: chat.roomJid,
    nick: name,
    codec: exotelCodec(resolveWire()),
    markerId: "msgid",
    markable: true,
  });
  const session = createChatSession(room);
  session.on("message", show);
  session.on("typing", (who) => {
    ui.typing.textContent = who.length > 0 ? `${who.map((each) => each.name).join(", ")} is typing …` : "";
  });
  session.on("receipt", ({ kind, from }) => line("Notice", `${from.name}: ${kind}`));
  session.on("participant", ({ change, participant }) => line("Notice", `${participant.name} ${change}`));
  session.on("state", ({ current: { status } }) => enable(status === "connected"));
  await session.start({ customer: { name } });
  current = { room, session, chat };
  ui.title.textContent = `Chat with ${chat.request.userEntity?.name ?? "a customer"}`;
  facts(chat.request);
  ui.text.focus();
}

async function endChat({ room, session }: OpenChat): Promise<void> {
  const id = randomId();
  const interaction = { chatId: `CH-${id.slice(0, 8)}`, interactionId: `IN-${id.slice(9, 13)}` };
  const message = { clientId: id, body: { kind: "text" as const, text: "The agent has ended the chat." } };
  await room.sendWith(message, { ended: true, interaction, role: "agent" });
  line("Notice", `You ended the chat (${interaction.chatId}).`);
  await session.close();
  current = undefined;
}

function waitingButton(chat: WaitingChat): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "main";
  button.textContent = `Take ${chat.request.userEntity?.name ?? "customer"}`;
  button.addEventListener("click", () => {
    button.remove();
    void take(chat).catch(problem);
  });
  return button;
}

/** The sandbox routes nothing: the desk looks which chats there are. */
async function lookForChats(controlUrl: string): Promise<void> {
  const answer = (await (await fetch(`${controlUrl}/chats`)).json()) as { chats?: WaitingChat[] } | WaitingChat[];
  const chats = Array.isArray(answer) ? answer : (answer.chats ?? []);
  const waiting = chats.filter(({ roomJid }) => !taken.has(roomJid));
  const none = document.createElement("span");
  none.textContent = "Nobody is waiting.";
  const shown = waiting.map(({ roomJid }) => roomJid).join(" ");
  // A button that is replaced under the pointer cannot be clicked.
  if (ui.chats.dataset["shown"] === shown) return;
  ui.chats.dataset["shown"] = shown;
  ui.chats.replaceChildren(...(waiting.length > 0 ? waiting.map(waitingButton) : [none]));
}

function wire(): void {
  ui.composer.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = ui.text.value.trim();
    if (!current || text === "") return;
    current.session.send(text).accepted.catch(problem);
    ui.text.value = "";
  });
  ui.text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ui.composer.requestSubmit();
  });
  ui.text.addEventListener("input", () => current?.session.keyPressed(ui.text.value !== ""));
  ui.file.addEventListener("change", () => {
    const [file] = ui.file.files ?? [];
    if (!current || !file) return;
    const mediaType = file.type === "" ? "application/octet-stream" : file.type;
    const upload = { name: file.name, mediaType, sizeBytes: file.size, data: file };
    current.session.sendFile(upload).catch(problem);
    ui.file.value = "";
  });
  ui.read.addEventListener("click", () => void current?.session.markDisplayed(newest()).catch(problem));
  ui.end.addEventListener("click", () => {
    if (current) void endChat(current).catch(problem);
  });
}

function newest(): MessageId | undefined {
  return current?.session.messages.findLast(({ from }) => !from.isSelf)?.id;
}

async function main(): Promise<void> {
  wire();
  const config = (await (await fetch("config.json")).json()) as DemoConfig;
  if (config.error) throw new ChatError("unsupported", config.error.message, { remedy: config.error.remedy ?? "" });
  ({ name } = config.agent);
  connection = createXmppConnection({ boshUrl: config.boshUrl, domain: config.domain, credentials: config.agent });
  connection.onStream((event) => {
    // A wire that falters is still one.
    if (event.kind === "faltering" || event.kind === "steady") return;
    ui.who.textContent = event.kind === "sendable" ? `signed in as ${name}` : "not connected";
    if (event.kind !== "sendable" && event.cause) problem(event.cause);
  });
  await connection.connect();
  ui.who.textContent = `signed in as ${name}`;
  const look = (): void => void lookForChats(config.controlUrl).catch(problem);
  look();
  setInterval(look, POLL_MS);
}

main().catch(problem);
