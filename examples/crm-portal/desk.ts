// The desk in the CRM's page, the same on every vendor. All of it works from the keyboard.
import {
  createAgentSession,
  createCrmBridge,
  type AgentChat,
  type AgentSession,
  type ChatRequest,
  type CrmBridge,
  type FloorConversation,
} from "switchboard-chat/agent";
import { agentTransport, type DeskCredentials } from "./agent-transport.ts";
import { createConversationView, type ConversationView } from "./conversation-view.ts";
import { buttonItem, find, readConfig, takeOut, type PortalConfig } from "./page.ts";

const ui = {
  problem: find("problem", HTMLElement),
  status: find("status", HTMLElement),
  signIn: find("sign-in", HTMLFormElement),
  desk: find("desk", HTMLElement),
  ready: find("ready", HTMLButtonElement),
  ringing: find("ringing", HTMLElement),
  ringingTitle: find("ringing-title", HTMLElement),
  floor: find("floor", HTMLElement),
  floorTitle: find("floor-title", HTMLElement),
  floorList: find("floor-list", HTMLElement),
  look: find("look", HTMLButtonElement),
  tabs: find("tabs", HTMLElement),
  tabsTitle: find("conversations-title", HTMLElement),
};

/** Does what a click asks for, and says why where it cannot. */
function attempt(doing: () => Promise<unknown>): void {
  ui.problem.textContent = "";
  doing().catch((error: unknown) => {
    ui.problem.textContent = error instanceof Error ? error.message : String(error);
  });
}

function showRinging(session: AgentSession): void {
  const items = new Map<string, HTMLElement>();
  const ring = (request: ChatRequest): void => {
    const { id, customer, queue, kind } = request;
    const why = kind === "chat" ? (queue ?? "") : kind;
    const label = `Accept ${customer.name || "a colleague's chat"}${why === "" ? "" : ` (${why})`}`;
    const item = buttonItem(label, () => attempt(() => session.accept(request)));
    items.set(id, item);
    ui.ringing.append(item);
    ui.status.textContent = `${customer.name} is waiting.`;
  };
  session.on("request", ring);
  session.on("request-ended", ({ request: { id } }) => {
    takeOut(items.get(id), ui.ringingTitle);
    items.delete(id);
  });
}

/** @returns shows a conversation. */
function showTabs(session: AgentSession, view: ConversationView): (chat: AgentChat) => void {
  const tabs = new Map<AgentChat, HTMLElement>();
  const label = ({ customer, unread }: AgentChat): string =>
    `${customer.name || "Customer"}${unread > 0 ? ` (${unread} new)` : ""}`;
  const choose = (chat: AgentChat): void => {
    for (const [other, item] of tabs) item.firstElementChild?.setAttribute("aria-current", String(other === chat));
    view.show(chat);
  };
  session.on("conversation", ({ change, chat }) => {
    if (change === "added") {
      const item = buttonItem(label(chat), () => choose(chat));
      tabs.set(chat, item);
      ui.tabs.append(item);
      choose(chat);
    } else if (chat.part === "monitor") view.finish(chat);
    else view.update(chat);
  });
  session.on("unread", (chat) => {
    const button = tabs.get(chat)?.firstElementChild;
    if (button) button.textContent = label(chat);
  });
  view.onFinished((chat) => {
    takeOut(tabs.get(chat), ui.tabsTitle);
    tabs.delete(chat);
    const [next] = tabs.keys();
    if (next) choose(next);
    else ui.tabsTitle.focus();
  });
  return choose;
}

/** What a supervisor sees of the others. @returns looks again. */
function showFloor(session: AgentSession, view: ConversationView, config: PortalConfig): () => Promise<void> {
  const item = (conversation: FloorConversation): HTMLElement => {
    const { customer, participants } = conversation;
    const agents = participants.filter(({ role }) => role === "agent").map(({ name }) => name);
    const label = `Monitor ${customer?.name ?? "a customer"} with ${agents.join(", ") || "nobody"}`;
    return buttonItem(label, () => attempt(() => session.monitor(conversation)));
  };
  return async () => {
    view.know(config.colleagues ?? []);
    if (!session.supports.floor) return;
    const { teams, conversations } = await session.floor();
    view.know(teams.flatMap(({ members, supervisors }) => members.concat(supervisors)));
    ui.floorList.replaceChildren(...conversations.map(item));
  };
}

async function signIn(config: PortalConfig, credentials: DeskCredentials): Promise<void> {
  const session = createAgentSession(agentTransport(config, credentials));
  let choose: ((chat: AgentChat) => void) | undefined;
  const bridge: CrmBridge = createCrmBridge(session, {
    target: window.parent,
    allowedOrigins: [config.crmOrigin],
    onOpen: (chat) => choose?.(chat),
  });
  const view = createConversationView({ session, bridge, attempt });
  const lookAround = showFloor(session, view, config);
  choose = showTabs(session, view);
  showRinging(session);
  session.on("state", ({ current }) => {
    ui.status.textContent =
      current.status === "online" ? `Signed in as ${current.who.name}.` : `Desk ${current.status}.`;
  });
  session.on("availability", ({ ready }) => ui.ready.setAttribute("aria-pressed", String(ready)));
  try {
    const { role } = await session.signIn();
    ui.floor.hidden = role !== "supervisor" || !session.supports.floor;
  } catch (error) {
    bridge.close();
    throw error;
  }
  ui.signIn.hidden = true;
  ui.desk.hidden = false;
  ui.ready.hidden = !session.supports.availability;
  ui.ready.addEventListener("click", () =>
    attempt(() => (session.availability.ready ? session.setNotReady() : session.setReady())),
  );
  ui.look.addEventListener("click", () => attempt(lookAround));
  (ui.ready.hidden ? ui.ringingTitle : ui.ready).focus();
  attempt(lookAround);
}

const config = await readConfig();
ui.signIn.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(ui.signIn);
  const [agentId, password] = ["agentId", "password"].map((name) => form.get(name));
  if (typeof agentId === "string" && typeof password === "string") attempt(() => signIn(config, { agentId, password }));
});
