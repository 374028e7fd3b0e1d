// The agent's page: one desk for the chats of every vendor in the sandbox.
import type { DeskChat, DeskView, Queue, Waiting } from "./desk-chat.ts";
import { exotelQueue, type ExotelDesk } from "./desk-exotel.ts";
import { expertflowQueue, type ExpertflowDesk } from "./desk-expertflow.ts";
import { solutionQueue, type SolutionDesk } from "./desk-solution.ts";
import { find, problem, unavailable, wireComposer } from "./page.ts";

interface DemoConfig extends ExotelDesk {
  expertflowCx?: ExpertflowDesk;
  chatSolution?: SolutionDesk;
  error?: { message: string; remedy?: string };
}

const POLL_MS = 1_000;

const ui = {
  who: find("who", HTMLElement),
  chats: find("chats", HTMLElement),
  title: find("title", HTMLElement),
  facts: find("facts", HTMLElement),
  log: find("log", HTMLElement),
  typing: find("typing", HTMLElement),
  text: find("text", HTMLTextAreaElement),
  send: find("send", HTMLButtonElement),
  file: find("file", HTMLInputElement),
  read: find("read", HTMLButtonElement),
  end: find("end", HTMLButtonElement),
};

let current: DeskChat | undefined;
const taken = new Set<string>();

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

function enable(on: boolean): void {
  for (const control of [ui.text, ui.send, ui.file, ui.read, ui.end]) control.disabled = !on;
}

function showFacts(facts: Waiting["facts"]): void {
  ui.facts.replaceChildren(
    ...facts.flatMap(([key, value]) => {
      const term = document.createElement("dt");
      const detail = document.createElement("dd");
      term.textContent = key;
      detail.textContent = value;
      return [term, detail];
    }),
  );
}

const view: DeskView = {
  line: (who, text, url) => void line(who, text, url),
  typing: (text) => {
    ui.typing.textContent = text;
  },
  enable,
  problem,
};

async function take(waiting: Waiting): Promise<void> {
  taken.add(waiting.key);
  ui.log.replaceChildren();
  current = await waiting.take(view);
  ui.title.textContent = `Chat with ${waiting.customer}`;
  showFacts(waiting.facts);
  ui.text.focus();
}

async function endChat(chat: DeskChat): Promise<void> {
  line("Notice", await chat.end());
  enable(false);
  current = undefined;
}

function waitingButton(waiting: Waiting): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "main";
  button.textContent = `Take ${waiting.customer}`;
  button.addEventListener("click", () => {
    button.remove();
    void take(waiting).catch(problem);
  });
  return button;
}

/** The sandbox routes nothing: the desk looks which chats there are. */
async function lookForChats(queues: readonly Queue[]): Promise<void> {
  const chats = (await Promise.all(queues.map((queue) => queue.waiting()))).flat();
  const waiting = chats.filter(({ key }) => !taken.has(key));
  const none = document.createElement("span");
  none.textContent = "Nobody is waiting.";
  const shown = waiting.map(({ key }) => key).join(" ");
  // A button that is replaced under the pointer cannot be clicked.
  if (ui.chats.dataset["shown"] === shown) return;
  ui.chats.dataset["shown"] = shown;
  ui.chats.replaceChildren(...(waiting.length > 0 ? waiting.map(waitingButton) : [none]));
}

function wire(): void {
  wireComposer({
    send: (text) => void current?.say(text).catch(problem),
    keyPressed: (typing) => current?.keyPressed(typing),
    sendFile: (file) => void current?.sendFile(file).catch(problem),
  });
  ui.read.addEventListener("click", () => void current?.markRead().catch(problem));
  ui.end.addEventListener("click", () => {
    if (current) void endChat(current).catch(problem);
  });
}

async function main(): Promise<void> {
  wire();
  const config = (await (await fetch("config.json")).json()) as DemoConfig;
  const queues: Queue[] = config.expertflowCx ? [expertflowQueue(config.expertflowCx)] : [];
  if (config.chatSolution) queues.push(await solutionQueue(config.chatSolution, config.expertflowCx));
  if (config.error) problem(unavailable(config.error));
  else {
    const { name } = config.agent;
    const signedIn = (is: boolean, cause?: unknown): void => {
      ui.who.textContent = is ? `signed in as ${name}` : "not connected";
      if (cause !== undefined) problem(cause);
    };
    queues.push(await exotelQueue(config, signedIn));
  }
  const look = (): void => void lookForChats(queues).catch(problem);
  look();
  setInterval(look, POLL_MS);
}

main().catch(problem);
