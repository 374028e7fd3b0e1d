import { describe, expect, it, vi } from "vitest";
import type { MemoryCustomer } from "../../../adapters/memory/agent/index.ts";
import { memory } from "../../../adapters/memory/index.ts";
import {
  createCrmBridge,
  type AgentSession,
  type CrmBridge,
  type CrmBridgeOptions,
  type CrmMessageEvent,
  type CrmNotice,
  type CrmRefusal,
} from "../../../src/agent/index.ts";
import { memoryFloor, ringing, textsOf } from "../../support/memory-desk.ts";

const CRM = "https://crm.example.com";
const STAGING = "https://staging.crm.example.com";

type Posted = CrmNotice & { switchboard: 1 };

/** A desk in an iframe, and the CRM's window around it. */
function windows(): {
  parts: Pick<CrmBridgeOptions, "target" | "listenOn">;
  /** Which origins were told that the desk listens. */
  listening: string[];
  /** Everything else that the desk posted, and to which origin. */
  posted: { message: Posted; to: string }[];
  told: <T extends CrmNotice["type"]>(type: T) => Extract<CrmNotice, { type: T }>[];
  /** The CRM speaks, or whoever. */
  say: (data: unknown, from?: Partial<CrmMessageEvent>) => void;
  listeners: () => number;
} {
  const posted: { message: Posted; to: string }[] = [];
  const listening: string[] = [];
  const listeners = new Set<(event: CrmMessageEvent) => void>();
  const target = {
    postMessage(data: unknown, to: string): void {
      const message = structuredClone(data) as Posted;
      if (message.type === "listening") listening.push(JSON.stringify(message), to);
      else posted.push({ message, to });
    },
  };
  return {
    parts: {
      target,
      listenOn: {
        addEventListener: (_type, listener) => void listeners.add(listener),
        removeEventListener: (_type, listener) => void listeners.delete(listener),
      },
    },
    listening,
    posted,
    told: <T extends CrmNotice["type"]>(type: T) =>
      posted.flatMap(({ message }) =>
        message.type === type ? [message as unknown as Extract<CrmNotice, { type: T }>] : [],
      ),
    say: (data, from = {}) => {
      for (const listener of listeners) listener({ origin: CRM, source: target, data, ...from });
    },
    listeners: () => listeners.size,
  };
}

/** A customer of whom more is known than a name. */
async function comes({ service }: MemoryCustomer): Promise<void> {
  await memory({ service }).open({ customer: { name: "Ravi" } });
}

const hello = { switchboard: 1, type: "hello" };

/** A desk that is bridged, and everything around it. */
async function bridged(
  options: Partial<CrmBridgeOptions> = {},
): Promise<
  ReturnType<typeof windows> &
    ReturnType<typeof memoryFloor> & { asha: AgentSession; bridge: CrmBridge; refused: CrmRefusal[] }
> {
  const floor = memoryFloor();
  const crm = windows();
  const refused: CrmRefusal[] = [];
  const asha = await floor.desk("asha");
  const onRefused = (refusal: CrmRefusal): void => void refused.push(refusal);
  const bridge = createCrmBridge(asha, { ...crm.parts, allowedOrigins: [CRM, STAGING], onRefused, ...options });
  return { ...floor, ...crm, asha, bridge, refused };
}

describe("a bridge to a CRM", () => {
  it("says only that it listens before the CRM said hello, then who works here, to the CRM's origin alone", async () => {
    const { listening, posted, say, bridge, customer, asha } = await bridged();
    const empty = '{"switchboard":1,"type":"listening"}';
    expect(listening).toEqual([empty, CRM, empty, STAGING]);
    await customer("Ravi");
    await asha.accept(await ringing(asha));
    await customer("Jane");
    await ringing(asha);
    expect(posted).toEqual([]);
    expect(bridge.hostOrigin).toBeUndefined();
    say(hello);
    expect(bridge.hostOrigin).toBe(CRM);
    expect(posted[0]?.message).toEqual({
      switchboard: 1,
      type: "desk",
      status: "online",
      ready: true,
      agent: { id: "asha", name: "Asha", role: "agent" },
    });
    expect(posted.map(({ to }) => to)).toEqual(posted.map(() => CRM));
    expect(posted.map(({ message }) => message.type)).toEqual(["desk", "request", "screen-pop"]);
    say(hello, { origin: STAGING });
    expect(posted.at(-1)?.to).toBe(STAGING);
  });

  it("tells what rings, pops the customer's record, and what became of the conversation", async () => {
    const { told, say, asha, customer, centre, desk } = await bridged();
    say(hello);
    const ravi = await customer("Ravi");
    await ringing(asha);
    expect(told("request")).toMatchObject([{ conversationId: ravi.id, kind: "chat", customer: { name: "Ravi" } }]);
    const chat = await asha.accept(await ringing(asha));
    expect(told("request-ended")).toMatchObject([{ outcome: "accepted" }]);
    expect(told("screen-pop")).toMatchObject([{ conversationId: ravi.id, customer: { name: "Ravi" } }]);
    await ravi.chat.send("My bill is wrong").accepted;
    await chat.session.send("Let me see").accepted;
    await vi.waitFor(() => expect(textsOf(chat.session)).toEqual(["My bill is wrong", "Let me see"]));
    const ben = await desk("ben");
    await chat.addParticipant({ id: "ben" });
    await (await ben.accept(await ringing(ben))).whisper("He is a VIP");
    await vi.waitFor(() => expect(chat.session.messages.at(-1)).toMatchObject({ whisper: true }));
    await chat.end();
    expect(told("conversation-ended")).toMatchObject([{ conversationId: ravi.id, reason: "agent-ended" }]);
    const [activity] = told("log-activity");
    expect(activity).toMatchObject({ conversationId: ravi.id, messages: { fromCustomer: 1, fromOthers: 1 } });
    expect(new Date(activity?.startedAt ?? "").toISOString()).toBe(activity?.startedAt);
    expect(centre.wrapUps).toEqual([]);
  });

  it("logs no activity of a conversation that a supervisor only looked into", async () => {
    const { desk, customer, asha } = await bridged();
    await customer("Ravi");
    await asha.accept(await ringing(asha));
    const crm = windows();
    const sonia = await desk("sonia");
    createCrmBridge(sonia, { ...crm.parts, allowedOrigins: [CRM] });
    crm.say(hello);
    const [conversation] = (await sonia.floor()).conversations;
    if (!conversation) throw new Error("nothing to look into");
    const looked = await sonia.monitor(conversation);
    expect(crm.told("screen-pop")).toMatchObject([{ part: "monitor" }]);
    await looked.leave();
    expect(crm.told("conversation-ended")).toHaveLength(1);
    expect(crm.told("log-activity")).toEqual([]);
  });

  it("keeps what belongs in the record for a CRM that still loads, so many and no more", async () => {
    const { told, say, asha, bridge, customer, refused } = await bridged();
    await customer("Ravi");
    const chat = await asha.accept(await ringing(asha));
    await chat.end();
    await bridge.wrapUp(chat, { reason: "billing" });
    for (let count = 0; count < 198; count++) await bridge.wrapUp(chat, { reason: `more ${count}` });
    expect(refused).toEqual([{ reason: "no-host", direction: "to-host", origin: undefined }]);
    say(hello);
    // The oldest went: the end of the conversation.
    expect(told("conversation-ended")).toEqual([]);
    expect(told("log-activity")).toHaveLength(1);
    expect(told("wrap-up")).toHaveLength(199);
    say(hello);
    expect(told("wrap-up")).toHaveLength(199);
  });
});

describe("what a CRM asks", () => {
  it("accepts and declines what rings, and hears what became of it", async () => {
    const { told, say, asha, customer } = await bridged();
    say(hello);
    await customer("Ravi");
    await customer("Jane");
    await ringing(asha, 2);
    const [first, second] = told("request");
    say({ switchboard: 1, type: "accept", requestId: first?.requestId, id: "1" });
    await vi.waitFor(() => expect(told("done")).toMatchObject([{ id: "1" }]));
    expect(asha.conversations.map(({ customer: { name } }) => name)).toEqual(["Ravi"]);
    say({ switchboard: 1, type: "decline", requestId: second?.requestId, id: "2" });
    await vi.waitFor(() => expect(told("done")).toHaveLength(2));
    expect(asha.requests).toEqual([]);
    say({ switchboard: 1, type: "accept", requestId: first?.requestId, id: "3" });
    await vi.waitFor(() => expect(told("failed")).toMatchObject([{ id: "3", code: "not-found" }]));
  });

  it("notes the CRM's wrap-up at the service, also after the end, and in the record", async () => {
    const { told, say, asha, customer, centre } = await bridged();
    say(hello);
    const ravi = await customer("Ravi");
    await (await asha.accept(await ringing(asha))).end();
    say({ switchboard: 1, type: "wrap-up", conversationId: ravi.id, reason: "billing", note: "refunded", id: "w" });
    await vi.waitFor(() => expect(told("done")).toMatchObject([{ id: "w" }]));
    const wrapUp = { reason: "billing", note: "refunded" };
    expect(centre.wrapUps).toEqual([{ conversationId: ravi.id, agentId: "asha", wrapUp }]);
    expect(told("wrap-up")).toMatchObject([{ conversationId: ravi.id, customer: { name: "Ravi" }, ...wrapUp }]);
    say({ switchboard: 1, type: "wrap-up", conversationId: "never", reason: "billing", id: "x" });
    await vi.waitFor(() => expect(told("failed")).toMatchObject([{ id: "x", code: "not-found" }]));
  });

  it("notes in the record alone where the service takes no notes, and nowhere when the service refuses", async () => {
    const { told, say, asha, bridge, customer, centre } = await bridged();
    say(hello);
    await customer("Ravi");
    const chat = await asha.accept(await ringing(asha));
    const failing = { ...chat, wrapUp: () => Promise.reject(new Error("no")) };
    await expect(bridge.wrapUp(failing, { reason: "billing" })).rejects.toThrow("no");
    expect(told("wrap-up")).toEqual([]);
    const crm = windows();
    const plain = { ...asha, supports: { ...asha.supports, wrapUp: false } };
    const other = createCrmBridge(plain, { ...crm.parts, allowedOrigins: [CRM] });
    crm.say(hello);
    await other.wrapUp(chat, { reason: "billing" });
    expect(crm.told("wrap-up")).toMatchObject([{ reason: "billing" }]);
    expect(centre.wrapUps).toEqual([]);
  });

  it("shows a conversation where the desk can", async () => {
    const opened: string[] = [];
    const { told, say, asha, customer } = await bridged({ onOpen: ({ id }) => void opened.push(id) });
    say(hello);
    const { id } = await customer("Ravi");
    await asha.accept(await ringing(asha));
    say({ switchboard: 1, type: "open", conversationId: id, id: "o" });
    await vi.waitFor(() => expect(told("done")).toMatchObject([{ id: "o" }]));
    expect(opened).toEqual([id]);
  });
});

describe("what a bridge refuses", () => {
  it("foreign origins, foreign windows, and who did not say hello", async () => {
    const { posted, say, refused, bridge } = await bridged();
    const direction = "from-host";
    say(hello, { origin: "https://crm.example.com.evil.example" });
    say(hello, { origin: "null" });
    say(hello, { source: {} });
    say({ switchboard: 1, type: "accept", requestId: "1" });
    expect(refused).toEqual([
      { reason: "foreign-origin", direction, origin: "https://crm.example.com.evil.example" },
      { reason: "foreign-origin", direction, origin: "null" },
      { reason: "foreign-window", direction, origin: CRM },
      { reason: "foreign-origin", direction, origin: CRM },
    ]);
    expect(bridge.hostOrigin).toBeUndefined();
    expect(posted).toEqual([]);
  });

  const loop: Record<string, unknown> = { ...hello };
  loop["self"] = loop;
  const wide = { ...hello, more: "ü".repeat(600) };
  it.each([
    ["no object", "hello", "wrong-shape"],
    ["nothing", undefined, "wrong-shape"],
    ["another protocol", { type: "hello" }, "wrong-shape"],
    ["another version", { ...hello, switchboard: 2 }, "wrong-shape"],
    ["an unknown type", { switchboard: 1, type: "sign-in", password: "a" }, "wrong-shape"],
    ["an id that is no text", { switchboard: 1, type: "accept", requestId: "1", id: {} }, "wrong-shape"],
    ["a request that is no text", { switchboard: 1, type: "accept", requestId: 1 }, "wrong-shape"],
    ["a reason that is empty", { switchboard: 1, type: "wrap-up", conversationId: "1", reason: " " }, "wrong-shape"],
    [
      "a note that is no text",
      { switchboard: 1, type: "wrap-up", conversationId: "1", reason: "r", note: 1 },
      "wrong-shape",
    ],
    ["what JSON has no word for", { ...hello, more: new Map() }, "wrong-shape"],
    ["a long text", { ...hello, more: "x".repeat(2_000) }, "too-large"],
    ["a text of many bytes", wide, "too-large"],
    ["a long key", { ...hello, ["x".repeat(2_000)]: 1 }, "too-large"],
    ["a long list", { ...hello, more: Array.from({ length: 2_000 }, () => null) }, "too-large"],
    ["what contains itself", loop, "too-large"],
  ] as const)("%s", async (_name, data, reason) => {
    const { posted, say, refused } = await bridged({ maxBytes: 1_000 });
    say(data);
    expect(refused).toEqual([{ reason, direction: "from-host", origin: CRM }]);
    expect(posted).toEqual([]);
  });

  it("to tell what is too large", async () => {
    const { told, say, refused, centre, asha } = await bridged({ maxBytes: 1_000 });
    say(hello);
    await comes(centre.customer({ customer: { name: "R".repeat(2_000) } }));
    await ringing(asha);
    expect(told("request")).toEqual([]);
    expect(refused).toEqual([{ reason: "too-large", direction: "to-host", origin: CRM }]);
  });

  it.each([
    [["*"]],
    [["null"]],
    [["https://crm.example.com/"]],
    [["crm.example.com"]],
    [["ftp://crm.example.com"]],
    [[]],
  ])("%j as a list of origins", async (allowedOrigins) => {
    const asha = await memoryFloor().desk("asha");
    expect(() => createCrmBridge(asha, { ...windows().parts, allowedOrigins })).toThrow(
      expect.objectContaining({ code: "invalid-config" }),
    );
  });

  it("a bridge from a window to itself", async () => {
    const asha = await memoryFloor().desk("asha");
    const { parts } = windows();
    const own = { ...parts.target, ...parts.listenOn } as typeof parts.target & NonNullable<typeof parts.listenOn>;
    expect(() => createCrmBridge(asha, { target: own, listenOn: own, allowedOrigins: [CRM] })).toThrow(
      expect.objectContaining({ code: "invalid-config" }),
    );
  });

  it("to carry secrets, message texts or the vendor's own record", async () => {
    const { posted, say, asha, centre } = await bridged();
    say(hello);
    const details = {
      accountId: "A-17",
      vip: true,
      authToken: "leak-1",
      Password: "leak-2",
      nested: { password: "leak-3" },
      long: `leak-4${"x".repeat(300)}`,
    };
    const made = centre.customer({ customer: { name: "Ravi", email: "ravi@example.com", details } });
    const { conversationId } = made;
    await comes(made);
    const chat = await asha.accept(await ringing(asha));
    await chat.session.send("leak-5").accepted;
    await chat.end();
    say({ switchboard: 1, type: "wrap-up", conversationId, reason: "billing", token: "leak-6", id: "w" });
    await vi.waitFor(() => expect(posted.at(-1)?.message.type).toBe("done"));
    const all = JSON.stringify(posted);
    expect(all).toContain('"details":{"accountId":"A-17","vip":true}');
    expect(all).toContain("ravi@example.com");
    expect(all).not.toMatch(/leak|secret|password|token|"raw"/i);
  });

  it("to hear or tell anything once closed", async () => {
    const { posted, say, asha, bridge, listeners } = await bridged();
    say(hello);
    bridge.close();
    bridge.close();
    expect(listeners()).toBe(0);
    const before = posted.length;
    await asha.setNotReady();
    expect(posted).toHaveLength(before);
    expect(asha.state.status).toBe("online");
  });
});
