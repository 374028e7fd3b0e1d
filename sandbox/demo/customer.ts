// One customer's page for every vendor: the same code, another transport.
import { exotel } from "../../adapters/exotel/index.ts";
import { expertflowChat, type ExpertflowChat } from "../../adapters/expertflow-chat/index.ts";
import { expertflowCx, expertflowServices } from "../../adapters/expertflow-cx/index.ts";
import { xmppMuc } from "../../adapters/xmpp-muc/index.ts";
import {
  ChatError,
  createChatSession,
  type ChatSession,
  type ChatTransport,
  type OutgoingBody,
  type SessionMessage,
} from "../../src/index.ts";
import { drawBody } from "./draw-body.ts";
import { find, problem, unavailable, wireComposer } from "./page.ts";

interface DemoConfig {
  chatServiceUrl: string;
  cmsServiceUrl: string;
  boshUrl: string;
  domain: string;
  authToken: string;
  contactCenterId: number;
  campaignId: number;
  nodeflowId: number;
  processId: number;
  expertflowCx?: { socketUrl: string; ccmUrl: string; fileServerUrl: string };
  chatSolution?: { url: string };
  error?: { message: string; remedy?: string };
}

const ui = {
  state: find("state", HTMLElement),
  startSection: find("start-section", HTMLElement),
  start: find("start", HTMLFormElement),
  vendor: find("vendor", HTMLSelectElement),
  name: find("name", HTMLInputElement),
  log: find("log", HTMLElement),
  typing: find("typing", HTMLElement),
  text: find("text", HTMLTextAreaElement),
  send: find("send", HTMLButtonElement),
  file: find("file", HTMLInputElement),
  end: find("end", HTMLButtonElement),
};

let session: ChatSession | undefined;

/** The one place on this page that knows vendors. */
function transportFor(vendor: string, config: DemoConfig): ChatTransport {
  if (vendor === "chat-solution") return solutionTransport(config);
  if (vendor !== "expertflow-cx") {
    const { boshUrl, domain, ...tenant } = config;
    return xmppMuc({ boshUrl, domain, provision: exotel(tenant) });
  }
  if (!config.expertflowCx) throw new ChatError("unsupported", "The sandbox runs without Expertflow CX.");
  return expertflowCx({
    ...config.expertflowCx,
    serviceIdentifier: "1218",
    // Another customer each time, as long as the page does not know who it is.
    channelCustomerIdentifier: () => `web-${crypto.getRandomValues(new Uint32Array(1)).join("")}`,
  });
}

/** The Chat Solution has no place for files: another server's serves. */
function solutionTransport({ chatSolution, expertflowCx: files }: DemoConfig): ChatTransport {
  if (!chatSolution) throw new ChatError("unsupported", "The sandbox runs without a Chat Solution.");
  const chat = expertflowChat({
    ...chatSolution,
    customer: { subject: "General" },
    ...(files && { uploader: (file, call) => expertflowServices(files).upload(file, call) }),
  });
  chat.on("state", ({ current }) => {
    if (current.status === "closed") offerTranscript(chat);
  });
  return chat;
}

function offerTranscript(chat: ExpertflowChat): void {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Download the transcript";
  button.addEventListener("click", () => void downloadTranscript(chat).catch(problem));
  const item = document.createElement("li");
  item.append(button);
  ui.log.append(item);
}

async function downloadTranscript(chat: ExpertflowChat): Promise<void> {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await chat.transcript());
  link.download = "transcript.pdf";
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Each message's line, and what it showed: a form that is being filled in must not be drawn anew. */
const lines = new Map<object, { item: HTMLElement; shown: string }>();

function send(body: OutgoingBody, replyTo?: SessionMessage["id"]): void {
  session?.send(body, replyTo === undefined ? {} : { replyTo }).accepted.catch(problem);
}

function draw(message: SessionMessage): void {
  const { from, body, status, id, edited } = message;
  const drawn = lines.get(message) ?? { item: document.createElement("li"), shown: "" };
  const shows = `${status} ${edited} ${body.kind}`;
  if (drawn.shown === shows) return;
  drawn.shown = shows;
  const { item } = drawn;
  if (!lines.has(message)) ui.log.append(item);
  lines.set(message, drawn);
  const who = document.createElement("small");
  who.textContent = from.isSelf ? `You (${status ?? ""}): ` : `${from.name}: `;
  item.replaceChildren(
    who,
    drawBody(body, (answer) => send(answer, id)),
  );
  item.scrollIntoView({ block: "nearest" });
}

function enable(on: boolean): void {
  for (const control of [ui.text, ui.send, ui.end]) control.disabled = !on;
  ui.file.disabled = !on || session?.supports.upload !== true;
  ui.startSection.hidden = on;
}

async function start(config: DemoConfig): Promise<void> {
  ui.log.replaceChildren();
  lines.clear();
  find("problem", HTMLElement).textContent = "";
  const chat = createChatSession(transportFor(ui.vendor.value, config));
  session = chat;
  const redraw = (): void => chat.messages.forEach(draw);
  chat.on("message", redraw);
  chat.on("message-status", redraw);
  chat.on("message-changed", redraw);
  chat.on("typing", (who) => {
    ui.typing.textContent = who.length > 0 ? `${who.map(({ name }) => name).join(", ")} is typing …` : "";
  });
  chat.on("state", ({ current }) => {
    ui.state.textContent = current.status;
    enable(current.status === "connected" || current.status === "reconnecting");
  });
  chat.on("warning", problem);
  await chat.start({ customer: { name: ui.name.value } });
  ui.text.focus();
}

function wire(config: DemoConfig): void {
  ui.start.addEventListener("submit", (event) => {
    event.preventDefault();
    start(config).catch(problem);
  });
  wireComposer({
    send(text) {
      send({ kind: "text", text });
      redrawOwn();
    },
    keyPressed: (typing) => session?.keyPressed(typing),
    sendFile: (file) => void session?.sendFile(file).catch(problem),
  });
  ui.end.addEventListener("click", () => void session?.end().catch(problem));
}

/** What waits is shown at once. */
function redrawOwn(): void {
  session?.messages.forEach(draw);
}

async function main(): Promise<void> {
  const config = (await (await fetch("config.json")).json()) as DemoConfig;
  if (config.error) {
    problem(unavailable(config.error));
    for (const option of ui.vendor.options) option.disabled = option.value === "exotel";
    ui.vendor.value = "expertflow-cx";
  }
  wire(config);
}

main().catch(problem);
