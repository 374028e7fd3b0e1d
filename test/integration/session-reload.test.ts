import { afterEach, describe, expect, it } from "vitest";
import { xmppMuc } from "../../adapters/xmpp-muc/index.ts";
import { createChatSession, memoryStorage, type ChatSession, type ChatStorage } from "../../src/session/index.ts";
import { XmppAgent } from "../contract/support/xmpp-agent.ts";
import { freshRoom, freshUser, sharedEjabberd, sharedProsody, type ServerHandle } from "./servers.ts";

/** A page reloads in the middle of a chat, and the next one goes on with what the storage has. */

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

interface Page {
  session: ChatSession;
  /** What this page was told, oldest first. */
  heard: string[];
  gaps: boolean[];
  /** The page is gone, without a word: from now on it writes and says nothing. */
  vanish(): void;
}

/** Everything about one customer's chat that outlives a page. */
interface Chat {
  agent: XmppAgent;
  /** How often the service was asked for an account. */
  provisioned: () => number;
  /** The next page. */
  page(): Promise<Page>;
}

async function newChat(server: ServerHandle, wire: "bosh" | "websocket"): Promise<Chat> {
  const [customer, staff] = await Promise.all([freshUser(server), freshUser(server, "agent")]);
  const room = await freshRoom(server, { owners: [staff.jid], members: [customer.jid], moderated: false });
  const agent = await XmppAgent.join(server, staff, room);
  open.push(agent);
  const kept = memoryStorage();
  let provisioned = 0;
  const chat: Chat = {
    agent,
    provisioned: () => provisioned,
    async page() {
      const transport = xmppMuc({
        ...(wire === "bosh" ? { boshUrl: server.boshUrl } : { websocketUrl: server.wsUrl }),
        domain: server.domain,
        reconnect: { nextDelayMs: () => 0 },
        provision: {
          provision: () => {
            provisioned++;
            return Promise.resolve({
              credentials: { ...customer, domain: server.domain },
              room: room.jid,
              nick: "Ravi",
              agents: [staff.jid],
            });
          },
        },
      });
      let alive = true;
      const storage: ChatStorage = {
        ...kept,
        setItem: (key, value) => alive && kept.setItem(key, value),
        removeItem: (key) => alive && kept.removeItem(key),
      };
      const session = createChatSession(transport, { keep: { storage } });
      const vanish = (): void => {
        alive = false;
        transport.connection.detach();
      };
      const page: Page = { session, heard: [], gaps: [], vanish };
      session.on("message", ({ body }) => void (body.kind === "text" && page.heard.push(body.text)));
      session.on("gap", ({ repaired }) => void page.gaps.push(repaired));
      open.unshift(session);
      await session.start({ customer: { name: "Ravi" } });
      return page;
    },
  };
  return chat;
}

const texts = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe.each([
  ["Prosody over BOSH", sharedProsody, "bosh"],
  ["Prosody over WebSocket", sharedProsody, "websocket"],
  ["ejabberd over BOSH", sharedEjabberd, "bosh"],
  ["ejabberd over WebSocket", sharedEjabberd, "websocket"],
] as const)("a reload on %s", (_name, getServer, wire) => {
  const server = getServer();

  it("in the middle of sending and receiving loses and doubles nothing, and every outcome is known", async () => {
    const chat = await newChat(server, wire);
    let page = await chat.page();
    await chat.agent.sayText("welcome");
    await expect.poll(() => page.heard).toContain("welcome");
    const told: string[][] = [];
    for (let round = 0; round < 4; round++) {
      const sends = texts(`out${round}.`, 4).map((text) => page.session.send(text));
      const says = texts(`in${round}.`, 4).map((text) => chat.agent.sayText(text));
      // Somewhere in the middle: some are through, some under way, some wait.
      await sends[round % 3]?.accepted;
      page.vanish();
      told.push(page.heard);
      await Promise.all(says);
      page = await chat.page();
      await Promise.all(page.session.deliveries().map(({ accepted }) => accepted));
    }
    await page.session.send("the last").accepted;
    await chat.agent.sayText("goodbye");
    await expect.poll(() => page.heard).toContain("goodbye");
    told.push(page.heard);
    const sent = chat.agent.sent.map(({ text }) => text);
    expect(sent).toEqual([...Array.from({ length: 4 }, (_, round) => texts(`out${round}.`, 4)).flat(), "the last"]);
    // A page shows again what was before it; nothing is missing, and within a page nothing comes twice.
    const ins = told.flatMap((heard) => heard.filter((text) => text.startsWith("in")));
    expect(new Set(ins)).toEqual(new Set(Array.from({ length: 4 }, (_, round) => texts(`in${round}.`, 4)).flat()));
    for (const heard of told) expect(new Set(heard).size).toBe(heard.length);
    expect(page.session.deliveries().filter(({ status }) => status === "failed")).toEqual([]);
  });

  it("goes on with the same room, knows what was said meanwhile, and closes the gap", async () => {
    const chat = await newChat(server, wire);
    const first = await chat.page();
    await first.session.send("hello").accepted;
    await chat.agent.sayText("before");
    await expect.poll(() => first.heard).toContain("before");
    first.vanish();
    await chat.agent.sayText("meanwhile");
    const second = await chat.page();
    await expect.poll(() => second.heard).toContain("meanwhile");
    expect(second.gaps).toEqual([true]);
    expect(second.session.conversation?.id).toBe(first.session.conversation?.id);
    // Over BOSH the session itself goes on: nobody is asked for a password.
    expect(chat.provisioned()).toBe(wire === "bosh" ? 1 : 2);
    expect(second.session.participants.map(({ name }) => name).toSorted()).toEqual(["Asha", "Ravi"]);
  });
});
