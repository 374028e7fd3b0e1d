import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startExotelSandbox, type AgentSeat, type ExotelSandbox } from "../../sandbox/index.ts";
import type { MessageObject, Room } from "../../src/exochat/index.ts";
import { headlessCustomer, type HeadlessCustomer } from "./headless-customer.ts";

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

async function chatting(extra: Parameters<typeof headlessCustomer>[1] = {}): Promise<{
  jane: HeadlessCustomer;
  room: Room;
  agent: AgentSeat;
}> {
  const jane = headlessCustomer(exotel, extra);
  customers.push(jane);
  const room = await jane.start();
  return { jane, room, agent: await exotel.control.seat(room.jid) };
}

const ended = ({ chatEnded }: MessageObject): boolean => chatEnded;
const IDS = { chatId: "CH-1009", interactionId: "IN-5521" };

describe("end of chat", () => {
  it.each(["message", "bodyless", "bodyless-stored"] as const)("as message: %s", async (how) => {
    const { jane, agent } = await chatting();
    await agent.endChat({ how, ...IDS });
    const last = await jane.message(ended);
    expect(last.interaction_data).toEqual({ chatId: "CH-1009", interaction_id: "IN-5521" });
    expect(last.body).toBe(how === "message" ? "The chat was closed." : undefined);
    expect((await jane.until("chatEnded"))[0]).toEqual({ by: "agent", ...IDS });
    await jane.until("connectionState", (state: string) => state === "closed");
    expect(jane.messages.filter(ended)).toHaveLength(1);
  });

  it("as destroy", async () => {
    const { jane, agent } = await chatting();
    await agent.endChat({ how: "destroy" });
    expect((await jane.until("chatEnded"))[0]).toHaveProperty("by");
    await jane.until("connectionState", (state: string) => state === "closed");
  });

  it("kick: the chat is over, and nobody comes back", async () => {
    const { jane, room } = await chatting();
    await exotel.control.kickCustomer(room.jid, "bye");
    await jane.until("chatEnded");
    await jane.until("connectionState", (state: string) => state === "closed");
    const { occupants } = await exotel.prosody.control.describeRoom(room.jid);
    expect(occupants.map(({ nick }) => nick)).toEqual(["Asha"]);
  });

  it("ban, and the loss of membership (321): the chat is over", async () => {
    for (const affiliation of ["outcast", "none"] as const) {
      const { jane, room } = await chatting();
      await exotel.control.setCustomerAffiliation(affiliation, room.jid);
      await jane.until("connectionState", (state: string) => state === "closed");
      expect(jane.exoChat.getUserStatus()).toBe("offline");
    }
  });

  it("destroy by the service: the chat is over", async () => {
    const { jane, room } = await chatting();
    await exotel.control.destroyRoom(room.jid, "closed for today");
    expect((await jane.until("chatEnded"))[0]).toHaveProperty("by");
  });

  it.each([
    ["322: the room became members-only", "<status code='322'/>", "closed"],
    ["332: the service shuts down", "<status code='332'/>", "reconnecting"],
    ["333: a technical removal", "<status code='307'/><status code='333'/>", "reconnecting"],
  ])("%s", async (_, statuses, state) => {
    const { jane, room } = await chatting();
    const sessions = await exotel.prosody.control.listSessions();
    const { customerJid } = exotel.control.chat(room.jid);
    const { jid = "" } = sessions.find(({ jid: full }) => full.startsWith(`${customerJid}/`)) ?? {};
    const item = "<item affiliation='none' role='none'/>";
    const user = `<x xmlns='http://jabber.org/protocol/muc#user'>${item}<status code='110'/>${statuses}</x>`;
    await exotel.prosody.control.raw({
      jid,
      xml: `<presence xmlns='jabber:client' type='unavailable' from='${room.jid}/${room.nick}' to='${jid}'>${user}</presence>`,
    });
    await jane.until("connectionState", (current: string) => current === state);
    expect(jane.heard.some(({ name }) => name === "chatEnded")).toBe(state === "closed");
  });

  it("a killed server: says that the connection is lost, and after it is back that the room is gone", async () => {
    // Within the inactivity that the server named, BOSH repeats in silence: nothing is lost by it.
    const other = await startExotelSandbox({
      settings: { agentJoin: "before" },
      prosody: { boshInactivitySeconds: 2 },
    });
    const jane = headlessCustomer(other);
    try {
      await jane.start();
      await other.prosody.kill();
      await jane.until("connectionState", (state: string) => state === "reconnecting");
      expect(jane.exoChat.getUserStatus()).toBe("offline");
      // Its memory is empty: the account of the chat is gone too.
      await other.prosody.start();
      await jane.until("connectionState", (state: string) => state === "closed");
      expect(jane.errors).toEqual([expect.stringMatching(/^unauthorized /)]);
    } finally {
      await jane.exoChat.dispose();
      await other.stop();
    }
  });
});

describe("MUC restart while idle", () => {
  it("nothing tells of it: the chat asks after a silence, joins again, and goes on", async () => {
    const { jane, room, agent } = await chatting({ timeouts: { silenceMs: 200 } });
    await agent.say("Before");
    await jane.message("Before");
    await exotel.prosody.control.forgetOccupants(room.jid);
    await jane.until("connectionState", (state: string) => state === "reconnecting");
    const msgid = await jane.exoChat.sendMessage(room.jid, "Still here?", null, null);
    expect(await jane.message("Still here?")).toMatchObject({ sender: "me", msgid });
    const { occupants } = await exotel.prosody.control.describeRoom(room.jid);
    expect(occupants.map(({ nick }) => nick)).toEqual([room.nick]);
    const second = await exotel.control.seat(room.jid, "Ben");
    await second.say("After");
    expect(await jane.message("After")).toMatchObject({ userRole: "agent", is_archived: false });
    expect(jane.messages.filter(({ body }) => body === "Before")).toHaveLength(1);
    expect(jane.heard.filter(({ name }) => name === "connectionState").map(({ args }) => args[0])).toEqual([
      "connecting",
      "connected",
      "reconnecting",
      "connected",
    ]);
    expect(jane.errors).toEqual([]);
  });
});
