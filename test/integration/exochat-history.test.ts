import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startExotelSandbox, type ExotelSandbox, type HistoryShape } from "../../sandbox/index.ts";
import { createXmppConnection, createXmppRoom } from "../../adapters/xmpp-muc/index.ts";
import { createChatSession } from "../../src/index.ts";
import { headlessCustomer, rejectionOf, type HeadlessCustomer } from "./headless-customer.ts";

let exotel: ExotelSandbox;
let defaults: ReturnType<ExotelSandbox["control"]["settings"]>;
const customers: HeadlessCustomer[] = [];

beforeAll(async () => {
  exotel = await startExotelSandbox({ settings: { agentJoin: "before" } });
  defaults = exotel.control.settings();
});
beforeEach(() => void exotel.control.configure(defaults));
afterEach(async () => {
  await Promise.all(customers.splice(0).map(({ exoChat }) => exoChat.dispose()));
});
afterAll(() => exotel.stop());

/** A chat with three messages in it, and a page that comes back to it. */
async function returning(extra: Parameters<typeof headlessCustomer>[1] = {}) {
  const first = headlessCustomer(exotel);
  customers.push(first);
  const room = await first.start();
  const agent = await exotel.control.seat(room.jid);
  await agent.say("One");
  await first.message("One");
  await first.exoChat.sendMessage(room.jid, "Two", null, null);
  await agent.say("ok");
  await agent.say("ok");
  await first.until("messageReceived", () => first.messages.filter(({ body }) => body === "ok").length === 2);
  await first.exoChat.dispose();
  const { answer, customerJid, password } = exotel.control.chat(room.jid);
  const jane = headlessCustomer(exotel, { connectionProvider: async () => answer, ...extra });
  customers.push(jane);
  await jane.start();
  await jane.until("messageReceived", () => jane.messages.filter(({ body }) => body === "ok").length === 2);
  return { jane, room, agent, customerJid, password };
}

describe("history", () => {
  it.each<HistoryShape>(["message", "messages", "array", "response", "response-messages", "stanzas"])(
    "by join and by REST as %s: each message once",
    async (historyShape) => {
      exotel.control.configure({ historyShape });
      const { jane, room } = await returning();
      await jane.exoChat.fetchArchivedMessages(room.jid);
      const seen = jane.messages.filter(({ body }) => body !== undefined);
      expect(seen.map(({ body, sender }) => [body, sender])).toEqual([
        ["One", "agent"],
        ["Two", "me"],
        ["ok", "agent"],
        ["ok", "agent"],
      ]);
      expect(seen.every(({ is_archived: archived }) => archived)).toBe(true);
    },
  );

  it("by join, MAM, REST with duplicates across all three: a session knows each once", async () => {
    const { room, customerJid, password } = await returning();
    const [username = "", domain = ""] = customerJid.split("@");
    const connection = createXmppConnection({
      boshUrl: exotel.boshUrl,
      domain,
      credentials: { username, password, domain },
    });
    const session = createChatSession(createXmppRoom({ link: connection, room: room.jid, nick: "Jane Smith" }));
    try {
      await session.start({ customer: { name: "Jane Smith" } });
      await expect.poll(() => session.messages.length).toBe(4);
      const page = await session.history();
      expect(page.messages.map(({ body }) => (body.kind === "text" ? body.text : ""))).toEqual([
        "One",
        "Two",
        "ok",
        "ok",
      ]);
      expect(session.messages).toHaveLength(4);
      expect(page.messages.map(({ id }) => id)).toEqual(session.messages.map(({ id }) => id));
    } finally {
      await session.close();
      await connection.close();
    }
  });

  it("an end in the history ends nothing of the chat that goes on", async () => {
    const first = headlessCustomer(exotel);
    customers.push(first);
    const room = await first.start();
    const agent = await exotel.control.seat(room.jid);
    await agent.endChat({ how: "message" });
    await first.until("chatEnded");
    const { answer } = exotel.control.chat(room.jid);
    const jane = headlessCustomer(exotel, { connectionProvider: async () => answer });
    customers.push(jane);
    await jane.start();
    await jane.message("The chat was closed.");
    expect(jane.heard.filter(({ name }) => name === "chatEnded")).toEqual([]);
    expect(jane.exoChat.getUserStatus()).toBe("online");
  });

  it("a room that the archive does not know rejects", async () => {
    const { jane } = await returning();
    expect(await rejectionOf(jane.exoChat.fetchArchivedMessages("nobody@conference.localhost"))).toMatchObject({
      code: "not-found",
    });
  });

  it("the transcript is offered only when the service allows it", async () => {
    const { jane } = await returning();
    expect(jane.exoChat.exportTranscript()).toContain("One");
    exotel.control.configure({ exportTranscriptAllowed: false });
    const other = headlessCustomer(exotel);
    customers.push(other);
    await other.start();
    expect(other.exoChat.exportTranscriptAllowed).toBe(false);
    expect(() => other.exoChat.exportTranscript()).toThrow(expect.objectContaining({ code: "refused" }));
  });
});
