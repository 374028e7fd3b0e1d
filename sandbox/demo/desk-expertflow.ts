// Expertflow CX at the desk: the vendor's agent API comes later, so the desk works through the sandbox's control endpoints.
import { CxRest } from "../../adapters/expertflow-cx/rest/cx-rest.ts";
import { uploadToFileEngine } from "../../adapters/expertflow-cx/rest/files.ts";
import { decodeCimMessage, type CimMessage } from "../../adapters/expertflow-cx/wire/cim-message.ts";
import { list, record, text } from "../../src/kit/read.ts";
import { toBody } from "../../adapters/expertflow-cx/wire/to-body.ts";
import type { DeskChat, DeskView, Queue, Waiting } from "./desk-chat.ts";

/** Where it is. */
export interface ExpertflowDesk {
  controlUrl: string;
  fileServerUrl: string;
}

const POLL_MS = 500;

/** The chats of the sandbox. */
export function expertflowQueue(desk: ExpertflowDesk): Queue {
  return {
    async waiting() {
      const chats = list(await (await fetch(`${desk.controlUrl}/chats`)).json()).map(record);
      return chats.filter(({ open }) => open === true).map((chat) => toWaiting(chat, desk));
    },
  };
}

function toWaiting(chat: Readonly<Record<string, unknown>>, desk: ExpertflowDesk): Waiting {
  const key = text(chat["conversationId"]);
  const [webChannelData] = list(record(chat["request"])["additionalAttributes"]).map(record);
  const form = record(record(webChannelData?.["value"])["formData"]);
  const facts = list(form["attributes"]).map((each): [string, string] => {
    const attribute = record(each);
    return [text(attribute["key"]), text(attribute["value"])];
  });
  const customer = facts.find(([name]) => name === "first_name")?.[1] ?? text(chat["channelCustomerIdentifier"]);
  return { key, customer, facts, take: (view) => take({ key, customer }, desk, view) };
}

async function take(
  { key, customer }: Pick<Waiting, "key" | "customer">,
  desk: ExpertflowDesk,
  view: DeskView,
): Promise<DeskChat> {
  const post = async (action: string, input: object = {}): Promise<void> => {
    const init = { method: "POST", body: JSON.stringify(input) };
    const answer = await fetch(`${desk.controlUrl}/${action}?chat=${encodeURIComponent(key)}`, init);
    if (!answer.ok) throw new Error(`The sandbox answered ${answer.status}.`);
  };
  let shown = 0;
  let newest = "";
  const look = async (): Promise<void> => {
    const chat = record(await (await fetch(`${desk.controlUrl}/chats/${encodeURIComponent(key)}`)).json());
    const messages = list(chat["messages"]).slice(shown);
    shown += messages.length;
    for (const message of messages.flatMap((raw) => decodeCimMessage(raw) ?? [])) {
      if (message.sender.type === "CUSTOMER") newest = message.id;
      show(message, customer, view);
    }
    if (chat["open"] === true) return;
    clearInterval(timer);
    view.enable(false);
    view.line("Notice", "The chat is over.");
  };
  const timer = setInterval(() => void look().catch((error: unknown) => view.problem(error)), POLL_MS);
  await post("joins");
  await look();
  view.enable(true);
  return {
    say: (words) => post("say", { text: words }),
    keyPressed: (typing) => void (typing && post("types").catch((error: unknown) => view.problem(error))),
    async sendFile(file) {
      const { url, name, mediaType, sizeBytes } = await uploadToFileEngine(new CxRest(), desk.fileServerUrl, file);
      const attachment = { mediaUrl: url.href, mimeType: mediaType, type: mediaType, size: sizeBytes };
      await post("say", {
        body: { type: "FILE", markdownText: "", additionalDetails: { fileName: name }, attachment },
      });
    },
    markRead: () => post("reads", { messageId: newest }),
    async end() {
      clearInterval(timer);
      // What was said a moment ago is shown before.
      await look();
      await post("leaves");
      await post("ends");
      return "You ended the chat.";
    },
  };
}

function show(message: CimMessage, customer: string, view: DeskView): void {
  const { type, sender, body } = message;
  if (type === "NOTIFICATION") {
    const kind = text(body["notificationType"]);
    if (kind !== "TYPING_STARTED") view.line("Notice", kind);
    return;
  }
  if (type === "DELIVERYNOTIFICATION") return;
  const others = sender.type === "CUSTOMER" ? customer : sender.name;
  const who = sender.type === "AGENT" ? "You" : others;
  const said = toBody(message);
  if (said.kind === "attachments") for (const { name, url } of said.attachments) view.line(who, name, url);
  else if (said.kind !== "retracted") view.line(who, said.text);
}
