import { describe, expect, it, vi } from "vitest";
import type { AgentSessionEvents } from "../../../src/agent/index.ts";
import { memory } from "../../../adapters/memory/index.ts";
import { memoryFloor, ringing, textsOf } from "../../support/memory-desk.ts";

describe("a desk", () => {
  it("is signed in, knows who it is, and says whether it wants chats", async () => {
    const { desk } = memoryFloor();
    const asha = await desk("asha");
    expect(asha.state.status).toBe("online");
    expect(asha.agent).toEqual({ id: "asha", name: "Asha", role: "agent" });
    expect(asha.availability).toEqual({ ready: true });
    await asha.setNotReady("lunch");
    expect(asha.availability).toEqual({ ready: false, reason: "lunch" });
    await asha.setReady();
    expect(asha.availability.ready).toBe(true);
  });

  it("shows what rings, and each request no longer once it has ended, with what became of it", async () => {
    const { desk, customer } = memoryFloor();
    const [asha, ben] = [await desk("asha"), await desk("ben")];
    const ended: string[] = [];
    ben.on("request-ended", ({ outcome }) => ended.push(`${outcome}, ${ben.requests.length} left`));
    await customer("Ravi");
    const [request] = [await ringing(asha), await ringing(ben)];
    expect(request).toMatchObject({ kind: "chat", customer: { name: "Ravi" } });
    await asha.accept(request);
    await vi.waitFor(() => expect(ended).toEqual(["elsewhere, 0 left"]));
    expect(asha.requests).toEqual([]);
  });

  it("has a conversation before anything is heard of it, and tells of its end once", async () => {
    const { desk, customer } = memoryFloor();
    const asha = await desk("asha");
    const told: string[] = [];
    asha.on("conversation", (event) =>
      told.push(event.change === "added" ? "added" : `removed as ${event.reason}, ${asha.conversations.length} left`),
    );
    asha.on("message", ({ chat, message }) => told.push(`${chat.customer.name}: ${textOf(message)}`));
    const ravi = await customer();
    await ravi.chat.send("Hello?").accepted;
    const chat = await asha.accept(await ringing(asha));
    expect(asha.conversations).toEqual([chat]);
    await vi.waitFor(() => expect(told).toEqual(["added", "Ravi: Hello?"]));
    await chat.end();
    expect(told).toEqual(["added", "Ravi: Hello?", "removed as agent-ended, 0 left"]);
    await vi.waitFor(() => expect(ravi.chat.state).toMatchObject({ status: "closed", reason: "agent-ended" }));
  });

  it("holds several conversations apart", async () => {
    const { desk, customer } = memoryFloor();
    const asha = await desk("asha");
    const [ravi, jane] = [await customer("Ravi"), await customer("Jane")];
    await ringing(asha, 2);
    for (const request of asha.requests.slice()) await asha.accept(request);
    const [first, second] = asha.conversations;
    const service = asha.conversations.map(({ id }) => id);
    expect(service).toEqual([ravi.id, jane.id]);
    const silent = first?.session.send("Are you there?");
    const handedOver = second?.session.send("Hello Jane");
    await handedOver?.accepted;
    await silent?.accepted;
    await vi.waitFor(() => expect(jane.texts()).toEqual(["Hello Jane"]));
    await vi.waitFor(() => expect(ravi.texts()).toEqual(["Are you there?"]));
  });

  it("a send that hangs in one conversation delays no send in another", async () => {
    const { desk, centre } = memoryFloor();
    const asha = await desk("asha");
    const made = ["Ravi", "Jane"].map((name) => centre.customer({ customer: { name } }));
    for (const { service } of made) await memory({ service }).open({ customer: { name: "x" } });
    await ringing(asha, 2);
    for (const request of asha.requests.slice()) await asha.accept(request);
    made[0]?.service.hangNext("send");
    const stuck = asha.conversations[0]?.session.send("stuck");
    await asha.conversations[1]?.session.send("through").accepted;
    expect(stuck?.status).toBe("sent");
    await asha.close();
    await expect(stuck?.accepted).rejects.toMatchObject({ code: "unknown-outcome" });
  });

  it("counts what was not seen yet, and not what was said before it came", async () => {
    const { desk, customer } = memoryFloor();
    const asha = await desk("asha");
    const ravi = await customer();
    await ravi.chat.send("before").accepted;
    const chat = await asha.accept(await ringing(asha));
    const counts: number[] = [];
    asha.on("unread", ({ unread }) => counts.push(unread));
    await ravi.chat.send("one").accepted;
    await ravi.chat.send("two").accepted;
    await chat.session.send("own").accepted;
    await vi.waitFor(() => expect(chat.unread).toBe(2));
    await chat.markSeen();
    expect(counts).toEqual([1, 2, 0]);
    await vi.waitFor(() => expect(ravi.chat.messages.at(-1)).toBeDefined());
    await vi.waitFor(() => expect(ravi.chat.messages.map(({ status }) => status)).toContain("displayed"));
  });

  it("whispers to colleagues: the customer has it neither live nor in the history", async () => {
    const { desk, customer } = memoryFloor();
    const [asha, ben] = [await desk("asha"), await desk("ben", { supports: {} })];
    const ravi = await customer();
    const chat = await asha.accept(await ringing(asha));
    await chat.addParticipant({ id: "ben" });
    const bens = await ben.accept(await ringing(ben));
    await chat.whisper("He is a VIP");
    await vi.waitFor(() => expect(bens.session.messages.at(-1)).toMatchObject({ whisper: true, from: { id: "asha" } }));
    expect(chat.session.messages.at(-1)).toMatchObject({ whisper: true, from: { isSelf: true } });
    await chat.session.send("aloud").accepted;
    await vi.waitFor(() => expect(ravi.texts()).toEqual(["aloud"]));
    const { messages } = await ravi.chat.history();
    expect(messages.map(textOf)).toEqual(["aloud"]);
  });

  it("looks on unseen, may say nothing, barges in, and may", async () => {
    const { desk, customer } = memoryFloor();
    const [asha, sonia] = [await desk("asha"), await desk("sonia")];
    const ravi = await customer();
    await asha.accept(await ringing(asha));
    const people = ravi.chat.participants.length;
    const [shown] = (await sonia.floor()).conversations;
    if (!shown) throw new Error("nothing to look at");
    const chat = await sonia.monitor(shown);
    await expect(sonia.monitor(shown)).rejects.toMatchObject({ code: "conflict" });
    expect(chat.part).toBe("monitor");
    await expect(chat.session.send("psst").accepted).rejects.toMatchObject({ code: "refused" });
    await ravi.chat.send("I see nobody else").accepted;
    await vi.waitFor(() => expect(textsOf(chat.session)).toContain("I see nobody else"));
    expect(ravi.chat.participants).toHaveLength(people);
    await chat.bargeIn();
    await vi.waitFor(() => expect(chat.part).toBe("participant"));
    await chat.session.send("Hello, I am Sonia").accepted;
    await vi.waitFor(() => expect(ravi.texts()).toContain("Hello, I am Sonia"));
    expect(ravi.texts()).not.toContain("psst");
  });

  it("hands over to who is in the conversation, and leaves it to them", async () => {
    const { desk, customer } = memoryFloor();
    const [asha, ben] = [await desk("asha"), await desk("ben")];
    const ravi = await customer();
    const chat = await asha.accept(await ringing(asha));
    await vi.waitFor(() => expect(ben.requests).toEqual([]));
    await expect(chat.transfer({ id: "ben" })).rejects.toMatchObject({ code: "not-found" });
    await chat.addParticipant({ id: "ben" });
    const bens = await ben.accept(await ringing(ben));
    await chat.transfer({ id: "ben" });
    await vi.waitFor(() => expect([chat.part, bens.part]).toEqual(["participant", "owner"]));
    await chat.leave();
    expect(asha.conversations).toEqual([]);
    expect(ravi.chat.state.status).toBe("connected");
    await bens.wrapUp({ reason: "sold" });
  });

  it("closes the gaps of every conversation after an outage, in order and once", async () => {
    const { desk, customer, centre } = memoryFloor();
    const asha = await desk("asha");
    const [ravi, jane] = [await customer("Ravi"), await customer("Jane")];
    await ringing(asha, 2);
    for (const request of asha.requests.slice()) await asha.accept(request);
    await ravi.chat.send("before").accepted;
    centre.dropLinks();
    await ravi.chat.send("meanwhile").accepted;
    await jane.chat.send("me too").accepted;
    await vi.waitFor(() =>
      expect(asha.conversations.map(({ session }) => textsOf(session))).toEqual([["before", "meanwhile"], ["me too"]]),
    );
    expect(asha.state.status).toBe("online");
    expect(asha.conversations.map(({ unread }) => unread)).toEqual([2, 1]);
  });

  it("asks for nothing that the service lacks: unsupported", async () => {
    const { desk, customer } = memoryFloor();
    const none = { whisper: false, transfer: false, monitor: false, wrapUp: false, floor: false, availability: false };
    const asha = await desk("asha", { supports: none });
    await customer();
    const request = await ringing(asha);
    const chat = await asha.accept(request);
    const calls = [
      chat.whisper("x"),
      chat.transfer({ id: "ben" }),
      chat.wrapUp({ reason: "x" }),
      asha.floor(),
      asha.setReady(),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "unsupported" });
    await expect(asha.monitor({ conversationId: "x", participants: [] })).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it("leaves nothing behind when an acceptance is aborted", async () => {
    const { desk, customer, centre } = memoryFloor();
    const asha = await desk("asha");
    await customer();
    const request = await ringing(asha);
    centre.hangNext("enter");
    const abort = new AbortController();
    const accepting = asha.accept(request, { signal: abort.signal });
    abort.abort();
    await expect(accepting).rejects.toMatchObject({ code: "aborted" });
    expect(asha.conversations).toEqual([]);
  });

  it("one listener that throws harms no other, and is reported", async () => {
    const { desk, customer } = memoryFloor();
    const errors: unknown[] = [];
    const asha = await desk("asha", {}, { onListenerError: (error) => errors.push(error) });
    const bug = new Error("a bug of the page");
    const heard: (keyof AgentSessionEvents)[] = [];
    for (const type of ["request", "conversation", "message"] as const) {
      asha.on(type, () => {
        throw bug;
      });
      asha.on(type, () => heard.push(type));
    }
    const ravi = await customer();
    await asha.accept(await ringing(asha));
    await ravi.chat.send("hi").accepted;
    await vi.waitFor(() => expect(heard).toEqual(["request", "conversation", "message"]));
    expect(errors).toEqual([bug, bug, bug]);
  });

  it("lets go of everything when it signs out", async () => {
    const { desk, customer, centre } = memoryFloor();
    const asha = await desk("asha");
    await customer();
    const chat = await asha.accept(await ringing(asha));
    await asha.signOut();
    expect(asha.state).toMatchObject({ status: "closed", reason: "signed-out" });
    expect(chat.session.state).toMatchObject({ status: "closed", reason: "left" });
    expect(asha.conversations).toEqual([]);
    await vi.waitFor(() => expect(centre.links).toBe(0));
  });
});

function textOf({ body }: { body: { kind: string; text?: string } }): string {
  return body.text ?? "";
}
