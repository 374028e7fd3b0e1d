/** What `config.json` beside the pages says. */
export interface PortalConfig {
  /** The desk's page, on an origin of its own. */
  deskUrl: string;
  crmOrigin: string;
  /** Whom to ask in, where the contact centre's service does not tell. */
  colleagues?: { id: string; name: string; role: "agent" | "supervisor" }[];
  service:
    | { vendor: "chat-solution"; url: string; domains: [string, ...string[]] }
    | { vendor: "xmpp"; websocketUrl: string; domain: string; unseenVisitors?: boolean };
}

export async function readConfig(): Promise<PortalConfig> {
  return (await (await fetch("config.json")).json()) as PortalConfig;
}

/** The element of that id. */
export function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`The page has no ${id}.`);
}

/** An entry of a list that is one button. */
export function buttonItem(label: string, onClick: () => void): HTMLLIElement {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.addEventListener("click", onClick);
  item.append(button);
  return item;
}

/** Takes an entry out of its list; who stood on it stands on the list's heading then. */
export function takeOut(item: HTMLElement | undefined, heading: HTMLElement): void {
  if (!item) return;
  const hadFocus = item.contains(document.activeElement);
  item.remove();
  if (hadFocus) heading.focus();
}
