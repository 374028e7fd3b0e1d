import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createBoshFaultProxy,
  startExotelSandbox,
  type AgentSeat,
  type BoshFaultProxy,
  type ExotelSandbox,
  type SeenMessage,
} from "../../sandbox/index.ts";
import type { MessageObject } from "../../src/exochat/index.ts";
import { headlessCustomer, type HeadlessCustomer } from "./headless-customer.ts";

let exotel: ExotelSandbox;
let defaults: ReturnType<ExotelSandbox["control"]["settings"]>;
const customers: HeadlessCustomer[] = [];
const proxies: BoshFaultProxy[] = [];

beforeAll(async () => {
  exotel = await startExotelSandbox({ settings: { agentJoin: "before" } });
  defaults = exotel.control.settings();
});
beforeEach(() => void exotel.control.configure(defaults));
afterEach(async () => {
  for (const proxy of proxies) proxy.offline = false;
  await Promise.all(customers.splice(0).map(({ exoChat }) => exoChat.dispose()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});
afterAll(() => exotel.stop());

function customer(extra: Parameters<typeof headlessCustomer>[1] = {}): HeadlessCustomer {
  const made = headlessCustomer(exotel, extra);
  customers.push(made);
  return made;
}

async function proxied(): Promise<BoshFaultProxy> {
  const proxy = await createBoshFaultProxy({ target: exotel.boshUrl });
  proxies.push(proxy);
  return proxy;
}

async function chatting(extra: Parameters<typeof headlessCustomer>[1] = {}) {
  const jane = customer(extra);
  const room = await jane.start();
  const agent = await exotel.control.seat(room.jid);
  return { jane, room, agent };
}

/** Waits until the agent's own connection has brought these texts of the customer, in that order. */
async function agentSaw(agent: AgentSeat, ...texts: string[]): Promise<SeenMessage[]> {
  const theirs = () => agent.seen.filter(({ body, mine }) => !mine && body !== undefined);
  await expect.poll(() => theirs().map(({ body }) => body)).toEqual(texts);
  return theirs();
}

describe("a chat", () => {
  it("happy path: text both ways, with ids that both sides agree on", async () => {
    const { jane, room, agent } = await chatting();
    const msgid = await jane.exoChat.sendMessage(room.jid, "Hello, my bill is wrong", "NORMAL_TEXT_MSG", null);
    const mine = await jane.message("Hello, my bill is wrong");
    expect(mine).toMatchObject({
      sender: "me",
      msgid,
      from_muc: room.jid,
      nick: "Jane Smith",
      subtype: "NORMAL_TEXT_MSG",
    });
    const [seen] = await agentSaw(agent, "Hello, my bill is wrong");
    expect(seen).toMatchObject({ id: msgid, stanzaId: mine.id, nick: "Jane Smith" });
    const id = await agent.say("Let me see.");
    const theirs = await jane.message("Let me see.");
    expect(theirs).toMatchObject({
      msgid: id,
      sender: "agent",
      userRole: "agent",
      subtype: "NORMAL_TEXT_MSG",
      is_markable: true,
      is_archived: false,
      from: `${room.jid}/Asha`,
      message: "Let me see.",
    });
    expect(theirs.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(theirs.occupant_id).toEqual(expect.any(String));
    expect(jane.errors).toEqual([]);
  });

  it("any Unicode, markup and long texts arrive unchanged, both ways", async () => {
    const { jane, room, agent } = await chatting();
    const text = `<b>&amp;"'</b> 👩‍👩‍👧 हिन्दी \u202e ]]> ${"x".repeat(20_000)}`;
    await jane.exoChat.sendMessage(room.jid, text, null, null);
    await agentSaw(agent, text);
    await agent.say(text);
    expect(await jane.message(({ sender, body }) => sender === "agent" && body === text)).toMatchObject({
      nick: "Asha",
    });
  });

  it("typing both ways", async () => {
    const { jane, room, agent } = await chatting();
    await agent.chatState("composing");
    const [names] = await jane.until("typing", (who: string[]) => who.length > 0);
    expect(names).toEqual(["Asha"]);
    expect(await jane.message(({ chat_state: state }) => state === "composing")).toMatchObject({
      body: undefined,
      sender: "agent",
    });
    await agent.chatState("paused");
    await jane.until("typing", (who: string[]) => who.length === 0);
    jane.exoChat.sendTypingStatus(room.jid);
    await expect.poll(() => agent.seen.at(-1)?.xml).toContain("<composing");
    jane.exoChat.sendPausedStatus(room.jid);
    await expect.poll(() => agent.seen.at(-1)?.xml).toContain("<paused");
  });

  it("bot then human: each with its own role, the bot's only on the configured word", async () => {
    const { jane, agent } = await chatting();
    await agent.say("I am a robot", { role: "bot" });
    await agent.say("I am human", { role: "agent" });
    // The room vouches for this occupant as an agent; that it calls itself a bot changes nothing.
    expect(await jane.message("I am a robot")).toMatchObject({ sender: "agent" });
    expect(await jane.message("I am human")).toMatchObject({ sender: "agent", userRole: "agent" });
  });

  it("agent transfer: the second comes, the first goes, and both are agents", async () => {
    const { jane, room } = await chatting();
    const second = await exotel.control.transfer("Bo", room.jid);
    await jane.until("participantJoined", ({ name }: { name: string }) => name === "Bo");
    await jane.until("participantLeft", ({ name }: { name: string }) => name === "Asha");
    await second.say("I take over");
    expect(await jane.message("I take over")).toMatchObject({ nick: "Bo", userRole: "agent" });
    expect(jane.heard.filter(({ name }) => name === "chatEnded")).toEqual([]);
  });

  it("getUserStatus, leaveRoom, disconnectConverse: the room sees the customer go", async () => {
    const { jane, room } = await chatting();
    expect(jane.exoChat.getUserStatus()).toBe("online");
    await jane.exoChat.disconnectConverse();
    expect(jane.exoChat.getUserStatus()).toBe("offline");
    const { occupants } = await exotel.prosody.control.describeRoom(room.jid);
    expect(occupants.map(({ nick }) => nick)).toEqual(["Asha"]);
  });
});

describe("marks", () => {
  it("marker by msgid, and by stanza-id where the tenant wants that; displayed becomes true", async () => {
    for (const markerId of ["msgid", "stanza-id"] as const) {
      const { jane, room, agent } = await chatting({ wire: { markerId } });
      await agent.say("Read me");
      const message = await jane.message("Read me");
      jane.exoChat.sendDisplayedReceipt(room.jid, message.msgid);
      expect(await jane.until("displayedReceipt")).toEqual([room.jid, message.msgid]);
      expect(message.displayed).toBe(true);
      const named = markerId === "msgid" ? message.msgid : message.id;
      await expect
        .poll(() => agent.seen.map(({ xml }) => xml).join())
        .toMatch(new RegExp(`<displayed[^>]*id="${named}"`));
    }
  });

  it("the agent's marker and receipt arrive as messages without a body, by msgid and by stanza-id", async () => {
    const { jane, room, agent } = await chatting();
    const msgid = await jane.exoChat.sendMessage(room.jid, "Seen?", null, null);
    const { id } = await jane.message("Seen?");
    await agentSaw(agent, "Seen?");
    await agent.sendReceipt();
    expect(await jane.message(({ receipt_id: receipt }) => receipt !== undefined)).toMatchObject({ receipt_id: msgid });
    await agent.markDisplayed();
    expect(await jane.message(({ marker_id: marker }) => marker === msgid)).toMatchObject({
      is_marker: true,
      body: undefined,
    });
    await jane.until(
      "messageStatus",
      (status: string, clientId: string) => status === "displayed" && clientId === msgid,
    );
    const again = await jane.exoChat.sendMessage(room.jid, "And this?", null, null);
    const second = await jane.message("And this?");
    await agent.markDisplayed(second.id);
    await jane.until(
      "messageStatus",
      (status: string, clientId: string) => status === "displayed" && clientId === again,
    );
    expect(id).not.toBe(second.id);
  });

  it("receipt: sendReceiveReceipt reaches the room", async () => {
    const { jane, room, agent } = await chatting();
    const id = await agent.say("Got it?");
    await jane.message("Got it?");
    jane.exoChat.sendReceiveReceipt(room.jid, id);
    expect(await jane.until("receiveReceipt")).toEqual([room.jid, id]);
    await expect.poll(() => agent.seen.at(-1)?.xml).toMatch(new RegExp(`<received[^>]*id="${id}"`));
  });
});

describe("more than one page", () => {
  const sameAccount = (): Parameters<typeof headlessCustomer>[1] => {
    const { answer } = exotel.control.chat();
    return { connectionProvider: async () => answer };
  };

  it("two tabs: the other tab's messages are mine too", async () => {
    const { jane, room, agent } = await chatting();
    const tab = customer(sameAccount());
    await tab.start();
    await jane.exoChat.sendMessage(room.jid, "from the first tab", null, null);
    expect(await tab.message("from the first tab")).toMatchObject({ sender: "me" });
    await agent.say("to both");
    await Promise.all([jane.message("to both"), tab.message("to both")]);
    await tab.exoChat.dispose();
    await agent.say("to the first");
    await jane.message("to the first");
  });

  it("reload inside inactivity: the old session is still in, the new one shows what was said", async () => {
    const proxy = await proxied();
    const { jane, agent } = await chatting({ CONVERSE_BOSH_SERVICE_URL: proxy.url });
    await agent.say("before the reload");
    await jane.message("before the reload");
    proxy.offline = true;
    const reloaded = customer(sameAccount());
    await reloaded.start();
    expect(await reloaded.message("before the reload")).toMatchObject({ is_archived: true, sender: "agent" });
    await agent.say("after");
    expect(await reloaded.message("after")).toMatchObject({ is_archived: false });
  });

  it("reload after inactivity: the old session is gone, the new one shows what was said", async () => {
    const proxy = await proxied();
    const { jane, room, agent } = await chatting({ CONVERSE_BOSH_SERVICE_URL: proxy.url });
    await jane.exoChat.sendMessage(room.jid, "mine", null, null);
    proxy.offline = true;
    await exotel.control.dropCustomer(room.jid, "forget");
    await agent.say("meanwhile");
    const reloaded = customer(sameAccount());
    await reloaded.start();
    expect(await reloaded.message("mine")).toMatchObject({ sender: "me", is_archived: true });
    expect(await reloaded.message("meanwhile")).toMatchObject({ sender: "agent", is_archived: true });
  });
});

describe("the connection", () => {
  const state = (wanted: string) => (current: string) => current === wanted;

  it("BOSH response lost and repeated: nothing is lost or doubled", async () => {
    const proxy = await proxied();
    proxy.rule = ({ attempt, body }) =>
      attempt === 1 && body.includes("<message") ? { action: "drop-response" } : undefined;
    const { jane, room, agent } = await chatting({ CONVERSE_BOSH_SERVICE_URL: proxy.url });
    const texts = ["one", "two", "three"];
    await Promise.all(texts.map((text) => jane.exoChat.sendMessage(room.jid, text, null, null)));
    await agentSaw(agent, ...texts);
    expect(proxy.log.filter(({ action }) => action === "drop-response").length).toBeGreaterThan(0);
    expect(jane.messages.map(({ body }) => body)).toEqual(texts);
  });

  it("a forgotten session: reconnects, rejoins, and shows what was said meanwhile once", async () => {
    const { jane, room, agent } = await chatting();
    await agent.say("before");
    await jane.message("before");
    await exotel.control.dropCustomer(room.jid, "forget");
    await agent.say("meanwhile");
    await jane.until("connectionState", state("reconnecting"));
    await jane.message("meanwhile");
    await jane.until("gap", ({ repaired }: { repaired: boolean }) => repaired);
    await jane.exoChat.sendMessage(room.jid, "back again", null, null);
    const bodies = jane.messages.map(({ body }: MessageObject) => body);
    expect(bodies.toSorted((a = "", b = "") => a.localeCompare(b))).toEqual(["back again", "before", "meanwhile"]);
  });

  /** A server that ends a BOSH session while it holds no request can tell nobody why. */
  async function whileHeld(): Promise<void> {
    const { customerJid = "" } = exotel.control.chats().at(-1) ?? {};
    const held = async (): Promise<number | undefined> =>
      (await exotel.prosody.control.listSessions()).find(({ jid }) => jid.startsWith(customerJid))?.heldRequests;
    await expect.poll(held, { timeout: 10_000 }).toBe(1);
  }

  it("stream error conflict: closes, says why, and does not come back", async () => {
    const { jane, room } = await chatting();
    await whileHeld();
    await exotel.control.dropCustomer(room.jid, "error", "conflict");
    await jane.until("connectionState", state("closed"));
    expect(jane.errors).toEqual(["conflict xmpp/conflict"]);
    expect(jane.exoChat.getUserStatus()).toBe("offline");
    expect(jane.heard.filter(({ name, args }) => name === "connectionState" && args[0] === "reconnecting")).toEqual([]);
  });

  it("stream error policy-violation: comes back once; a second time it is over, and says why", async () => {
    const { jane, room } = await chatting();
    await whileHeld();
    await exotel.control.dropCustomer(room.jid, "error", "policy-violation");
    await jane.until("connectionState", state("reconnecting"));
    await expect.poll(() => jane.exoChat.getUserStatus(), { timeout: 10_000 }).toBe("online");
    await whileHeld();
    await expect.poll(() => exotel.control.dropCustomer(room.jid, "error", "policy-violation")).toBe(1);
    await jane.until("connectionState", state("closed"));
    expect(jane.errors).toEqual(["refused xmpp/policy-violation"]);
  });

  it("stream error shutdown: comes back by itself", async () => {
    const { jane, room, agent } = await chatting();
    await whileHeld();
    await exotel.control.dropCustomer(room.jid, "error", "system-shutdown");
    await jane.until("connectionState", state("reconnecting"));
    await agent.say("still there?");
    await jane.message("still there?");
    expect(jane.errors).toEqual([]);
  });
});
