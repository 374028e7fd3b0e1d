import type { AgentChat, AgentSession, Colleague, ColleagueRef, CrmBridge } from "switchboard-chat/agent";
import { find } from "./page.ts";

/** The conversation that the agent looks at. */
export interface ConversationView {
  show(chat: AgentChat): void;
  /** Something about it has changed. */
  update(chat: AgentChat): void;
  /** There is nothing left to do with it. */
  finish(chat: AgentChat): void;
  onFinished(listener: (chat: AgentChat) => void): void;
  /** Whom an agent may ask in, beside who is there. */
  know(colleagues: readonly Pick<Colleague, "id" | "name">[]): void;
}

/** What the view acts on. `attempt` does something and shows what failed. */
export interface ConversationViewParts {
  session: AgentSession;
  bridge: CrmBridge;
  attempt: (doing: () => Promise<unknown>) => void;
}

type Message = AgentChat["session"]["messages"][number];

const ui = {
  section: find("conversation", HTMLElement),
  title: find("title", HTMLElement),
  log: find("log", HTMLElement),
  typing: find("typing", HTMLElement),
  composer: find("composer", HTMLFormElement),
  text: find("text", HTMLTextAreaElement),
  whispering: find("whispering", HTMLElement),
  whisper: find("whisper", HTMLInputElement),
  handingOver: find("handing-over", HTMLFormElement),
  colleague: find("colleague", HTMLSelectElement),
  add: find("add", HTMLButtonElement),
  transfer: find("transfer", HTMLButtonElement),
  raise: find("raise", HTMLButtonElement),
  barge: find("barge", HTMLButtonElement),
  leave: find("leave", HTMLButtonElement),
  end: find("end", HTMLButtonElement),
  wrapUp: find("wrap-up", HTMLFormElement),
  reason: find("reason", HTMLSelectElement),
  note: find("note", HTMLInputElement),
};

function line({ from, body, whisper, status }: Message): HTMLElement {
  const item = document.createElement("li");
  const who = from.isSelf ? "You" : from.name;
  const said = body.kind === "text" ? body.text : body.kind;
  const failed = status === "failed" ? " (not sent)" : "";
  item.textContent = whisper ? `${who} (whisper): ${said}` : `${who}: ${said}${failed}`;
  item.className = whisper ? "whisper" : "";
  return item;
}

/** Shows one conversation at a time, and lets the agent act in it. */
export function createConversationView({ session, bridge, attempt }: ConversationViewParts): ConversationView {
  const { supports } = session;
  const watched = new WeakSet<AgentChat>();
  const known = new Map<string, ColleagueRef>();
  let finished: (chat: AgentChat) => void = () => undefined;
  let current: AgentChat | undefined;

  function listColleagues({ session: { participants } }: AgentChat): void {
    const chosen = ui.colleague.value;
    const people = new Map<string, ColleagueRef>(known);
    for (const { id, name, role, isSelf } of participants)
      if (!isSelf && role !== "customer" && role !== "bot") people.set(id, { id, name });
    people.delete(session.agent?.id ?? "");
    ui.colleague.replaceChildren(...Array.from(people.values(), ({ id, name = id }) => new Option(name, id)));
    if (people.has(chosen)) ui.colleague.value = chosen;
  }

  function update(chat: AgentChat): void {
    if (chat !== current) return;
    const isOpen = chat.session.state.status !== "closed";
    const looksOn = chat.part === "monitor";
    const stoodOnBarge = document.activeElement === ui.barge;
    ui.title.textContent = `${chat.customer.name || "Customer"}${looksOn ? ", you look on" : ""}${isOpen ? "" : ", over"}`;
    ui.log.replaceChildren(...chat.session.messages.map(line));
    ui.log.lastElementChild?.scrollIntoView({ block: "nearest" });
    ui.typing.textContent = chat.session.typing.map(({ name }) => `${name} is typing …`).join(" ");
    ui.composer.hidden = !isOpen || (looksOn && !supports.whisperWhileMonitoring);
    ui.whispering.hidden = !supports.whisper;
    ui.handingOver.hidden = !isOpen || looksOn;
    ui.add.hidden = !supports.addParticipant;
    ui.transfer.hidden = !supports.transfer;
    ui.raise.hidden = !supports.raiseHand;
    ui.barge.hidden = !isOpen || !looksOn;
    ui.leave.hidden = !isOpen;
    ui.end.hidden = !isOpen || looksOn;
    ui.wrapUp.hidden = looksOn;
    if (stoodOnBarge && !ui.composer.hidden) ui.text.focus();
    listColleagues(chat);
    // A mark that is lost is made with the next one.
    if (isOpen && chat.unread > 0) chat.markSeen().catch(() => undefined);
  }

  function watch(chat: AgentChat): void {
    if (watched.has(chat)) return;
    watched.add(chat);
    for (const type of ["message", "message-status", "typing", "participant"] as const)
      chat.session.on(type, () => update(chat));
    chat.session.on("state", ({ current: { status } }) => {
      update(chat);
      // What had the focus is hidden now.
      if (status === "closed" && chat === current) ui.reason.focus();
    });
  }

  function show(chat: AgentChat): void {
    current = chat;
    watch(chat);
    ui.section.hidden = false;
    update(chat);
    (ui.composer.hidden ? ui.barge : ui.text).focus();
  }

  function finish(chat: AgentChat): void {
    if (chat === current) {
      current = undefined;
      ui.section.hidden = true;
    }
    finished(chat);
  }

  const act = (doing: (chat: AgentChat) => Promise<unknown>): void => {
    const chat = current;
    if (chat) attempt(() => doing(chat).then(() => update(chat)));
  };
  wireActions(act);
  ui.text.addEventListener("input", () => {
    // That somebody whispers is nothing the customer sees.
    if (!ui.whisper.checked) current?.session.keyPressed(ui.text.value !== "");
  });
  ui.wrapUp.addEventListener("submit", (event) => {
    event.preventDefault();
    const note = ui.note.value.trim();
    act(async (chat) => {
      await bridge.wrapUp(chat, { reason: ui.reason.value, ...(note !== "" && { note }) });
      ui.note.value = "";
      if (chat.session.state.status === "closed") finish(chat);
    });
  });
  return {
    show,
    update,
    finish,
    onFinished(listener) {
      finished = listener;
    },
    know(colleagues) {
      for (const { id, name } of colleagues) known.set(id, { id, name });
      if (current) listColleagues(current);
    },
  };
}

function wireActions(act: (doing: (chat: AgentChat) => Promise<unknown>) => void): void {
  ui.text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ui.composer.requestSubmit();
  });
  ui.composer.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = ui.text.value.trim();
    if (text === "") return;
    ui.text.value = "";
    act((chat) => (ui.whisper.checked ? chat.whisper(text) : chat.session.send(text).accepted));
  });
  ui.handingOver.addEventListener("submit", (event) => {
    event.preventDefault();
    const [option] = ui.colleague.selectedOptions;
    if (!option) return;
    const colleague = { id: option.value, name: option.text };
    const what = event.submitter?.id;
    act((chat) => {
      if (what === "transfer") return chat.transfer(colleague);
      return what === "raise" ? chat.raiseHand(colleague) : chat.addParticipant(colleague);
    });
  });
  ui.barge.addEventListener("click", () => act((chat) => chat.bargeIn()));
  ui.leave.addEventListener("click", () => act((chat) => chat.leave()));
  ui.end.addEventListener("click", () => act((chat) => chat.end()));
}
