import { xmppMuc } from "../../adapters/xmpp-muc/index.ts";
import { createChatSession, type ChatSession } from "../../src/session/index.ts";
import { sharedTransport } from "../../src/tabs/index.ts";

/** What a page of the test is told. */
export interface TabsConfig {
  wire: { boshUrl: string } | { websocketUrl: string };
  domain: string;
  room: string;
  customer: { username: string; password: string };
  agent: string;
}

/** What the test reads from a page, and has it do. */
export interface TabsPage {
  start(config: TabsConfig): Promise<void>;
  /** @returns how many of them were accepted. */
  send(texts: string[]): Promise<number>;
  end(): Promise<void>;
  readonly status: string;
  /** Texts in the order they were told. */
  readonly heard: string[];
  /** Own texts as the service has them, in the session's order. */
  readonly own: string[];
  readonly accepted: number;
  /** Own texts with their status, whichever tab they were typed in. */
  readonly deliveries: string[];
  readonly failed: string[];
  readonly gaps: boolean[];
  /** How often this page has been restored from the back/forward cache. */
  readonly restored: number;
  readonly provisioned: number;
}

declare global {
  interface Window {
    tabs: TabsPage;
  }
}

let provisioned = 0;
let restored = 0;
let session: ChatSession | undefined;
const heard: string[] = [];
const failed: string[] = [];
const gaps: boolean[] = [];

addEventListener("pageshow", ({ persisted }) => {
  if (persisted) restored++;
});

window.tabs = {
  async start({ wire, domain, room, customer, agent }) {
    const transport = sharedTransport({
      key: room,
      make: () =>
        xmppMuc({
          ...wire,
          domain,
          provision: {
            provision: () => {
              provisioned++;
              return Promise.resolve({ credentials: { ...customer, domain }, room, nick: "Ravi", agents: [agent] });
            },
          },
        }),
    });
    session = createChatSession(transport);
    session.on("message", ({ body }) => void (body.kind === "text" && heard.push(body.text)));
    session.on("message-status", ({ status, error }) => void (status === "failed" && failed.push(error?.code ?? "?")));
    session.on("gap", ({ repaired }) => void gaps.push(repaired));
    await session.start({ customer: { name: "Ravi" } });
  },
  async send(texts) {
    const chat = session;
    const handles = chat ? texts.map((text) => chat.send(text)) : [];
    const results = await Promise.allSettled(handles.map(({ accepted }) => accepted));
    return results.filter(({ status }) => status === "fulfilled").length;
  },
  end: async () => session?.end(),
  get status() {
    return session?.state.status ?? "none";
  },
  heard,
  failed,
  gaps,
  get own() {
    const mine = session?.messages.filter(({ from, id }) => from.isSelf && id !== undefined) ?? [];
    return mine.flatMap(({ body }) => (body.kind === "text" ? [body.text] : []));
  },
  get accepted() {
    return session?.deliveries().filter(({ status }) => status !== "queued" && status !== "sent").length ?? 0;
  },
  get deliveries() {
    const handles = session?.deliveries() ?? [];
    return handles.flatMap(({ status, message: { body } }) => (body.kind === "text" ? [`${body.text} ${status}`] : []));
  },
  get restored() {
    return restored;
  },
  get provisioned() {
    return provisioned;
  },
};
