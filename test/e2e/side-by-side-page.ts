import { exotel, type ExotelOptions } from "../../adapters/exotel/index.ts";
import { expertflowCx, type ExpertflowCxOptions } from "../../adapters/expertflow-cx/index.ts";
import { xmppMuc } from "../../adapters/xmpp-muc/index.ts";
import { createChatSession, type ChatSession } from "../../src/session/index.ts";
import type { ChatTransport } from "../../src/transport/index.ts";

/** The two chats of the page. */
export type Side = "exotel" | "expertflow";

/** What the page is told. */
export interface SidesConfig {
  exotel: Pick<
    ExotelOptions,
    "chatServiceUrl" | "cmsServiceUrl" | "authToken" | "contactCenterId" | "campaignId" | "nodeflowId" | "processId"
  > & { boshUrl: string };
  expertflow: Pick<
    ExpertflowCxOptions,
    "socketUrl" | "ccmUrl" | "fileServerUrl" | "serviceIdentifier" | "channelCustomerIdentifier"
  >;
}

/** What the test reads from the page, and has it do. */
export interface SidesPage {
  /** Both at the same moment. @returns their conversations. */
  start(config: SidesConfig): Promise<Record<Side, string>>;
  /** Sends texts in both, in turns. @returns how many were accepted in each. */
  sendBoth(count: number): Promise<Record<Side, number>>;
  end(side: Side): Promise<void>;
  /** Everything a side was told, as `event detail`. */
  readonly told: Record<Side, string[]>;
}

declare global {
  interface Window {
    sides: SidesPage;
  }
}

const told: Record<Side, string[]> = { exotel: [], expertflow: [] };
const sessions = new Map<Side, ChatSession>();
let sent = 0;

function open(side: Side, transport: ChatTransport): ChatSession {
  const session = createChatSession(transport, { keep: { storage: sessionStorage, key: side } });
  const tell = (event: string, detail: string): void => void told[side].push(`${event} ${detail}`);
  session.on("message", ({ from, body }) =>
    tell("message", `${from.isSelf ? "me" : "agent"}: ${body.kind === "text" ? body.text : body.kind}`),
  );
  session.on("state", ({ current }) => tell("state", current.status));
  session.on("typing", (who) => tell("typing", String(who.length)));
  session.on("ended", ({ by }) => tell("ended", by));
  session.on("warning", ({ code }) => tell("warning", code));
  session.on("error", ({ code }) => tell("error", code));
  sessions.set(side, session);
  return session;
}

window.sides = {
  told,
  async start({ exotel: { boshUrl, ...tenant }, expertflow }) {
    const rooms = open("exotel", xmppMuc({ boshUrl, provision: exotel(tenant) }));
    const channel = open("expertflow", expertflowCx(expertflow));
    const request = { customer: { name: "Jane Smith", email: "jane@shop.example", phone: "+15550100200" } };
    const [one, other] = await Promise.all([rooms.start(request), channel.start(request)]);
    return { exotel: one.id, expertflow: other.id };
  },
  async sendBoth(count) {
    const accepted: Record<Side, number> = { exotel: 0, expertflow: 0 };
    const all = Array.from({ length: count }, () => {
      const number = ++sent;
      return Array.from(sessions, async ([side, session]) => {
        await session.send(`${side} out ${number}`).accepted;
        accepted[side]++;
      });
    });
    await Promise.allSettled(all.flat());
    return accepted;
  },
  end: async (side) => sessions.get(side)?.end(),
};
