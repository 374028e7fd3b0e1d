import type { MessageObject } from "../message-object.ts";
import { ICON_ID } from "../names.ts";
import type { FeedbackConfig } from "../ports.ts";
import { el, formText, icon, isSafeLink, link, readableOn } from "./dom.ts";
import { PANEL_STYLE } from "./panel-style.ts";
import { ratingForm, type Rating } from "./rating-form.ts";
import { stringsFor, type PanelStrings } from "./strings.ts";

/** Who starts a chat from the panel. */
export interface PanelCustomer {
  fullName: string;
  email: string;
  phone: string;
}

/** What the customer does in the panel. */
export interface PanelActions {
  start(customer: PanelCustomer): void;
  send(text: string): void;
  sendFile(file: File): void;
  typing(): void;
  end(): void;
  rate(rating: Rating): void;
  /** Opens the vendor's own rating page; called from the customer's click. */
  openRating(url: string): void;
}

/** What the panel is made of. */
export interface PanelOptions {
  locale: string;
  themeColor: string;
  viewMode: string;
  /** Show the icon at once. */
  showIcon: boolean;
  strings?: Partial<PanelStrings>;
  actions: PanelActions;
}

/** Stage of the chat as the panel shows it. */
export type PanelStage = "form" | "connecting" | "chat" | "ended";

/** The icon and a small panel: enough to chat. Everything is text; nothing is fetched by itself. */
export interface Panel {
  readonly visible: boolean;
  show(): void;
  hide(): void;
  setStage(stage: PanelStage): void;
  /** One line of state or advice; `bad` is announced as an alert. */
  setStatus(text: string, kind?: "info" | "bad"): void;
  addMessage(message: MessageObject): void;
  markFailed(msgid: string): void;
  setTyping(names: readonly string[]): void;
  /** Says so while it lasts. */
  setReconnecting(reconnecting: boolean): void;
  askRating(config: FeedbackConfig): void;
  thank(): void;
  dispose(): void;
}

/** Puts the icon into the page (when its body is there) and makes the panel, hidden. */
export function createPanel(options: PanelOptions): Panel {
  const strings = { ...stringsFor(options.locale), ...options.strings };
  return new DomPanel(options, strings);
}

class DomPanel implements Panel {
  readonly #strings: PanelStrings;
  readonly #actions: PanelActions;
  readonly #host = el("div", { hidden: true });
  readonly #icon: HTMLButtonElement;
  readonly #list = el("ol");
  readonly #log = el("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0" }, this.#list);
  readonly #status = el("div", { class: "status", role: "status" });
  readonly #typing = el("div", { class: "status", "aria-live": "off" });
  readonly #forms = el("div");
  readonly #endButton: HTMLButtonElement;
  readonly #onReady = (): void => this.#attach();

  constructor(options: PanelOptions, strings: PanelStrings) {
    this.#strings = strings;
    this.#actions = options.actions;
    this.#icon = el(
      "button",
      { id: ICON_ID, type: "button", "aria-label": strings.open, "aria-expanded": "false" },
      icon("M4 5h16v11H9l-5 4z"),
    );
    this.#endButton = el("button", { type: "button", hidden: true }, strings.end);
    this.#styleIcon(options.themeColor);
    this.#showIcon(options.showIcon);
    this.#build(options);
    this.setStage("form");
    if (document.body as HTMLElement | null) this.#attach();
    else document.addEventListener("DOMContentLoaded", this.#onReady, { once: true });
  }

  get visible(): boolean {
    return !this.#host.hidden;
  }

  show(): void {
    this.#showIcon(true);
    this.#host.hidden = false;
    this.#icon.setAttribute("aria-expanded", "true");
    this.#forms.querySelector<HTMLElement>("input, textarea")?.focus();
  }

  hide(): void {
    this.#host.hidden = true;
    this.#icon.setAttribute("aria-expanded", "false");
  }

  setStage(stage: PanelStage): void {
    this.#endButton.hidden = stage !== "chat";
    if (stage === "form") this.#forms.replaceChildren(this.#startForm());
    else if (stage === "chat") this.#forms.replaceChildren(this.#composer());
    else this.#forms.replaceChildren();
    if (stage === "connecting") this.setStatus(this.#strings.connecting);
    if (stage === "chat") this.setStatus(this.#strings.waiting);
    if (stage === "ended") this.setStatus(this.#strings.ended);
    this.setTyping([]);
  }

  setStatus(text: string, kind: "info" | "bad" = "info"): void {
    this.#status.className = kind === "bad" ? "status bad" : "status";
    this.#status.setAttribute("role", kind === "bad" ? "alert" : "status");
    this.#status.textContent = text;
  }

  addMessage(message: MessageObject): void {
    if (message.body === undefined && !message.files) return;
    const kind = message.is_system ? "system" : message.sender === "me" ? "mine" : "theirs";
    const item = el("li", { class: kind, "data-msgid": message.msgid });
    item.append(el("small", {}, this.#author(message)), ...this.#content(message));
    const atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 40;
    this.#list.append(item);
    if (atEnd) this.#log.scrollTop = this.#log.scrollHeight;
    if (kind === "theirs" && this.#status.textContent === this.#strings.waiting) this.setStatus("");
  }

  markFailed(msgid: string): void {
    const item = [...this.#list.children].find((child) => child.getAttribute("data-msgid") === msgid);
    item?.classList.add("failed");
  }

  setTyping(names: readonly string[]): void {
    this.#typing.textContent = names.length > 0 ? `${names.join(", ")} ${this.#strings.typing}` : "";
  }

  setReconnecting(reconnecting: boolean): void {
    const text = this.#strings.reconnecting;
    if (reconnecting) this.setStatus(text, "bad");
    else if (this.#status.textContent === text) this.setStatus("");
  }

  askRating(config: FeedbackConfig): void {
    const { openInNewTab, feedbackUrl } = config;
    if (openInNewTab === true && typeof feedbackUrl === "string") {
      const open = el("button", { type: "button", class: "main" }, this.#strings.openForm);
      open.addEventListener("click", () => this.#actions.openRating(feedbackUrl));
      this.#forms.replaceChildren(el("form", {}, open));
      return;
    }
    const form = ratingForm(config, this.#strings, {
      submit: (rating) => this.#actions.rate(rating),
      skip: () => this.#forms.replaceChildren(),
    });
    this.#forms.replaceChildren(form);
    // The form takes room from the list: the last words stay in sight.
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  thank(): void {
    this.#forms.replaceChildren();
    this.setStatus(this.#strings.thanks);
  }

  dispose(): void {
    document.removeEventListener("DOMContentLoaded", this.#onReady);
    this.#icon.remove();
    this.#host.remove();
  }

  #attach(): void {
    document.body.append(this.#icon, this.#host);
  }

  #author({ is_system, sender, nick, userRole }: MessageObject): string {
    if (is_system) return this.#strings.system;
    if (sender === "me") return this.#strings.you;
    // A name is anybody's choice: `asha` may join beside `Asha`. Only the verified role says who it is.
    return userRole === null ? `${nick ?? ""} (${this.#strings.unverified})` : `${nick ?? ""} · ${userRole}`;
  }

  #content({ files, body = "" }: MessageObject): Node[] {
    if (files && files.length > 0) return files.map(({ url, name }) => link(url, name === "" ? url : name));
    return [isSafeLink(body) && /^https?:/.test(body) ? link(body, body) : document.createTextNode(body)];
  }

  #build({ locale, themeColor, viewMode }: PanelOptions): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(PANEL_STYLE);
    const root = this.#host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    this.#host.style.setProperty("--theme", themeColor);
    this.#host.style.setProperty("--on-theme", readableOn(themeColor));
    this.#host.lang = locale;
    this.#host.dataset["viewMode"] = viewMode;
    const close = el("button", { type: "button", "aria-label": this.#strings.close }, icon("M6 6l12 12M18 6L6 18"));
    const title = el("h2", { id: "title" }, this.#strings.title);
    const panel = el(
      "section",
      { class: "panel", role: "dialog", "aria-labelledby": "title" },
      // No header element: to a screen reader that would be a second banner of the page.
      el("div", { class: "bar" }, title, this.#endButton, close),
      this.#log,
      this.#typing,
      this.#status,
      this.#forms,
    );
    root.append(panel);
    close.addEventListener("click", () => this.#closeByHand());
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#closeByHand();
    });
    this.#endButton.addEventListener("click", () => this.#actions.end());
    this.#icon.addEventListener("click", () => (this.visible ? this.hide() : this.show()));
  }

  /** By style: the host page may give `#exotel-chat-icon` a display of its own, which would beat `hidden`. */
  #showIcon(shown: boolean): void {
    this.#icon.hidden = !shown;
    this.#icon.style.display = shown ? "grid" : "none";
  }

  #closeByHand(): void {
    this.hide();
    this.#icon.focus();
  }

  #styleIcon(themeColor: string): void {
    Object.assign(this.#icon.style, {
      position: "fixed",
      right: "16px",
      bottom: "16px",
      width: "56px",
      height: "56px",
      borderRadius: "50%",
      border: "2px solid transparent",
      background: themeColor,
      color: readableOn(themeColor),
      fontSize: "24px",
      cursor: "pointer",
      placeItems: "center",
      zIndex: "2147483000",
    });
  }

  #startForm(): HTMLFormElement {
    const field = (name: keyof PanelStrings, type: string, autocomplete: string): HTMLLabelElement =>
      el("label", {}, this.#strings[name], el("input", { name, type, autocomplete, required: true }));
    const form = el(
      "form",
      {},
      field("name", "text", "name"),
      field("email", "email", "email"),
      field("phone", "tel", "tel"),
      el("button", { class: "main" }, this.#strings.start),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const data = new FormData(form);
      this.#actions.start({
        fullName: formText(data, "name"),
        email: formText(data, "email"),
        phone: formText(data, "phone"),
      });
    });
    return form;
  }

  #composer(): HTMLFormElement {
    const input = el("textarea", { name: "message", rows: "1", "aria-label": this.#strings.message });
    const file = el("input", { type: "file", class: "hidden", tabindex: "-1", "aria-hidden": "true" });
    const attach = el(
      "button",
      { type: "button", "aria-label": this.#strings.attach },
      icon("M19 11l-8 8a5 5 0 0 1-7-7l8-8a3.5 3.5 0 0 1 5 5l-8 8a2 2 0 0 1-3-3l7-7"),
    );
    const send = el("button", { class: "main" }, this.#strings.send);
    const form = el("form", { class: "compose" }, el("label", {}, input), attach, file, send);
    const submit = (): void => {
      const text = input.value.trim();
      if (text === "") return;
      this.#actions.send(text);
      input.value = "";
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    input.addEventListener("keydown", (event) => {
      // While an input method composes, Enter belongs to it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    });
    input.addEventListener("input", () => this.#actions.typing());
    attach.addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      const [chosen] = file.files ?? [];
      if (chosen) this.#actions.sendFile(chosen);
      file.value = "";
    });
    return form;
  }
}
