import {
  createMemoryService,
  memory,
  type MemoryService,
  type MemoryServiceOptions,
} from "../../../adapters/memory/index.ts";
import { createChatSession, type ChatSession, type ChatSessionOptions } from "../../../src/session/index.ts";
import { sharedTransport, type SharedTransportOptions } from "../../../src/tabs/index.ts";
import type { ChatTransport, TransportEvents } from "../../../src/transport/index.ts";
import { fakeBrowser, type FakeBrowser } from "../../support/fake-tabs.ts";

/** A tab with a chat in it. */
export interface TestTab {
  transport: ChatTransport;
  session: ChatSession;
  page: EventTarget;
  /** Texts in the order they were told, own ones among them. */
  heard: string[];
  states: string[];
  ends: TransportEvents["ended"][];
  gaps: boolean[];
  /** Its process is gone: nothing more is said, and its link is dead. */
  crash(): void;
  /** What is left of it in its browser. */
  handles(): number;
  start(): Promise<void>;
}

/** One service, one browser, many tabs. */
export interface TestBrowser {
  service: MemoryService;
  browser: FakeBrowser;
  tab(options?: Partial<SharedTransportOptions>, keep?: ChatSessionOptions["keep"]): TestTab;
  /** A tab that is in the conversation. */
  started(options?: Partial<SharedTransportOptions>, keep?: ChatSessionOptions["keep"]): Promise<TestTab>;
  /** How often somebody joined, oldest first: with which token. */
  joins(): (string | undefined)[];
  closeAll(): Promise<void>;
}

/** Makes a {@link TestBrowser}. */
export function browserOfTabs(options?: MemoryServiceOptions): TestBrowser {
  const service = createMemoryService(options);
  const browser = fakeBrowser();
  const tabs: TestTab[] = [];
  const dead = new Set<TestTab>();

  function tab(options: Partial<SharedTransportOptions> = {}, keep?: ChatSessionOptions["keep"]): TestTab {
    const fake = browser.newTab();
    const inners: ChatTransport[] = [];
    const transport = sharedTransport({
      key: "test",
      make: () => {
        const inner = memory({ service, reconnect: { nextDelayMs: () => 0 } });
        inners.push(inner);
        return inner;
      },
      reconnect: { nextDelayMs: () => 0 },
      ...fake,
      ...options,
    });
    const session = createChatSession(transport, { watchPage: false, ...(keep && { keep }) });
    const made: TestTab = {
      transport,
      session,
      page: fake.page,
      heard: [],
      states: [],
      ends: [],
      gaps: [],
      crash() {
        dead.add(made);
        fake.crash();
        for (const inner of inners) inner.detach?.();
      },
      handles: () => fake.handles,
      start: async () => void (await session.start({ customer: { name: "Ravi" } })),
    };
    session.on("message", ({ body }) => void (body.kind === "text" && made.heard.push(body.text)));
    session.on("state", ({ current }) => void made.states.push(current.status));
    session.on("ended", (event) => void made.ends.push(event));
    session.on("gap", ({ repaired }) => void made.gaps.push(repaired));
    tabs.push(made);
    return made;
  }

  return {
    service,
    browser,
    tab,
    async started(options, keep) {
      const made = tab(options, keep);
      await made.start();
      return made;
    },
    joins: () => service.received.flatMap((frame) => (frame.type === "hello" ? [frame.resumeToken] : [])),
    closeAll: async () => {
      // Nobody answers a tab that is gone, or was put aside.
      const isAlone = (tab: TestTab): boolean => dead.has(tab) || tab.transport.state.status === "reconnecting";
      for (const tab of tabs) await tab.session.end(isAlone(tab) ? { timeoutMs: 1 } : {});
    },
  };
}
